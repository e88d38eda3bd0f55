r"""siunitx's commands and mhchem's `\pu` as plain LaTeX; what is none of their grammar is left alone."""

import pytest

from services.renderer.content.formulas.quantities import with_quantities


@pytest.mark.parametrize(
    ("written", "plain"),
    [
        (r"\num{-3,5}", "{-3{,}5}"),
        (r"\num{3.5}", "{3.5}"),
        (r"\num{1 234,5}", r"{1\,234{,}5}"),
        (r"\num{1,5e-3}", r"{1{,}5\times 10^{-3}}"),
        (r"\num{1,00d3}", r"{1{,}00\times 10^{3}}"),
        (r"\num{e5}", "{10^{5}}"),
        (r"\num{5 \pm 1}", r"{5\pm 1}"),
        (r"\num{5 +- 1 e3}", r"{(5\pm 1)\times 10^{3}}"),
        (r"\num{1,5(2)}", "{1{,}5(2)}"),
        (r"\SI{9,81}{\m\per\s\squared}", r"{9{,}81\,\text{m}\,\text{s}^{-2}}"),
        (r"\SI{9,81}{\m\per\square\s}", r"{9{,}81\,\text{m}\,\text{s}^{-2}}"),
        (r"\SI[mode=text]{10}{\um}", r"{10\,\text{µm}}"),
        (r"\SI{50}{\%}", r"{50\,\text{\%}}"),
        (r"\SI{12}{\degree}", r"{12\text{°}}"),
        (r"\SI{20}{\celsius}", r"{20\,\text{°C}}"),
        (r"\SI{1,00e3}{kg.m^{-3}}", r"{1{,}00\times 10^{3}\,\text{kg}\cdot \text{m}^{-3}}"),
        (r"\SI{100}{km/h}", r"{100\,\text{km}/\text{h}}"),
        (r"\qty{1}{\mol\per\cubic\deci\metre}", r"{1\,\text{mol}\,\text{dm}^{-3}}"),
        (r"\si{\metre\tothe{-4}}", r"{\text{m}^{-4}}"),
        (r"\unit{\joule\per\kelvin\per\mole}", r"{\text{J}\,\text{K}^{-1}\,\text{mol}^{-1}}"),
        (r"\numrange{1}{5}", r"{1\text{–}5}"),
        (r"\SIrange{10}{30}{\m}", r"{10\,\text{m}\text{–}30\,\text{m}}"),
        (r"\numlist{1;2,5}", r"{1;\ 2{,}5}"),
        (r"\SIlist{1;2}{\m}", r"{1\,\text{m};\ 2\,\text{m}}"),
        (r"\pu{9.81 m s-2}", r"{9.81\,\text{m}\,\text{s}^{-2}}"),
        (r"\pu{1,5 mol/L}", r"{1{,}5\,\text{mol}/\text{L}}"),
        (r"\pu{1.5e3 kJ*mol-1}", r"{1.5\times 10^{3}\,\text{kJ}\cdot \text{mol}^{-1}}"),
        (r"\pu{5,0 x 10^3 kg}", r"{5{,}0\times 10^{3}\,\text{kg}}"),
        (r"\pu{25 °C}", r"{25\,\text{°C}}"),
        (r"\pu{10^{3} m s-2}", r"{10^{3}\,\text{m}\,\text{s}^{-2}}"),
        (r"\pu{10^-3 mol}", r"{10^{-3}\,\text{mol}}"),
        (r"\pu{m^2}", r"{\text{m}^{2}}"),
        (r"v = \SI{3}{\m} + 1", r"v = {3\,\text{m}} + 1"),
    ],
)
def test_a_quantity_is_written_out(written: str, plain: str) -> None:
    assert with_quantities(written) == plain


@pytest.mark.parametrize(
    "written",
    [
        r"\SI{20}{\unknown}",
        r"\SI{x}{\m}",
        r"\SI{1}{\per}",
        r"\SI{1}{\kilo}",
        r"\SI{1}{\squared}",
        r"\SI{1}{\m\squared\cubed}",
        r"\SI{1}{\m\tothe{x}}",
        r"\SI{1}{\m\tothe}",
        r"\SI{1}{m//s}",
        r"\SI{1}{m/}",
        r"\SI{1}",
        r"\num{}",
        r"\num{a}",
        r"\pu{12?}",
        r"\pu{}",
        r"\numlist{1;}",
        r"\si{}",
        r"\SI{1}{m\per s}",
    ],
)
def test_what_is_no_quantity_stays(written: str) -> None:
    assert with_quantities(written) == written
