"""Single rows, and the condition whether one is there. Source: the vendor's "GetRow", "PutRow" and "DeleteRow".

A row is there as long as one of its cells has not outlived the table's time to live. A condition is judged and the
change made in one transaction of the one writer, so of those who ask for a row that must not be there one succeeds.
"""

from collections.abc import Iterable
from dataclasses import replace

from yunbox.kernel.errors import Conflict, InvalidArgument, Throttled
from yunbox.services.tablestore.service import changes, check_name, reads
from yunbox.services.tablestore.tables import find
from yunbox.storage.database import Transaction
from yunbox.wire.tablestore.messages import (
    BINARY,
    EXPECT_EXIST,
    EXPECT_NOT_EXIST,
    IGNORE,
    INTEGER,
    STRING,
    Change,
    Get,
    Options,
    Table,
    write_answer,
)
from yunbox.wire.tablestore.plainbuffer import Cell, Row, Value, read_row, write_row

ROWS_MAX = 10_000
"""Of a table: it is for locks and small state."""
CELLS_MAX = 1024
KEY_VALUE_BYTES_MAX = 1024
VALUE_BYTES_MAX = 2 * 1024 * 1024
_UNIT_BYTES = 4096
_TYPES: dict[type, tuple[int, str]] = {
    int: (INTEGER, "VT_INTEGER"), str: (STRING, "VT_STRING"), bytes: (BINARY, "VT_BLOB"), bool: (0, "VT_BOOLEAN"),
    float: (0, "VT_DOUBLE"),
}  # fmt: skip
_NAMES = {kind: name for kind, name in _TYPES.values() if kind}


def _get(work: Transaction, instance: str, asked: Get) -> bytes:
    table = find(work, instance, asked.table)
    if asked.versions is None and asked.times_ms is None:
        raise InvalidArgument("No version condition is specified while querying row.")
    if asked.versions is not None and asked.versions < 1:
        raise InvalidArgument("max_versions is at least 1.")
    row = _find(work, instance, table, _key(table, asked.row))
    shown = None if row is None else _shown(table, row, asked)
    return write_answer(_units(row), 0, shown, always=True)


def _shown(table: Table, row: Row, asked: Get) -> Row | None:
    """What of a row is asked for; nothing where it has none of the columns."""
    first, end = asked.times_ms or (0, 1 << 63)
    cells = [
        cell for cell in row.cells
        if first <= (cell.time_ms or 0) < end and (not asked.columns or cell.name in asked.columns)
    ]  # fmt: skip
    versions = table.options.versions if asked.versions is None else asked.versions
    found = Row(row.key, tuple(_newest(cells, versions)))
    is_wanted = found.cells or not asked.columns or any(cell.name in asked.columns for cell in row.key)
    return found if is_wanted else None


def _put(work: Transaction, instance: str, change: Change) -> bytes:
    table = find(work, instance, change.table)
    key = _key(table, change.row)
    before = _expected(work, instance, table, key, change.expects)
    row = Row(change.row.key, tuple(_newest(_stamped(table, change.row, work.now), table.options.versions)))
    if before is None and not _has_room(work, instance, table):
        raise Throttled(f"A table has at most {ROWS_MAX} rows here.")
    sql = "INSERT INTO ots_rows VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET row = excluded.row"
    work.run(sql, instance, table.table, key, write_row(row))
    return _changed(change, before, _units(row))


def _delete(work: Transaction, instance: str, change: Change) -> bytes:
    table = find(work, instance, change.table)
    key = _key(table, change.row)
    if change.row.cells:
        raise InvalidArgument("A row is deleted as a whole: name its primary key alone.")
    before = _expected(work, instance, table, key, change.expects)
    work.run("DELETE FROM ots_rows WHERE instance = ? AND name = ? AND key = ?", instance, table.table, key)
    return _changed(change, before, _units(before))


def _changed(change: Change, before: Row | None, writes: int) -> bytes:
    reads_made = 0 if change.expects == IGNORE else _units(before)
    return write_answer(reads_made, writes, Row(change.row.key) if change.returns_key else None)


def _expected(work: Transaction, instance: str, table: Table, key: bytes, expects: int) -> Row | None:
    """The row as it is. Raises Conflict where it is otherwise than is expected."""
    row = _find(work, instance, table, key)
    if (expects == EXPECT_EXIST and row is None) or (expects == EXPECT_NOT_EXIST and row is not None):
        raise Conflict("Condition check failed.")
    return row


def _find(work: Transaction, instance: str, table: Table, key: bytes) -> Row | None:
    sql = "SELECT row FROM ots_rows WHERE instance = ? AND name = ? AND key = ?"
    found = work.row(sql, instance, table.table, key)
    return None if found is None else _alive(read_row(found["row"]), table.options, work.now)


