"""The properties of a Hologres table: what WITH and ``CALL set_table_property`` take, and what each may be.

Sources: the vendor's pages "CREATE TABLE", "Set table properties", "Table storage formats", "Primary key",
"Distribution key", "Clustering key", "Event time column", "Bitmap index", "Dictionary encoding" and "Tiered storage";
those of partitions that come and go by themselves are in ``partitioning.py``, of logical partitions in ``logical.py``,
of indexes of vectors in ``vector_indexes.py``.
"""

from collections.abc import Mapping

from yunbox.services.hologres.definitions import logical, partitioning, vector_indexes
from yunbox.services.hologres.definitions.choices import Reader, invalid, one_of
from yunbox.services.hologres.statements.cursor import Cursor
from yunbox.sql.hologres.catalogue.bitmaps import BITMAPS
from yunbox.storage.rows.model import READ_ONLY, TIME_TO_LIVE, Relation
from yunbox.wire.pgwire.report import failure

Properties = Mapping[str, str]
_SAME = {
    "event_time_column": "segment_key", "binlog_level": "binlog.level", "binlog_ttl": "binlog.ttl",
}  # fmt: skip
"""Properties that have another name in WITH than in ``hologres.hg_table_properties``."""
_AT_CREATION = frozenset(("orientation", "distribution_key", "clustering_key", "segment_key", "table_group"))
"""What only the transaction that makes a table can set."""
ORIENTATIONS = ("column", "row", "row,column", "column,row")
_SECONDS_MAX = 1 << 40


def _orientation(value: str, relation: Relation) -> str:
    spelled = value.replace(" ", "").lower()
    if spelled not in ORIENTATIONS:
        raise invalid("orientation", value, "column, row, or row,column")
    if spelled != "column" and not relation.primary_key:
        raise failure("42P16", f'table "{relation.name}" of orientation {spelled} needs a primary key')
    return "row,column" if spelled == "column,row" else spelled


def _columns(value: str, relation: Relation) -> list[str]:
    """The columns that a property lists, as their names are kept."""
    found = [_unquoted(part) for part in value.split(",") if part.strip()]
    for name in found:
        if name not in relation.by_name:
            raise failure("42703", f'column "{name}" does not exist')
    if len(set(found)) < len(found):
        raise failure("42701", f'a column stands twice in "{value}"')
    return found


def _unquoted(part: str) -> str:
    part = part.strip()
    if part.startswith('"') and part.endswith('"') and len(part) > 1:
        return part[1:-1].replace('""', '"')
    return part.lower()


def _distribution(value: str, relation: Relation) -> str:
    found = _columns(value, relation)
    keys = [column.name for column in relation.key_columns]
    if keys and not set(found) <= set(keys):
        raise failure("42P16", f"distribution_key ({value}) must be a part of the primary key ({', '.join(keys)})")
    return ",".join(found)


def _list(value: str, relation: Relation) -> str:
    return ",".join(_columns(value, relation))


def _marked(*marks: str) -> Reader:
    """Columns, each with a mark behind a colon or without one; none of bitmaps, which have no such index."""

    def read(value: str, relation: Relation) -> str:
        found = []
        for part in filter(str.strip, value.split(",")):
            name, colon, mark = part.partition(":")
            if colon and mark.strip().lower() not in marks:
                raise invalid("column", part, f"a column, and one of {', '.join(marks)}")
            [name] = _columns(name, relation)
            if relation.by_name[name].type_oid in BITMAPS:
                of = relation.by_name[name].type.name
                raise failure("22023", f'column "{name}" of type {of} can have no such index')
            found.append(f"{name}:{mark.strip().lower()}" if colon else name)
        return ",".join(found)

    return read


def _seconds(value: str, relation: Relation) -> str:
    if not (value.isascii() and value.isdigit()) or not 0 < int(value) <= _SECONDS_MAX:
        raise invalid("time_to_live_in_seconds", value, f"a number of seconds from 1 to {_SECONDS_MAX}")
    return value


_READERS: dict[str, Reader] = {
    "orientation": _orientation,
    "distribution_key": _distribution,
    "clustering_key": _marked("asc", "desc"),
    "segment_key": _list,
    "bitmap_columns": _marked("on", "off"),
    "dictionary_encoding_columns": _marked("on", "off", "auto"),
    TIME_TO_LIVE: _seconds,
    "table_group": lambda value, relation: value,
    "storage_format": one_of("storage_format", "orc", "sst"),
    "binlog.level": one_of("binlog.level", "none", "replica"),
    "binlog.ttl": _seconds,
    "storage_mode": one_of("storage_mode", "hot", "cold"),
    READ_ONLY: one_of(READ_ONLY, "true", "false"),
    **partitioning.READERS,
    **logical.READERS,
    **{name: vector_indexes.read_index(name) for name in vector_indexes.PROPERTIES},
}


def checked(given: Properties, relation: Relation, *, fresh: bool) -> dict[str, str]:
    """Properties as they are kept. ``fresh`` is whether the table is being made. Raises PgError."""
    found: dict[str, str] = {}
    for written, value in given.items():
        name = partitioning.kept_name(_SAME.get(written.lower(), written.lower()))
        reader = _READERS.get(name)
        if reader is None:
            raise failure("22023", f'unrecognized table property "{written}"')
        if name in _AT_CREATION and not fresh:
            raise failure("0A000", f"{name} can be set only in the transaction that creates the table")
        found[name] = reader(value, relation)
        if not fresh:
            partitioning.check_lasting(name, found[name], relation)
    vector_indexes.check_orientation(found, relation.properties)
    return found


def with_defaults(found: Properties, relation: Relation) -> dict[str, str]:
    """The properties of a new table: what was not said is as the vendor's pages have it."""
    made = {"orientation": "column", **found}
    if relation.primary_key:
        made.setdefault("distribution_key", ",".join(column.name for column in relation.key_columns))
    return made


def read_properties(cursor: Cursor) -> dict[str, str]:
    """``(name = value, ...)``. Raises PgError 42601."""
    found: dict[str, str] = {}

    def one() -> None:
        name = cursor.name()
        while cursor.take("."):
            name += "." + cursor.name()
        cursor.need("=")
        if name in found:
            raise failure("42601", f'parameter "{name}" specified more than once')
        found[name] = _property(cursor)

    cursor.need("(")
    cursor.listed(one)
    cursor.need(")")
    return found


def _property(cursor: Cursor) -> str:
    token = cursor.token
    if token.sort == "text":
        return cursor.string()
    if token.sort == "number":
        return cursor.advance().text
    if token.sort == "word":
        return cursor.advance().text.lower()
    raise cursor.wrong()
