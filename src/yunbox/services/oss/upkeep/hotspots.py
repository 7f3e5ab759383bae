"""What Yunbox adds to OSS about hot prefixes: which they are and why, and spreading one by a hash of its keys."""

from collections.abc import AsyncGenerator
from dataclasses import asdict, dataclass
from typing import Any

import msgspec

from yunbox.kernel.call import Access, Call, Shape, Stream
from yunbox.kernel.errors import Conflict, KernelError
from yunbox.services.oss.buckets.buckets import check_bucket_name
from yunbox.services.oss.heat import MINUTES
from yunbox.services.oss.http.route import BUCKET, on
from yunbox.services.oss.http.target import OssRequest
from yunbox.services.oss.operation import READ, WRITE, operation, touches_bucket
from yunbox.services.oss.params import OnBucket, at_bucket
from yunbox.services.oss.service import Oss
from yunbox.services.oss.upkeep.rehash import rehash
from yunbox.wire.http import Response

_encode = msgspec.json.encode
_MINUTES = 5


@dataclass(frozen=True, slots=True)
class HotspotsQuery(OnBucket):
    """How many minutes to look back in a bucket."""

    minutes: int


@dataclass(frozen=True, slots=True)
class Rehashing(OnBucket):
    """A prefix to spread, or to bring back."""

    prefix: str
    back: bool


async def _hotspots_query(request: OssRequest) -> HotspotsQuery:
    check_bucket_name(request.bucket)
    return HotspotsQuery(request.bucket, request.integer("minutes", _MINUTES, low=1, high=MINUTES))


async def _hotspots(service: Oss, call: Call[HotspotsQuery]) -> dict[str, Any]:
    bucket = service.bucket(call.params.bucket)
    return service.heat.report(bucket.name, call.params.minutes, service.limits)


def _render_hotspots(result: dict[str, Any], request: OssRequest) -> Response:
    return Response(200, {"Content-Type": "application/json"}, _encode(result))


async def _rehashing(request: OssRequest) -> Rehashing:
    check_bucket_name(request.bucket)
    return Rehashing(request.bucket, request.query.get("prefix", ""), request.query.get("back") == "true")


def _rehashes(service: Oss, params: Rehashing) -> tuple[Access, ...]:
    """Keys leave the prefix for others that begin with any four characters, or come back from there."""
    name, source = params.bucket, "*" if params.back else f"{params.prefix}*"
    return (
        service.touch("ListObjects", name),
        service.touch("GetObject", name, source),
        service.touch("DeleteObject", name, source),
        service.touch("PutObject", name, f"{params.prefix}*" if params.back else "*"),
    )


async def _rehash(service: Oss, call: Call[Rehashing]) -> Stream:
    params = call.params
    bucket = service.bucket(params.bucket)
    if bucket.versioning:
        raise Conflict("Objects of a bucket with versions cannot be renamed.", code="OperationNotSupported")

    async def lines() -> AsyncGenerator[bytes]:
        try:
            async for progress in rehash(service.store, bucket, params.prefix, back=params.back):
                yield _encode(asdict(progress)) + b"\n"
            yield b'{"done": true}\n'
        except KernelError as error:
            yield _encode({"error": error.message}) + b"\n"

    return Stream(lines())


def _render_lines(stream: Stream, request: OssRequest) -> Response:
    return Response(200, {"Content-Type": "application/x-ndjson"}, stream.chunks)


HOTSPOTS = operation(
    "YunboxHotspots", HotspotsQuery, _hotspots, touches_bucket("ListObjects"), charge=READ, place=at_bucket,
    mounted=True,
)  # fmt: skip
REHASH = operation("YunboxRehash", Rehashing, _rehash, _rehashes, charge=WRITE, place=at_bucket, shape=Shape.STREAM)
ROUTES = (
    on("GET", BUCKET, HOTSPOTS, _hotspots_query, _render_hotspots, when="yunboxHotspots"),
    on("POST", BUCKET, REHASH, _rehashing, _render_lines, when="yunboxRehash"),
)
