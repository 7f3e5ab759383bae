"""What becomes of AccessKeys: those that are old, those that nobody uses, and those that lie about in files.

A key of this account is found by its id, or by its secret, whichever stands there; no secret is ever told again.
"""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from yunbox.identity.directory.keys import Key
from yunbox.identity.store import IdentityStore

OLD_DAYS, UNUSED_DAYS = 90, 30
_DAY_S = 86_400
_FILE_BYTES_MAX = 4 * 1024 * 1024
_FILES_MAX = 200_000
_LEFT_OUT = frozenset((".git", ".hg", "node_modules", "__pycache__", ".venv"))
_ID = re.compile(rb"LTAI[A-Za-z0-9]{12,26}")
_SECRET = re.compile(rb"(?<![A-Za-z0-9])[A-Za-z0-9]{30}(?![A-Za-z0-9])")


@dataclass(frozen=True)
class Place:
    """A key in a file; ``line`` counts from 1, ``what`` is the id or the secret."""

    path: Path
    line: int
    key_id: str
    what: str


def old(keys: list[Key], now: float) -> list[Key]:
    """Active keys of more than 90 days."""
    return [key for key in keys if key.status == "Active" and now - key.created > OLD_DAYS * _DAY_S]


def unused(keys: list[Key], now: float) -> list[Key]:
    """Active keys that nobody has used for 30 days, and that are there for longer."""
    since = now - UNUSED_DAYS * _DAY_S
    return [key for key in keys if key.status == "Active" and max(key.created, key.used) < since]


@dataclass(frozen=True)
class Scan:
    """What was found in a folder; ``left_out`` are files that were not read, as they are too long or closed."""

    places: tuple[Place, ...]
    files: int
    left_out: tuple[Path, ...]


def scan(folder: Path, store: IdentityStore, keys: list[Key]) -> Scan:
    """Where keys of the account stand in the files below a folder; links are not followed."""
    found = (store.access_key(key.id) for key in keys)
    secrets = {key.secret.encode(): key.id for key in found if key is not None}
    names = {key.id.encode(): key.id for key in keys}
    places: list[Place] = []
    left_out: list[Path] = []
    count = 0
    for path in _files(folder):
        count += 1
        data = _read(path) if count <= _FILES_MAX else None
        if data is None:
            left_out.append(path)
            continue
        for pattern, known, what in ((_ID, names, "id"), (_SECRET, secrets, "secret")):
            places += [
                Place(path, data.count(b"\n", 0, match.start()) + 1, known[match[0]], what)
                for match in pattern.finditer(data)
                if match[0] in known
            ]
    return Scan(tuple(places), count, tuple(left_out))


def _files(folder: Path) -> Iterator[Path]:
    for root, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if name not in _LEFT_OUT)
        paths = (Path(root, name) for name in sorted(names))
        yield from (path for path in paths if path.is_file() and not path.is_symlink())


def _read(path: Path) -> bytes | None:
    """What a file has; None of one that is too long, or that cannot be read."""
    try:
        return path.read_bytes() if path.stat().st_size <= _FILE_BYTES_MAX else None
    except OSError:
        return None
