"""Tables. Source: the vendor's "CreateTable" to "DeleteTable", and "Limits" of tables and columns."""

from dataclasses import asdict
from typing import Any

import msgspec

from yunbox.kernel.errors import AlreadyExists, InvalidArgument, NotFound, Throttled
from yunbox.services.tablestore.service import TABLES_MAX, changes, check_name, reads
from yunbox.storage.database import Transaction
from yunbox.wire.tablestore.messages import (
    BINARY,
    INTEGER,
    STRING,
    Named,
    Table,
    write_description,
    write_names,
)  # fmt: skip

KEY_COLUMNS_MAX = 4
COLUMNS_MAX = 32
"""That a table declares beside its key; a row may have others."""
_COLUMN_KINDS = (1, 2, 3, 4, 7)
_UNITS_MAX = 100_000
_DAY_S, _INT32_MAX = 86_400, (1 << 31) - 1


def find(work: Transaction, instance: str, name: str) -> Table:
    """A table's definition. Raises NotFound."""
    return msgspec.convert(msgspec.json.decode(_row(work, instance, name)["definition"]), Table)


def _row(work: Transaction, instance: str, name: str) -> Any:
    row = work.row("SELECT * FROM ots_tables WHERE instance = ? AND name = ?", instance, name)
    if row is None:
        raise NotFound(f"Requested table does not exist: {name[:64]!r} in the instance {instance!r}.")
    return row


def _create(work: Transaction, instance: str, table: Table) -> bytes:
    _check(table)
    there = work.rows("SELECT name FROM ots_tables WHERE instance = ?", instance)
    if table.table in (row["name"] for row in there):
        raise AlreadyExists("Requested table already exists.")
    if len(there) >= TABLES_MAX:
        raise Throttled(f"Number of tables exceeds the quota: an instance has at most {TABLES_MAX}.")
    definition = msgspec.json.encode(asdict(table)).decode()
    work.run("INSERT INTO ots_tables VALUES (?, ?, ?, ?)", instance, table.table, definition, work.now)
    return b""


def _check(table: Table) -> None:
    """Raises InvalidArgument for a table that cannot be."""
    check_name(table.table, "table")
    if not 1 <= len(table.key) <= KEY_COLUMNS_MAX:
        raise InvalidArgument(f"The number of primary key columns must be in range: [1, {KEY_COLUMNS_MAX}].")
    if len(table.columns) > COLUMNS_MAX:
        raise InvalidArgument(f"A table declares at most {COLUMNS_MAX} columns beside its primary key.")
    names = [column.name for column in (*table.key, *table.columns)]
    for name in names:
        check_name(name, "column")
    if len(set(names)) != len(names):
        raise InvalidArgument("A column's name is there twice.")
    if any(column.kind not in (INTEGER, STRING, BINARY) for column in table.key):
        raise InvalidArgument("A primary key column is INTEGER, STRING or BINARY.")
    if any(column.kind not in _COLUMN_KINDS for column in table.columns):
        raise InvalidArgument("A declared column is INTEGER, DOUBLE, BOOLEAN, STRING or BINARY.")
    options = table.options
    if options.ttl_s != -1 and not _DAY_S <= options.ttl_s <= _INT32_MAX:
        raise InvalidArgument(f"time_to_live is -1, or at least {_DAY_S} seconds.")
    if not 1 <= options.versions <= _INT32_MAX or options.deviation_s < 1:
        raise InvalidArgument("max_versions and deviation_cell_version_in_sec are at least 1.")
    if not (0 <= table.reads <= _UNITS_MAX and 0 <= table.writes <= _UNITS_MAX):
        raise InvalidArgument(f"Reserved capacity units must be in range: [0, {_UNITS_MAX}].")


def _describe(work: Transaction, instance: str, asked: Named) -> bytes:
    return write_description(find(work, instance, asked.table), _row(work, instance, asked.table)["created"])


def _list(work: Transaction, instance: str, _asked: Named) -> bytes:
    rows = work.rows("SELECT name FROM ots_tables WHERE instance = ? ORDER BY name", instance)
    return write_names(row["name"] for row in rows)


def _delete(work: Transaction, instance: str, asked: Named) -> bytes:
    find(work, instance, asked.table)
    for table in ("ots_rows", "ots_tables"):
        work.run(f"DELETE FROM {table} WHERE instance = ? AND name = ?", instance, asked.table)
    return b""


CREATE_TABLE = changes("CreateTable", _create)
DESCRIBE_TABLE = reads("DescribeTable", _describe)
LIST_TABLE = reads("ListTable", _list)
DELETE_TABLE = changes("DeleteTable", _delete)
