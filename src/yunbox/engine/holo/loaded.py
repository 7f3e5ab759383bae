"""From the texts of stored rows to DuckDB's values: in which type a column is kept, and the SQL that makes its values.

Texts are those of the standard settings (``storage/rows/rows.py``). The types are those in which the planner takes
values: instants as TIMESTAMPs in UTC, a numeric with its digits as a DECIMAL.
"""

import json

from yunbox.sql.hologres.catalogue.types import digits_of, duck_type
from yunbox.storage.rows.model import Column
from yunbox.storage.rows.rows import STANDARD
from yunbox.wire.pgwire.values.modifiers import NONE
from yunbox.wire.pgwire.values.types import ELEMENTS, TYPES

_DAY = "CASE WHEN suffix({0}, ' BC') THEN CAST(replace({0}, ' BC', ' (BC)') AS DATE) ELSE CAST({0} AS DATE) END"
_MOMENT = (
    "CASE WHEN suffix({0}, ' BC') THEN CAST(regexp_replace({0}, '^(\\S+) (.*) BC$', '\\1 (BC) \\2') AS TIMESTAMP) "
    "ELSE CAST({0} AS TIMESTAMP) END"
)
_MADE = {
    16: "{0} = 't'",
    17: "unhex(substr({0}, 3))",
    13_400: "unhex(substr({0}, 3))",
    13_402: "unhex(substr({0}, 3))",
    13_404: "unhex(substr({0}, 3))",
    1082: _DAY,
    1114: _MOMENT,
    1184: _MOMENT.replace("{0}", "replace({0}, '+00', '')"),
    1186: "CAST(replace({0}, '+', '') AS INTERVAL)",
}


_FLOATS = frozenset((1021, 1022))


def column_type(column: Column) -> str:
    """DuckDB's type for a column: that in which the planner takes its values."""
    return duck_type(column.type_oid, digits_of(column.modifier))


def made(column: Column, name: str) -> str:
    """The SQL of a column's value from what ``carried`` gives, which is called ``name``."""
    element = ELEMENTS.get(column.type_oid)
    if element is None or is_carried_as_numbers(column):
        return _made(column.type_oid, column.modifier, name)
    inner = _made(element.oid, NONE, "v")
    items = f"from_json({name}, '[\"VARCHAR\"]')"
    return items if inner == "v" else f"[{inner} FOR v IN {items}]"


def _made(oid: int, modifier: int, name: str) -> str:
    if oid in _MADE:
        return _MADE[oid].format(name)
    of = duck_type(oid, digits_of(modifier))
    return name if of == "VARCHAR" else f"CAST({name} AS {of})"


def is_carried_as_stored(column: Column) -> bool:
    """Whether DuckDB gets the fields of a column as they are stored."""
    return column.type_oid not in ELEMENTS


def is_carried_as_numbers(column: Column) -> bool:
    """Whether DuckDB gets the numbers of a column's arrays, which are read before: floats, as vectors have."""
    return column.type_oid in _FLOATS


def carried(column: Column, field: bytes | None) -> str | None:
    """A stored field as DuckDB gets it: a text, and of an array the texts of its elements as JSON."""
    if field is None:
        return None
    text = field.decode()
    element = ELEMENTS.get(column.type_oid)
    if element is None:
        return text
    codec = element.codec
    values = TYPES[column.type_oid].codec.read(text, STANDARD)
    return json.dumps([None if one is None else codec.write(one, STANDARD) for one in values])
