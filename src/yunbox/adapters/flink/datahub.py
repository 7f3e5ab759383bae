"""Topics of DataHub for a Flink that has the connector ``kafka``, by the protocol that DataHub has for Kafka's clients.

TUPLE topics are read as JSON objects (``services/datahub/kafka/json_view``), BLOB topics as they are. Written are those
that take Kafka's records: BLOB topics, and TUPLE topics of one or two fields of type STRING.
"""

from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from yunbox.adapters.flink.tables import Declared, Mapped, Services, Use, lowered
from yunbox.engine.stream.connectors.kinds import option
from yunbox.sql.flink.statements.tree import ColumnDef
from yunbox.wire.datahub.schema import FieldType, RecordSchema

_MAPPED = lowered("connector", "endPoint", "project", "topic", "accessId", "accessKey", "startTime")
_WITHOUT_EFFECT = lowered(
    "property-version", "subId", "maxFetchSize", "maxBufferSize", "fetchLatestDelay", "compressType", "maxRetryTimes",
    "retryInterval", "retryTimeout", "batchCount", "batchSize", "flushInterval", "shardRefreshInterval",
)  # fmt: skip
_LOGIN = "org.apache.flink.kafka.shaded.org.apache.kafka.common.security.plain.PlainLoginModule"
_TIME_FORM = "%Y-%m-%d %H:%M:%S"
_DISCOVERY = "10 s"
_INTEGERS = ("TINYINT", "SMALLINT", "INT", "BIGINT")
_READ: dict[FieldType, tuple[str, ...]] = {
    FieldType.TINYINT: (*_INTEGERS, "DECIMAL", "VARCHAR"),
    FieldType.SMALLINT: (*_INTEGERS[1:], "DECIMAL", "VARCHAR"),
    FieldType.INTEGER: (*_INTEGERS[2:], "DECIMAL", "VARCHAR"),
    FieldType.BIGINT: ("BIGINT", "DECIMAL", "VARCHAR"),
    FieldType.FLOAT: ("FLOAT", "DOUBLE"),
    FieldType.DOUBLE: ("DOUBLE",),
    FieldType.DECIMAL: ("DECIMAL", "VARCHAR"),
    FieldType.BOOLEAN: ("BOOLEAN", "VARCHAR"),
    FieldType.TIMESTAMP: ("TIMESTAMP",),
    FieldType.STRING: ("CHAR", "VARCHAR"),
    FieldType.JSON: ("CHAR", "VARCHAR"),
}
"""The types that read a field to the same values as the connector's own."""
_METADATA: dict[str, tuple[str, tuple[str, ...]]] = {
    "shard-id": ("partition", ("INT", "BIGINT", "VARCHAR")),
    "sequence": ("offset", ("BIGINT", "VARCHAR")),
    "system-time": ("timestamp", ("TIMESTAMP", "TIMESTAMP_LTZ")),
}


def mapped(declared: Declared, services: Services, use: Use) -> Mapped:
    """What a topic becomes. Raises Unsupported for what ``kafka`` cannot do, and what the service refuses."""
    declared.check(_WITHOUT_EFFECT, _MAPPED)
    info = services.topic(declared.table.options)
    metadata = {one.name: _metadata(declared, one, use) for one in declared.columns if one.kind == "metadata"}
    if info.schema is None:
        view, form = "", _bytes(declared)
    elif use.written:
        view, form = "", _texts(declared, info.schema)
    else:
        view, form = ".json", {"format": "json", "json.timestamp-format.standard": "SQL"}
        for column in declared.physical:
            _check_read(declared, info.schema, column)
    options = {
        "connector": "kafka",
        "topic": f"{info.project}.{info.name}{view}",
        "properties.bootstrap.servers": services.kafka(),
        **_login(declared.table.options),
        **_span(declared, use),
        **form,
    }
    return Mapped(options, metadata=metadata)


def _login(options: Mapping[str, str]) -> dict[str, str]:
    user, secret = (_quoted(option(options, name)) for name in ("accessId", "accessKey"))
    return {
        "properties.security.protocol": "SASL_PLAINTEXT",
        "properties.sasl.mechanism": "PLAIN",
        "properties.sasl.jaas.config": f"{_LOGIN} required username={user} password={secret};",
    }


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


# -- from when to when


def _span(declared: Declared, use: Use) -> dict[str, str]:
    start = option(declared.table.options, "startTime")
    if start:
        found = {"scan.startup.mode": "timestamp", "scan.startup.timestamp-millis": str(_ms(declared, start, use.zone))}
    else:
        found = {"scan.startup.mode": "earliest-offset" if use.batch else "latest-offset"}
    if use.batch:
        return {**found, "scan.bounded.mode": "latest-offset"}
    return {**found, "scan.topic-partition-discovery.interval": _DISCOVERY}


def _ms(declared: Declared, text: str, zone: str) -> int:
    try:
        return int(datetime.strptime(text, _TIME_FORM).replace(tzinfo=ZoneInfo(zone)).timestamp() * 1000)
    except ValueError:
        declared.refuse(f"'startTime' = {text!r} is not of the form yyyy-MM-dd HH:mm:ss")


# -- columns


def _metadata(declared: Declared, column: ColumnDef, use: Use) -> str:
    assert column.type is not None
    key = column.metadata_key or column.name
    if key not in _METADATA:
        declared.refuse(f"DataHub has no metadata {key!r}, only {', '.join(sorted(_METADATA))}")
    theirs, types = _METADATA[key]
    if column.type.root not in types:
        declared.refuse(f"the metadata {key!r} is of type {' or '.join(types)} there, not {column.type.text}")
    if column.type.root == "TIMESTAMP" and use.zone != "UTC":
        declared.refuse(f"Flink has {key!r} in the session's time zone unless it is declared as TIMESTAMP_LTZ(3)")
    return theirs


def _check_read(declared: Declared, schema: RecordSchema, column: ColumnDef) -> None:
    assert column.type is not None
    field = next((one for one in schema.fields if one.name == column.name), None)
    if field is None:
        names = ", ".join(one.name for one in schema.fields)
        declared.refuse(f"the topic has no field {column.name!r}, spelled so; its fields are {names}")
    if column.type.root not in _READ[field.type]:
        declared.refuse(
            f"the field {field.name!r} of type {field.type} is read as {' or '.join(_READ[field.type])} there, not as "
            f"{column.type.text}"
        )


def _bytes(declared: Declared) -> dict[str, str]:
    if [one.type.root for one in declared.physical if one.type is not None] != ["VARBINARY"]:
        declared.refuse("a topic of type BLOB has exactly one physical column, of type VARBINARY")
    return {"format": "raw"}


def _texts(declared: Declared, schema: RecordSchema) -> dict[str, str]:
    """The forms of a TUPLE topic that is written: one field is the value, two are key and value."""
    names = [one.name for one in schema.fields]
    if len(names) > 2 or any(one.type is not FieldType.STRING for one in schema.fields):
        declared.refuse(
            "only topics of type BLOB, and of one or two fields of type STRING, are written through Kafka's protocol"
        )
    columns = declared.physical
    roots = {one.type.root for one in columns if one.type is not None}
    if [one.name for one in columns] != names or roots != {"VARCHAR"}:
        declared.refuse(
            f"its columns must be the topic's fields, of type STRING and in their order: {', '.join(names)}"
        )
    if len(names) == 1:
        return {"format": "raw"}
    return {
        "key.format": "raw",
        "key.fields": names[0],
        "value.format": "raw",
        "value.fields-include": "EXCEPT_KEY",
    }
