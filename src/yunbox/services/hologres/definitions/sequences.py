"""The sequences of serial columns, which are made with their tables and go with them.

Source: the PostgreSQL documentation, "Serial Types".
"""

from collections.abc import Sequence

import msgspec

from yunbox.services.hologres.statements.cursor import NAME_BYTES_MAX
from yunbox.storage.rows import catalogue
from yunbox.storage.rows.catalogue import Catalogue
from yunbox.storage.rows.model import SEQUENCE, Column, Relation
from yunbox.storage.rows.sequences import default_of
from yunbox.storage.rows.view import Change

_INT8, _BOOL = 20, 16


def with_sequences(relation: Relation, names: Sequence[str], change: Change, known: Catalogue) -> Relation:
    """A new table with defaults that draw from sequences of its own in some columns."""
    for name in names:
        column = relation.by_name[name]
        made = _made(relation, column, change, known)
        catalogue.add(change, made)
        drawn = msgspec.structs.replace(column, default=default_of(made))
        columns = tuple(drawn if one.number == column.number else one for one in relation.columns)
        relation = msgspec.structs.replace(relation, columns=columns)
    return relation


def _made(relation: Relation, column: Column, change: Change, known: Catalogue) -> Relation:
    columns = (Column("last_value", 1, column.type_oid, not_null=True), Column("log_cnt", 2, _INT8, not_null=True),
               Column("is_called", 3, _BOOL, not_null=True))  # fmt: skip
    name = _free(relation, column, known)
    return Relation(
        catalogue.next_oid(change), relation.schema, name, 0, columns, SEQUENCE, owner=relation.owner,
        owned_by=relation.oid,
    )  # fmt: skip


def _free(relation: Relation, column: Column, known: Catalogue) -> str:
    """``table_column_seq``, as short as names are, with a number where it is taken."""
    taken, number = True, 0
    made = ""
    while taken:
        end = f"_seq{number or ''}"
        made = _short(relation.name, column.name, NAME_BYTES_MAX - len(end) - 1) + end
        taken, number = known.find(relation.schema, made) is not None, number + 1
    return made


def _short(table: str, column: str, room: int) -> str:
    """Both names in so many bytes: the longer one loses its end first, as in PostgreSQL."""
    parts = [table.encode(), column.encode()]
    while sum(map(len, parts)) > room:
        longer = 0 if len(parts[0]) > len(parts[1]) else 1
        parts[longer] = parts[longer][:-1]
    return "_".join(part.decode(errors="ignore") for part in parts)
