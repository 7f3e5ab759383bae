"""Paths and documents made by chance, of few keys and values, so that much of what a path asks for is there."""

import json
from random import Random
from typing import Any

_KEYS = ("a", "b", "c", "long key", "é")
_TEXTS = ("", "a", "abc", "ABC", "1.5", " 2 ", "1e400", "x\ny", "ü", "true", "2017-03-10", "2017-03-10 12:34:56",
          "12:34:56+03", "2017-3-9T00:00:00+00")  # fmt: skip
_NUMBERS = ("0", "1", "2", "-1", "3.0", "2.50", "1e3", "-0.4", "0.00012", "100000000000000000000", "1234567.891")
_REGEXES = ('"^a"', '"b.*" flag "i"', '"x.y" flag "s"', '"^y" flag "m"', '"a.c"', '"." flag "q"', '"[0-9]+$"')
_METHODS = ("type", "size", "abs", "floor", "ceiling", "double", "keyvalue", "datetime")


def chance_document(chance: Random, depth: int = 3) -> str:
    kind = chance.randrange(10 if depth else 5)
    if kind < 2:
        return chance.choice(_NUMBERS)
    if kind < 4:
        return json.dumps(chance.choice(_TEXTS), ensure_ascii=False)
    if kind < 5:
        return chance.choice(("null", "true", "false"))
    items = [chance_document(chance, depth - 1) for _ in range(chance.randrange(4))]
    if kind < 7:
        return "[" + ", ".join(items) + "]"
    keys = chance.sample(_KEYS, len(items))
    pairs = (f"{json.dumps(key, ensure_ascii=False)}: {item}" for key, item in zip(keys, items, strict=True))
    return "{" + ", ".join(pairs) + "}"


class ChancePath:
    """Makes one path after another."""

    def __init__(self, chance: Random) -> None:
        self.chance = chance
        self.filters = self.subscripts = 0

    def path(self) -> str:
        mode = self.chance.choice(("", "", "lax ", "strict ", "strict "))
        return mode + (self._predicate(2) if not self.chance.randrange(4) else self._value(3))

    def _pick(self, *of: Any) -> Any:
        return self.chance.choice(of)

    def _value(self, depth: int) -> str:
        kind = self.chance.randrange(8 if depth else 1)
        if kind < 6:
            return self._accessed(depth)
        if kind < 7:
            return f"{self._value(depth - 1)} {self._pick(*'+-*/%')} {self._value(depth - 1)}"
        return f"{self._pick('-', '+')}({self._value(depth - 1)})"

    def _accessed(self, depth: int) -> str:
        kind = self.chance.randrange(14)
        if kind < 8:
            made = "@" if self.filters and self.chance.randrange(3) else "$"
        elif kind < 9:
            made = self._pick("$x", "$y", "$x", "$none") if not self.chance.randrange(4) else "$x"
        elif kind < 10 and depth:
            made = f"({self._predicate(depth - 1)})"
            return made + self._steps(depth - 1, least=1)
        elif kind < 11 and self.subscripts:
            made = "last"
        elif kind < 12 and depth:
            made = f"({self._value(depth - 1)})"
        else:
            return self._scalar()
        return made + self._steps(depth)

    def _scalar(self) -> str:
        return self._pick(*_NUMBERS, '"a"', '"abc"', '"1.5"', "null", "true", "false")

    def _steps(self, depth: int, least: int = 0) -> str:
        return "".join(self._step(depth) for _ in range(self.chance.choice((least, 1, 1, 2, 3))))

    def _step(self, depth: int) -> str:
        kind = self.chance.randrange(16)
        if kind < 4:
            return "." + self._pick("a", "b", "c", '"long key"', "é")
        if kind < 6:
            return self._pick(".*", "[*]")
        if kind < 7:
            return self._pick(".**", ".**", ".**{1}", ".**{last}", ".**{0 to 1}", ".**{2 to last}", ".**{1 to 2}")
        if kind < 9:
            return f"[{self._subscript(depth)}]"
        if kind < 12 and depth:
            self.filters += 1
            made = f" ? ({self._predicate(depth - 1)})"
            self.filters -= 1
            return made
        return f".{self._pick(*_METHODS)}()"

    def _subscript(self, depth: int) -> str:
        self.subscripts += 1
        made = self._pick("0", "1", "last", "0 to last", "1, 0", "last - 1", "0 to 1, last", "5", "1.7", "-1")
        if depth and not self.chance.randrange(4):
            made = self._value(depth - 1)
        self.subscripts -= 1
        return made

    def _predicate(self, depth: int) -> str:
        kind = self.chance.randrange(10 if depth else 4)
        if kind < 4:
            return f"{self._value(depth)} {self._pick('==', '!=', '<', '<=', '>', '>=')} {self._value(depth)}"
        if kind < 5:
            return f"({self._predicate(depth - 1)}) {self._pick('&&', '||')} ({self._predicate(depth - 1)})"
        if kind < 6:
            return f"!({self._predicate(depth - 1)})"
        if kind < 7:
            return f"({self._predicate(depth - 1)}) is unknown"
        if kind < 8:
            return f"{self._accessed(depth - 1)} like_regex {self._pick(*_REGEXES)}"
        if kind < 9:
            return f"{self._accessed(depth - 1)} starts with {self._pick('$x', 'a', '')}".replace(
                " with a", ' with "a"').removesuffix(" ")  # fmt: skip
        return f"exists({self._value(depth - 1)})"
