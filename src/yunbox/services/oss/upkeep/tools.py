"""What Yunbox adds to OSS: looking after small files, checking bytes, renaming folders. No vendor API has these names.

They are operations like any other: signed, authorised as what they do (listing, reading, writing, deleting), metered.
A long one answers with a JSON line for each step, so its client sees how far it is.
"""

from collections.abc import AsyncGenerator, Iterator
from dataclasses import asdict, dataclass
from urllib.parse import unquote

import msgspec

from yunbox.kernel.call import Access, Call, Operation, Shape, Stream
from yunbox.kernel.errors import InvalidArgument, KernelError
from yunbox.services.oss.buckets.buckets import OnBucket, check_bucket_name, on_bucket
from yunbox.services.oss.http.route import BUCKET, OBJECT, SERVICE, Route
from yunbox.services.oss.http.target import OssRequest
from yunbox.services.oss.objects.writes import Writing, writing
from yunbox.services.oss.service import Oss, read, write
from yunbox.services.oss.upkeep.sink import RECORDS_BYTES_MAX, Taken, Window
from yunbox.services.oss.upkeep.small_files import Diagnosis, plan_of
from yunbox.storage.objects.upkeep import Damage
from yunbox.storage.objects.waiting import in_thread
from yunbox.wire.http import Response

_encode = msgspec.json.encode


@dataclass(frozen=True)
class Compaction:
    """Small files to compact; see ``Plan``."""

    request: OssRequest
    prefix: str
    target: str
    remove: bool
    file_bytes: int


def _lines(stream: Stream, request: OssRequest) -> Response:
    return Response(200, {"Content-Type": "application/x-ndjson"}, stream.chunks)


# -- doctor


async def _diagnose(service: Oss, call: Call[OnBucket]) -> Diagnosis:
    request = call.params.request
    bucket = service.bucket(request.bucket)
    write(call, bucket.name)
    return await service.small_files.diagnose(bucket, request.query.get("prefix", ""))


def _render_diagnosis(result: Diagnosis, request: OssRequest) -> Response:
    return Response(200, {"Content-Type": "application/json"}, _encode(result.as_dict()))


def _lists(service: Oss, params: OnBucket) -> tuple[Access, ...]:
    return (service.touch("ListObjects", params.bucket),)


# -- compact


async def _compaction(request: OssRequest) -> Compaction:
    check_bucket_name(request.bucket)
    query = request.query
    file_bytes = request.integer("fileBytes", 0, high=1 << 32)
    return Compaction(request, query.get("prefix", ""), query.get("to", ""), query.get("remove") == "true", file_bytes)


def _compacts(service: Oss, params: Compaction) -> tuple[Access, ...]:
    name = params.request.bucket
    target = f"{params.target.strip('/')}/*" if params.target else f"{params.prefix}*"
    accesses = [
        service.touch("ListObjects", name),
        service.touch("GetObject", name, f"{params.prefix}*"),
        service.touch("PutObject", name, target),
    ]
    if params.remove:
        accesses.append(service.touch("DeleteObject", name, f"{params.prefix}*"))
    return tuple(accesses)


async def _compact(service: Oss, call: Call[Compaction]) -> Stream:
    params = call.params
    bucket = service.bucket(params.request.bucket)
    plan = plan_of(
        bucket,
        params.prefix,
        params.target,
        remove=params.remove,
        owner=call.principal.account_id,
        file_bytes=params.file_bytes,
    )
    write(call, bucket.name)

    async def steps() -> AsyncGenerator[bytes]:
        try:
            async for step in service.small_files.compact(plan):
                yield _encode(asdict(step)) + b"\n"
            yield b'{"done": true}\n'
        except KernelError as error:
            yield _encode({"error": error.message}) + b"\n"

    return Stream(steps())


# -- scrub


@dataclass(frozen=True)
class Scrubbing:
    """A check of every byte of the store."""

    request: OssRequest


async def _scrubbing(request: OssRequest) -> Scrubbing:
    return Scrubbing(request)


