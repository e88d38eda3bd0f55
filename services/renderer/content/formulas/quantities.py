"""siunitx's numbers and units, and mhchem's `\\pu`, as plain LaTeX: digits, signs and decimal marks as they were typed.

Units are written as siunitx writes them by default, with negative powers (its manual, 4.4). What is none of its grammar
is left as it is: mathra may know it, and else it is reported.
"""

import re
from collections.abc import Container
from dataclasses import dataclass, field

from services.renderer.content.tex import Span, Tokens

_PREFIXES = {
    **{"yocto": "y", "zepto": "z", "atto": "a", "femto": "f", "pico": "p", "nano": "n", "micro": "µ", "milli": "m"},
    **{"centi": "c", "deci": "d", "deca": "da", "deka": "da", "hecto": "h", "kilo": "k", "mega": "M", "giga": "G"},
    **{"tera": "T", "peta": "P", "exa": "E", "zetta": "Z", "yotta": "Y"},
}
_UNITS = {
    **{"ampere": "A", "candela": "cd", "kelvin": "K", "kilogram": "kg", "gram": "g", "metre": "m", "meter": "m"},
    **{"mole": "mol", "second": "s", "becquerel": "Bq", "celsius": "°C", "degreeCelsius": "°C", "coulomb": "C"},
    **{"farad": "F", "gray": "Gy", "hertz": "Hz", "henry": "H", "joule": "J", "lumen": "lm", "lux": "lx"},
    **{"newton": "N", "ohm": "Ω", "pascal": "Pa", "radian": "rad", "siemens": "S", "sievert": "Sv"},
    **{"steradian": "sr", "tesla": "T", "volt": "V", "watt": "W", "weber": "Wb", "katal": "kat"},
    **{"litre": "L", "liter": "L", "hectare": "ha", "tonne": "t", "minute": "min", "hour": "h", "day": "d"},
    **{"astronomicalunit": "au", "bar": "bar", "bel": "B", "decibel": "dB", "dalton": "Da", "electronvolt": "eV"},
    **{"percent": "%", "degree": "°", "arcminute": "′", "arcsecond": "″", "angstrom": "Å"},
}
_SYMBOLS = (  # noqa: SIM905 - a list of words
    "A m s g K N J W V C F H S Hz kHz MHz GHz mol mmol kmol Pa kPa MPa hPa kg mg km dm cm mm nm pm fm ms ns ps "
    "kN mN kJ mJ kW MW mW kV mV mA kA eV keV MeV L mL cL dL hL kWh bar T mT Bq kBq Gy Sv mSv rad min l ml nF "
    "pF mH"
).split()
"""Abbreviated macros that are called like what they draw."""

_ABBREVIATED = {
    **{name: name for name in _SYMBOLS},
    **{"um": "µm", "us": "µs", "ug": "µg", "uL": "µL", "ul": "µl", "uF": "µF", "uA": "µA", "uV": "µV"},
    **{"kohm": "kΩ", "Mohm": "MΩ"},
}
_POWERS_BEFORE = {"square": "2", "cubic": "3"}
_POWERS_BEHIND = {"squared": "2", "cubed": "3"}

_NUMBER = re.compile(
    r"\s*(?:10\s*\^\s*\{?\s*(?P<alone>[-+−]?\d+)\s*\}?"
    r"|(?P<mantissa>[-+−]?(?:[ .,~]*\d)+[ .,~]*)?"
    r"(?:\((?P<uncertainty>\d+)\)|\s*(?:\\pm|\+-|±)\s*(?P<error>[\d.,]+)\s*)?"
    r"(?:\s*(?:[eEdD]|\\times\s*10\^|(?:x|×|\*)\s*10\^)\s*\{?(?P<power>[-+−]?\d+)\}?)?)\s*"
)
_PLAIN_UNIT = re.compile(
    r"(?P<name>[A-Za-zµμΩÅ°%′″]+)\s*(?:\^\s*(?:\{\s*(?P<braced>[-−]?\d+)\s*\}|(?P<raised>[-−]?\d+))|(?P<power>[-−]?\d+))?"
)
_INTEGER = re.compile(r"[-−]?\d+")
_BETWEEN = {"": r"\,", ".": r"\cdot ", "~": r"\,", "*": r"\cdot ", "·": r"\cdot ", "/": "/"}
_SEPARATOR = re.compile(r"\s*([./*·~]|)\s*")
_QUANTITY = re.compile(rf"(?P<number>{_NUMBER.pattern})(?P<unit>[A-Za-zµμΩÅ°%].*)?", re.DOTALL)

