"""What people type as a function: its value as they mean it, an ExpressionError for the rest, and nothing else ever."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.renderer.content.graphs.expressions import MAX_CHARACTERS, ExpressionError, compile
from services.renderer.content.graphs.expressions.functions import FUNCTION_NAMES


@pytest.mark.parametrize(
    ("typed", "x", "value"),
    [
        ("2x^2-3x", 3, 9),
        ("-x^2", 3, -9),
        ("2--x", 3, 5),
        ("+x", 3, 3),
        ("2^-x", 1, 0.5),
        ("2^3^2", 0, 512),
        ("x**2", 3, 9),
        ("x² - x⁻¹", 2, 3.5),
        ("x^{10}", 2, 1024),
        ("1/2x", 3, 1.5),
        ("x:2", 3, 1.5),
        ("x ÷ 2 × 3 · 2", 1, 3),
        ("2,5x", 2, 5),
        (".5x+0,5", 2, 1.5),
        ("1e-3x", 2, 0.002),
        ("x(x+1)(x-1)", 3, 24),
        ("2(3)", 0, 6),
        ("[2(x+1)]{3}", 1, 12),
        ("sin(x)", 1, math.sin(1)),
        ("2sin(x)cos(x)", 1, math.sin(2)),
        ("xsin(x)", 1, math.sin(1)),
        ("sin 2x", 1, math.sin(2)),
        ("sin x cos x", 1, math.sin(2) / 2),
        ("sin πx + 1", 0.5, 2),
        ("sin(x)^2", 1, math.sin(1) ** 2),
        ("sin²(x)", 1, math.sin(1) ** 2),
        ("sin^2 x", 1, math.sin(1) ** 2),
        ("tan^{-1}(x)", 1, math.pi / 4),
        ("Arctan(x)", 1, math.pi / 4),
        ("tg(x)", 1, math.tan(1)),
        ("ch(x)-sh(x)", 1, math.exp(-1)),
        ("argch(x)", 2, math.acosh(2)),
        ("e^x", 2, math.exp(2)),
        ("xe^-x", 2, 2 * math.exp(-2)),
        ("exp(-x^2/2)", 1, math.exp(-0.5)),
        ("e^{-x}", 1, math.exp(-1)),
        ("LN(X)", math.e, 1),
        ("ln x", math.e, 1),
        ("log(x)", 1000, 3),
        ("log_2(x)", 8, 3),
        ("log10(x)", 1000, 3),
        ("|x|", -3, 3),
        ("||x|-1|", -3, 2),
        ("2|x|x", -3, -18),
        ("|x-1|+|x+1|", -3, 6),
        ("|x(|x|-1)|", -3, 6),
        ("abs(x)", -3, 3),
        ("sqrt(x)", 9, 3),
        ("√x+1", 9, 4),
        ("√(x+7)", 9, 4),
        ("√2x", 3, 3 * math.sqrt(2)),
        ("∛x", -8, -2),
        ("E(x)", -1.5, -2),
        ("max(x; 2)", 1, 2),
        ("min(x,2)", 1, 1),
        ("\\frac{1}{x}", 4, 0.25),
        ("2\\dfrac{x+1}{x-1}", 2, 6),
        ("\\sqrt{x}", 9, 3),
        ("\\sqrt[3]{x}", -27, -3),
        ("\\ln\\left(x\\right)", math.e, 1),
        ("\\operatorname{ch}(x)", 0, 1),
        ("\\mathrm{e}^{x}", 1, math.e),
        ("2\\cdot x\\times\\pi", 1, 2 * math.pi),
        ("y = 3", 0, 3),
        ("f(x)=x+1", 1, 2),
        ("g(t) = 2t", 1, 2),
        ("f : x ↦ x^2", 3, 9),
        ("2\u22123x", 1, -1),
    ],
)
def test_what_people_type(typed: str, x: float, value: float) -> None:
    assert compile(typed)(x) == pytest.approx(value)


@pytest.mark.parametrize(
    "typed",
    [
        *("", " ", "(", ")", "x+", "*x", "x)", "(x", "(x]", "|x", "sin", "sin()", "x^", "^2", "2..5", "x,2", "x;"),
        *("x2", "1 000", "3 4x", "(x)2", "f(x)", "ab", "x!", "x = 2 = 3", "max(1)", "max 1", "sin^x(2)", "\\frac12"),
        *("__import__('os')", "x.__class__", "lambda: 1", "x if x else 1", "[x for x in x]", "9" * 501, "\\foo{x}"),
        *("(" * 65 + "x" + ")" * 65, "-" * 70 + "x", "2^" * 70 + "x", "|" * 70, "\0", "x\u202e", "١x"),
    ],
)
def test_what_cannot_be_read_is_an_error(typed: str) -> None:
    with pytest.raises(ExpressionError):
        compile(typed)


@pytest.mark.parametrize(
    ("typed", "x"),
    [
        ("1/x", 0),
        ("ln(x)", 0),
        ("ln(x)", -1),
        ("sqrt(x)", -1),
        ("x^0,5", -1),
        ("0^-x", 1),
        ("e^(e^x)", 10),
        ("9^9^9^9", 0),
        ("floor(1/x)", 1e-320),
        ("1" + "0" * 400 + "x", 1),
        ("x-x", math.inf),
        ("arcsin(x)", 2),
    ],
)
def test_no_value_is_nan_never_an_exception(typed: str, x: float) -> None:
    assert math.isnan(compile(typed)(x))


def test_the_longest_expression_is_read_and_computed() -> None:
    typed = "+".join(["x"] * (MAX_CHARACTERS // 2))
    assert compile(typed)(1) == MAX_CHARACTERS // 2
    nested = "(" * 62 + "x" + ")" * 62
    assert compile(nested)(5) == 5


PIECES = st.sampled_from([*sorted(FUNCTION_NAMES), *"xet23+-*/^()|[]{},;.√²⁻ =π", "\\frac", "\\sqrt", "**", " "])


@given(st.lists(PIECES, max_size=40).map("".join) | st.text(max_size=60), st.floats())
def test_anything_typed_gives_a_number_or_an_expression_error(typed: str, x: float) -> None:
    try:
        function = compile(typed)
    except ExpressionError:
        return
    value = function(x)
    assert isinstance(value, float)
    assert not math.isinf(value)


@st.composite
def _spelled(draw: st.DrawFn, depth: int = 3) -> str:
    """A fully bracketed expression that Python spells the same way."""
    if depth == 0 or draw(st.booleans()):
        return draw(st.sampled_from(["x", "2", "0.5", "7"]))
    left, right = draw(_spelled(depth - 1)), draw(_spelled(depth - 1))
    return draw(st.sampled_from([f"({left}+{right})", f"({left}-{right})", f"({left}*{right})", f"(-{left})"]))


@given(_spelled(), st.integers(-5, 5))
def test_arithmetic_agrees_with_python_s(typed: str, x: int) -> None:
    expected = eval(typed, {"__builtins__": {}}, {"x": float(x)})
    assert compile(typed)(float(x)) == pytest.approx(float(expected))
