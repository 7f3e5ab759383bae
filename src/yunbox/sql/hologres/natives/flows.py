"""bit_match: an expression over the bits that bit_construct makes of conditions.

Source: the vendor's page "bit_construct and bit_match": ``&``, ``|``, ``!``, ``^`` and parentheses. Which of them binds
first is not said: they do as in C.
"""

import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from operator import and_, or_, xor

from yunbox.sql.hologres.catalogue.own import CONDITIONS
from yunbox.sql.hologres.natives.native import Native, native
from yunbox.wire.pgwire.report import failure

Test = Callable[[int], bool]
_TOKEN = re.compile(r"\s*([a-z]\d?|[&|!^()])\s*", re.IGNORECASE)
_BINARY = ((("|", or_),), (("^", xor),), (("&", and_),))
"""From what binds last to what binds first."""
_DEPTH_MAX = 100


class _Expression:
    """Reads one expression."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = list(self._split())
        self._at = 0

    def read(self) -> Test:
        """The whole. Raises PgError 22023."""
        made = self._level(0, 0)
        if self._at < len(self._tokens):
            raise self._wrong()
        return made

    def _split(self) -> Iterator[str]:
        at = 0
        while at < len(self._text):
            found = _TOKEN.match(self._text, at)
            if found is None:
                raise self._wrong()
            yield found[1].lower()
            at = found.end()

    def _taken(self, token: str) -> bool:
        if self._tokens[self._at : self._at + 1] == [token]:
            self._at += 1
            return True
        return False

    def _level(self, level: int, depth: int) -> Test:
        if level == len(_BINARY):
            return self._one(depth + 1)
        made = self._level(level + 1, depth)
        for symbol, run in _BINARY[level]:
            while self._taken(symbol):
                made = _both(run, made, self._level(level + 1, depth))
        return made

    def _one(self, depth: int) -> Test:
        if depth > _DEPTH_MAX:
            raise self._wrong()
        if self._taken("!"):
            inner = self._one(depth + 1)
            return lambda bits: not inner(bits)
        if self._taken("("):
            made = self._level(0, depth)
            if not self._taken(")"):
                raise self._wrong()
            return made
        name = self._tokens[self._at] if self._at < len(self._tokens) else ""
        if name not in CONDITIONS:
            raise self._wrong()
        self._at += 1
        bit = 1 << CONDITIONS.index(name)
        return lambda bits: bool(bits & bit)

    def _wrong(self) -> Exception:
        return failure("22023", f'bit_match: "{self._text}" is no expression of conditions')


def _both(run: Callable[[bool, bool], bool], left: Test, right: Test) -> Test:
    return lambda bits: run(left(bits), right(bits))


@lru_cache(256)
def _test(text: str) -> Test:
    return _Expression(text).read()


NATIVES: tuple[Native, ...] = (
    native("hg_bit_match", lambda text, bits: _test(text)(bits), "VARCHAR; INTEGER", "BOOLEAN"),
)
"""Functions of flow_analysis."""
