"""The audit trail: who managed what, and who was refused, kept for 90 days whatever the traffic is.

The log of calls holds each call, and so no more than seconds of a busy server. Here management calls and refusals are
whole, one JSON line each; calls on data are added up by the minute. A flood of refusals of one kind is added up too,
after the first hundred of a minute, so that nobody can drown the trail. One more reader of each call's event.
"""

import contextlib
import os
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import msgspec

from yunbox.kernel.call import Place
from yunbox.kernel.clock import Clock, utc
from yunbox.meter.journal import Event
from yunbox.storage.files import sync_file

AGE_DAYS = 90
BYTES_MAX = 256 * 1024 * 1024
REFUSALS_WHOLE_MAX = 100
"""Of one kind in a minute; further ones are counted."""
_KINDS_MAX = 10_000
_MINUTE_S = 60.0


class Summed(msgspec.Struct):
    """Calls of one kind within a minute."""

    time: float
    service: str
    operation: str
    principal: str
    code: str
    calls: int
    uploaded_bytes: int = 0
    downloaded_bytes: int = 0
    scanned_bytes: int = 0


_Kind = tuple[str, str, str, str]


class Audit:
    """Writes the trail: a file a day."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._folder = folder
        self._clock = clock
        self._encode = msgspec.json.Encoder().encode
        self._until = 0.0
        self._sums: dict[_Kind, Summed] = {}
        self._refusals: Counter[_Kind] = Counter()
        self._written: set[Path] = set()

    def record(self, event: Event, _places: Sequence[Place]) -> None:
        """Keep one event, or add it to others of its kind."""
        if event.time >= self._until:
            self.flush()
            self._until = (event.time // _MINUTE_S + 1) * _MINUTE_S
        if event.decision == "refused":
            self._refused(event)
        elif event.plane:
            self._write(event)
        else:
            self._add(event)

    def flush(self) -> None:
        """Write the sums of the minute."""
        sums, self._sums = self._sums, {}
        self._refusals.clear()
        if sums:
            self._write(*sums.values())

    def sweep(self) -> None:
        """Remove what is too old, and the oldest of what is too much; in a thread."""
        oldest = utc(self._clock.time() - AGE_DAYS * 86_400).date().isoformat()
        size = 0
        for path in sorted(self._folder.glob("*.jsonl"), reverse=True):
            size += path.stat().st_size
            if path.stem < oldest or size > BYTES_MAX:
                path.unlink(missing_ok=True)

    def sync(self) -> None:
        """Have what was written be on disk; in a thread. A full disk must not fail the calls that are told of."""
        written, self._written = self._written, set()
        for path in written:
            with contextlib.suppress(OSError):
                sync_file(path)

    def _refused(self, event: Event) -> None:
        kind = event.service, event.operation, event.principal, event.code
        self._refusals[kind] += 1
        if self._refusals[kind] <= REFUSALS_WHOLE_MAX:
            self._write(event)
        else:
            self._add(event)

    def _add(self, event: Event) -> None:
        kind = event.service, event.operation, event.principal, event.code
        found = self._sums.get(kind)
        if found is None:
            if len(self._sums) >= _KINDS_MAX:
                self.flush()
            found = self._sums[kind] = Summed(event.time // _MINUTE_S * _MINUTE_S, *kind, calls=0)
        found.calls += event.calls
        if event.uploaded_bytes or event.downloaded_bytes or event.scanned_bytes:
            found.uploaded_bytes += event.uploaded_bytes
            found.downloaded_bytes += event.downloaded_bytes
            found.scanned_bytes += event.scanned_bytes

    def _write(self, *items: Event | Summed) -> None:
        """A full disk must not fail the calls that are told of."""
        path = self._folder / f"{utc(items[0].time).date().isoformat()}.jsonl"
        data = b"".join(self._encode(item) + b"\n" for item in items)
        with contextlib.suppress(OSError):
            fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            try:
                os.write(fd, data)
                self._written.add(path)
            finally:
                os.close(fd)
