"""Compiles a typed function of one variable into a Python callable, with a parser of our own, never `eval`.

Read as a French teacher would mean it: `2x^2-3x`, `-x^2` is -(x^2), `1/2x` is x/2, `2,5` is 2.5, `log` is decimal,
`sin 2x` is sin(2x), `sin^2(x)` and `sin²(x)` are (sin x)^2, `|x|`, `√x`, `E(x)` is the integer part, `\\frac{1}{x}`;
`y =` or `f(x) =` may stand in front. What can be read in two ways (`x2`, `1 000`) is refused rather than guessed.
"""

import math
from collections.abc import Callable

from services.renderer.content.graphs.expressions.parser import parse
from services.renderer.content.graphs.expressions.tokens import ExpressionError, tokenize

__all__ = ["MAX_CHARACTERS", "ExpressionError", "compile"]

MAX_CHARACTERS = 500


def compile(expression: str) -> Callable[[float], float]:
    """The function an expression stands for: from a number to a finite number, or to NaN where it has no value.

    Raises:
        ExpressionError: the expression is too long, too deep or not one this reads; the function itself raises nothing.
    """
    if len(expression) > MAX_CHARACTERS:
        raise ExpressionError(f"longer than {MAX_CHARACTERS} characters")
    compute = parse(tokenize(expression))

    def function(x: float) -> float:
        try:
            value = compute(x)
        except (ArithmeticError, ValueError):
            return math.nan
        return value if math.isfinite(value) else math.nan

    return function
