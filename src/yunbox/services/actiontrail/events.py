"""LookupEvents: the entries of the audit trail as ActionTrail shows them.

Source: the vendor's pages "LookupEvents" (ActionTrail 2020-07-06) and "Management event structure".
"""

import asyncio
import base64
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Annotated, Any

from yunbox.kernel.call import Access, Call, Operation
from yunbox.kernel.clock import Clock, stamp, stamped
from yunbox.kernel.errors import InvalidArgument
from yunbox.kernel.rules import Choice, Number
from yunbox.meter.trail import Entry, entries
from yunbox.wire.openapi.api import action

_DAYS_MAX = 90
_WEEK_S = 7 * 86_400
_KINDS = {"root": "root-account", "user": "ram-user", "assumed-role": "assumed-role"}
_NAMES = {
    "ram": "Ram", "sts": "Sts", "odps": "MaxCompute", "oss": "Oss", "datahub": "DataHub", "hologram": "Hologram",
    "tablestore": "Ots", "bss": "BssOpenApi",
}  # fmt: skip
_ATTRIBUTES = ("ServiceName", "EventName", "User", "EventId", "ResourceName", "EventRW", "EventAccessKeyId")


@dataclass(frozen=True)
class Trail:
    """Where the trail lies, and whose it is."""

    folder: Path
    account_id: str
    region: str
    clock: Clock


@dataclass(frozen=True)
class Attribute:
    """What an event must have."""

    key: Annotated[str, Choice(_ATTRIBUTES)]
    value: str


@dataclass(frozen=True)
class Lookup:
    """Which events; without times, those of the last seven days."""

    start_time: str | None = None
    end_time: str | None = None
    lookup_attribute: tuple[Attribute, ...] = ()
    max_results: Annotated[int, Number(0, 50)] = 20
    next_token: str = ""
    direction: Annotated[str, Choice(("FORWARD", "BACKWARD"))] = "BACKWARD"


async def _lookup(service: Trail, call: Call[Lookup]) -> dict[str, Any]:
    params = call.params
    until = _time(params.end_time, "EndTime") if params.end_time else service.clock.time() + 1
    since = _time(params.start_time, "StartTime") if params.start_time else until - _WEEK_S
    if since > until or since < service.clock.time() - _DAYS_MAX * 86_400 - 86_400:
        raise InvalidArgument(
            f"StartTime lies before EndTime, and at most {_DAYS_MAX} days back.", code="InvalidQueryParameter"
        )
    skipped = _skipped(params.next_token)
    found = await asyncio.to_thread(_page, service, params, since, until, skipped)
    more = len(found) > params.max_results
    shown = found[: params.max_results]
    body: dict[str, Any] = {
        "Events": [_event(service, entry) for entry in shown],
        "StartTime": stamp(since), "EndTime": stamp(until),
    }  # fmt: skip
    return {**body, "NextToken": _token(skipped + len(shown))} if more else body


def _page(service: Trail, params: Lookup, since: float, until: float, skipped: int) -> list[Entry]:
    """A page and one more, in a thread."""
    found: Iterator[Entry] = (
        entry
        for entry in entries(service.folder, since, until)
        if all(_fits(_event(service, entry), one) for one in params.lookup_attribute)
    )
    if params.direction == "FORWARD":
        found = reversed(list(found))
    return list(islice(found, skipped, skipped + params.max_results + 1))


def _event(service: Trail, entry: Entry) -> dict[str, Any]:
    """An entry as ActionTrail shows it."""
    event = entry.event
    body: dict[str, Any] = {
        "eventId": event.request_id, "requestId": event.request_id, "eventVersion": "1", "eventType": "ApiCall",
        "eventName": event.operation, "eventRW": "Read" if event.reads else "Write",
        "eventTime": stamp(event.time), "serviceName": _NAMES.get(event.service, event.service),
        "eventSource": f"{event.service}.aliyuncs.com", "sourceIpAddress": event.source_ip,
        "acsRegion": service.region, "resourceName": ",".join(event.resources), "userIdentity": _identity(entry),
    }  # fmt: skip
    if event.code != "OK":
        body |= {"errorCode": event.code, "errorMessage": event.message}
    return body


def _identity(entry: Entry) -> dict[str, Any]:
    event = entry.event
    kind, _, name = event.arn.rpartition(":")[2].partition("/")
    body = {
        "type": _KINDS.get(kind, "unknown"), "accountId": event.account_id, "principalId": event.arn,
        "accessKeyId": event.access_key_id,
    }  # fmt: skip
    if kind in ("user", "assumed-role"):
        body["userName"] = name.replace("/", ":")
    elif kind == "root":
        body["userName"] = "root"
    return body


def _fits(event: dict[str, Any], wanted: Attribute) -> bool:
    identity = event["userIdentity"]
    found = {
        "ServiceName": event["serviceName"], "EventName": event["eventName"], "User": identity.get("userName", ""),
        "EventId": event["eventId"], "ResourceName": event["resourceName"], "EventRW": event["eventRW"],
        "EventAccessKeyId": identity["accessKeyId"],
    }  # fmt: skip
    return found[wanted.key].lower() == wanted.value.lower()


def _time(text: str, name: str) -> float:
    try:
        return stamped(text)
    except ValueError:
        raise InvalidArgument(f"{name} is written YYYY-MM-DDThh:mm:ssZ.", code="InvalidQueryParameter") from None


def _token(count: int) -> str:
    return base64.urlsafe_b64encode(str(count).encode()).decode()


def _skipped(token: str) -> int:
    try:
        return int(base64.urlsafe_b64decode(token)) if token else 0
    except ValueError:
        raise InvalidArgument("NextToken is none of ours.", code="InvalidQueryParameter") from None


def _touches(service: Trail, _params: Lookup) -> tuple[Access, ...]:
    return (Access("actiontrail:LookupEvents", "*", service.account_id),)


ROUTES = (
    action(Operation("actiontrail", "LookupEvents", Lookup, _lookup, _touches, reads=True, denied="NoPermission")),
)
