"""The one structured event of every call, written as a JSON line to a rotated log.

An event never holds a secret: it is built from named fields, not from headers or bodies.
"""

import contextlib
import logging
import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

import msgspec

from yunbox.kernel.call import Place

CONTROL = "control"
"""The plane of calls that manage; all others are on data."""
_LOG = logging.getLogger("yunbox")

_LOG_BYTES_MAX = 16 * 1024 * 1024
_LOG_FILES_MAX = 5
_LINES_MAX = 256
_FLUSH_S = 0.02


class Event(msgspec.Struct, omit_defaults=True):
    """Who did what to which resource, what was decided, and what came of it.

    Statements of a session that went alike are one event: ``calls`` counts them, and the latency is their mean.
    ``plane`` is ``control`` for calls that manage, and nothing for those on data.

    ``actions`` are those of RAM, each on the resource in the same place; ``verdict`` is how they were decided, in the
    vendor's words, and ``decided`` the place of the one that was denied. ``arn`` is the principal by RAM's name;
    ``reads`` says that the call changes nothing.
    """

    time: float
    request_id: str
    service: str
    operation: str
    principal: str = ""
    account_id: str = ""
    resources: list[str] = []
    decision: str = ""
    code: str = ""
    message: str = ""
    latency_ms: float = 0.0
    uploaded_bytes: int = 0
    downloaded_bytes: int = 0
    scanned_bytes: int = 0
    calls: int = 1
    plane: str = ""
    arn: str = ""
    actions: list[str] = []
    verdict: str = ""
    source_ip: str = ""
    access_key_id: str = ""
    reads: bool = False
    decided: int = 0


Reader = Callable[[Event, Sequence[Place]], None]
"""Sees each event, and where the load of its call fell."""


class Recorder(Protocol):
    """Takes events: the journal, or from another process what sends them to it."""

    def record(self, event: Event, places: Sequence[Place] = ()) -> None:
        """Take one event."""


class Journal:
    """Writes events; other readers of the same event subscribe instead of being called by operations."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._encode = msgspec.json.Encoder().encode
        self._readers: list[Reader] = []
        self._fd = -1
        self._size_bytes = 0
        self._lines: list[bytes] = []
        self._flushed = 0.0
        self._open()

    def subscribe(self, reader: Reader) -> None:
        """Let another reader see each event."""
        self._readers.append(reader)

    def record(self, event: Event, places: Sequence[Place] = ()) -> None:
        """Write one event: at once, or, when they come in thousands a second, with those next to it.

        A reader that fails is told of in the server's own log: the call that the event tells of is done.
        """
        self._lines.append(self._encode(event))
        now = time.monotonic()
        if now - self._flushed > _FLUSH_S or len(self._lines) >= _LINES_MAX:
            self._flushed = now
            self.flush()
        for reader in self._readers:
            try:
                reader(event, places)
            except Exception:
                _LOG.exception("a reader of events failed")

    def flush(self) -> None:
        """Write what waits. A full disk must not fail the calls it tells of."""
        if not self._lines:
            return
        data = b"\n".join(self._lines) + b"\n"
        self._lines.clear()
        with contextlib.suppress(OSError):
            if self._size_bytes + len(data) > _LOG_BYTES_MAX:
                self._rotate()
            self._size_bytes += os.write(self._fd, data)

    def close(self) -> None:
        """Write what waits and close the log file."""
        self.flush()
        os.close(self._fd)

    def _open(self) -> None:
        self._fd = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._size_bytes = os.fstat(self._fd).st_size

    def _rotate(self) -> None:
        for number in range(_LOG_FILES_MAX - 1, 0, -1):
            older = self._numbered(number)
            if older.exists():
                older.replace(self._numbered(number + 1))
        self._path.replace(self._numbered(1))
        os.close(self._fd)
        self._open()

    def _numbered(self, number: int) -> Path:
        return self._path.with_name(f"{self._path.name}.{number}")
