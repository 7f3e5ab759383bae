"""ALTER TABLE ... ALTER COLUMN ... TYPE: columns of texts become wider ones, and their rows stay as they are.

Source: the vendor's page "ALTER TABLE", https://www.alibabacloud.com/help/en/hologres/developer-reference/alter-table,
which names the pairs of types. Values of CHAR are stored with their spaces, so rows that have any are written anew, in
the transaction of the definition: of as many rows as do not keep other writers waiting for long. Keys have no spaces.
"""

from collections.abc import Mapping, Sequence

import msgspec

from yunbox.services.hologres.definitions.defaults import check_default
from yunbox.services.hologres.definitions.types import Typed, read_type
from yunbox.services.hologres.statements.cursor import Cursor
from yunbox.storage.rows.model import Column, Extension, Relation
from yunbox.storage.rows.rows import joined, split
from yunbox.storage.rows.view import Change
from yunbox.wire.pgwire.report import failure
from yunbox.wire.pgwire.values.modifiers import NONE, format_type

_TEXT, _CHAR, _VARCHAR, _JSON, _TEXTS, _VARCHARS = 25, 1042, 1043, 114, 1009, 1015
_WIDER = {_CHAR: (_CHAR, _VARCHAR, _TEXT), _VARCHAR: (_VARCHAR, _TEXT), _VARCHARS: (_VARCHARS, _TEXTS), _JSON: (_TEXT,)}
_HEAD = 4
"""What a modifier is more than the length."""
ROWS_MAX, _BATCH = 100_000, 1000
"""How many rows are written anew at most, which takes a fifth of a second."""


def read_retyping(cursor: Cursor) -> Typed:
    """Behind TYPE. Raises PgError 42601, 42704, 0A000."""
    found = read_type(cursor)
    for word in ("collate", "using"):
        if cursor.peek(word):
            raise failure("0A000", f"ALTER COLUMN ... TYPE ... {word.upper()} is not supported")
    return found


def retyped(relation: Relation, column: Column, to: Typed, extensions: Mapping[str, Extension]) -> Column:
    """A column with another type. Raises PgError 42P16, 0A000, 42804."""
    if column.number == relation.partition:
        told = f'cannot alter column "{column.name}" because it is part of the partition key of relation'
        raise failure("42P16", f'{told} "{relation.name}"')
    if column.generated is not None or any(one.generated is not None for one in relation.live):
        told = f'changing the type of a column of table "{relation.name}", which has generated ones, is not supported'
        raise failure("0A000", told)
    if to.serial or not _is_wider(column, to):
        before, after = format_type(column.type_oid, column.modifier), format_type(to.oid, to.modifier)
        raise failure("0A000", f"ALTER COLUMN ... TYPE from {before} to {after} is not supported")
    missing = column.missing
    if missing is not None and column.type_oid == _CHAR:
        missing = _refilled(missing.encode(), to.oid, to.modifier).decode()
    made = msgspec.structs.replace(column, type_oid=to.oid, modifier=to.modifier, missing=missing)
    check_default(made, relation, extensions)
    return made


def _is_wider(column: Column, to: Typed) -> bool:
    if to.oid not in _WIDER.get(column.type_oid, ()):
        return False
    if to.modifier == NONE:
        return to.oid != _CHAR
    least = column.modifier + (column.type_oid != _CHAR or to.oid == _CHAR)  # of CHAR(n) all fits into VARCHAR(n)
    return column.modifier != NONE and to.modifier >= least


def refill(change: Change, before: Relation, after: Relation) -> None:
    """Give the rows of a table the values of columns that were CHAR. Raises PgError 0A000 where there are too many."""
    pairs = zip(before.columns, after.columns, strict=False)
    columns = [made for was, made in pairs
               if was.type_oid == _CHAR and (was.type_oid, was.modifier) != (made.type_oid, made.modifier)]  # fmt: skip
    if not columns:
        return
    if change.totals(before).rows > ROWS_MAX:
        told = f"ALTER COLUMN ... TYPE from character of a table of more than {ROWS_MAX} rows is not supported"
        raise failure("0A000", told, hint="ASYNC REBUILD TABLE ... ALTER ... TYPE does it behind the scenes.")
    unlogged, change.is_unlogged = change.is_unlogged, True
    last = b""
    while found := change.rows_behind(before, last, _BATCH):
        keys, rows = [key for key, _ in found], [row for _, row in found]
        change.set_rows(before, keys, [_row(row, columns) for row in rows], rows)
        last = keys[-1]
    change.is_unlogged = unlogged


def _row(row: bytes, columns: Sequence[Column]) -> bytes:
    fields = split(row)
    for column in columns:
        at = column.number - 1
        field = fields[at] if at < len(fields) else None
        if field is not None:
            fields[at] = _refilled(field, column.type_oid, column.modifier)
    return joined(fields)


def _refilled(field: bytes, oid: int, modifier: int) -> bytes:
    """What was stored as CHAR, as it is stored as another type: without its spaces, or with more."""
    if oid != _CHAR:
        return field.rstrip(b" ")
    return field + b" " * (modifier - _HEAD - len(field.decode()))
