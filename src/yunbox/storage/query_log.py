"""The log of slow and failed statements: lines of JSON in files that end, so that age and size are bounded.

Each writer has files of its own, named by the day, and hands over what it has once a second; whoever reads begins with
the newest. A kill loses the lines of the last second, and a full disk loses lines and no statement.
"""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

AGE_DAYS = 30
BYTES_MAX = 128 << 20
FILE_BYTES_MAX = 4 << 20
HELD_MAX = 10_000
"""Entries that wait for the next second; what comes beyond is lost."""
READ_MAX = 10_000
"""Entries that one reader gets, the newest."""
_READ_BYTES_MAX = 64 << 20
Entry = dict[str, Any]


class QueryLog:
    """One writer's. An entry has ``query_date``, the day that it is of, as eight digits."""

    def __init__(self, folder: Path, writer: int) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._folder = folder
        self._writer = writer
        self._held: list[Entry] = []
        self._part = 0
        self._encode = msgspec.json.Encoder().encode
        self.lost = 0

    def add(self, entry: Entry) -> None:
        """Keep an entry until it is written."""
        if len(self._held) < HELD_MAX:
            self._held.append(entry)
        else:
            self.lost += 1

    @property
    def is_empty(self) -> bool:
        """Whether nothing waits."""
        return not self._held

    def write(self) -> None:
        """Have what waits be on disk; in a thread."""
        held, self._held = self._held, []
        by_day: dict[str, list[Entry]] = {}
        for one in held:
            by_day.setdefault(one["query_date"], []).append(one)
        for day, entries in by_day.items():
            with contextlib.suppress(OSError):
                self._append(day, b"".join(self._encode(one) + b"\n" for one in entries))

    def _append(self, day: str, data: bytes) -> None:
        path = self._path(day)
        fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            os.write(fd, data)
            os.fdatasync(fd)
        finally:
            os.close(fd)

    def _path(self, day: str) -> Path:
        """The file of a day that has room."""
        while True:
            path = self._folder / f"{day}-{self._part:06}-{self._writer}.jsonl"
            if not path.exists() or path.stat().st_size < FILE_BYTES_MAX:
                return path
            self._part += 1

    def sweep(self, today: str, oldest: str) -> None:
        """Remove what is too old, and the oldest of what is too much; in a thread."""
        size = 0
        for path in sorted(self._folder.glob("*.jsonl"), reverse=True):
            with contextlib.suppress(FileNotFoundError):
                size += path.stat().st_size
            if path.name[:8] < oldest or size > BYTES_MAX:
                path.unlink(missing_ok=True)
        if not any(self._folder.glob(f"{today}-*-{self._writer}.jsonl")):
            self._part = 0


def entries(folder: Path) -> Iterator[Entry]:
    """The newest entries of all writers. A line that was cut off by the end of its writer is left out."""
    left, size = READ_MAX, 0
    for path in sorted(folder.glob("*.jsonl"), reverse=True):
        with contextlib.suppress(FileNotFoundError):
            data = path.read_bytes()
            size += len(data)
            for line in reversed(data.splitlines()):
                with contextlib.suppress(msgspec.DecodeError):
                    yield msgspec.json.decode(line)
                    left -= 1
                if not left:
                    return
        if size > _READ_BYTES_MAX:
            return
