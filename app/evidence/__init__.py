"""From hits to quotes: what of the passages bears on a question."""

from app.evidence.choosing import EvidenceSettings
from app.evidence.gathering import Gathered, gather, quotes
from app.evidence.table import Table
from app.evidence.units import Unit

__all__ = ["EvidenceSettings", "Gathered", "Table", "Unit", "gather", "quotes"]
