"""Tables of Hologres for a Flink that has the connector ``jdbc``: written by key, read, and asked by key.

Source: the page "JDBC SQL Connector" of Flink 2.x, and its dialect for PostgreSQL (4.0), which does not quote names.
"""

from collections.abc import Mapping
from urllib.parse import quote

from yunbox.adapters.flink.tables import Declared, Mapped, Services, Use, lowered
from yunbox.clients.hologres.target import Column, Target
from yunbox.engine.stream.connectors.kinds import option
from yunbox.sql.flink.statements.tree import ColumnDef
from yunbox.sql.hologres.parser.keywords import is_column_name
from yunbox.wire.pgwire.values.types import TYPES

_MAPPED = lowered(
    "connector", "dbname", "tablename", "endpoint", "username", "password", "mutateType", "ignoreDelete", "binlog",
    "cdcMode", "cache", "cacheSize", "cacheTTLMs", "jdbcWriteBatchSize", "jdbcWriteFlushInterval", "jdbcRetryCount",
)  # fmt: skip
_WITHOUT_EFFECT = lowered(
    "property-version", "connectionSize", "connectionPoolName", "jdbcWriteBatchByteSize", "jdbcRetrySleepInitMs",
    "jdbcConnectionMaxIdleMs", "sdkMode", "useRpcMode", "async", "jdbcReadBatchSize", "asyncTimeoutMs",
    "asyncCapacity", "jdbcMetaCacheTTL", "jdbcMetaAutoRefreshFactor",
)  # fmt: skip
_FALSE = ("ignoreDelete", "binlog", "cdcMode")
_STRINGS = ("text", "varchar", "bpchar")
_TEXTS = (*_STRINGS, "json", "jsonb", "uuid", "inet")
_READ: dict[str, tuple[str, ...]] = {
    "CHAR": _STRINGS, "VARCHAR": _STRINGS, "BOOLEAN": ("bool",), "VARBINARY": ("bytea",), "DECIMAL": ("numeric",),
    "TINYINT": ("int2",), "SMALLINT": ("int2",), "INT": ("int4",), "BIGINT": ("int8",), "FLOAT": ("float4",),
    "DOUBLE": ("float8",), "DATE": ("date",), "TIME": ("time",), "TIMESTAMP": ("timestamp", "timestamptz"),
}  # fmt: skip
"""The types of Hologres that each type of Flink's is read from to the same values."""
_WRITTEN: dict[str, tuple[str, ...]] = {
    **_READ, "CHAR": _TEXTS, "VARCHAR": _TEXTS,
    "SMALLINT": ("int2", "int4", "int8"), "INT": ("int4", "int8"), "BIGINT": ("int8", "numeric"),
    "FLOAT": ("float4", "float8"),
}  # fmt: skip
_ELEMENTS = {
    "BOOLEAN": ("_bool",), "INT": ("_int4",), "BIGINT": ("_int8",), "FLOAT": ("_float4",), "DOUBLE": ("_float8",),
    "VARCHAR": ("_text", "_varchar"),
}  # fmt: skip
_PRECISIONS = range(1, 7)
_CACHE_ROWS = "10000"
_BUFFERING = {
    "jdbcWriteBatchSize": ("sink.buffer-flush.max-rows", ""),
    "jdbcWriteFlushInterval": ("sink.buffer-flush.interval", "ms"),
    "jdbcRetryCount": ("sink.max-retries", ""),
}


def mapped(declared: Declared, services: Services, use: Use) -> Mapped:
    """What a table of Hologres becomes. Raises Unsupported for what ``jdbc`` cannot do, and what Hologres says."""
    options = declared.table.options
    declared.check(_WITHOUT_EFFECT, _MAPPED)
    for name in _FALSE:
        if option(options, name).lower() == "true":
            declared.refuse(f"'{name}' = 'true' has no counterpart in Flink's connector jdbc")
    target = services.hologres(options)
    for column in declared.columns:
        _check(declared, target, column, written=use.written)
    key = _key(declared, target, use) if use.written else ()
    warnings = _warnings(declared, target, use)
    return Mapped({**_place(options, target), **_pace(options), **_cache(declared)}, key, warnings=warnings)


def _place(options: Mapping[str, str], target: Target) -> dict[str, str]:
    where = f"jdbc:postgresql://{option(options, 'endpoint')}/{quote(option(options, 'dbname'), safe='')}"
    return {
        "connector": "jdbc",
        # Texts become JSON and the like; rows that are flushed together are one statement.
        "url": f"{where}?stringtype=unspecified&reWriteBatchedInserts=true",
        "table-name": target.table if target.schema == "public" else f"{target.schema}.{target.table}",
        "username": option(options, "username"),
        "password": option(options, "password"),
    }


