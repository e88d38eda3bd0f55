"""What the renderer knows of one formula. A formula is drawn exactly as written, or it is not drawn and says why."""

from dataclasses import dataclass, field
from typing import Literal

from contracts.states import WarningCode
from services.renderer.formulas.drawing import Drawing

SpokenLanguage = Literal["fr", "en"]


@dataclass(frozen=True)
class FormulaWarning:
    """Something of a formula that a person should look at. `text` is one sentence in the report's language."""

    code: WarningCode
    text: str


@dataclass(frozen=True)
class Formula:
    """One formula as the page needs it.

    `width`, `height` and `depth` are in em: `height` is the whole box, of which `depth` lies below the baseline, so an
    inline image takes `vertical-align: -{depth}em`. Where `drawn` is false there is no `drawing`: the source is to be
    printed as it stands, in a visible box. `speech` is never empty and never LaTeX.
    """

    latex: str
    display: bool
    width: float
    height: float
    depth: float
    speech: str
    drawn: bool
    warnings: tuple[FormulaWarning, ...] = ()
    drawing: Drawing | None = field(default=None, repr=False)
    mathml: str | None = field(default=None, repr=False)
    svg: str | None = field(default=None, repr=False)
