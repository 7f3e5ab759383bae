"""ALTER TABLE ... ALTER COLUMN ... TYPE: columns of texts become wider ones, and their rows stay as they are.

Source: the vendor's page "ALTER TABLE", https://www.alibabacloud.com/help/en/hologres/developer-reference/alter-table,
which names the pairs of types. Those from CHAR are not among what is here: its values are stored with their spaces.
"""

from collections.abc import Mapping

import msgspec

from yunbox.services.hologres.definitions.defaults import check_default
from yunbox.services.hologres.definitions.types import Typed, read_type
from yunbox.services.hologres.statements.cursor import Cursor
from yunbox.storage.rows.model import Column, Extension, Relation
from yunbox.wire.pgwire.report import failure
from yunbox.wire.pgwire.values.modifiers import NONE, format_type

_TEXT, _VARCHAR, _JSON, _TEXTS, _VARCHARS = 25, 1043, 114, 1009, 1015
_WIDER = {_VARCHAR: (_VARCHAR, _TEXT), _VARCHARS: (_VARCHARS, _TEXTS), _JSON: (_TEXT,)}


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
    made = msgspec.structs.replace(column, type_oid=to.oid, modifier=to.modifier)
    check_default(made, relation, extensions)
    return made


def _is_wider(column: Column, to: Typed) -> bool:
    if to.oid not in _WIDER.get(column.type_oid, ()):
        return False
    return to.modifier == NONE or (column.modifier != NONE and to.modifier > column.modifier)
