"""Predicates as Python functions of one partition's values, in SQL's logic plus a fourth answer: unknown.

Unknown stands for whatever planning cannot see, such as a data column. It is not NULL: NULL is a value that is
certainly not true, unknown may be anything.
"""

import re
from collections.abc import Callable
from typing import Any

from yunbox.sql.maxcompute.errors import IllegalCast
from yunbox.sql.maxcompute.expr import Expr, Ref

Value = Any
Row = tuple[str, ...]
Reader = Callable[[Row], Value]


class _Unknown:
    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN = _Unknown()
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "=": lambda a, b: a == b,
    "<>": lambda a, b: a != b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}


def _unknown(row: Row) -> Value:
    return UNKNOWN


class Compiler:
    """Turns expressions into readers of partition values.

    ``lookup`` reads a column, ``constant`` evaluates an expression of constants, ``batch`` makes a reader for an
    opaque expression or says it cannot. ``blind`` tells afterwards that something opaque was met, ``certain``
    that everything was understood.
    """

    def __init__(
        self,
        lookup: Callable[[Ref], Reader],
        constant: Callable[[Expr], Value],
        batch: Callable[[Expr], Reader | None],
    ) -> None:
        self.lookup = lookup
        self.constant = constant
        self.batch = batch
        self.blind = False
        self.certain = True

    def compile(self, expr: Expr) -> Reader:
        """The reader of one expression."""
        op = expr.op
        if op == "literal":
            value = expr.value
            return lambda row: value
        if op == "column":
            return self.lookup(next(iter(expr.refs)))
        if op == "and":
            return _all([self.compile(arg) for arg in expr.args])
        if op == "or":
            return _any([self.compile(arg) for arg in expr.args])
        if op == "not":
            return _not(self.compile(expr.args[0]))
        if expr.subquery or expr.volatile or expr.aggregate or expr.window:
            self.certain = False
            return _unknown
        if op in _COMPARE:
            return _comparison(_COMPARE[op], self.compile(expr.args[0]), self.compile(expr.args[1]))
        if op == "in":
            return _in([self.compile(arg) for arg in expr.args])
        if op == "isnull":
            return _isnull(self.compile(expr.args[0]))
        if op == "like" and expr.args[1].op == "literal" and isinstance(expr.args[1].value, str):
            return _like(self.compile(expr.args[0]), expr.args[1].value)
        if op == "cast":
            return self._cast(expr)
        return self._opaque(expr)

    def _cast(self, expr: Expr) -> Reader:
        inner = expr.args[0]
        if inner.op in ("column", "cast") and inner.type.is_text:
            read = self.compile(inner)
            if expr.type.is_text and not expr.type.params:
                return read
            if expr.type.name == "double":
                return lambda row: _number(read(row))
        return self._opaque(expr)

    def _opaque(self, expr: Expr) -> Reader:
        if expr.constant:
            value = self.constant(expr)
            self.blind = self.blind or value is UNKNOWN
            return lambda row: value
        made = self.batch(expr)
        if made is None:
            self.certain = False
            self.blind = self.blind or self._reads_known(expr)
            return _unknown
        return made

    def _reads_known(self, expr: Expr) -> bool:
        """Whether an opaque expression had something to do with columns this compiler knows."""
        return False


def _number(value: Value) -> Value:
    if value is UNKNOWN or value is None:
        return value
    try:
        return float(value) if "_" not in value and value.strip().lower()[-1:].isdigit() else UNKNOWN
    except ValueError:
        raise IllegalCast(value, "String", "Bigint") from None


def _all(readers: list[Reader]) -> Reader:
    def read(row: Row) -> Value:
        found: Value = True
        for reader in readers:
            value = reader(row)
            if value is False:
                return False
            if value is None:
                found = None
            elif value is UNKNOWN and found is True:
                found = UNKNOWN
        return found

    return read


def _any(readers: list[Reader]) -> Reader:
    def read(row: Row) -> Value:
        found: Value = False
        for reader in readers:
            value = reader(row)
            if value is True:
                return True
            if value is UNKNOWN:
                found = UNKNOWN
            elif value is None and found is False:
                found = None
        return found

    return read


def _not(reader: Reader) -> Reader:
    def read(row: Row) -> Value:
        value = reader(row)
        return value if value is UNKNOWN or value is None else not value

    return read


def _comparison(compare: Callable[[Any, Any], bool], left: Reader, right: Reader) -> Reader:
    def read(row: Row) -> Value:
        a, b = left(row), right(row)
        if a is None or b is None:
            return None
        if a is UNKNOWN or b is UNKNOWN:
            return UNKNOWN
        try:
            return compare(a, b)
        except TypeError:
            return UNKNOWN

    return read


def _in(readers: list[Reader]) -> Reader:
    value, choices = readers[0], readers[1:]

    def read(row: Row) -> Value:
        found = value(row)
        if found is None or found is UNKNOWN:
            return found
        answer: Value = False
        for choice in choices:
            other = choice(row)
            if other is UNKNOWN or other is None:
                answer = UNKNOWN if UNKNOWN in (answer, other) else None
            elif type(other) is type(found) or (isinstance(other, int | float) and isinstance(found, int | float)):
                if other == found:
                    return True
            else:
                answer = UNKNOWN
        return answer

    return read


def _isnull(reader: Reader) -> Reader:
    def read(row: Row) -> Value:
        value = reader(row)
        return UNKNOWN if value is UNKNOWN else value is None

    return read


def _like(reader: Reader, pattern: str) -> Reader:
    matches = re.compile(_like_regex(pattern), re.DOTALL).fullmatch

    def read(row: Row) -> Value:
        value = reader(row)
        if value is None or not isinstance(value, str):
            return None if value is None else UNKNOWN
        return matches(value) is not None

    return read


def _like_regex(pattern: str) -> str:
    made, i = "", 0
    while i < len(pattern):
        char = pattern[i]
        if char == "\\" and i + 1 < len(pattern):
            i += 1
            made += re.escape(pattern[i])
        else:
            made += {"%": ".*", "_": "."}.get(char) or re.escape(char)
        i += 1
    return made
