"""Resources: files, scripts, archives and table references that functions and jobs use by name.

What they hold lies under ``resources/`` in files whose names are ours; a resource is its row, so replacing one
is one transaction, and a file without a row is what a crash has left.
"""

import asyncio
import hashlib
import os
import re
import sqlite3
import uuid
from collections.abc import AsyncGenerator
from dataclasses import astuple, dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO

from yunbox.kernel import limits
from yunbox.kernel.clock import Clock
from yunbox.kernel.errors import AlreadyExists, InvalidArgument, NotFound
from yunbox.storage.database import Database
from yunbox.storage.files import sync_folder, translate
from yunbox.wire.http import Body

TYPES = ("py", "file", "jar", "archive", "table")
PART = "part"
PART_AGE_S = 24 * 3600.0
READ_BYTES = 1 << 20
_NAME_LENGTH_MAX = 256
_NAME = re.compile(r"[^/\\\x00-\x1f]+")


@dataclass(frozen=True)
class Resource:
    """A resource. Times are epoch seconds; ``file`` is its file's name, empty for a table resource."""

    project: str
    schema: str
    name: str
    type: str
    comment: str
    owner: str
    created: float
    modified: float
    last_updator: str
    size_bytes: int
    md5: str
    is_temp: bool
    source_table: str
    file: str


@dataclass(frozen=True)
class NewResource:
    """What a client says of a resource it sends."""

    project: str
    schema: str
    name: str
    type: str
    comment: str = ""
    is_temp: bool = False
    source_table: str = ""


class ResourceStore:
    """The resources of all projects."""

    def __init__(self, database: Database, clock: Clock, folder: Path) -> None:
        self._database = database
        self._clock = clock
        self.folder = folder
        folder.mkdir(exist_ok=True)

    async def create(self, new: NewResource, body: Body, owner: str) -> Resource:
        """Store a new resource. Raises AlreadyExists."""
        check_new(new)
        if self.find(new.project, new.schema, new.name):
            raise _exists(new)
        return await self._save(new, await self._receive(body), owner, may_replace=new.type == PART)

    async def replace(self, new: NewResource, body: Body, updater: str) -> Resource:
        """Put new content into a resource; its type stays. Raises NotFound."""
        old = self.get(new.project, new.schema, new.name)
        if new.type and new.type != old.type:
            raise InvalidArgument(f"The resource {new.name} is of type {old.type}: its type cannot be changed")
        kept = replace(new, type=old.type, comment=new.comment or old.comment)
        return await self._save(kept, await self._receive(body), updater, may_replace=True)

    async def merge(self, new: NewResource, parts: list[str], md5: str, size: int, by: str) -> Resource:
        """Make a resource, new or not, of parts that were sent before."""
        check_new(new)
        found = [self.get(new.project, new.schema, part) for part in parts]
        if any(part.type != PART for part in found):
            raise InvalidArgument("A merge names parts only")
        if sum(part.size_bytes for part in found) > limits.RESOURCE_BYTES_MAX:
            raise _too_large()
        stored = await asyncio.to_thread(self._join, found)
        if stored.md5 != md5.lower() or (size and stored.size_bytes != size):
            (self.folder / stored.file).unlink(missing_ok=True)
            raise InvalidArgument("The parts do not add up to the resource: send them again")
        merged = await self._save(new, stored, by, may_replace=True)
        for part in found:
            await self.delete(part.project, part.schema, part.name)
        return merged

    def find(self, project: str, schema: str, name: str) -> Resource | None:
        """A resource by name, or None."""
        row = self._database.read_one(
            "SELECT * FROM resources WHERE project = ? AND schema = ? AND name = ?", project, schema, name
        )
        return _load(row) if row else None

    def get(self, project: str, schema: str, name: str) -> Resource:
        """A resource by name. Raises NotFound."""
        found = self.find(project, schema, name)
        if found is None:
            raise NotFound(f"Resource '{name}' does not exist in project {project}", code="NoSuchObject")
        return found

    def page(self, project: str, schema: str, *, after: str, prefix: str, owner: str, limit: int) -> list[Resource]:
        """A page of resources by name; parts are not shown."""
        rows = self._database.read(
            "SELECT * FROM resources WHERE project = ? AND schema = ? AND name > ? AND substr(name, 1, ?) = ?"
            " AND (? = '' OR owner = ?) AND type != ? ORDER BY name LIMIT ?",
            project, schema, after, len(prefix), prefix, owner, owner, PART, limit,
        )  # fmt: skip
        return [_load(row) for row in rows]

    async def delete(self, project: str, schema: str, name: str) -> None:
        """Forget a resource, then its file. Raises NotFound."""
        found = self.get(project, schema, name)
        sql = "DELETE FROM resources WHERE project = ? AND schema = ? AND name = ?"
        await self._database.write(lambda db: db.execute(sql, (project, schema, name)))
        self._unlink(found.file)

    def read(self, found: Resource, offset: int, size: int) -> AsyncGenerator[bytes]:
        """A range of a resource's bytes. The file is opened at once, so that a replacement does not mix in."""
        if not found.file:
            raise InvalidArgument(f"The resource {found.name} is a table: read the table {found.source_table}")
        fd = os.open(self.folder / found.file, os.O_RDONLY)
        return _pieces(fd, offset, size)

    def sweep(self) -> None:
        """Remove parts that were never merged, and files without a row."""
        files = [path for path in self.folder.iterdir() if path.stat().st_mtime < self._clock.time() - PART_AGE_S]
        self._database.write_sync(
            lambda db: db.execute(
                "DELETE FROM resources WHERE type = ? AND modified < ?", (PART, self._clock.time() - PART_AGE_S)
            )
        )
        known = {row["file"] for row in self._database.read("SELECT file FROM resources")}
        for path in files:
            if path.name not in known:
                path.unlink(missing_ok=True)

    # -- storing

    async def _receive(self, body: Body) -> "_Stored":
        stored = _Stored(uuid.uuid4().hex)
        path = self.folder / stored.file
        digest = hashlib.md5(usedforsecurity=False)
        size = 0
        try:
            with path.open("xb", buffering=READ_BYTES) as file:
                async for chunk in body.chunks():
                    size += len(chunk)
                    if size > limits.RESOURCE_BYTES_MAX:
                        raise _too_large()
                    digest.update(chunk)
                    file.write(chunk)
                await asyncio.to_thread(_flush, file)
            sync_folder(self.folder)
        except BaseException as error:
            path.unlink(missing_ok=True)
            raise translate(error) if isinstance(error, OSError) else error from error
        return _Stored(stored.file, size, digest.hexdigest())

    def _join(self, parts: list[Resource]) -> "_Stored":
        name, size = uuid.uuid4().hex, 0
        digest = hashlib.md5(usedforsecurity=False)
        try:
            with (self.folder / name).open("xb") as out:
                for part in parts:
                    with (self.folder / part.file).open("rb") as source:
                        while data := source.read(READ_BYTES):
                            digest.update(data)
                            out.write(data)
                            size += len(data)
                _flush(out)
            sync_folder(self.folder)
        except OSError as error:
            (self.folder / name).unlink(missing_ok=True)
            raise translate(error) from error
        return _Stored(name, size, digest.hexdigest())

    async def _save(self, new: NewResource, stored: "_Stored", by: str, *, may_replace: bool) -> Resource:
        now = self._clock.time()
        resource = Resource(
            new.project, new.schema, new.name, new.type, new.comment, by, now, now, by, stored.size_bytes, stored.md5,
            new.is_temp, new.source_table, "" if new.type == "table" else stored.file,
        )  # fmt: skip
        if new.type == "table":
            self._unlink(stored.file)
        try:
            saved, old_file = await self._database.write(lambda db: _put(db, resource, may_replace=may_replace))
        except BaseException:
            self._unlink(stored.file)
            raise
        self._unlink(old_file)
        return saved

    def _unlink(self, file: str) -> None:
        if file:
            (self.folder / file).unlink(missing_ok=True)


