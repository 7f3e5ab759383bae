"""Connectors: made, looked at, changed, stopped, set back, removed.

A topic has one of each type, so that its type names it as well as its id. Sources: pydatahub 2.29 (requests, answers,
and its tests), the Java SDK's ``ConnectorTest`` and ``SinkOdpsTest`` (what is checked when one is made; that the
sequence that is shown is that of the last record moved; done times).
"""

import asyncio
import contextlib
import secrets
from dataclasses import dataclass, field
from typing import Any

import msgspec

from yunbox.clients.requests import RequestFailed
from yunbox.kernel.call import Call, Operation
from yunbox.kernel.errors import Unavailable, Unsupported
from yunbox.services.datahub import limits
from yunbox.services.datahub.access import touches_topic
from yunbox.services.datahub.broker.broker import Broker
from yunbox.services.datahub.catalogue.model import Topic
from yunbox.services.datahub.connectors.model import Config, Connector, ConnectorState, ContextState, Flow
from yunbox.services.datahub.connectors.mover import first_sequence
from yunbox.services.datahub.connectors.sinks import SINKS
from yunbox.services.datahub.http.request import DhRequest
from yunbox.services.datahub.http.route import TOPIC, Values, created, done, json, on
from yunbox.services.datahub.params import OnTopic

_END = (1 << 63) - 1
_QUIET_S = 5.0
_STATES = {
    "CONNECTOR_RUNNING": ConnectorState.RUNNING,
    "CONNECTOR_STOPPED": ConnectorState.STOPPED,
    "CONNECTOR_PAUSED": ConnectorState.STOPPED,
}


@dataclass(frozen=True, slots=True)
class Listing(OnTopic):
    """All connectors of a topic, by their ids or their types."""

    by_id: bool


@dataclass(frozen=True, slots=True)
class OnConnector(OnTopic):
    """A connector, by its id or type."""

    connector: str


@dataclass(frozen=True, slots=True)
class NewConnector(OnConnector):
    """A connector to make; its name is its type."""

    fields: tuple[str, ...]
    config: Any = field(repr=False)
    start_ms: int


@dataclass(frozen=True, slots=True)
class ChangedConnector(OnConnector):
    """Another config for a connector."""

    config: Any = field(repr=False)


@dataclass(frozen=True, slots=True)
class ConnectorField(OnConnector):
    """A field that a connector is to move as well."""

    field: str


@dataclass(frozen=True, slots=True)
class ConnectorSwitch(OnConnector):
    """What a connector is to do."""

    state: ConnectorState


@dataclass(frozen=True, slots=True)
class ConnectorShard(OnConnector):
    """A shard of a connector, or with an empty one all."""

    shard: str


@dataclass(frozen=True, slots=True)
class ConnectorOffset(ConnectorShard):
    """The last record that is to count as moved, by its sequence or by its time."""

    sequence: int | None
    time_ms: int | None


# -- requests


class _NewBody(msgspec.Struct):
    ColumnFields: list[str] | None = None
    Config: Any = None
    ColumnNameMap: dict[str, str] | None = None
    SinkStartTime: int = -1
    Type: str = ""


class _ConfigBody(msgspec.Struct):
    Config: Any = None


class _FieldBody(msgspec.Struct):
    FieldName: str


class _StateBody(msgspec.Struct):
    State: str


class _ShardBody(msgspec.Struct):
    ShardId: str | None = ""
    CurrentSequence: int | None = None
    CurrentTime: int | None = None


def _listing(request: DhRequest, values: Values) -> Listing:
    return Listing(values["project"], values["topic"], (request.request.param("mode") or "").lower() == "id")


def _named(_request: DhRequest, values: Values) -> OnConnector:
    return OnConnector(values["project"], values["topic"], values["connector"])


