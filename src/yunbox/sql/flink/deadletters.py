"""Where records go of which a query can make nothing: the table that ``yunbox.dead-letter.table`` names.

Each of its columns is one of what is told of such a record, by its name. Flink itself has no such thing.
"""

from collections.abc import Mapping

from yunbox.sql.flink.catalog import Catalog
from yunbox.sql.flink.errors import ValidationFailed
from yunbox.sql.flink.plans import Field, Sink, Table, Values
from yunbox.sql.flink.types import BIGINT, STRING

OPTION = "yunbox.dead-letter.table"
COLUMNS = {
    "record": STRING, "error": STRING, "source": STRING, "topic": STRING, "shard": STRING, "offset": BIGINT,
    "place": STRING, "job": STRING,
}  # fmt: skip


def dead_letters(settings: Mapping[str, str], catalog: Catalog) -> Sink | None:
    """The sink of such records, if the settings name one. Raises ValidationFailed."""
    name = settings.get(OPTION, "").strip()
    if not name:
        return None
    table = catalog.table(tuple(part.strip("`") for part in name.split(".")))
    if not isinstance(table, Table):
        raise ValidationFailed(f"'{OPTION}' = '{name}': there is no such table")
    for column in table.stored:
        kind = COLUMNS.get(column.name.lower())
        if kind is None or column.type.root != kind.root:
            known = ", ".join(f"{key} {of.text}" for key, of in COLUMNS.items())
            raise ValidationFailed(
                f"'{OPTION}' = '{name}': column '{column.name}' {column.type.text} of {table.path} is none of what is "
                f"told of a record: {known}"
            )
    fields = tuple(Field(column.name, column.type) for column in table.stored)
    return Sink(table, table.stored, table.options, Values(fields, ()))
