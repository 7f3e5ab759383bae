"""How statements read the system tables: from what ``tables`` makes to the values that the planner takes."""

from yunbox.sql.hologres.catalog import ROW_KEY
from yunbox.sql.hologres.catalogue.relations import SystemColumn, relations
from yunbox.sql.hologres.catalogue.types import TYPES, duck_type
from yunbox.sql.hologres.expr import identifier, quoted

_AS_THEY_ARE = frozenset(("BIGINT", "INTEGER", "SMALLINT", "UINTEGER", "BOOLEAN", "FLOAT", "VARCHAR"))


def arrow_name(schema: str, name: str) -> str:
    """What the rows of a table are called."""
    return f"{schema}.{name}"


def system_scan(schema: str, name: str, names: str = "") -> str:
    """The SQL that reads a table. ``names`` says by which definitions functions of the catalogue answer."""
    columns = ", ".join(map(_column, relations()[schema, name].columns))
    if name == "pg_class":  # the rows are counted when somebody asks
        count = f"CAST(hg_described('rows', oid, 0, {quoted(names)}) AS FLOAT)"
        columns = columns.replace('"reltuples"', f'coalesce({count}, 0) AS "reltuples"')
    return f"(SELECT {columns}, ''::BLOB AS {ROW_KEY} FROM {identifier(arrow_name(schema, name))})"


def _column(column: SystemColumn) -> str:
    label, of = identifier(column.name), duck_type(column.type)
    if TYPES[column.type].is_array:
        return f"CAST(from_json({label}, '[\"VARCHAR\"]') AS {of}) AS {label}"
    return label if of in _AS_THEY_ARE else f"CAST({label} AS {of}) AS {label}"
