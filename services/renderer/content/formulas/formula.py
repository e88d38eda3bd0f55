"""One formula: its drawing, speech, MathML, SVG and warnings. Where it is not drawn as written, there is no drawing."""

from dataclasses import dataclass, field
from functools import cached_property

from services.renderer.content.formulas import mathml, svg
from services.renderer.content.formulas.pdf_drawing import PdfDrawing
from services.renderer.content.formulas.warnings import FormulaWarning


@dataclass(frozen=True)
class Formula:
    """One formula as the page needs it.

    `width`, `height` and `depth` are in em: `height` is the whole box, of which `depth` lies below the baseline, so an
    inline image takes `vertical-align: -{depth}em`. Where `drawn` is false there is no `drawing`: the source is to be
    printed as it stands, in a visible box. `speech` is never empty and never LaTeX.
    """

    latex: str
    display: bool
    speech: str
    warnings: tuple[FormulaWarning, ...] = ()
    drawing: PdfDrawing | None = field(default=None, repr=False)
    source: str = field(default="", repr=False)
    """The LaTeX as mathra read it."""
    shape: tuple[int, int] = field(default=(0, 0), repr=False)
    """How many fractions and roots mathra found in it."""

    @property
    def drawn(self) -> bool:
        """Whether there is a drawing."""
        return self.drawing is not None

    @property
    def width(self) -> float:
        """In em; 0 where nothing is drawn."""
        return self.drawing.width if self.drawing else 0.0

    @property
    def height(self) -> float:
        """Of the whole box, in em."""
        return self.drawing.height if self.drawing else 0.0

    @property
    def depth(self) -> float:
        """Below the baseline, in em; negative where the whole box hangs above it."""
        return self.drawing.depth if self.drawing else 0.0

    @cached_property
    def mathml(self) -> str | None:
        """MathML that says what the drawing shows; None where that cannot be vouched for."""
        if self.drawing is None:
            return None
        return mathml.mathml(self.source, self.drawing.layout.reading, self.shape, display=self.display)

    @cached_property
    def svg(self) -> str | None:
        """The drawing as a picture that stands alone."""
        return svg.svg(self.drawing.layout, self.speech) if self.drawing else None
