"""The block cache: pieces of remote objects on this disk, each with its checksum, within a size.

A block is one file that names its object, its ETag and its number, so the folder is all there is to know and survives
a restart. It is written beside its name and renamed: a server that is killed leaves nothing torn. It is not flushed;
what a power cut tears is found by its checksum when it is read, dropped, and fetched again. A changed object has
another ETag and so other blocks.
"""

import contextlib
import hashlib
import itertools
import os
import struct
import threading
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path

import crc32c

BLOCK_BYTES = 1024 * 1024
_MAGIC = b"YBXBLK01"
_HEAD = struct.Struct(">8sIIHHI")  # magic, checksum of all behind it, number, length of key, of ETag, of data
_AFTER_SUM = 12
_NAMES_BYTES_MAX = 4096


@dataclass(frozen=True)
class Place:
    """One state of one object."""

    key: str
    etag: str

    def name(self, number: int) -> str:
        """The file's name of one of its blocks."""
        digest = hashlib.sha256(f"{self.key}\0{self.etag}".encode()).hexdigest()[:40]
        return f"{digest}-{number}"


@dataclass
class Counts:
    """What the cache has done since the server started."""

    hits: int = 0
    misses: int = 0
    hit_bytes: int = 0
    fetched_bytes: int = 0
    prefetched: int = 0
    evicted: int = 0
    damaged: int = 0


class BlockCache:
    """The blocks of one mounted bucket. Every method may be called from any thread."""

    def __init__(self, folder: Path, size_max: int) -> None:
        self._folder = folder
        self._size_max = size_max
        self._lock = threading.Lock()
        self._loaded = False
        self._free: OrderedDict[str, tuple[str, int]] = OrderedDict()
        self._pinned: dict[str, tuple[str, int]] = {}
        self._names: dict[str, set[str]] = {}
        self._prefixes: tuple[str, ...] = ()
        self._serial = itertools.count()
        self.size_bytes = 0
        self.counts = Counts()

    def read(self, place: Place, number: int) -> bytes | None:
        """A block, or None when it is not there or not what was written."""
        name = place.name(number)
        with self._lock:
            self._load()
            if name in self._free:
                self._free.move_to_end(name)
            elif name not in self._pinned:
                return None
        path = self._path(name)
        try:
            data = path.read_bytes()
            os.utime(path)
        except OSError:  # it had to make room meanwhile, or somebody cleared the folder
            self._drop(name)
            return None
        found = _opened(data, place, number)
        if found is None:
            self.counts.damaged += 1
            self._drop(name)
        return found

    def has(self, place: Place, number: int) -> bool:
        """Whether a block is there."""
        name = place.name(number)
        with self._lock:
            self._load()
            return name in self._free or name in self._pinned

    def write(self, place: Place, number: int, data: bytes) -> bool:
        """Keep a block, and let old ones go for it; returns whether there was room."""
        name, whole = place.name(number), _sealed(place, number, data)
        temporary = self._folder / f".{os.getpid()}-{next(self._serial)}.tmp"
        with self._lock:
            self._load()
            self._forget(name)
            if not self._make_room(len(whole)):
                return False
            self.size_bytes += len(whole)  # room is taken before the bytes are there: the bound holds at any moment
        try:
            temporary.write_bytes(whole)
            self._path(name).parent.mkdir(exist_ok=True, mode=0o700)
            with self._lock:
                temporary.replace(self._path(name))
                self.size_bytes -= len(whole)
                self._remember(name, place.key, len(whole))
        except OSError:  # a full disk: the cache is not what a read should fail for
            with self._lock:
                self.size_bytes -= len(whole)
            temporary.unlink(missing_ok=True)
            return False
        return True

    def drop(self, key: str) -> None:
        """Forget every block of a key."""
        with self._lock:
            self._load()
            for name in tuple(self._names.get(key, ())):
                self._remove(name)

    def pin(self, prefixes: tuple[str, ...]) -> None:
        """Which blocks stay, whatever else is read: those of keys with one of these prefixes."""
        with self._lock:
            self._prefixes = prefixes
            if not self._loaded:
                return
            entries = sorted((*self._free.items(), *self._pinned.items()))
            self._free, self._pinned = OrderedDict(), {}
            for name, (key, size) in entries:
                (self._pinned if key.startswith(prefixes) else self._free)[name] = key, size

    def status(self) -> dict[str, int]:
        """How much is kept, and how much of it stays."""
        with self._lock:
            self._load()
            pinned = sum(size for _, size in self._pinned.values())
            blocks = len(self._free) + len(self._pinned)
            return {
                "size_bytes": self.size_bytes, "size_max_bytes": self._size_max, "blocks": blocks,
                "pinned_blocks": len(self._pinned), "pinned_bytes": pinned,
            }  # fmt: skip

    # -- under the lock

    def _load(self) -> None:
        if self._loaded:
            return
        self._loaded = True
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        found: list[tuple[float, str, str, int]] = []
        for path in self._folder.rglob("*"):
            if path.is_dir():
                continue
            key = _key_of(path)
            if key is None:
                path.unlink(missing_ok=True)
                continue
            stat = path.stat()
            found.append((stat.st_mtime, path.name, key, stat.st_size))
        for _, name, key, size in sorted(found):
            self._remember(name, key, size)
        self._make_room(0)

    def _remember(self, name: str, key: str, size: int) -> None:
        self._forget(name)
        (self._pinned if key.startswith(self._prefixes) else self._free)[name] = key, size
        self._names.setdefault(key, set()).add(name)
        self.size_bytes += size

    def _make_room(self, size: int) -> bool:
        while self.size_bytes + size > self._size_max and self._free:
            self._remove(next(iter(self._free)))
            self.counts.evicted += 1
        return self.size_bytes + size <= self._size_max

    def _remove(self, name: str) -> None:
        self._forget(name)
        self._path(name).unlink(missing_ok=True)

    def _forget(self, name: str) -> None:
        entry = self._free.pop(name, None) or self._pinned.pop(name, None)
        if entry is None:
            return
        key, size = entry
        self.size_bytes -= size
        names = self._names[key]
        names.discard(name)
        if not names:
            del self._names[key]

    def _drop(self, name: str) -> None:
        with self._lock:
            self._remove(name)

    def _path(self, name: str) -> Path:
        return self._folder / name[:2] / name


