"""A formula as PDF operators, in the shape WeasyPrint asks of an image."""

from typing import Any


class Drawing:
    """An image sized by the text around it: hand it to WeasyPrint through `HTML.render(cache={url: drawing})`."""

    def __init__(self, width: float, height: float, depth: float) -> None:
        self.width, self.height, self.depth = width, height, depth

    def get_intrinsic_size(self, _resolution: float, font_size: float) -> tuple[float, float, float | None]:
        """Width and height in CSS pixels at this font size, and their ratio."""
        ratio = self.width / self.height if self.height else None
        return self.width * font_size, self.height * font_size, ratio

    def draw(self, stream: Any, width: float, height: float, style: Any) -> None:
        """Append the formula's operators to the page."""
