"""The functions and constants of expressions, in French, English and LaTeX spellings, over the real numbers."""

import math
from collections.abc import Callable

CONSTANTS: dict[str, float] = {"pi": math.pi, "π": math.pi, "e": math.e}


def power(base: float, exponent: float) -> float:
    """base^exponent over the reals; an error where it has no real value.

    Raises:
        ArithmeticError: too large, or 0 to a negative power.
        ValueError: a negative base with an exponent that is not whole.
    """
    return math.pow(base, exponent)


def root(index: float, x: float) -> float:
    """The index-th root of x; that of a negative number where the index is odd.

    Raises:
        ArithmeticError: the index is 0.
        ValueError: an even root of a negative number.
    """
    if x < 0 and index % 2 == 1:
        return -math.pow(-x, 1 / index)
    return math.pow(x, 1 / index)


def _cube_root(x: float) -> float:
    return root(3, x)


def _sign(x: float) -> float:
    return float((x > 0) - (x < 0))


def _cotangent(x: float) -> float:
    return math.cos(x) / math.sin(x)


def _secant(x: float) -> float:
    return 1 / math.cos(x)


def _cosecant(x: float) -> float:
    return 1 / math.sin(x)


FUNCTIONS: dict[str, Callable[[float], float]] = {
    "sin": math.sin,
    "cos": math.cos,
    "tan": math.tan,
    "cot": _cotangent,
    "sec": _secant,
    "csc": _cosecant,
    "asin": math.asin,
    "acos": math.acos,
    "atan": math.atan,
    "sinh": math.sinh,
    "cosh": math.cosh,
    "tanh": math.tanh,
    "asinh": math.asinh,
    "acosh": math.acosh,
    "atanh": math.atanh,
    "exp": math.exp,
    "ln": math.log,
    "log": math.log10,
    "log2": math.log2,
    "sqrt": math.sqrt,
    "cbrt": _cube_root,
    "abs": abs,
    "floor": lambda x: float(math.floor(x)),
    "ceil": lambda x: float(math.ceil(x)),
    "round": lambda x: float(math.floor(x + 0.5)),
    "sign": _sign,
}

ALIASES: dict[str, str] = {
    "tg": "tan",
    "cotan": "cot",
    "cotg": "cot",
    "arcsin": "asin",
    "arccos": "acos",
    "arctan": "atan",
    "arctg": "atan",
    "sh": "sinh",
    "ch": "cosh",
    "th": "tanh",
    "argsh": "asinh",
    "argch": "acosh",
    "argth": "atanh",
    "arsinh": "asinh",
    "arcosh": "acosh",
    "artanh": "atanh",
    "argsinh": "asinh",
    "argcosh": "acosh",
    "argtanh": "atanh",
    "log10": "log",
    "rac": "sqrt",
    "racine": "sqrt",
    "sgn": "sign",
    "signe": "sign",
    "ent": "floor",
    "√": "sqrt",
    "∛": "cbrt",
}

SEVERAL: dict[str, Callable[..., float]] = {"min": min, "max": max}
"""Functions of two values or more."""

INVERSES = {"sin": "asin", "cos": "acos", "tan": "atan", "sinh": "asinh", "cosh": "acosh", "tanh": "atanh"}
"""The inverse functions that an exponent of -1 on a name stands for."""

FUNCTION_NAMES = frozenset(FUNCTIONS) | frozenset(ALIASES) | frozenset(SEVERAL)


def canonical(name: str) -> str:
    """The one spelling of a function's name."""
    return ALIASES.get(name, name)
