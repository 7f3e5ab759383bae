"""Retention policies of a bucket (WORM): begun, locked, extended or given up. The store enforces them."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

from yunbox.kernel.call import Call, Charge, Operation
from yunbox.kernel.errors import InvalidArgument
from yunbox.kernel.texts import whole_number
from yunbox.services.oss.buckets.buckets import check_bucket_name, done, no_content, on_bucket
from yunbox.services.oss.http.documents import read_document
from yunbox.services.oss.http.route import BUCKET, empty, on, xml
from yunbox.services.oss.http.shapes import malformed
from yunbox.services.oss.http.target import OssRequest
from yunbox.services.oss.operation import READ, WRITE, operation, touches_bucket
from yunbox.services.oss.params import OnBucket, at_bucket
from yunbox.services.oss.service import Oss, iso_time
from yunbox.storage.objects.model import Worm
from yunbox.storage.objects.retention import aborted, completed, extended, initiated, policy
from yunbox.wire.http import Response
from yunbox.wire.xml import element

P = TypeVar("P", bound=OnBucket)
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Retention(OnBucket):
    """A policy to begin, to lock or to extend; ``id`` is empty for one to begin, ``days`` 0 for one to lock."""

    id: str = ""
    days: int = 0


async def _days(request: OssRequest, root: str) -> int:
    days = whole_number((await read_document(request, root)).value("RetentionPeriodInDays"))
    if days is None:
        raise malformed("RetentionPeriodInDays is a number.")
    return days


async def _beginning(request: OssRequest) -> Retention:
    check_bucket_name(request.bucket)
    return Retention(request.bucket, days=await _days(request, "InitiateWormConfiguration"))


async def _completing(request: OssRequest) -> Retention:
    check_bucket_name(request.bucket)
    return Retention(request.bucket, request.query["wormId"])


async def _extending(request: OssRequest) -> Retention:
    check_bucket_name(request.bucket)
    if "wormId" not in request.query:
        raise InvalidArgument("The wormId says which policy is extended.", code="InvalidArgument")
    return Retention(request.bucket, request.query["wormId"], await _days(request, "ExtendWormConfiguration"))


async def _begin(service: Oss, call: Call[Retention]) -> Worm:
    bucket = await service.store.buckets.amend(call.params.bucket, initiated(call.params.days))
    return policy(bucket, service.store.objects.now_ms())


async def _complete(service: Oss, call: Call[Retention]) -> None:
    await service.store.buckets.amend(call.params.bucket, completed(call.params.id))


async def _extend(service: Oss, call: Call[Retention]) -> None:
    await service.store.buckets.amend(call.params.bucket, extended(call.params.id, call.params.days))


async def _abort(service: Oss, call: Call[OnBucket]) -> None:
    await service.store.buckets.amend(call.params.bucket, aborted)


async def _get(service: Oss, call: Call[OnBucket]) -> Worm:
    return policy(service.bucket(call.params.bucket), service.store.objects.now_ms())


def _render_begun(result: Worm, request: OssRequest) -> Response:
    return empty(200, {"x-oss-worm-id": result.id})


def _render(result: Worm, request: OssRequest) -> Response:
    return xml(
        element(
            "WormConfiguration",
            element("WormId", result.id),
            element("State", "Locked" if result.locked else "InProgress"),
            element("RetentionPeriodInDays", result.days),
            element("CreationDate", iso_time(result.created_ms)),
        )
    )


def _operation(
    name: str, params: type[P], run: Callable[[Oss, Call[P]], Awaitable[R]], charge: Charge = WRITE
) -> Operation[Oss, P, R]:
    return operation(name, params, run, touches_bucket(name), charge=charge, place=at_bucket)


BEGIN = _operation("InitiateBucketWorm", Retention, _begin)
COMPLETE = _operation("CompleteBucketWorm", Retention, _complete)
EXTEND = _operation("ExtendBucketWorm", Retention, _extend)
ABORT = _operation("AbortBucketWorm", OnBucket, _abort)
GET = _operation("GetBucketWorm", OnBucket, _get, READ)
ROUTES = (
    on("POST", BUCKET, BEGIN, _beginning, _render_begun, when="worm"),
    on("POST", BUCKET, EXTEND, _extending, done, when="wormExtend"),
    on("POST", BUCKET, COMPLETE, _completing, done, when="wormId"),
    on("DELETE", BUCKET, ABORT, on_bucket, no_content, when="worm"),
    on("GET", BUCKET, GET, on_bucket, _render, when="worm"),
)
