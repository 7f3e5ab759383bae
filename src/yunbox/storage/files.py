"""Durable files: written beside their name, flushed, then put in place whole."""

import errno
import os
from pathlib import Path

from yunbox.kernel.errors import InvalidArgument, StorageFull


def write_durably(path: Path, data: bytes, *, mode: int = 0o600) -> None:
    """Replace ``path`` with ``data``: after a crash it holds the old bytes or the new, never a part."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise translate(error) from error
    sync_folder(path.parent)


def create_durably(path: Path, data: bytes) -> None:
    """Create ``path`` with ``data``, or raise FileExistsError leaving what is there untouched."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.{id(data):x}.tmp")
    try:
        with temporary.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.link(temporary, path)
    except FileExistsError:
        raise
    except OSError as error:
        raise translate(error) from error
    finally:
        temporary.unlink(missing_ok=True)
    sync_folder(path.parent)


def sync_file(path: Path) -> None:
    """Flush a file that some engine wrote."""
    _sync(path, os.O_RDONLY)


def sync_folder(path: Path) -> None:
    """Flush a folder, so that names created in it survive a crash."""
    _sync(path, os.O_RDONLY | os.O_DIRECTORY)


def translate(error: OSError) -> Exception:
    """A full disk gets its own error; anything else stays what it is."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return StorageFull("The disk that holds the data folder is full: free some space and try again")
    return error


def inside(root: Path, *parts: str) -> Path:
    """Join client-given parts to a folder, refusing any that would leave it."""
    path = root.joinpath(*parts)
    if any(part in ("", ".", "..") or "/" in part or "\0" in part for part in parts):
        raise InvalidArgument(f"Invalid path {'/'.join(parts)[:200]!r}")
    return path


def _sync(path: Path, flags: int) -> None:
    fd = os.open(path, flags)
    try:
        os.fsync(fd)
    except OSError as error:
        raise translate(error) from error
    finally:
        os.close(fd)