def _new(request: DhRequest, values: Values) -> NewConnector:
    body = request.read(_NewBody)
    if body.Type and body.Type.lower() != values["connector"].lower():  # the Java SDK names it in both places
        raise limits.invalid(f"The path is of a connector of another type than {body.Type[:32]!r}")
    if body.ColumnNameMap:
        raise Unsupported("The ColumnNameMap of a connector is not offered: fields go to the columns of their names")
    fields = tuple(body.ColumnFields or ())
    return NewConnector(
        values["project"], values["topic"], values["connector"], fields, body.Config, body.SinkStartTime
    )


def _changed(request: DhRequest, values: Values) -> ChangedConnector:
    return ChangedConnector(values["project"], values["topic"], values["connector"], request.read(_ConfigBody).Config)


def _field(request: DhRequest, values: Values) -> ConnectorField:
    return ConnectorField(values["project"], values["topic"], values["connector"], request.read(_FieldBody).FieldName)


def _switch(request: DhRequest, values: Values) -> ConnectorSwitch:
    name = request.read(_StateBody).State
    state = _STATES.get(name.upper())
    if state is None:
        raise limits.invalid(f"The state of a connector is {' or '.join(_STATES)}, not {name[:64]!r}")
    return ConnectorSwitch(values["project"], values["topic"], values["connector"], state)


def _shard(request: DhRequest, values: Values) -> ConnectorShard:
    body = request.read(_ShardBody)
    return ConnectorShard(values["project"], values["topic"], values["connector"], body.ShardId or "")


def _offset(request: DhRequest, values: Values) -> ConnectorOffset:
    body = request.read(_ShardBody)
    given = [None if value is None or value < 0 else value for value in (body.CurrentSequence, body.CurrentTime)]
    if given == [None, None]:
        raise limits.invalid("An offset has a CurrentSequence or a CurrentTime")
    if any(value is not None and value >= _END for value in given):
        raise limits.invalid("The offset is too large")
    return ConnectorOffset(values["project"], values["topic"], values["connector"], body.ShardId or "", *given)


# -- what is done


async def _list(broker: Broker, call: Call[Listing]) -> dict[str, list[str]]:
    topic = broker.catalogue.topic(call.params.project, call.params.topic)
    return {"Connectors": [one.id if call.params.by_id else one.type for one in broker.connectors.of(topic)]}


def _found(broker: Broker, params: OnConnector) -> tuple[Topic, Connector]:
    topic = broker.catalogue.topic(params.project, params.topic)
    return topic, broker.connectors.get(topic, params.connector)


async def _create(broker: Broker, call: Call[NewConnector]) -> dict[str, str]:
    params, now = call.params, broker.clock.time()
    topic = broker.catalogue.topic(params.project, params.topic)
    kind = params.connector.lower()
    if kind not in SINKS:
        raise Unsupported(f"Connectors of type {params.connector[:32]!r} are not offered: {', '.join(SINKS)} are")
    config = SINKS[kind].parse(params.config)
    if params.start_ms > now * 1000:
        raise limits.invalid("The SinkStartTime is in the future")
    await _check(topic, kind, params.fields, config)
    made = Connector(
        topic=topic.number,
        id=f"{int(now * 1000)}{secrets.token_hex(4)}",
        type=kind,
        state=ConnectorState.RUNNING,
        fields=params.fields,
        config=config,
        start_ms=params.start_ms,
        sub_id=f"{int(now * 1000)}{secrets.token_hex(3).upper()}",
        creator=call.principal.name,
        created_s=now,
    )
    for shard in topic.shards.values():
        start = first_sequence(broker.log(topic, shard), params.start_ms)
        made.flows[shard.id] = Flow(start=start, next=start)
    await broker.connectors.create(topic, made)
    return {"ConnectorId": made.id}


async def _check(topic: Topic, kind: str, fields: tuple[str, ...], config: Config) -> None:
    """Whether the table or bucket is there, can be looked at with the key that is given, and takes the records."""
    try:
        await asyncio.to_thread(SINKS[kind].verify, topic, fields, config)
    except RequestFailed as error:
        raise limits.invalid(f"Where the records are to go cannot be looked at: {error}") from None


