"""Writing and reading the commits of a Delta log.

A commit is one JSON-lines file whose name is its version; creating that name is what makes it happen, so it
is written beside its name, flushed and linked into place (Delta protocol, "Delta log entries"). We write
commits here, because delta-rs does not flush them and takes tens of milliseconds a commit on a table of ten
thousand files; checkpoints and foreign logs are left to the deltalake library.
"""

import json
import uuid
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

from yunbox.kernel.errors import NotFound
from yunbox.schema.tables import Table
from yunbox.storage.files import create_durably, sync_folder
from yunbox.storage.tables.model import DataFile

_ENGINE = "yunbox"
_PATH_SAFE = "/=~-._"


class VersionTaken(Exception):
    """Another writer committed this version first."""


def log_folder(location: Path) -> Path:
    """Where a table's commits are."""
    return location / "_delta_log"


def commit_path(location: Path, version: int) -> Path:
    """The file of one commit."""
    return log_folder(location) / f"{version:020d}.json"


def commit(location: Path, version: int, actions: Iterable[dict[str, Any]]) -> None:
    """Write one commit durably. Raises VersionTaken when that version exists, NotFound when the table is gone."""
    data = "".join(json.dumps(action, ensure_ascii=False, separators=(",", ":")) + "\n" for action in actions)
    try:
        create_durably(commit_path(location, version), data.encode())
    except FileExistsError:
        raise VersionTaken(str(location)) from None
    except FileNotFoundError:
        raise NotFound("The table was dropped while it was written") from None


def make_folder(location: Path) -> None:
    """Create the folders of a new table durably."""
    log_folder(location).mkdir(parents=True, exist_ok=True)
    sync_folder(location)
    sync_folder(location.parent)


def read_commit(location: Path, version: int) -> list[dict[str, Any]] | None:
    """The actions of one commit, or None when there is no such version."""
    try:
        text = commit_path(location, version).read_text("utf-8")
    except FileNotFoundError:
        return None
    return [json.loads(line) for line in text.splitlines() if line]


def creation(table: Table, now_s: float) -> list[dict[str, Any]]:
    """The protocol and metadata actions of a table's first commit."""
    return [_protocol(table), metadata(table, str(uuid.uuid4()), now_s)]


def metadata(table: Table, table_id: str, now_s: float) -> dict[str, Any]:
    """The metadata action that describes a table's columns."""
    fields = [
        {
            "name": column.name,
            "type": column.type.delta,
            "nullable": True,
            "metadata": {"comment": column.comment} if column.comment else {},
        }
        for column in table.all_columns
    ]
    return {
        "metaData": {
            "id": table_id,
            "name": table.name.name,
            "description": table.comment or None,
            "format": {"provider": "parquet", "options": {}},
            "schemaString": json.dumps({"type": "struct", "fields": fields}, ensure_ascii=False),
            "partitionColumns": [column.name for column in table.partition_columns],
            "createdTime": int(now_s * 1000),
            "configuration": {},
        }
    }


def _protocol(table: Table) -> dict[str, Any]:
    """TIMESTAMP_NTZ is a table feature of reader version 3; everything else is version 1."""
    if "timestamp_ntz" in json.dumps([column.type.delta for column in table.all_columns]):
        features = ["timestampNtz"]
        return {
            "protocol": {
                "minReaderVersion": 3,
                "minWriterVersion": 7,
                "readerFeatures": features,
                "writerFeatures": features,
            }
        }
    return {"protocol": {"minReaderVersion": 1, "minWriterVersion": 2}}


def commit_info(operation: str, now_s: float, note: dict[str, Any] | None = None) -> dict[str, Any]:
    """Who made a commit and why, for the history; ``note`` is ours and other readers ignore it."""
    info = {"timestamp": int(now_s * 1000), "operation": operation, "engineInfo": _ENGINE}
    return {"commitInfo": {**info, "yunbox": note} if note else info}


def add(table: Table, file: DataFile, now_s: float) -> dict[str, Any]:
    """The action that makes a file part of the table."""
    names = (column.name for column in table.partition_columns)
    return {
        "add": {
            "path": quote(file.path, safe=_PATH_SAFE),
            "partitionValues": dict(zip(names, file.partition, strict=True)),
            "size": file.size_bytes,
            "modificationTime": int(now_s * 1000),
            "dataChange": True,
            "stats": json.dumps({"numRecords": file.rows, **file.stats}),
            "tags": {"columns": json.dumps(file.columns)},
        }
    }


def remove(path: str, now_s: float) -> dict[str, Any]:
    """The action that takes a file out of the table."""
    return {
        "remove": {
            "path": quote(path, safe=_PATH_SAFE),
            "deletionTimestamp": int(now_s * 1000),
            "dataChange": True,
        }
    }


def added_files(table: Table, actions: Iterable[dict[str, Any]]) -> list[DataFile]:
    """The files a commit adds, as our own or another writer recorded them."""
    return [_added(table, action["add"]) for action in actions if action.get("add")]


def removed_paths(actions: Iterable[dict[str, Any]]) -> list[str]:
    """The files a commit removes."""
    return [unquote(action["remove"]["path"]) for action in actions if action.get("remove")]


def _added(table: Table, action: dict[str, Any]) -> DataFile:
    values = action.get("partitionValues") or {}
    stats = json.loads(action.get("stats") or "{}")
    tags = action.get("tags") or {}
    size = int(action["size"])
    columns = json.loads(tags["columns"]) if "columns" in tags else _even_shares(table, size)
    return DataFile(
        path=unquote(action["path"]),
        partition=tuple(values.get(column.name) or "" for column in table.partition_columns),
        size_bytes=size,
        rows=int(stats.get("numRecords", 0)),
        columns=columns,
    )


def _even_shares(table: Table, size_bytes: int) -> dict[str, int]:
    """Another writer's file says nothing of its columns' sizes: share its bytes out evenly."""
    count = max(1, len(table.columns))
    return {column.name: size_bytes // count for column in table.columns}
