"""Checkpoints: the first pages of LMDB's file as they were when all of it was on disk, and where the journal goes on.

A file has two places for them, which are written in turn, so that one is whole whatever happens:

    4 bytes   ``YRC1``
    u32       CRC-32C of all that follows
    u64       the number of the checkpoint
    u32       1 when the store was closed properly: its file is what it was, and may have gone on without a journal
    u32       bytes of a page
    3 * u64   the position in the journal
    pages     the first two pages, which LMDB begins its search for all others with

Sources: "LMDB: The Lightning Memory-Mapped Database", https://www.openldap.org/doc/ - two meta pages, used in turn.
"""

import os
import struct
from pathlib import Path
from typing import NamedTuple

import crc32c

from yunbox.storage.files import sync_folder
from yunbox.storage.journaled.frames import POSITION_BYTES, Position, position_of, stored

_HEADER = struct.Struct("<4sIQII")
_MAGIC = b"YRC1"
_CHECKED_FROM = 8
_PLACE_BYTES = 256 << 10
"""Apart from each other, of which pages of 64 KiB take the half."""
META_PAGES = 2


class Checkpoint(NamedTuple):
    """A checkpoint."""

    number: int
    is_clean: bool
    position: Position
    pages: bytes


class Checkpoints:
    """The checkpoints of a folder."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "checkpoint"

    def read(self) -> Checkpoint | None:
        """The last one."""
        try:
            data = self._path.read_bytes()
        except FileNotFoundError:
            return None
        found = [one for place in range(2) if (one := _read(data[place * _PLACE_BYTES :])) is not None]
        return max(found, default=None)

    def write(self, checkpoint: Checkpoint) -> None:
        """Have a checkpoint be the last. Raises OSError."""
        is_new = not self._path.exists()
        file = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            data = _written(checkpoint)
            if is_new:  # a disk that is full later has room for both
                os.pwrite(file, bytes(len(data)), (checkpoint.number + 1) % 2 * _PLACE_BYTES)
            assert os.pwrite(file, data, checkpoint.number % 2 * _PLACE_BYTES) == len(data)
            os.fdatasync(file)
        finally:
            os.close(file)
        if is_new:
            sync_folder(self._path.parent)

    def forget(self) -> None:
        """Have no checkpoint. Raises OSError."""
        self._path.unlink()
        sync_folder(self._path.parent)


def _written(checkpoint: Checkpoint) -> bytes:
    number, is_clean, position, pages = checkpoint
    rest = _HEADER.pack(_MAGIC, 0, number, is_clean, len(pages) // META_PAGES) + stored(position) + pages
    crc = crc32c.crc32c(memoryview(rest)[_CHECKED_FROM:])
    return b"".join((_HEADER.pack(_MAGIC, crc, number, is_clean, len(pages) // META_PAGES), rest[_HEADER.size :]))


def _read(data: bytes) -> Checkpoint | None:
    if len(data) < _HEADER.size + POSITION_BYTES:
        return None
    magic, crc, number, is_clean, page_bytes = _HEADER.unpack_from(data)
    begin = _HEADER.size + POSITION_BYTES
    end = begin + META_PAGES * page_bytes
    if magic != _MAGIC or end > len(data) or crc32c.crc32c(memoryview(data)[_CHECKED_FROM:end]) != crc:
        return None
    return Checkpoint(number, bool(is_clean), position_of(data[_HEADER.size : begin]), data[begin:end])
