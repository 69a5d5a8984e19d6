"""Is a written sentence borne out by the quotes it cites? Checked by code, without a model."""

from app.support.checks import Fault, Judge, Source, SupportSettings, Verdict

__all__ = ["Fault", "Judge", "Source", "SupportSettings", "Verdict"]