def _scrubs(service: Oss, params: Scrubbing) -> tuple[Access, ...]:
    return (service.touch("GetObject", "*", "*"),)


async def _scrub(service: Oss, call: Call[Scrubbing]) -> Stream:
    read(call, "")
    found: Iterator[Damage | int] = service.store.upkeep.scrub()

    async def lines() -> AsyncGenerator[bytes]:
        total = 0
        while (item := await in_thread(next, found, None)) is not None:
            if isinstance(item, Damage):
                yield _encode({"damage": asdict(item)}) + b"\n"
            else:
                total += item
                yield _encode({"read_bytes": total}) + b"\n"
        yield b'{"done": true}\n'

    return Stream(lines())


# -- sink


@dataclass(frozen=True)
class Records:
    """Records for a sink: JSON lines under a prefix."""

    request: OssRequest
    window: Window


async def _records(request: OssRequest) -> Records:
    check_bucket_name(request.bucket)
    seconds = request.integer("seconds", Window.seconds_max, low=1, high=86_400)
    size = request.integer("bytes", Window.bytes_max, low=1024, high=1 << 30)
    return Records(request, Window(size, seconds))


async def _take(service: Oss, call: Call[Records]) -> Taken:
    request = call.params.request
    bucket = service.bucket(request.bucket)
    body = await request.body.read(RECORDS_BYTES_MAX)
    prefix = request.query.get("prefix", "")
    taken = await service.sinks.take(bucket, prefix, body, call.params.window, call.principal.account_id)
    call.usage.uploaded_bytes = len(body)
    write(call, bucket.name)
    return taken


def _sinks_into(service: Oss, params: Records) -> tuple[Access, ...]:
    request = params.request
    return (service.touch("PutObject", request.bucket, f"{request.query.get('prefix', '')}*"),)


def _render_taken(result: Taken, request: OssRequest) -> Response:
    return Response(200, {"Content-Type": "application/json"}, _encode(asdict(result)))


# -- rename


async def _rename(service: Oss, call: Call[Writing]) -> int:
    request = call.params.request
    source = unquote(request.headers.get("x-oss-rename-source", ""))
    if not source:
        raise InvalidArgument("The header x-oss-rename-source names what is to be renamed.")
    if source.endswith("/") != request.key.endswith("/"):
        raise InvalidArgument("A folder, which ends in a slash, is renamed to a folder.")
    bucket = service.bucket(request.bucket)
    write(call, bucket.name)
    return await service.store.objects.rename(bucket, source, request.key)


def _renames(service: Oss, params: Writing) -> tuple[Access, ...]:
    request = params.request
    source = unquote(request.headers.get("x-oss-rename-source", ""))
    star = "*" if source.endswith("/") else ""
    return (
        service.touch("GetObject", request.bucket, source + star),
        service.touch("DeleteObject", request.bucket, source + star),
        service.touch("PutObject", request.bucket, request.key + star),
    )


def _render_renamed(result: int, request: OssRequest) -> Response:
    return Response(200, {"x-oss-renamed-objects": str(result)})


DIAGNOSE = Operation("oss", "YunboxDoctor", OnBucket, _diagnose, _lists)
COMPACT = Operation("oss", "YunboxCompact", Compaction, _compact, _compacts, Shape.STREAM)
SCRUB = Operation("oss", "YunboxScrub", Scrubbing, _scrub, _scrubs, Shape.STREAM)
SINK = Operation("oss", "YunboxSink", Records, _take, _sinks_into)
RENAME = Operation("oss", "Rename", Writing, _rename, _renames)
ROUTES = (
    Route("GET", BUCKET, DIAGNOSE, on_bucket, _render_diagnosis, when="yunboxDoctor"),
    Route("POST", BUCKET, COMPACT, _compaction, _lines, when="yunboxCompact"),
    Route("GET", SERVICE, SCRUB, _scrubbing, _lines, when="yunboxScrub"),
    Route("POST", BUCKET, SINK, _records, _render_taken, when="yunboxSink"),
    Route("PUT", OBJECT, RENAME, writing, _render_renamed, when="x-oss-rename"),
)
