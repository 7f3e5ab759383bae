"""LMDB as every store here has it: how an environment is opened, its tables by name, and what its errors mean."""

import contextlib
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import lmdb

from yunbox.kernel.errors import StorageFull
from yunbox.storage.files import translate

_MAP_BYTES = 1 << 40  # address space, not memory or disk
_MAP_BYTES_LOW = 1 << 34
_SHORT = "Input/output error"
_FULL_BYTES = 8 * 1024 * 1024
FULL = "The disk that holds the data folder is full: free some space and try again"


class Tables:
    """The tables of an environment, by name."""

    def __init__(self, env: lmdb.Environment, names: Iterable[str], *, create: bool = True) -> None:
        self._handles = {name: env.open_db(name.encode(), create=create) for name in names}
        self.numbers = {name: number for number, name in enumerate(self._handles)}

    def __getitem__(self, name: str) -> Any:
        return self._handles[name]


def opened(
    folder: Path, *, tables: int, readers_max: int, readonly: bool = False, sync: bool = True
) -> lmdb.Environment:
    """An environment. A reader's map is as large as the writer's: it may grow while it is open. Without ``sync`` a
    commit flushes nothing (see ``storage/journaled``). Raises StorageFull."""
    for size in (_MAP_BYTES, _MAP_BYTES_LOW):
        try:
            return lmdb.open(
                os.fspath(folder),
                map_size=size,
                max_dbs=tables,
                max_readers=readers_max,
                readahead=False,
                mode=0o600,
                readonly=readonly,
                sync=sync,
            )
        except MemoryError:
            continue
    raise StorageFull(
        "The address space of this process is too small for its data: raise its limit, and start it again"
    )


def synced(env: lmdb.Environment) -> None:
    """Have all that was committed without a flush be on disk. Raises lmdb.Error."""
    env.sync(True)


def translated(error: BaseException) -> BaseException:
    """What LMDB or the system says, as the house does."""
    if isinstance(error, lmdb.MapFullError | lmdb.DiskError) or "No space left" in str(error):
        return StorageFull(FULL)
    return translate(error) if isinstance(error, OSError) else error


def told(error: BaseException, env: lmdb.Environment, folder: Path) -> BaseException:
    """What a commit has failed of.

    LMDB calls it an input/output error when a full disk has taken a part of what it wrote. It does so before it touches
    its first pages. Had it failed there, it would refuse to begin again, and nobody would know whether the transaction
    counts.
    """
    if isinstance(error, lmdb.Error) and _SHORT in str(error) and _is_full(folder):
        with contextlib.suppress(lmdb.Error):
            env.begin(write=True).abort()
            return StorageFull(FULL)
    return translated(error)


def _is_full(folder: Path) -> bool:
    stat = os.statvfs(folder)
    return stat.f_bavail * stat.f_frsize < _FULL_BYTES
