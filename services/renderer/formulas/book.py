"""The formulas of one export, each laid out once."""

from services.renderer.formulas.formula import Formula, SpokenLanguage
from services.renderer.limits import Limits


class FormulaBook:
    """Formulas by source. What one formula defines, no other sees."""

    def __init__(self, language: SpokenLanguage = "fr", limits: Limits | None = None) -> None:
        self.language: SpokenLanguage = language
        self.limits = limits or Limits()

    def get(self, latex: str, display: bool) -> Formula:
        """The formula for this source; never raises."""
        raise NotImplementedError