@dataclass(frozen=True)
class _Stored:
    file: str
    size_bytes: int = 0
    md5: str = ""


def check_new(new: NewResource) -> None:
    """Raise InvalidArgument for a resource that cannot be."""
    if not 0 < len(new.name) <= _NAME_LENGTH_MAX or not _NAME.fullmatch(new.name):
        raise InvalidArgument(f"A resource's name has 1 to {_NAME_LENGTH_MAX} characters and no slash")
    if new.type not in (*TYPES, PART):
        raise InvalidArgument(f"The resource type {new.type!r} is not supported: use one of {', '.join(TYPES)}")
    if len(new.comment) > limits.COMMENT_LENGTH_MAX:
        raise InvalidArgument(f"A comment has at most {limits.COMMENT_LENGTH_MAX} characters")
    if new.type == "table" and not new.source_table:
        raise InvalidArgument("A table resource names its table")


def _put(db: sqlite3.Connection, new: Resource, *, may_replace: bool) -> tuple[Resource, str]:
    key = (new.project, new.schema, new.name)
    row = db.execute("SELECT * FROM resources WHERE project = ? AND schema = ? AND name = ?", key).fetchone()
    old = _load(row) if row else None
    if old is not None and not may_replace:
        raise _exists(new)
    if old is not None:
        new = replace(new, owner=old.owner, created=old.created)
    marks = ", ".join("?" * len(astuple(new)))
    db.execute(f"INSERT OR REPLACE INTO resources VALUES ({marks})", astuple(new))
    return new, old.file if old else ""


def _exists(new: NewResource | Resource) -> AlreadyExists:
    return AlreadyExists(f"Resource '{new.name}' already exists in project {new.project}", code="ObjectAlreadyExists")


def _too_large() -> InvalidArgument:
    return InvalidArgument(f"A resource has at most {limits.RESOURCE_BYTES_MAX} bytes")


def _flush(file: BinaryIO) -> None:
    file.flush()
    os.fsync(file.fileno())


def _load(row: sqlite3.Row) -> Resource:
    values: dict[str, Any] = {key: row[key] for key in Resource.__dataclass_fields__}
    values["is_temp"] = bool(row["is_temp"])
    return Resource(**values)


async def _pieces(fd: int, offset: int, size: int) -> AsyncGenerator[bytes]:
    try:
        while size > 0:
            data = await asyncio.to_thread(os.pread, fd, min(size, READ_BYTES), offset)
            if not data:
                return
            offset, size = offset + len(data), size - len(data)
            yield data
    finally:
        os.close(fd)
