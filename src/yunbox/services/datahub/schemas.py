"""Versions of a topic's schema: fields that are added, schemas that are registered, listed, found and removed.

Records keep the version they were put by; who reads in JSON gets NULL for what was added later.
"""

from dataclasses import dataclass
from typing import Any

import msgspec

from yunbox.kernel.call import Call, Operation
from yunbox.services.datahub import faults, limits
from yunbox.services.datahub.access import touches_topic
from yunbox.services.datahub.broker.broker import Broker
from yunbox.services.datahub.catalogue.model import RecordType, SchemaVersion, Topic
from yunbox.services.datahub.http.request import DhRequest
from yunbox.services.datahub.http.route import TOPIC, Values, done, json, on
from yunbox.services.datahub.params import OnTopic
from yunbox.wire.datahub.schema import Field, RecordSchema, field_type, parse_schema


class _FieldBody(msgspec.Struct):
    FieldName: str
    FieldType: str


class _VersionBody(msgspec.Struct):
    VersionId: int = -1
    RecordSchema: str | None = ""


class _PageBody(msgspec.Struct):
    PageNumber: int = -1
    PageSize: int = -1


@dataclass(frozen=True, slots=True)
class NewField(OnTopic):
    """A field to add."""

    field: Field


@dataclass(frozen=True, slots=True)
class NewSchema(OnTopic):
    """A schema to register."""

    schema: RecordSchema


@dataclass(frozen=True, slots=True)
class WhichSchema(OnTopic):
    """A version, or a schema whose version is wanted."""

    version: int
    schema: RecordSchema | None


@dataclass(frozen=True, slots=True)
class SchemaPage(OnTopic):
    """A page of a topic's versions."""

    number: int
    size: int


def _field(request: DhRequest, values: Values) -> NewField:
    body = request.read(_FieldBody)
    return NewField(values["project"], values["topic"], Field(body.FieldName, field_type(body.FieldType)))


def _schema(request: DhRequest, values: Values) -> NewSchema:
    body = request.read(_VersionBody)
    return NewSchema(values["project"], values["topic"], parse_schema(body.RecordSchema))


def _which(request: DhRequest, values: Values) -> WhichSchema:
    body = request.read(_VersionBody)
    schema = parse_schema(body.RecordSchema) if body.RecordSchema else None
    return WhichSchema(values["project"], values["topic"], body.VersionId, schema)


def _page(request: DhRequest, values: Values) -> SchemaPage:
    body = request.read(_PageBody)
    size = body.PageSize if body.PageSize > 0 else limits.PAGE_MAX
    return SchemaPage(values["project"], values["topic"], max(body.PageNumber, 1), min(size, limits.PAGE_MAX))


def _tuple_topic(broker: Broker, params: OnTopic) -> Topic:
    topic = broker.catalogue.topic(params.project, params.topic)
    if topic.type is not RecordType.TUPLE:
        raise limits.invalid("A topic of type BLOB has no schema")
    return topic


async def _append(broker: Broker, call: Call[NewField]) -> None:
    topic = _tuple_topic(broker, call.params)
    await broker.catalogue.add_schema(topic, topic.latest.schema.with_field(call.params.field), call.principal.name)


async def _register(broker: Broker, call: Call[NewSchema]) -> dict[str, int]:
    topic = _tuple_topic(broker, call.params)
    known = _alike(topic, call.params.schema)
    if known is None:
        known = await broker.catalogue.add_schema(topic, call.params.schema, call.principal.name)
    return {"VersionId": known.version}


async def _get(broker: Broker, call: Call[WhichSchema]) -> dict[str, Any]:
    topic, params = _tuple_topic(broker, call.params), call.params
    found = topic.schemas.get(params.version) if params.schema is None else _alike(topic, params.schema)
    if found is None:
        raise faults.no_schema(f"version {params.version}" if params.schema is None else "no version has these fields")
    return _shown(found)


async def _list(broker: Broker, call: Call[SchemaPage]) -> dict[str, Any]:
    versions = [one for _, one in sorted(_tuple_topic(broker, call.params).schemas.items())]
    number, size = call.params.number, call.params.size
    return {
        "PageNumber": number,
        "PageSize": size,
        "PageCount": -(-len(versions) // size),
        "TotalCount": len(versions),
        "RecordSchemaList": [_shown(one) for one in versions[(number - 1) * size : number * size]],
    }


async def _delete(broker: Broker, call: Call[WhichSchema]) -> None:
    await broker.catalogue.delete_schema(_tuple_topic(broker, call.params), call.params.version)


def _alike(topic: Topic, schema: RecordSchema) -> SchemaVersion | None:
    """The newest version with the fields of a schema."""
    versions = sorted(topic.schemas.values(), key=lambda one: -one.version)
    return next((one for one in versions if one.schema.is_like(schema)), None)


def _shown(one: SchemaVersion) -> dict[str, Any]:
    return {
        "VersionId": one.version,
        "CreateTime": int(one.created_s),
        "Creator": one.creator,
        "RecordSchema": one.schema.text,
    }


APPEND_FIELD = Operation("datahub", "AppendField", NewField, _append, touches_topic("UpdateTopic"))
REGISTER_SCHEMA = Operation("datahub", "RegisterSchema", NewSchema, _register, touches_topic("UpdateTopic"))
GET_SCHEMA = Operation("datahub", "GetSchema", WhichSchema, _get, touches_topic("GetTopic"))
LIST_SCHEMA = Operation("datahub", "ListSchema", SchemaPage, _list, touches_topic("GetTopic"))
DELETE_SCHEMA = Operation("datahub", "DeleteSchema", WhichSchema, _delete, touches_topic("UpdateTopic"))

ROUTES = [
    on("POST", TOPIC, APPEND_FIELD, _field, done, action="appendfield"),
    on("POST", TOPIC, REGISTER_SCHEMA, _schema, json, action="RegisterSchema"),
    on("POST", TOPIC, GET_SCHEMA, _which, json, action="GetSchema"),
    on("POST", TOPIC, LIST_SCHEMA, _page, json, action="ListSchema"),
    on("POST", TOPIC, DELETE_SCHEMA, _which, done, action="DeleteSchema"),
]
