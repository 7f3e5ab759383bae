"""What Yunbox adds to OSS about buckets elsewhere: mounting one, warming its cache, and how well the cache does."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Any

import msgspec

from yunbox.kernel.call import Access, Call, Shape, Stream
from yunbox.kernel.errors import Conflict, InvalidArgument, KernelError
from yunbox.services.oss.buckets.buckets import check_bucket_name, no_content, on_bucket
from yunbox.services.oss.http.route import BUCKET, empty, on
from yunbox.services.oss.http.target import OssRequest
from yunbox.services.oss.operation import READ, WRITE, operation, touches_bucket
from yunbox.services.oss.params import OnBucket, at_bucket
from yunbox.services.oss.service import Oss
from yunbox.storage.objects.model import Bucket
from yunbox.storage.objects.ports import Mount
from yunbox.wire.http import Response

SCHEMES = ("oss", "s3")
CACHE_BYTES_MIN = 4 * 1024 * 1024
_TTL_S_MAX = 7 * 86_400.0
_encode = msgspec.json.encode


class MountBody(msgspec.Struct):
    """The body of a mount: where the bucket is, and with whose key it is called."""

    scheme: str
    endpoint: str
    remote_bucket: str
    access_key_id: str
    access_key_secret: str
    prefix: str = ""
    region: str = ""
    ttl_s: float = 60.0
    cache_bytes: int = 10 * 1024**3


@dataclass(frozen=True, slots=True)
class Mounting(OnBucket):
    """A bucket to mount."""

    mount: Mount


@dataclass(frozen=True, slots=True)
class Warming(OnBucket):
    """What of a mounted bucket is to be fetched, and whether that is to stay (``pin``) or need not any more."""

    prefix: str
    pin: bool
    unpin: bool


async def _mounting(request: OssRequest) -> Mounting:
    check_bucket_name(request.bucket)
    try:
        body = msgspec.json.decode(await request.body.read(64 * 1024), type=MountBody)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        raise InvalidArgument("The body is no description of a mount.") from None
    if body.scheme not in SCHEMES:
        raise InvalidArgument("The scheme of a mount is oss or s3.")
    if not body.endpoint.startswith(("http://", "https://")):
        raise InvalidArgument("The endpoint of a mount is a URL: https://oss-cn-hangzhou.aliyuncs.com")
    if body.cache_bytes < CACHE_BYTES_MIN or not 0 <= body.ttl_s <= _TTL_S_MAX:
        raise InvalidArgument("A cache has at least 4 MiB, and what is known is kept for 0 s to 7 days.")
    check_bucket_name(body.remote_bucket)
    prefix = f"{body.prefix.strip('/')}/" if body.prefix.strip("/") else ""
    fields = msgspec.to_builtins(body) | {"prefix": prefix, "bucket": request.bucket}
    return Mounting(request.bucket, Mount(**fields))


async def _mount(service: Oss, call: Call[Mounting]) -> Bucket:
    return await service.backends.remotes.mount(call.params.mount, call.principal.account_id)


def _render_mounted(result: Bucket, request: OssRequest) -> Response:
    return empty(200, {"Location": f"/{result.name}"})


def _mounted(service: Oss, name: str) -> Bucket:
    bucket = service.bucket(name)
    if not bucket.remote:
        raise Conflict(f"The bucket {name} is not mounted from elsewhere.", code="InvalidOperation")
    return bucket


async def _unmount(service: Oss, call: Call[OnBucket]) -> None:
    await service.backends.remotes.unmount(_mounted(service, call.params.bucket))


async def _warming(request: OssRequest) -> Warming:
    query = request.query
    return Warming(check_bucket_name(request.bucket), query.get("prefix", ""), "pin" in query, "unpin" in query)


async def _warm(service: Oss, call: Call[Warming]) -> Stream:
    params, prefix = call.params, call.params.prefix
    bucket = _mounted(service, params.bucket)
    mounts = service.backends.remotes
    if params.unpin:
        await mounts.unpin(bucket, prefix)
    elif params.pin:
        await mounts.pin(bucket, prefix)

    async def lines() -> AsyncGenerator[bytes]:
        try:
            if not params.unpin:
                async for step in mounts.backend(bucket).warm(prefix):
                    yield _encode(step) + b"\n"
            yield b'{"done": true}\n'
        except KernelError as error:
            yield _encode({"error": error.message}) + b"\n"

    return Stream(lines())


def _render_lines(stream: Stream, request: OssRequest) -> Response:
    return Response(200, {"Content-Type": "application/x-ndjson"}, stream.chunks)


async def _cache(service: Oss, call: Call[OnBucket]) -> dict[str, Any]:
    bucket = _mounted(service, call.params.bucket)
    mounts = service.backends.remotes
    return {"bucket": bucket.name, "pinned": list(mounts.pins(bucket)), **await mounts.backend(bucket).status()}


def _render_cache(result: dict[str, Any], request: OssRequest) -> Response:
    return Response(200, {"Content-Type": "application/json"}, _encode(result))


def _warms(service: Oss, params: Warming) -> tuple[Access, ...]:
    return (
        service.touch("ListObjects", params.bucket),
        service.touch("GetObject", params.bucket, f"{params.prefix}*"),
        service.touch("YunboxWarm", params.bucket),
    )


MOUNT = operation(
    "YunboxMountRemote", Mounting, _mount, touches_bucket("YunboxMountRemote"), charge=WRITE, place=at_bucket,
    mounted=True,
)  # fmt: skip
UNMOUNT = operation(
    "YunboxUnmount", OnBucket, _unmount, touches_bucket("YunboxUnmount"), charge=WRITE, place=at_bucket, mounted=True
)
WARM = operation("YunboxWarm", Warming, _warm, _warms, charge=WRITE, place=at_bucket, mounted=True, shape=Shape.STREAM)
CACHE = operation(
    "YunboxCache", OnBucket, _cache, touches_bucket("GetBucketInfo"), charge=READ, place=at_bucket, mounted=True
)
ROUTES = (
    on("POST", BUCKET, MOUNT, _mounting, _render_mounted, when="yunboxMount"),
    on("POST", BUCKET, UNMOUNT, on_bucket, no_content, when="yunboxUnmount"),
    on("POST", BUCKET, WARM, _warming, _render_lines, when="yunboxWarm"),
    on("GET", BUCKET, CACHE, on_bucket, _render_cache, when="yunboxCache"),
)
