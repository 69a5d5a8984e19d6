"""Quality of the graph and of retrieval: ``python -m benchmarks.retrieval --data DIR``.

Four parts, all by default; ``--part NAME`` (repeatable) runs some of them:

course   questions over the library with gold pages, and what each part of the search is worth
concepts the concept graph against lists of concepts and relations, and a sample to read
before   learning paths of the graph against prerequisites that people have judged
public   public test sets, each leg and all together

DIR holds the library as `coursegraph ingest` has read it.
"""

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks import concepts, prerequisites, public_sets
from index.settings import Part

SHARED = Path(__file__).parents[2] / "shared"


def main(arguments: Sequence[str]) -> None:
    """Print the parts that are asked for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.retrieval", description=__doc__)
    parser.add_argument("--shared", type=Path, default=SHARED, help="folder of library and eval")
    parser.add_argument("--data", type=Path, required=True, help="data folder with the library")
    parser.add_argument("--scratch", type=Path, help="keeps the indexes of the public sets")
    parser.add_argument("--part", action="append", choices=list(PARTS), help="default: all")
    chosen = parser.parse_args(arguments)
    for part in chosen.part or PARTS:
        PARTS[part](chosen)
        print(flush=True)


def course(chosen: argparse.Namespace) -> None:
    """The command that a user has."""
    questions = chosen.shared / "eval" / "course_dev.jsonl"
    options = ["--data", str(chosen.data), "--no-answers", "--ablate", ",".join(Part)]
    command = [sys.executable, "-m", "app.cli", "eval", str(questions), *options]
    subprocess.run(command, check=True)


def before(chosen: argparse.Namespace) -> None:
    """LectureBank."""
    folder = chosen.shared / "eval" / "public" / "lecturebank_nlp208"
    prerequisites.main(folder, chosen.data)


def public(chosen: argparse.Namespace) -> None:
    """The sets under ``shared/eval/public``."""
    with tempfile.TemporaryDirectory() as folder:
        public_sets.main(chosen.shared / "eval" / "public", chosen.scratch or Path(folder))


PARTS: dict[str, Callable[[argparse.Namespace], None]] = {
    "course": course,
    "concepts": lambda chosen: concepts.main(chosen.shared, chosen.data),
    "before": before,
    "public": public,
}

if __name__ == "__main__":
    main(sys.argv[1:])