async def _get(broker: Broker, call: Call[OnConnector]) -> dict[str, Any]:
    _, found = _found(broker, call.params)
    return {
        "ClusterAddress": "yunbox",
        "ConnectorId": found.id,
        "Type": found.type,
        "State": found.state,
        "Creator": found.creator,
        "Owner": found.creator,
        "CreateTime": int(found.created_s),
        "ColumnFields": list(found.fields),
        "Config": found.config.shown,
        "ExtraInfo": {"SubscriptionId": found.sub_id},
        "ShardContexts": [
            {"ShardId": str(shard), "StartSequence": flow.start, "EndSequence": _END, "CurrentSequence": flow.next - 1}
            for shard, flow in sorted(found.flows.items())
        ],
    }


async def _update(broker: Broker, call: Call[ChangedConnector]) -> None:
    _, found = _found(broker, call.params)
    await broker.connectors.update(found, config=SINKS[found.type].parse(call.params.config, found.config))
    _hurry(found.flows.values())


async def _append(broker: Broker, call: Call[ConnectorField]) -> None:
    topic, found = _found(broker, call.params)
    fields = (*found.fields, call.params.field)
    await _check(topic, found.type, fields, found.config)
    await broker.connectors.update(found, fields=fields)


async def _switched(broker: Broker, call: Call[ConnectorSwitch]) -> None:
    _, found = _found(broker, call.params)
    await broker.connectors.update(found, state=call.params.state)
    _hurry(found.flows.values())
    if not found.is_running:
        await _quiet(found.flows.values())


async def _delete(broker: Broker, call: Call[OnConnector]) -> None:
    topic, found = _found(broker, call.params)
    await broker.connectors.update(found, state=ConnectorState.STOPPED)
    await _quiet(found.flows.values())
    await broker.connectors.delete(topic, found)


