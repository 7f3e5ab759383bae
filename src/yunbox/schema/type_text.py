"""The text of a type, such as ``decimal(10,2)`` or ``map<string,array<bigint>>``, read back.

The catalogue keeps this text, and dialects whose types are written like Hive's read theirs with it, each with the
other names that it takes for a type.
"""

from collections.abc import Mapping

from yunbox.kernel.errors import InvalidArgument
from yunbox.schema.types import NAMES, DataType

_NESTING_MAX = 20
_LENGTH_MAX = {"varchar": 65535, "char": 255}


def read_type(text: str, aliases: Mapping[str, str] | None = None, owner: str = "") -> DataType:
    """Read a type; ``aliases`` are other names for types, ``owner`` is whose types a refusal speaks of.

    Raises InvalidArgument when the text is no type or a parameter is out of its range.
    """
    reader = _Reader(text, aliases or {}, f"{text!r} is not a {owner} data type".replace("  ", " "))
    parsed = reader.type(depth=0)
    if reader.rest():
        raise InvalidArgument(f"unexpected {reader.rest()!r} after type {parsed} in {text!r}")
    return parsed


class _Reader:
    def __init__(self, text: str, aliases: Mapping[str, str], refusal: str) -> None:
        self.text = text
        self.at = 0
        self._aliases = aliases
        self._refusal = refusal

    def rest(self) -> str:
        return self.text[self.at :].strip()

    def type(self, depth: int) -> DataType:
        if depth > _NESTING_MAX:
            raise InvalidArgument(f"type is nested deeper than {_NESTING_MAX} levels")
        name = self.word().lower()
        name = self._aliases.get(name, name)
        if name in ("array", "map"):
            children = self.elements(depth)
            if len(children) != (1 if name == "array" else 2):
                raise InvalidArgument(f"wrong number of element types for {name} in {self.text!r}")
            return DataType(name, children=children)
        if name == "struct":
            return self.struct(depth)
        params = self.params()
        if name == "decimal":
            return DataType(name, _decimal_params(params))
        if name in _LENGTH_MAX:
            return DataType(name, _length_params(name, params))
        if name not in NAMES or params:
            raise InvalidArgument(self._refusal)
        return DataType(name)

    def word(self) -> str:
        self.skip()
        start = self.at
        if self.peek() == "`":
            end = self.text.find("`", start + 1)
            if end < 0:
                raise InvalidArgument(f"unclosed quote in type {self.text!r}")
            self.at = end + 1
            return self.text[start + 1 : end]
        while self.at < len(self.text) and (self.text[self.at].isalnum() or self.text[self.at] == "_"):
            self.at += 1
        if start == self.at:
            raise InvalidArgument(self._refusal)
        return self.text[start : self.at]

    def skip(self) -> None:
        while self.at < len(self.text) and self.text[self.at].isspace():
            self.at += 1

    def peek(self) -> str:
        self.skip()
        return self.text[self.at : self.at + 1]

    def expect(self, char: str) -> None:
        if self.peek() != char:
            raise InvalidArgument(f"expected {char!r} in type {self.text!r}")
        self.at += 1

    def elements(self, depth: int) -> tuple[DataType, ...]:
        self.expect("<")
        found = [self.type(depth + 1)]
        while self.peek() == ",":
            self.at += 1
            found.append(self.type(depth + 1))
        self.expect(">")
        return tuple(found)

    def struct(self, depth: int) -> DataType:
        self.expect("<")
        names: list[str] = []
        children: list[DataType] = []
        while True:
            names.append(self.word())
            self.expect(":")
            children.append(self.type(depth + 1))
            if self.peek() != ",":
                break
            self.at += 1
        self.expect(">")
        if len({name.lower() for name in names}) < len(names):
            raise InvalidArgument(f"a field name stands twice in type {self.text!r}")
        return DataType("struct", children=tuple(children), names=tuple(names))

    def params(self) -> tuple[int, ...]:
        if self.peek() != "(":
            return ()
        close = self.text.find(")", self.at)
        inner = self.text[self.at + 1 : close] if close > 0 else ""
        try:
            numbers = tuple(int(part) for part in inner.split(","))
        except ValueError:
            raise InvalidArgument(self._refusal) from None
        self.at = close + 1
        return numbers


def _decimal_params(params: tuple[int, ...]) -> tuple[int, int]:
    precision, scale = (*params, 0)[:2] if params else (38, 18)
    if len(params) > 2 or not 1 <= precision <= 38 or not 0 <= scale <= min(18, precision):
        raise InvalidArgument("DECIMAL needs a precision of 1 to 38 and a scale of 0 to 18")
    return precision, scale


def _length_params(name: str, params: tuple[int, ...]) -> tuple[int, ...]:
    if len(params) != 1 or not 1 <= params[0] <= _LENGTH_MAX[name]:
        raise InvalidArgument(f"{name.upper()} needs a length of 1 to {_LENGTH_MAX[name]}")
    return params
