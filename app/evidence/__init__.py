"""From hits to quotes: what of the passages bears on a question."""

from app.evidence.selection import EvidenceSettings, select
from app.evidence.units import Unit

__all__ = ["EvidenceSettings", "Unit", "select"]
