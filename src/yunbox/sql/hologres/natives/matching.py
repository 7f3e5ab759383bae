"""Matching texts by expressions that were read: at once where that takes few steps, and else with an end.

Python's own matching cannot be stopped, and keeps the whole process waiting. PostgreSQL's takes a time that grows with
the text alone, where this may try more ways than there are letters.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from yunbox.wire.pgwire.report import failure

_NESTED_LETTERS, _STEPS, _POWER_MAX = 16, 1_000_000, 6
"""Of how many letters an expression with repetitions within repetitions is matched at once, and how many steps another
may take for that at most."""
_PATIENCE_S = 0.8
"""How long one match may take."""


@lru_cache(128)
def slow(pattern: str, flags: int) -> Any:
    """An expression as the package ``regex`` has it, whose matching ends after a time and leaves the interpreter free.

    It is four times as slow as Python's own where there is little to do.
    """
    import regex  # 30 ms, of which most have no need

    kept = regex.ASCII | (regex.IGNORECASE if flags & re.IGNORECASE else 0)
    return regex.compile(pattern, kept)


@dataclass(frozen=True)
class Pattern:
    """An expression that was read. ``unsure`` says what makes its groups, or its length, another's than Python's."""

    compiled: re.Pattern[str]
    groups: int
    unsure: str
    lazy: bool
    anchored: bool
    quantifiers: int = 0
    nested: bool = False
    """Whether what is repeated has repetitions or alternatives in it: there may be more ways to match than letters."""
    choice: bool = False

    def search(self, text: str, start: int = 0) -> re.Match[str] | None:
        """The first match. Raises PgError 54000."""
        if self.is_short(text):
            return self.compiled.search(text, start)
        return self._patiently(lambda of: of.search(text, start, timeout=_PATIENCE_S, concurrent=True))

    def fullmatch(self, text: str, start: int, end: int) -> re.Match[str] | None:
        """Whether all of a part matches. Raises PgError 54000."""
        if self.is_short(text):
            return self.compiled.fullmatch(text, start, end)
        return self._patiently(lambda of: of.fullmatch(text, start, end, timeout=_PATIENCE_S, concurrent=True))

    @property
    def is_longest(self) -> bool:
        """Whether the first match is the longest of those that begin where it does."""
        return not self.choice and self.quantifiers <= 1

    def is_short(self, text: str) -> bool:
        """Whether matching takes few steps, however it goes."""
        if self.nested:
            return len(text) <= _NESTED_LETTERS
        return not self.quantifiers or len(text) ** min(self.quantifiers + 1, _POWER_MAX) <= _STEPS

    def _patiently(self, match: Callable[[Any], Any]) -> Any:
        """What may take long, with an end, and without keeping others from what they do."""
        try:
            return match(slow(self.compiled.pattern, self.compiled.flags))
        except TimeoutError:
            raise failure("54000", "a regular expression that takes so long to match is not supported") from None
