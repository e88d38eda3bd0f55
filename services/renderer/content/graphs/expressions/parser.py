"""A Pratt parser: tokens in, a closure of one real variable out. Its depth is bounded, and so is the stack.

Binding, from loose to tight: `+ -`, then `* /` and multiplication without a sign (from left to right), then the minus
in front, then `^` (from right to left).
"""

from collections.abc import Callable

from services.renderer.content.graphs.expressions.functions import FUNCTIONS, INVERSES, SEVERAL, canonical, power, root
from services.renderer.content.graphs.expressions.tokens import ExpressionError, Token, closes

Compute = Callable[[float], float]

MAX_DEPTH = 64
_SUM, _PRODUCT, _NEGATION, _POWER = 10, 20, 30, 40
_BINDING = {"+": _SUM, "-": _SUM, "*": _PRODUCT, "/": _PRODUCT, "^": _POWER}
_STARTS_FACTOR = frozenset({"variable", "constant", "function", "open"})


def parse(tokens: list[Token]) -> Compute:
    """The function the tokens stand for. It may raise ArithmeticError or ValueError where it has no value.

    Raises:
        ExpressionError: the tokens are no expression.
    """
    parser = _Parser(tokens)
    compute = parser.expression(0)
    parser.expect_end()
    return compute


class _Parser:
    def __init__(self, tokens: list[Token]) -> None:
        self._tokens = tokens
        self._position = 0
        self._depth = 0
        self._bars = 0

    @property
    def _token(self) -> Token:
        return self._tokens[self._position]

    def _take(self) -> Token:
        token = self._token
        self._position += 1
        return token

    def _take_operator(self, sign: str) -> bool:
        found = self._token.kind == "operator" and self._token.text == sign
        if found:
            self._position += 1
        return found

    def expect_end(self) -> None:
        if self._token.kind != "end":
            raise ExpressionError(f"unexpected {self._token.text!r}")

    def expression(self, binding: int) -> Compute:
        """Parse everything that binds tighter than `binding`."""
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise ExpressionError(f"deeper than {MAX_DEPTH} levels")
        left = self._operand()
        while (sign := self._infix()) and _BINDING[sign] > binding:
            if self._token.kind == "operator":
                self._position += 1
            left = _combine(sign, left, self.expression(_BINDING[sign] - (sign == "^")))
        self._depth -= 1
        return left

    def _infix(self) -> str:
        """The operator that follows, `*` where a factor follows without one, empty where the expression ends."""
        token = self._token
        if token.kind == "operator":
            return token.text
        follows = token.kind in _STARTS_FACTOR or (token.kind == "bar" and not self._bars)
        return "*" if follows else ""

    def _operand(self) -> Compute:
        token = self._take()
        if token.kind in ("number", "constant"):
            return _constant(token.value)
        if token.kind == "variable":
            return _identity
        if token.kind == "open":
            return self._group(token)[0]
        if token.kind == "function":
            return self._fraction() if token.text == "frac" else self._call(token.text)
        if token.kind == "bar":
            return self._absolute()
        if token.kind == "operator" and token.text in "+-":
            operand = self.expression(_NEGATION)
            return _negated(operand) if token.text == "-" else operand
        raise ExpressionError(f"unexpected {token.text!r}" if token.text else "something is missing at the end")

    def _group(self, opening: Token, *, several: bool = False) -> list[Compute]:
        """What stands between brackets: one expression, or `several`. A bar opened outside is not closed inside."""
        bars, self._bars = self._bars, 0
        found = [self.expression(0)]
        while several and self._token.kind == "separator":
            self._take()
            found.append(self.expression(0))
        self._bars = bars
        if not closes(opening.text, self._take()):
            raise ExpressionError(f"{opening.text!r} is not closed")
        return found

    def _absolute(self) -> Compute:
        self._bars += 1
        inside = self.expression(0)
        self._bars -= 1
        if self._take().kind != "bar":
            raise ExpressionError("'|' is not closed")
        return _composed(abs, inside)

    def _braces(self) -> Compute:
        opening = self._take()
        if opening.text != "{":
            raise ExpressionError("a brace is missing")
        return self._group(opening)[0]

    def _fraction(self) -> Compute:
        return _combine("/", self._braces(), self._braces())

    def _call(self, name: str) -> Compute:
        sign, name = name, canonical(name)
        if name in SEVERAL:
            return self._call_of_several(name)
        if name == "sqrt" and self._token.text == "[":
            return _root(self._group(self._take())[0], self._braces())
        exponent = self._exponent() if self._take_operator("^") else None
        if exponent == -1 and name in INVERSES:
            name, exponent = INVERSES[name], None
        call = _composed(FUNCTIONS[name], self._argument(product=sign not in "√∛"))
        return call if exponent is None else _combine("^", call, _constant(exponent))

    def _call_of_several(self, name: str) -> Compute:
        if self._token.kind != "open":
            raise ExpressionError(f"{name} takes its values between brackets")
        values = self._group(self._take(), several=True)
        if len(values) < 2:
            raise ExpressionError(f"{name} takes two values or more")
        function = SEVERAL[name]
        return lambda x: function(*(value(x) for value in values))

    def _exponent(self) -> float:
        """The number on a function's name, as in sin^2(x): an expression there would be ambiguous."""
        braces = self._token.text == "{" and bool(self._take())
        sign = -1 if self._take_operator("-") else 1
        number = self._take()
        if number.kind != "number" or (braces and not closes("{", self._take())):
            raise ExpressionError("a function's exponent must be a number")
        return sign * number.value

    def _argument(self, *, product: bool) -> Compute:
        """What a function applies to: its brackets, else a factor, or the `product` up to a function or bracket."""
        if self._token.kind == "open":
            return self._group(self._take())[0]
        argument = self.expression(_NEGATION)
        while product and self._token.kind in ("variable", "constant"):
            argument = _combine("*", argument, self.expression(_NEGATION))
        return argument


def _identity(x: float) -> float:
    return x


def _constant(value: float) -> Compute:
    return lambda _: value


def _negated(operand: Compute) -> Compute:
    return lambda x: -operand(x)


def _root(index: Compute, operand: Compute) -> Compute:
    return lambda x: root(index(x), operand(x))


def _composed(function: Callable[[float], float], inside: Compute) -> Compute:
    return lambda x: function(inside(x))


def _combine(sign: str, left: Compute, right: Compute) -> Compute:
    match sign:
        case "+":
            return lambda x: left(x) + right(x)
        case "-":
            return lambda x: left(x) - right(x)
        case "*":
            return lambda x: left(x) * right(x)
        case "/":
            return lambda x: left(x) / right(x)
        case _:
            return lambda x: power(left(x), right(x))
