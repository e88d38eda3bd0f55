"""Ticks of an axis: their values, exact multiples of a step, and the numbers written beside them."""

import math

MOST = 60
"""Ticks of one axis. A stored step that would make more is replaced by a round one."""

_WANTED = 10
_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def ticks(low: float, high: float, step: float | None) -> tuple[list[float], float]:
    """The ticks between two ends, and their step: the stored one where it is usable, else a round one."""
    span = high - low
    if step is None or not step > 0 or span / step > MOST or span / step < 1:
        step = round_step(span / _WANTED)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [index * step for index in range(first, min(last, first + MOST) + 1)], step


def round_step(wanted: float) -> float:
    """The smallest of 1, 2 or 5 times a power of ten that is not below what is wanted."""
    power = 10.0 ** math.floor(math.log10(wanted))
    return next(factor * power for factor in (1, 2, 5, 10, 20) if factor * power >= wanted * (1 - 1e-9))


def stride(count: int, room: float, wanted: float) -> int:
    """Label every n-th tick: the least n with which labels `wanted` pixels wide fit side by side into `room` pixels."""
    return max(1, math.ceil(count * wanted / room)) if room > 0 else max(1, count)


def number(value: float, decimal_sign: str) -> str:
    """A number as it is written beside an axis or read aloud: 6 digits, a true minus, powers of ten."""
    text, _, exponent = f"{value:.6g}".partition("e")
    if abs(value) < 1e9 and value == int(value):
        text, exponent = f"{value:,.0f}".replace(",", "\N{NO-BREAK SPACE}" if abs(value) >= 10_000 else ""), ""
    if text in ("-0", "0"):
        return "0"
    if exponent:
        text += f"×10{str(int(exponent)).translate(_RAISED)}"
    return text.replace("-", "\N{MINUS SIGN}").replace(".", decimal_sign)
