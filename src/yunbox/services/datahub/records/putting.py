"""Records are put: into one shard, all or none of them, or each where it belongs."""

import asyncio
from dataclasses import dataclass
from functools import partial
from typing import Any

from yunbox.kernel.call import Call, Charge, Operation
from yunbox.kernel.errors import KernelError, as_kernel_error
from yunbox.services.datahub import faults, limits, prices
from yunbox.services.datahub.access import on_shard, touches_topic
from yunbox.services.datahub.broker.broker import Broker
from yunbox.services.datahub.catalogue.model import Shard, Topic
from yunbox.services.datahub.http.request import JSON, DhRequest
from yunbox.services.datahub.http.route import SHARD, TOPIC, Values, json, on
from yunbox.services.datahub.params import OnTopic
from yunbox.services.datahub.records.marks import HEADER, Mark, mark_of
from yunbox.services.datahub.records.reading import Incoming, incoming, malformed
from yunbox.services.datahub.records.routing import Routing
from yunbox.storage.log.frame import NOBODY, Origin
from yunbox.wire.datahub.envelope import wrap
from yunbox.wire.datahub.messages import Failed, compose, put_answer
from yunbox.wire.http import Response


@dataclass(slots=True)
class Part:
    """Records of one version of the schema that go to one shard, by their places in the request."""

    shard: Shard
    version: int
    rows: list[int]


@dataclass(frozen=True, slots=True)
class PutRecords(OnTopic):
    """Records as they came; without a shard each is put where it belongs, and there is no mark."""

    shard: str
    form: str
    body: bytes
    mark: Mark | None = None


def _params(request: DhRequest, values: Values) -> PutRecords:
    shard, mark = values.get("shard", ""), mark_of(request.request.headers.get(HEADER, ""))
    if mark is not None and not shard:
        raise limits.invalid(f"The header {HEADER} is for records of one shard, which the path names")
    return PutRecords(values["project"], values["topic"], shard, request.form, request.body, mark)


async def _put(broker: Broker, call: Call[PutRecords]) -> list[Failed]:
    params = call.params
    call.usage.uploaded_bytes = len(params.body)
    topic = broker.catalogue.topic(params.project, params.topic)
    if params.shard:
        await _put_whole(broker, topic, params, NOBODY if params.mark is None else params.mark.origin(call.principal))
        return []
    found = incoming(topic, params.form, params.body)
    failed = found.failed
    parts = _routed(broker, topic, found)
    waiting = [_append(broker, topic, part, found) for part in parts]
    outcomes = await asyncio.gather(*waiting, return_exceptions=True)
    for part, outcome in zip(parts, outcomes, strict=True):
        if isinstance(outcome, Exception):
            if len(parts) == 1 and not failed:
                raise outcome
            error = as_kernel_error(outcome)
            failed.update((at, _failed(at, error)) for at in part.rows)
    return [failed[at] for at in sorted(failed)]


async def _put_whole(broker: Broker, topic: Topic, params: PutRecords, origin: Origin) -> None:
    """Put records into one shard, or none of them, as where they are there. Raises what refuses them."""
    shard = broker.find_shard(topic, params.shard)
    if shard is None:
        raise faults.no_shard_to_put(topic.project, topic.name, params.shard)
    if origin != NOBODY and await broker.marks.has(broker.log(topic, shard), origin):
        return
    if not broker.takes(topic, shard):
        raise faults.sealed()
    found = incoming(topic, params.form, params.body)
    if found.failed:
        raise malformed(found.failed[min(found.failed)])
    versions = dict.fromkeys(found.versions)
    if len(versions) > 1:  # they come together, and so the newest version is that of all
        found.versions = [max(versions)] * len(found.puts)
    await _append(broker, topic, Part(shard, found.versions[0], list(range(len(found.puts)))), found, origin)


def _routed(broker: Broker, topic: Topic, found: Incoming) -> list[Part]:
    """Which records go where; those that can go nowhere have failed."""
    routing = Routing(broker, topic)
    parts: dict[tuple[int, int], Part] = {}
    for at, put in enumerate(found.puts):
        if at in found.failed:
            continue
        try:
            shard = routing.shard(put.shard_id, put.hash_key, put.partition_key)
        except KernelError as error:
            found.failed[at] = _failed(at, error)
            continue
        key = shard.id, found.versions[at]
        part = parts.get(key)
        if part is None:
            part = parts[key] = Part(shard, found.versions[at], [])
        part.rows.append(at)
    return list(parts.values())


def _failed(at: int, error: KernelError) -> Failed:
    _, code, message = faults.reply(error)
    return Failed(at, code, message)


async def _append(broker: Broker, topic: Topic, part: Part, found: Incoming, origin: Origin = NOBODY) -> None:
    bodies = [found.puts[at].body for at in part.rows]
    coming = broker.put(topic, part.shard, partial(compose, bodies), sum(map(len, bodies)), part.version, origin)
    if origin != NOBODY:
        broker.marks.put(broker.log(topic, part.shard), origin, coming)
    await coming


def _answer(failed: list[Failed], request: DhRequest) -> Response:
    if request.form != JSON:
        return Response(200, {"Content-Type": request.form}, wrap(put_answer(failed)))
    shown = [{"Index": one.index, "ErrorCode": one.code, "ErrorMessage": one.message} for one in failed]
    return json({"FailedRecordCount": len(failed), "FailedRecords": shown}, request)


PUT_RECORDS: Operation[Broker, PutRecords, Any] = Operation(
    "datahub",
    "PutRecords",
    PutRecords,
    _put,
    touches_topic("PutRecords"),
    charge=Charge(request=prices.WRITES, uploaded=prices.WRITTEN, group=prices.GROUP, tallied=True),
    place=on_shard,
    is_data=True,
)

ROUTES = [
    on("POST", TOPIC + "/shards", PUT_RECORDS, _params, _answer, action="pub"),
    on("POST", SHARD, PUT_RECORDS, _params, _answer, action="pub"),
]