def _sealed(place: Place, number: int, data: bytes) -> bytes:
    key, etag = place.key.encode(), place.etag.encode()
    head = _HEAD.pack(_MAGIC, 0, number, len(key), len(etag), len(data))
    behind = b"".join((head[_AFTER_SUM:], key, etag, data))
    return head[:8] + crc32c.crc32c(behind).to_bytes(4, "big") + behind


def _opened(whole: bytes, place: Place, number: int) -> bytes | None:
    """The data of a block's file, if it is that block and undamaged."""
    if len(whole) < _HEAD.size:
        return None
    magic, total, found, key_bytes, etag_bytes, size = _HEAD.unpack_from(whole)
    start = _HEAD.size + key_bytes + etag_bytes
    if magic != _MAGIC or found != number or start + size != len(whole):
        return None
    if crc32c.crc32c(memoryview(whole)[_AFTER_SUM:]) != total:
        return None
    names = place.key.encode() + place.etag.encode()
    return whole[start:] if whole[_HEAD.size : start] == names else None


def _key_of(path: Path) -> str | None:
    """Whose block a file is, from its head alone; None for a file that is no whole block."""
    with contextlib.suppress(OSError, struct.error, UnicodeDecodeError), path.open("rb") as file:
        data = file.read(_HEAD.size + _NAMES_BYTES_MAX)
        magic, _, number, key_bytes, etag_bytes, size = _HEAD.unpack_from(data)
        start = _HEAD.size + key_bytes + etag_bytes
        if magic == _MAGIC and start + size == path.stat().st_size and key_bytes + etag_bytes <= _NAMES_BYTES_MAX:
            key = data[_HEAD.size : _HEAD.size + key_bytes].decode()
            etag = data[_HEAD.size + key_bytes : start].decode()
            return key if path.name == Place(key, etag).name(number) else None
    return None
