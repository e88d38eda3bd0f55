"""The check boxes of multiple-choice questions, as images drawn with PDF operators.

Shape tells first what was ticked and whether it was right, then colour, then the text beside the box. Each has the
interface of WeasyPrint's images: an intrinsic size and a `draw` method.
"""

from typing import Any

SIZE = 13.0
"""Side of a box in CSS pixels: the height of a capital letter and a little more."""

_GREEN, _RED, _GREY = "0.08 0.40 0.20", "0.60 0.11 0.11", "0.55 0.58 0.64"
_SQUARE = "1 1 11 11 re"
_CHECK = "3.4 6.8 m 5.7 9.2 l 9.8 3.9 l"
_CROSS = "3.9 3.9 m 9.1 9.1 l 9.1 3.9 m 3.9 9.1 l"
_DOT = "5 5 3 3 re"

_OPERATORS = {
    "right": f"{_GREEN} rg {_SQUARE} f 1 1 1 RG 1.7 w 1 J 1 j {_CHECK} S",
    "wrong": f"{_RED} rg {_SQUARE} f 1 1 1 RG 1.7 w 1 J {_CROSS} S",
    "missed": f"1 1 1 rg {_GREEN} RG 1.3 w {_SQUARE} B {_GREEN} rg {_DOT} f",
    "empty": f"1 1 1 rg {_GREY} RG 0.8 w {_SQUARE} B",
}


class Tick:
    """A check box: ticked and right, ticked and wrong, right but not ticked, or neither."""

    def __init__(self, operators: str) -> None:
        self._operators = operators.encode()

    def get_intrinsic_size(self, _resolution: float, _font_size: float) -> tuple[float, float, float]:
        """Width and height in CSS pixels, and their ratio."""
        return SIZE, SIZE, 1.0

    def draw(self, stream: Any, width: float, height: float, _style: Any) -> None:
        """Append the box's operators to a content stream, scaled to a width and height."""
        with stream.stacked():
            stream.transform(a=width / SIZE, d=height / SIZE)
            stream.stream.append(self._operators)


TICKS = {f"tick:{name}": Tick(operators) for name, operators in _OPERATORS.items()}
"""The boxes by the URL that the HTML shows them under."""
