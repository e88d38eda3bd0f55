r"""mhchem's `\ce` and chemformula's `\ch`: what mathra is given, by mhchem's grammar."""

import pytest

from services.renderer.content.formulas.chemistry import with_chemistry


@pytest.mark.parametrize(
    ("written", "given"),
    [
        (r"\ce{H2O}", r"\ce{H2O}"),
        (r"\ce{2,5 H2O}", r"\ce{$2{,}5\,$H2O}"),
        (r"\ce{N2 + 1,5 (H2)}", r"\ce{N2 + $1{,}5\,$(H2)}"),
        (r"\ce{[Ag+] = 0,1}", r"\ce{[Ag+] = $0{,}1$}"),
        (r"\ce{Cu^{2+},2e-}", r"\ce{Cu^{2+}, 2e-}"),
        (r"\ce{A ; B}", r"\ce{A ; B}"),
        (r"\ce{1,2,3-trichloro}", r"\ce{1, 2, 3-trichloro}"),
        (r"\ce{^14_6C}", r"\ce{^{14}_{6}C}"),
        (r"\ce{_6^14C}", r"\ce{_{6}^{14}C}"),
        (r"\ce{^1_0n}", r"\ce{^{1}_{0}n}"),
        (r"\ce{^0_-1e}", r"\ce{^{0}_{-1}e}"),
        (r"\ce{{}^1_0n}", r"\ce{^{1}_{0}n}"),
        (r"\ce{A_3B}", r"\ce{A_{3}B}"),
        (r"\ce{SO4^2-}", r"\ce{SO4^2-}"),
        (r"\ce{Na+(aq)}", r"\ce{Na^{+}(aq)}"),
        (r"\ce{$x_2,5$ H2}", r"\ce{$x_2,5$ H2}"),
        (r"\ce{A ->[\text{2,5 h}] B}", r"\ce{A ->[\text{2,5 h}] B}"),
        (r"\ch{2 H2 + O2 -> 2 H2O}", r"\ce{2 H2 + O2 -> 2 H2O}"),
        (r"\ch{SO4^2-}", r"\ce{SO4^2-}"),
        (r"\ch{(NH4)2SO4}", r"\ce{(NH4)2SO4}"),
        (r"\ch{e-}", r"\ce{e-}"),
        (r"\ce{Fe^{3+} + 2,5 H2O}", r"\ce{Fe^{3+} + $2{,}5\,$H2O}"),
        (r"\ce{Fe^{3+} + ^14_6C}", r"\ce{Fe^{3+} + ^{14}_{6}C}"),
        (r"\ch{NaCl}", r"\ce{NaCl}"),
        (r"\ch{x}", r"\ch{x}"),
        (r"\ch{A}", r"\ch{A}"),
        (r"\ch{x+1}", r"\ch{x+1}"),
        (r"\ch{2x}", r"\ch{2x}"),
        (r"\ch x", r"\ch x"),
        (r"\ce", r"\ce"),
        (r"\ce{H2O", r"\ce{H2O"),
    ],
)
def test_what_mathra_would_misread_is_said_in_its_words(written: str, given: str) -> None:
    assert with_chemistry(written) == given