def _alive(row: Row, options: Options, now_s: float) -> Row | None:
    """A row without the cells that have outlived their time; none where it had no others."""
    if options.ttl_s == -1:
        return row
    oldest_ms = (now_s - options.ttl_s) * 1000
    cells = tuple(cell for cell in row.cells if (cell.time_ms or 0) >= oldest_ms)
    return replace(row, cells=cells) if cells or not row.cells else None


def _has_room(work: Transaction, instance: str, table: Table) -> bool:
    counted = work.count("SELECT count(*) FROM ots_rows WHERE instance = ? AND name = ?", instance, table.table)
    return counted < ROWS_MAX


# -- keys and cells


def _key(table: Table, row: Row) -> bytes:
    """A row's key as it is looked for. Raises InvalidArgument for one that is not of the table."""
    if len(row.key) != len(table.key):
        raise _no_key(f"Validate PK size fail. Input: {len(row.key)}, Meta: {len(table.key)}.")
    for cell, column in zip(row.key, table.key, strict=True):
        if cell.name != column.name:
            raise _no_key(f"Validate PK name fail. Input: {cell.name[:64]}, Meta: {column.name}.")
        kind, name = _TYPES[type(cell.value)] if cell.value is not None else (0, "none")
        if kind != column.kind:
            raise _no_key(f"Validate PK type fail. Input: {name}, Meta: {_NAMES[column.kind]}.")
        if cell.time_ms is not None or cell.change is not None:
            raise InvalidArgument("A primary key column has a value and nothing else.")
        if _size(cell.value) > KEY_VALUE_BYTES_MAX:
            raise InvalidArgument(
                f"The length of primary key column: '{cell.name}' exceeds the MaxLength: {KEY_VALUE_BYTES_MAX} with "
                f"CurrentLength: {_size(cell.value)}."
            )
    return write_row(Row(row.key))


def _stamped(table: Table, row: Row, now_s: float) -> list[Cell]:
    """The cells of a row that is put, each with its time. Raises InvalidArgument."""
    if row.deleted:
        raise InvalidArgument("A row that is put has no mark of one that is deleted.")
    if len(row.cells) > CELLS_MAX:
        raise InvalidArgument(
            f"The number of attribute columns exceeds the limit, limit count: {CELLS_MAX}, column count: "
            f"{len(row.cells)}.",
            code="OTSOutOfColumnCountLimit",
        )
    keys = {column.name for column in table.key}
    cells = [_checked(cell, keys, table.options, int(now_s * 1000)) for cell in row.cells]
    if len({(cell.name, cell.time_ms) for cell in cells}) != len(cells):
        raise InvalidArgument("A column's name is there twice with the same time.")
    return cells


def _checked(cell: Cell, keys: Iterable[str], options: Options, now_ms: int) -> Cell:
    check_name(cell.name, "column")
    if cell.name in keys:
        raise InvalidArgument(f"The column {cell.name!r} is one of the primary key.")
    if cell.value is None or cell.change is not None:
        raise InvalidArgument(f"The column {cell.name!r} is put without a value.")
    if _size(cell.value) > VALUE_BYTES_MAX:
        raise InvalidArgument(
            f"The length of attribute column: '{cell.name}' exceeds the MaxLength: {VALUE_BYTES_MAX} with "
            f"CurrentLength: {_size(cell.value)}."
        )
    time_ms = now_ms if cell.time_ms is None else cell.time_ms
    if abs(time_ms - now_ms) >= options.deviation_s * 1000:
        raise InvalidArgument(f"Timestamp must be in range of {options.deviation_s} s around the server's time.")
    return replace(cell, time_ms=time_ms)


def _newest(cells: Iterable[Cell], versions: int) -> Iterable[Cell]:
    """Cells by name and age, the newest first, and of each column only so many."""
    name, seen = "", 0
    for cell in sorted(cells, key=lambda one: (one.name, -(one.time_ms or 0))):
        seen = seen + 1 if cell.name == name else 1
        name = cell.name
        if seen <= versions:
            yield cell


def _units(row: Row | None) -> int:
    """The capacity units of reading or writing a row: one for 4 KB, and one at least."""
    if row is None:
        return 1
    size = sum(len(cell.name) + _size(cell.value) for cell in (*row.key, *row.cells))
    return max(1, -(-size // _UNIT_BYTES))


def _size(value: Value | None) -> int:
    if value is None:
        return 0
    if isinstance(value, str):
        return len(value.encode())
    if isinstance(value, bytes):
        return len(value)
    return 1 if isinstance(value, bool) else 8


def _no_key(message: str) -> InvalidArgument:
    return InvalidArgument(message, code="OTSInvalidPK")


GET_ROW = reads("GetRow", _get, of_rows=True)
PUT_ROW = changes("PutRow", _put, of_rows=True)
DELETE_ROW = changes("DeleteRow", _delete, of_rows=True)
