"""How many clients all gateways have together: a number for each gateway, in memory that they share.

A gateway writes its own number and reads the others', so a limit for all needs no word between them.
"""

import mmap
import os
import struct
from pathlib import Path

_NUMBER = struct.Struct("=q")


class Roster:
    """One gateway's view. What a gateway that died left is gone when it is started again."""

    def __init__(self, path: Path, index: int, count: int) -> None:
        fd = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            os.ftruncate(fd, count * _NUMBER.size)
            self._map = mmap.mmap(fd, count * _NUMBER.size)
        finally:
            os.close(fd)
        self._at = index * _NUMBER.size
        self._mine = 0
        self._write()

    def enter(self) -> None:
        """One client more."""
        self._mine += 1
        self._write()

    def leave(self) -> None:
        """One less."""
        self._mine -= 1
        self._write()

    @property
    def total(self) -> int:
        """Those of all gateways."""
        return sum(number for (number,) in _NUMBER.iter_unpack(self._map[:]))

    def _write(self) -> None:
        _NUMBER.pack_into(self._map, self._at, self._mine)

    def close(self) -> None:
        """Let the memory go; nobody is connected any more."""
        self._mine = 0
        self._write()
        self._map.close()
