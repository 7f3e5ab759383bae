"""Functions whose values may be large ask on the way whether their statement is to go on, and whether there is room.

DuckDB asks that itself only between thousands of rows, and its limit of memory is none for what functions in Python
return. A statement is known by the number in its connection's variable ``hg_statement``; elsewhere it has none.
"""

import os
import resource
from collections.abc import Callable
from pathlib import Path
from typing import Any

from yunbox.sql.hologres.natives.native import Native, lax
from yunbox.wire.pgwire.report import failure

STATEMENT = "getvariable('hg_statement')"
"""The number of the statement that calls, in SQL."""
LARGE = 1 << 16
_STATUS = Path("/proc/self/statm")
_PAGE_BYTES = resource.getpagesize()
_stopped: set[int] = set()
_room: list[int] = []


def begun(statement: int) -> None:
    """It goes on from here."""
    _stopped.discard(statement)


def stopped(statement: int) -> None:
    """It is to end."""
    _stopped.add(statement)


def limited(memory_bytes_max: int) -> None:
    """How large this process may become by such values."""
    _room[:] = [memory_bytes_max]


def check(statement: int | None, size: int) -> None:
    """What has to be asked before so many bytes are made, or behind as many steps. Raises PgError 57014, 53200."""
    if size < LARGE:
        return
    if statement in _stopped:
        raise failure("57014", "canceling statement due to user request")
    if _room and _resident_bytes() + size > _room[0]:
        raise failure("53200", "out of memory", f"Failed on request of size {size}.")


def _resident_bytes() -> int:
    with _STATUS.open("rb", buffering=0) as file:
        return int(os.read(file.fileno(), 64).split()[1]) * _PAGE_BYTES


def stoppable(name: str, function: Callable[..., Any], params: str, returns: str) -> Native:
    """A strict function that also takes its statement's number, as the last of its arguments."""

    def strict(*args: Any) -> Any:
        return None if None in args[:-1] else function(*args)

    return lax(name, strict, f"{params}; BIGINT", returns)