async def _quiet(flows: Any) -> None:
    """Wait a little for what is on its way."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_QUIET_S):
            for flow in flows:
                async with flow.lock:
                    pass


def _hurry(flows: Any) -> None:
    for flow in flows:
        flow.not_before, flow.failures = 0.0, 0


def _chosen(broker: Broker, topic: Topic, found: Connector, shard: str) -> dict[int, Flow]:
    """The flow of a shard, or all. Raises NotFound."""
    if not shard:
        return dict(sorted(found.flows.items()))
    number = broker.shard(topic, shard).id
    log = broker.log(topic, topic.shards[number])
    start = first_sequence(log, found.start_ms)
    return {number: found.flows.setdefault(number, Flow(start=start, next=start))}


async def _reload(broker: Broker, call: Call[ConnectorShard]) -> None:
    topic, found = _found(broker, call.params)
    _hurry(_chosen(broker, topic, found, call.params.shard).values())


async def _status(broker: Broker, call: Call[ConnectorShard]) -> dict[str, Any]:
    topic, found = _found(broker, call.params)
    shown = {
        str(shard): _shown(found, shard, flow)
        for shard, flow in _chosen(broker, topic, found, call.params.shard).items()
    }
    return shown[str(int(call.params.shard))] if call.params.shard else {"ShardStatusInfos": shown}


def _shown(found: Connector, shard: int, flow: Flow) -> dict[str, Any]:
    is_over = flow.state is ContextState.FINISHED
    return {
        "ShardId": str(shard),
        "State": flow.state if found.is_running or is_over else ContextState.STOPPED,
        "CurrentSequence": flow.next - 1,
        "CurrentTimestamp": flow.time_ms or -1,
        "DoneTime": flow.time_ms // 1000,
        "DiscardCount": flow.discarded,
        "LastErrorMessage": flow.error,
        "UpdateTime": int(flow.updated_s or found.created_s),
        "WorkerAddress": "",
    }


async def _set_offset(broker: Broker, call: Call[ConnectorOffset]) -> None:
    """Set shards back, or ahead; what was begun of them and is not finished is forgotten."""
    topic, found = _found(broker, call.params)
    for number, flow in _chosen(broker, topic, found, call.params.shard).items():
        await _set(broker, call.params, topic, found, number, flow)


async def _set(
    broker: Broker, params: ConnectorOffset, topic: Topic, found: Connector, number: int, flow: Flow
) -> None:
    try:
        async with asyncio.timeout(_QUIET_S):
            await flow.lock.acquire()
    except TimeoutError:
        raise Unavailable("The connector is just moving records of the shard: try again") from None
    try:
        after = 0 if params.sequence is None else params.sequence + 1
        if params.sequence is None:
            after = broker.log(topic, topic.shards[number]).at_time(params.time_ms or 0).sequence
        changes = {"next": after, "time_ms": params.time_ms or 0, "updated_s": broker.clock.time()}
        await broker.connectors.change(found, number, flow, move=None, **changes)
        flow.error, flow.state, flow.waits_since = "", ContextState.PLANNED, None
        _hurry([flow])
    finally:
        flow.lock.release()


async def _done_time(broker: Broker, call: Call[OnConnector]) -> dict[str, Any]:
    """Up to when all that came has been moved: of shards that lag the least, else of all the most."""
    topic, found = _found(broker, call.params)
    lagging, all_times = [], [0]
    for shard in topic.shards.values():
        flow = found.flows.get(shard.id)
        if flow is not None:
            all_times.append(flow.time_ms)
            if broker.log(topic, shard).end > flow.next:
                lagging.append(flow.time_ms)
    done_ms = min(lagging) if lagging else max(all_times)
    config = found.config
    return {"DoneTime": done_ms // 1000, "TimeZone": config.time_zone, "TimeWindow": config.time_range * 60}


def _operation(name: str, params: Any, work: Any, action: str) -> Operation[Any, Any, Any]:
    return Operation("datahub", name, params, work, touches_topic(action))


_CONNECTOR = TOPIC + "/connectors/{connector}"
LIST = _operation("ListConnector", Listing, _list, "ListConnector")
CREATE = _operation("CreateConnector", NewConnector, _create, "CreateConnector")
GET = _operation("GetConnector", OnConnector, _get, "GetConnector")
UPDATE = _operation("UpdateConnector", ChangedConnector, _update, "UpdateConnector")
DELETE = _operation("DeleteConnector", OnConnector, _delete, "DeleteConnector")
STATUS = _operation("GetConnectorShardStatus", ConnectorShard, _status, "GetConnector")
DONE_TIME = _operation("GetConnectorDoneTime", OnConnector, _done_time, "GetConnector")
RELOAD = _operation("ReloadConnector", ConnectorShard, _reload, "UpdateConnector")
APPEND = _operation("AppendConnectorField", ConnectorField, _append, "UpdateConnector")
SWITCH = _operation("UpdateConnectorState", ConnectorSwitch, _switched, "UpdateConnector")
OFFSET = _operation("UpdateConnectorOffset", ConnectorOffset, _set_offset, "UpdateConnector")

ROUTES = [
    on("GET", TOPIC + "/connectors", LIST, _listing, json),
    on("POST", _CONNECTOR, CREATE, _new, created, action="create"),
    on("POST", _CONNECTOR, UPDATE, _changed, done, action="updateconfig"),
    on("POST", _CONNECTOR, STATUS, _shard, json, action="status"),
    on("POST", _CONNECTOR, RELOAD, _shard, done, action="reload"),
    on("POST", _CONNECTOR, APPEND, _field, done, action="appendfield"),
    on("POST", _CONNECTOR, SWITCH, _switch, done, action="updatestate"),
    on("POST", _CONNECTOR, OFFSET, _offset, done, action="updateshardcontext"),
    on("GET", _CONNECTOR, DONE_TIME, _named, json, when="donetime"),
    on("GET", _CONNECTOR, GET, _named, json),
    on("DELETE", _CONNECTOR, DELETE, _named, done),
]
