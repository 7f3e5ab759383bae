"""The two files of a journal. One is written while a checkpoint is made that no longer needs the other.

A file is filled with zeros before it is written, so that a flush has nothing to flush but what was written.
"""

import mmap
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from yunbox.storage.files import sync_folder
from yunbox.storage.journaled.frames import HEADER, Position, framed, transactions

_GROWN_BYTES_MIN, _GROWN_BYTES_MAX = 1 << 20, 16 << 20
_PART_BYTES = 4 << 20
KEPT_BYTES_MAX = 32 << 20
"""What a file keeps that was longer."""
_BESIDE_BYTES = 8
_MANY = 1024
Entry = tuple[int, bytes, bytes | None] | tuple[int, Sequence[bytes], Sequence[bytes]]
"""A change: the number of a table, and a key with its value, or with None where it went; or many keys and values."""
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(list[tuple[Any, ...]]).decode


class Segments:
    """The files of a journal in a folder, as one process has them open."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._files: dict[int, int] = {}
        self._sizes: dict[int, int] = {}

    def path(self, generation: int) -> Path:
        """The file of a generation."""
        return self._folder / f"journal.{generation % 2}"

    def write(self, generation: int, at: int, data: bytes) -> None:
        """Write to the file of a generation. Raises OSError."""
        file = self._file(generation)
        end = at + len(data)
        if end > self._sizes[file] and len(data) < _GROWN_BYTES_MIN:  # much takes its room with it
            self._grow(file, end)
        while data:
            count = os.pwrite(file, data, at)
            data, at = data[count:], at + count

    def flush(self, generation: int) -> None:
        """Have what was written to the file of a generation be on disk. Raises OSError."""
        os.fdatasync(self._file(generation))

    def shorten(self, generation: int) -> None:
        """Give back most of the file of a generation that nobody needs yet, where much was written once."""
        file = self._file(generation)
        if os.fstat(file).st_size > KEPT_BYTES_MAX:
            os.ftruncate(file, KEPT_BYTES_MAX)
            self._sizes[file] = KEPT_BYTES_MAX

    def read(self, start: Position) -> Iterator[tuple[Position, Iterator[list[Entry]]]]:
        """The transactions behind a position, in this generation and then in the next: where each ends, and what it
        changed, frame by frame."""
        for end, bodies in transactions(self._mapped(start.generation), start):
            start = end
            yield end, map(_decode, bodies)
        following = Position(start.generation + 1, 0, start.number)
        for end, bodies in transactions(self._mapped(following.generation), following):
            yield end, map(_decode, bodies)

    def close(self) -> None:
        """Close the files."""
        for file in self._files.values():
            os.close(file)
        self._files.clear()

    def _file(self, generation: int) -> int:
        file = self._files.get(generation % 2)
        if file is None:
            path = self.path(generation)
            is_new = not path.exists()
            file = self._files[generation % 2] = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            self._sizes[file] = os.fstat(file).st_size
            if is_new:
                sync_folder(self._folder)
        return file

    def _grow(self, file: int, end: int) -> None:
        """Have a file be so long at least; another process may have seen to it."""
        size = os.fstat(file).st_size
        if size < end:
            step = min(max(size, _GROWN_BYTES_MIN), _GROWN_BYTES_MAX)
            wanted = max(size + step, end)
            while size < wanted:
                size += os.pwrite(file, bytes(min(wanted - size, _GROWN_BYTES_MIN)), size)
            os.fsync(file)
        self._sizes[file] = size

    def _mapped(self, generation: int) -> memoryview:
        """What is in the file of a generation, for as long as anybody looks at it."""
        path = self.path(generation)
        if not path.exists() or not path.stat().st_size:
            return memoryview(b"")
        with path.open("rb") as file:
            return memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))


class Writing:
    """What one transaction changes, on its way to the journal: in frames, so that much does not lie in memory."""

    def __init__(self, segments: Segments, start: Position) -> None:
        self.start = start
        self._segments = segments
        self._entries: list[Entry] = []
        self._size = 0
        self._part = 0
        self._at = start.at

    @property
    def is_empty(self) -> bool:
        """Whether nothing was changed."""
        return not self._entries and not self._part

    def put(self, table: int, key: bytes, value: bytes | None) -> None:
        """Keep a change of one key. Raises OSError."""
        self._entries.append((table, key, value))
        self._size += len(key) + (len(value) if value is not None else 0) + _BESIDE_BYTES
        if self._size > _PART_BYTES:
            self._write(is_last=False)

    def put_all(self, table: int, keys: Sequence[bytes], values: Sequence[bytes]) -> None:
        """Keep changes of many keys. Raises OSError."""
        for at in range(0, len(keys), _MANY):
            some, theirs = keys[at : at + _MANY], values[at : at + _MANY]
            self._entries.append((table, some, theirs))
            self._size += sum(map(len, some)) + sum(map(len, theirs)) + _BESIDE_BYTES * len(some)
            if self._size > _PART_BYTES:
                self._write(is_last=False)

    def end(self) -> Position:
        """Have all of it be on disk; where the journal goes on. Raises OSError."""
        self._write(is_last=True)
        self._segments.flush(self.start.generation)
        return Position(self.start.generation, self._at, self.start.number + 1)

    def withdraw(self) -> None:
        """Have it be no transaction of the journal, after all. Raises OSError."""
        self._segments.write(self.start.generation, self.start.at, bytes(HEADER.size))
        self._segments.flush(self.start.generation)

    def _write(self, *, is_last: bool) -> None:
        data = framed(self.start, self._part, _encode(self._entries), is_last=is_last)
        self._segments.write(self.start.generation, self._at, data)
        self._entries, self._size = [], 0
        self._part += 1
        self._at += len(data)
