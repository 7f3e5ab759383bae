"""What the log of slow and failed statements says of one: ``hologres.hg_query_log``.

Texts are kept with a mark in the place of every constant, and whole only where the server was started to keep them so;
values of parameters are never kept. Source: the vendor's page "Get and analyze slow query logs".
"""

import hashlib
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from yunbox.services.hologres.statements.lexer import tokens
from yunbox.wire.pgwire.report import Report
from yunbox.wire.pgwire.values.calendar import EPOCH_US, US_PER_S
from yunbox.wire.pgwire.values.codec import Style
from yunbox.wire.pgwire.values.types import TYPES

_PROCESS_BITS = 12
LETTERS_MAX = 51_200
"""Of a text; the vendor's limit."""
DEFINING = frozenset((
    "ALTER", "ASYNC", "CALL", "COMMENT", "CREATE", "DROP", "GRANT", "IMPORT", "REASSIGN", "REBUILD", "REVOKE",
    "TRUNCATE",
))  # fmt: skip
"""Statements that are logged however fast they are, by the first word of their tags."""
_CHANGING = frozenset(("INSERT", "UPDATE", "DELETE", "COPY", "REFRESH"))
_FINGERPRINTED = frozenset(("SELECT", "INSERT", "UPDATE", "DELETE"))
_QUOTED = re.compile(r'"(?:[^"]|"")*"')
_TELLING = ("22", "42601")
"""SQLSTATEs, or beginnings of them, whose messages quote what was written."""
_TIMESTAMP = TYPES[1114].codec
_MARK = "?"


@dataclass(frozen=True, slots=True)
class Ended:
    """A statement that has ended: its text and tag, when it began and how long it took, and how it failed."""

    text: str
    tag: str
    began_us: int
    took_us: int
    failure: Report | None = None
    sent_bytes: int = 0


def is_logged(tag: str, took_us: int, slow_us: int) -> bool:
    """Whether one that has succeeded is: one that took so long, or that defines something; below 0 none is."""
    return slow_us >= 0 and (took_us >= slow_us or tag.partition(" ")[0] in DEFINING)


def query_id(began_us: int, process_id: int) -> int:
    """A number that no other statement has."""
    return began_us << _PROCESS_BITS | process_id & ((1 << _PROCESS_BITS) - 1)


def marked(text: str) -> str:
    """A text with marks in the place of constants, and one space between what stands apart."""
    parts: list[str] = []
    end = 0
    for token in tokens(text[: 4 * LETTERS_MAX]):
        if token.start > end and parts:
            parts.append(" ")
        parts.append(_MARK if token.sort in ("text", "number") else token.text)
        end = token.end
    return "".join(parts)


def entry_of(ended: Ended, about: Mapping[str, Any], *, whole: bool) -> dict[str, Any]:
    """An entry. ``about`` are columns that are the session's; ``whole`` keeps the text as it is."""
    plain = marked(ended.text)
    word = ended.tag.partition(" ")[0]
    count = ended.tag.rpartition(" ")[2]
    rows = int(count) if count.isdecimal() else None
    failed = ended.failure is not None
    return {
        **about,
        "status": "FAILED" if failed else "SUCCESS", "message": _message(ended.failure, whole=whole),
        "digest": hashlib.md5(plain.lower().encode(), usedforsecurity=False).hexdigest()
        if word in _FINGERPRINTED else None,
        "command_tag": ended.tag if word in DEFINING else word, "duration": ended.took_us // 1000,
        "query_start": _TIMESTAMP.write(ended.began_us, Style()), "query_date": _day(ended.began_us),
        "query": (ended.text if whole else plain)[:LETTERS_MAX],
        "result_rows": rows if word in ("SELECT", "FETCH") else None,
        "result_bytes": ended.sent_bytes or None,
        "affected_rows": rows if word in _CHANGING else None,
    }  # fmt: skip


def _message(report: Report | None, *, whole: bool) -> str | None:
    if report is None:
        return None
    hides = not whole and report.sqlstate.startswith(_TELLING)
    message = _QUOTED.sub(f'"{_MARK}"', report.message) if hides else report.message
    return f"{report.sqlstate}: {message}"[:LETTERS_MAX]


def _day(at_us: int) -> str:
    return time.strftime("%Y%m%d", time.gmtime((at_us + EPOCH_US) / US_PER_S))