def _pace(options: Mapping[str, str]) -> dict[str, str]:
    found = {}
    for ours, (theirs, unit) in _BUFFERING.items():
        if (value := option(options, ours)) != "":
            found[theirs] = f"{value}{unit}"
    return found


def _cache(declared: Declared) -> dict[str, str]:
    options = declared.table.options
    kind = option(options, "cache", "None").upper()
    if kind == "NONE":
        return {}
    if kind != "LRU":
        declared.refuse(f"'cache' = '{kind}' has no counterpart in Flink's connector jdbc")
    found = {"lookup.cache": "PARTIAL", "lookup.partial-cache.max-rows": option(options, "cacheSize", _CACHE_ROWS)}
    if (ttl := option(options, "cacheTTLMs")) != "":
        found["lookup.partial-cache.expire-after-write"] = f"{ttl}ms"
    return found


def _check(declared: Declared, target: Target, column: ColumnDef, *, written: bool) -> None:
    """Whether a column is one of Hologres' that the connector can name, and of a type that it has."""
    assert column.type is not None
    if column.kind == "metadata":
        declared.refuse(f"the column {column.name!r} is metadata, which Flink's connector jdbc has none of")
    name = column.name.lower()
    if name not in target.by_name:
        declared.refuse(f"table {target.sql} of Hologres has no column {name!r}")
    for one in (name, *target.sql.replace('"', "").split(".")):
        if not one.isidentifier() or one != one.lower() or not is_column_name(one):
            declared.refuse(f"Flink's connector jdbc does not quote names, and {one!r} needs quotes")
    kind = column.type.root
    if kind == "TIMESTAMP" and column.type.params[0] not in _PRECISIONS:
        declared.refuse(f"Flink's connector jdbc has TIMESTAMP(1) to TIMESTAMP(6), and {column.name!r} is another")
    theirs = target.by_name[name]
    fits = _fitting(column, written=written)
    if not fits:
        declared.refuse(f"Flink's connector jdbc has no columns of type {column.type.text}, as {column.name!r} is")
    if _type_name(theirs) not in fits:
        does = "written to" if written else "read from"
        declared.refuse(
            f"{column.name!r} is {theirs.type} in Hologres, and {column.type.text} is {does} {' or '.join(fits)}"
        )


def _fitting(column: ColumnDef, *, written: bool) -> tuple[str, ...]:
    assert column.type is not None
    if column.type.root == "ARRAY":
        return () if written else _ELEMENTS.get(column.type.children[0].root, ())
    return (_WRITTEN if written else _READ).get(column.type.root, ())


def _type_name(column: Column) -> str:
    return TYPES[column.oid].name if column.oid in TYPES else column.type


def _warnings(declared: Declared, target: Target, use: Use) -> tuple[str, ...]:
    found = []
    if use.written and not target.primary_key:
        found.append(f"table {declared.path} has no primary key: after a failure Flink writes some rows of it twice")
    zoned = [one.name for one in declared.columns if _type_name(target.by_name[one.name.lower()]) == "timestamptz"]
    if zoned and not use.utc:
        names = ", ".join(zoned)
        found.append(
            f"table {declared.path}: in Hologres {names} has a time zone, and Flink takes times for those of its "
            "machine's zone: run it in UTC"
        )
    return tuple(found)


def _key(declared: Declared, target: Target, use: Use) -> tuple[str, ...]:
    """The key that a sink is to have, if the script says none."""
    if target.partition_column:
        declared.refuse(f"table {target.sql} is partitioned, and Flink's connector jdbc writes no partitions")
    ours = {one.name.lower(): one.name for one in declared.physical}
    told = declared.table.primary_key
    if told and {one.lower() for one in told} != set(target.primary_key):
        declared.refuse(
            f"its PRIMARY KEY ({', '.join(told)}) is not that of Hologres' table {target.sql}, which has "
            f"({', '.join(target.primary_key)})"
        )
    if not target.primary_key:
        return ()
    for name in target.primary_key:
        if name not in ours:
            declared.refuse(f"it lacks the primary key's column {name!r} of Hologres")
    _check_mode(declared, target, use, set(ours))
    return () if told else tuple(ours[name] for name in target.primary_key)


def _check_mode(declared: Declared, target: Target, use: Use, ours: set[str]) -> None:
    mode = option(declared.table.options, "mutateType", "insertOrIgnore")
    match mode.lower():
        case "insertorupdate":
            if use.partly:
                declared.refuse("an INSERT of some of its columns would have Flink write NULL into the others")
        case "insertorreplace":
            if use.partly or ours != {one.name for one in target.columns if not one.generated}:
                declared.refuse("'insertOrReplace' of some columns has no counterpart in Flink's connector jdbc")
        case _:
            declared.refuse(
                f"'mutateType' = '{mode}' keeps the row that is there, and Flink's connector jdbc replaces it: say "
                "'insertOrUpdate' or 'insertOrReplace'"
            )
