"""From hits to quotes: what of the passages bears on a question."""

from app.evidence.selection import EvidenceSettings, select
from app.evidence.units import Unit, UnitKind, units_of

__all__ = ["EvidenceSettings", "Unit", "UnitKind", "select", "units_of"]
