"""Numbers as they are read in a language."""

from decimal import Decimal

from contracts.numbers import rounded
from contracts.options import Language


def points(value: Decimal, language: Language | str = Language.FR) -> str:
    """A number of points as it is read: "12,5" in French, "12.5" in English. Rounded here and nowhere before."""
    text = f"{rounded(value):f}"
    return text.replace(".", ",") if language == Language.FR else text
