"""``python -m benchmarks [LIBRARY]``: all figures; LIBRARY is a folder of course material."""

import sys
from pathlib import Path

from app.wiring import bundled_course
from benchmarks import system

SHARED = Path(__file__).parents[2] / "shared" / "library"

if __name__ == "__main__":
    named = Path(sys.argv[1]) if len(sys.argv) > 1 else SHARED
    system.main(named if named.is_dir() else bundled_course())