COMMANDS = {
    **dict.fromkeys((r"\num", r"\si", r"\unit", r"\pu", r"\numlist"), "om"),
    **dict.fromkeys((r"\SI", r"\qty", r"\numrange"), "omm"),
    **dict.fromkeys((r"\SIrange", r"\qtyrange"), "ommm"),
    r"\SIlist": "omm",
    r"\qtylist": "omm",
}
"""The commands, and their arguments in the notation of `Tokens.arguments`."""


class _Unknown(ValueError):
    """None of the grammar."""


def with_quantities(source: str, commands: Container[str] = COMMANDS) -> str:
    """A source whose quantities, of these commands, are plain LaTeX."""
    if not any(command in source for command in COMMANDS):
        return source
    found = Tokens(source)
    parts: list[str] = []
    start = 0
    for index, token in enumerate(found.all):
        if index < start or token not in COMMANDS or token not in commands:
            continue
        arguments = found.arguments(index + 1, COMMANDS[token])
        if not arguments:
            continue
        try:
            plain = _plain(token, [_inner(found, each) for each in arguments[1:]])
        except _Unknown:
            continue
        parts += [found.text(start, index), f"{{{plain}}}"]
        start = arguments[-1].stop
    return "".join([*parts, found.text(start)])


def _inner(source: Tokens, argument: Span) -> str:
    text = source.text(*argument)
    return text[1:-1] if text.startswith("{") and text.endswith("}") else text


def _plain(command: str, arguments: list[str]) -> str:
    match command, arguments:
        case r"\pu", [text]:
            return _physical(text)
        case r"\num", [number]:
            return _number(number)
        case r"\si" | r"\unit", [unit]:
            return _unit(unit)
        case r"\SI" | r"\qty", [number, unit]:
            return _with_unit(_number(number), _unit(unit))
        case r"\numrange", [first, last]:
            return f"{_number(first)}\\text{{–}}{_number(last)}"
        case r"\SIrange" | r"\qtyrange", [first, last, unit]:
            ends = [_with_unit(_number(each), _unit(unit)) for each in (first, last)]
            return "\\text{–}".join(ends)
        case r"\numlist", [numbers]:
            return r";\ ".join(_number(each) for each in numbers.split(";"))
        case r"\SIlist" | r"\qtylist", [numbers, unit]:
            return r";\ ".join(_with_unit(_number(each), _unit(unit)) for each in numbers.split(";"))
        case _:
            raise _Unknown


def _physical(text: str) -> str:
    """mhchem's `\\pu{9,81 m s-2}`."""
    parts = _QUANTITY.fullmatch(_spaced(text))
    if parts is None or not parts[0]:
        raise _Unknown
    number = _number(parts["number"]) if parts["number"].strip() else ""
    unit = _plain_units(parts["unit"]) if parts["unit"] else ""
    return _with_unit(number, unit) if number and unit else number + unit


def _with_unit(number: str, unit: str) -> str:
    joined = "" if unit.startswith(r"\text{°}") else r"\,"
    return f"{number}{joined}{unit}"


