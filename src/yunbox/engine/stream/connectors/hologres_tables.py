"""What a table of Hologres is to Flink: how it is reached, and which columns stand for which.

Source: the vendor's page "Hologres connector" of Realtime Compute for Apache Flink (options, types).
"""

from collections.abc import Mapping

from yunbox.clients.hologres.connection import Connection
from yunbox.clients.hologres.target import Column, Target, describe
from yunbox.engine.stream.connectors.kinds import option
from yunbox.kernel.errors import InvalidArgument
from yunbox.sql.flink.plans import Table, TableColumn
from yunbox.wire.pgwire.values.types import TYPES

_TIMES, _BYTES = ("timestamp", "timestamptz"), ("bytea", "roaringbitmap", "roaringbitmap64")
_TEXTS = ("text", "varchar", "bpchar", "json", "jsonb", "uuid", "inet")
_FITS: dict[str, tuple[str, ...]] = {
    "BOOLEAN": ("bool",), "TINYINT": ("int2",), "SMALLINT": ("int2", "int4", "int8"), "INT": ("int4", "int8"),
    "BIGINT": ("int8", "numeric"), "FLOAT": ("float4", "float8"), "DOUBLE": ("float8",), "DECIMAL": ("numeric",),
    "CHAR": _TEXTS, "VARCHAR": _TEXTS, "DATE": ("date",), "TIME": ("time",), "TIMESTAMP": _TIMES,
    "TIMESTAMP_LTZ": _TIMES, "BINARY": _BYTES, "VARBINARY": _BYTES,
    "ARRAY": ("_int4", "_int8", "_float4", "_float8", "_bool", "_text", "_varchar"),
}  # fmt: skip


def connected(options: Mapping[str, str]) -> Connection:
    """A connection as a table's options say. Raises Disconnected, PgError, InvalidArgument."""
    host, _, port = option(options, "endpoint").rpartition(":")
    if not host or not port.isdigit():
        raise InvalidArgument(f"'endpoint' = {option(options, 'endpoint')!r}: HOST:PORT is expected")
    database, user, password = (option(options, name) for name in ("dbname", "username", "password"))
    return Connection(host, int(port), database, user, password)


def described(connection: Connection, options: Mapping[str, str]) -> Target:
    """The table of the options, of the schema ``public`` unless they name another. Raises NotFound, PgError."""
    schema, _, table = option(options, "tablename").rpartition(".")
    return describe(connection, schema.strip('"') or "public", table.strip('"'))


def column_of(target: Target, column: TableColumn, table: Table) -> Column:
    """The column of Hologres that one of Flink is. Raises InvalidArgument where there is none, or of another type."""
    found = target.by_name.get(column.name) or target.by_name.get(column.name.lower())
    if found is None:
        raise InvalidArgument(f"Table {target.sql} of Hologres has no column {column.name!r} of {table.path}")
    kind = TYPES[found.oid].name
    if kind not in _FITS.get(column.type.root, ()):
        raise InvalidArgument(
            f"Column {column.name!r} of {table.path} is of type {column.type.text}, and that of Hologres' table "
            f"{target.sql} is {found.type}: they do not fit"
        )
    return found
