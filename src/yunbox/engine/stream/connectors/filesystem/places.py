"""Folders of files: of this machine, and of a bucket in OSS; both list, read and publish them the same way.

A file that is published is whole or not there: on this machine it takes its name once it is on disk, in OSS it is put
at once. Names that begin with ``.`` or ``_`` are no data.
"""

import contextlib
import os
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from yunbox.clients.oss import Bucket, OssClient
from yunbox.engine.stream.connectors.filesystem.options import Location
from yunbox.kernel.errors import InvalidArgument
from yunbox.storage.files import create_durably, sync_file, sync_folder, translate

_KEYS = ("endpoint", "accessKeyId", "accessKeySecret", "securityToken")


@dataclass(frozen=True)
class FileInfo:
    """A file: ``path`` is behind the table's own, empty where that is the file; ``uri`` is what ``file.path`` tells."""

    path: str
    uri: str
    size_bytes: int
    modified_ms: int


class Folder(Protocol):
    """Where a table's files are."""

    def files(self) -> list[FileInfo]:
        """Those there are, in the order of their paths."""

    def opened(self, path: str, scratch: Path) -> Path:
        """A file as one of this machine; what had to be fetched lies at ``scratch`` and is the caller's."""

    def publish(self, file: Path, path: str) -> None:
        """Have a file's bytes be there under a path, on disk when it returns; it is the same when done again."""

    def mark(self, path: str) -> None:
        """Have a file of no bytes be there."""

    def remove(self, paths: Iterable[str]) -> None:
        """Have files not be there."""


def is_data(path: str) -> bool:
    """Whether a file counts: no part of its path is hidden."""
    return not any(part.startswith((".", "_")) for part in path.split("/"))


class LocalFolder:
    """A folder of this machine, or one file of it."""

    def __init__(self, path: str) -> None:
        self._root = Path(path)

    def files(self) -> list[FileInfo]:
        """As in Folder."""
        if self._root.is_file():
            return [self._info(self._root, "")]
        found = []
        for folder, folders, names in os.walk(self._root):
            folders[:] = sorted(one for one in folders if is_data(one))
            for name in names:
                path = Path(folder, name)
                with contextlib.suppress(FileNotFoundError):
                    if is_data(name):
                        found.append(self._info(path, path.relative_to(self._root).as_posix()))
        return sorted(found, key=lambda one: one.path)

    def _info(self, path: Path, name: str) -> FileInfo:
        state = path.stat()
        return FileInfo(name, f"file:{path}", state.st_size, state.st_mtime_ns // 1_000_000)

    def opened(self, path: str, scratch: Path) -> Path:
        """As in Folder."""
        return self._root / path if path else self._root

    def publish(self, file: Path, path: str) -> None:
        """As in Folder."""
        target = self._root / path
        hidden = target.with_name(f".{target.name}.inprogress")
        try:
            self._made(target.parent)
            shutil.copyfile(file, hidden)
            sync_file(hidden)
            hidden.replace(target)
        except OSError as error:
            raise translate(error) from error
        sync_folder(target.parent)

    def mark(self, path: str) -> None:
        """As in Folder."""
        with contextlib.suppress(FileExistsError):
            create_durably(self._root / path, b"")

    def remove(self, paths: Iterable[str]) -> None:
        """As in Folder."""
        for path in paths:
            (self._root / path).unlink(missing_ok=True)

    def _made(self, folder: Path) -> None:
        """Have a folder be there, and be there after a crash."""
        missing = [one for one in (folder, *folder.parents) if not one.exists()]
        folder.mkdir(parents=True, exist_ok=True)
        for one in reversed(missing):
            sync_folder(one.parent)


class OssFolder:
    """The objects of a bucket whose keys begin with a prefix."""

    def __init__(self, bucket: Bucket, prefix: str) -> None:
        self._client = OssClient(bucket)
        self._name = bucket.name
        self._prefix = prefix.rstrip("/")

    def files(self) -> list[FileInfo]:
        """As in Folder."""
        found = []
        for one in self._client.objects(self._prefix):
            path = one.key.removeprefix(self._prefix).lstrip("/")
            if self._is_below(one.key) and not one.key.endswith("/") and is_data(path):
                found.append(FileInfo(path, f"oss://{self._name}/{one.key}", one.size_bytes, one.modified_ms))
        return sorted(found, key=lambda one: one.path)

    def _is_below(self, key: str) -> bool:
        return not self._prefix or key == self._prefix or key.startswith(f"{self._prefix}/")

    def opened(self, path: str, scratch: Path) -> Path:
        """As in Folder."""
        with scratch.open("wb") as file:
            self._client.read(self._key(path), file)
        return scratch

    def publish(self, file: Path, path: str) -> None:
        """As in Folder."""
        self._client.put_file(self._key(path), file)

    def mark(self, path: str) -> None:
        """As in Folder."""
        self._client.put(self._key(path), b"")

    def remove(self, paths: Iterable[str]) -> None:
        """As in Folder."""
        for path in paths:
            self._client.delete(self._key(path))

    def _key(self, path: str) -> str:
        return f"{self._prefix}/{path}".strip("/")


def folder_of(where: Location, settings: Mapping[str, str]) -> Folder:
    """Where a table's files are; a bucket's key and endpoint are settings of the job. Raises InvalidArgument."""
    if not where.bucket:
        return LocalFolder(where.path)
    found = {key: settings.get(f"fs.oss.bucket.{where.bucket}.{key}") or settings.get(f"fs.oss.{key}", "")
             for key in _KEYS}  # fmt: skip
    for key in _KEYS[:3]:
        if not found[key]:
            raise InvalidArgument(
                f"The bucket {where.bucket} cannot be used: SET 'fs.oss.{key}' or 'fs.oss.bucket.{where.bucket}.{key}'"
            )
    return OssFolder(Bucket(found["endpoint"], where.bucket, *(found[key] for key in _KEYS[1:])), where.path)