def _number(text: str) -> str:
    text = _spaced(text)
    parts = _NUMBER.fullmatch(text)
    if parts is None or not text:
        raise _Unknown
    if parts["alone"]:
        return f"10^{{{parts['alone']}}}"
    mantissa, error, power = parts["mantissa"], parts["error"], parts["power"]
    if mantissa is None and (error or parts["uncertainty"] or power is None):
        raise _Unknown
    if parts["uncertainty"]:
        mantissa = f"{mantissa}({parts['uncertainty']})"
    factors = [_digits(mantissa)] if mantissa else []
    if error:
        factors = [rf"{factors[0]}\pm {_digits(error)}"]
        factors = [rf"({factors[0]})"] if power else factors
    if power:
        factors.append(f"10^{{{power}}}")
    return r"\times ".join(factors)


def _spaced(text: str) -> str:
    """With single spaces: of long runs of them the patterns would try every part."""
    return " ".join(text.split())


def _digits(text: str) -> str:
    """A number as it was typed; a comma in it is no comma of a list."""
    return re.sub(r"[\s~]+", r"\\,", text.strip().replace(",", "{,}"))


def _unit(text: str) -> str:
    """A unit of macros (`\\mol\\per\\litre`) or as it is typed (`mol.L^{-1}`)."""
    return r"\,".join(_macros(text)) if "\\" in text else _plain_units(text)


def _plain_units(text: str) -> str:
    written, place = "", 0
    text = _spaced(text)
    while place < len(text):
        unit = _PLAIN_UNIT.match(text, place)
        if unit is None:
            raise _Unknown
        power = unit["braced"] or unit["raised"] or unit["power"]
        written += _raised(unit["name"], power)
        place = unit.end()
        separator = _SEPARATOR.match(text, place)
        if separator is None or (place < len(text) and separator.end() == len(text)):
            raise _Unknown
        if separator.end() < len(text):
            written += _BETWEEN[separator[1]]
        place = separator.end()
    if not written:
        raise _Unknown
    return written


def _raised(name: str, power: str | None) -> str:
    return f"\\text{{{name.replace('%', chr(92) + '%')}}}" + (f"^{{{power}}}" if power else "")


def _macros(text: str) -> list[str]:
    """Each unit with its power, in the order of the macros."""
    source, units = Tokens(text), _Units()
    behind = 0
    for index, part in enumerate(source.all):
        if index < behind or part.isspace() or part in ("~", "."):
            continue
        name = part.removeprefix("\\")
        if name == "tothe":
            behind, power = _argument(source, index)
            units.raise_last(power)
        elif name in _POWERS_BEHIND:
            units.raise_last(_POWERS_BEHIND[name])
        elif part == name:
            raise _Unknown
        else:
            units.take(name)
    return units.written()


@dataclass
class _Units:
    """The units read so far; `prefix`, `power` and `sign` are those of the unit to come."""

    found: list[tuple[str, str, str]] = field(default_factory=list)
    prefix: str = ""
    power: str = ""
    sign: str = ""

    def take(self, name: str) -> None:
        """Read a macro that stands before a unit, or the unit."""
        symbol = "%" if name == "%" else _UNITS.get(name) or _ABBREVIATED.get(name)
        if name == "per":
            self.sign = "-"
        elif name in _POWERS_BEFORE:
            self.power = _POWERS_BEFORE[name]
        elif name in _PREFIXES:
            self.prefix += _PREFIXES[name]
        elif symbol is None:
            raise _Unknown
        else:
            self.found.append((self.prefix + symbol, self.sign, self.power))
            self.prefix = self.power = self.sign = ""

    def raise_last(self, power: str) -> None:
        """Read a power behind a unit."""
        if not self.found or self.found[-1][2]:
            raise _Unknown
        self.found[-1] = (*self.found[-1][:2], power)

    def written(self) -> list[str]:
        """All of them; a macro that waits for a unit is a mistake."""
        if self.prefix or self.power or self.sign:
            raise _Unknown
        return [_raised(name, sign + (power or "1") if sign else power) for name, sign, power in self.found]


def _argument(source: Tokens, index: int) -> tuple[int, str]:
    found = source.arguments(index + 1, "m")
    if not found:
        raise _Unknown
    text = _inner(source, found[0])
    if not _INTEGER.fullmatch(text):
        raise _Unknown
    return found[0].stop, text
