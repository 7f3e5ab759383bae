"""What Yunbox adds to OSS: looking after small files, checking bytes, renaming folders. No vendor API has these names.

They are operations like any other: signed, authorised as what they do (listing, reading, writing, deleting), metered.
A long one answers with a JSON line for each step, so its client sees how far it is.
"""

from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from dataclasses import asdict, dataclass
from typing import Any

import msgspec

from yunbox.kernel.call import Access, Call, Place, Shape, Stream
from yunbox.kernel.errors import InvalidArgument, KernelError
from yunbox.services.oss.buckets.buckets import check_bucket_name
from yunbox.services.oss.http.route import BUCKET, OBJECT, SERVICE, on
from yunbox.services.oss.http.target import OssRequest, named
from yunbox.services.oss.operation import READ, WRITE, operation, touches_bucket
from yunbox.services.oss.params import OnBucket, OnObject, at_bucket, nowhere
from yunbox.services.oss.service import Oss
from yunbox.services.oss.upkeep.sink import RECORDS_BYTES_MAX, Taken, Window
from yunbox.services.oss.upkeep.small_files import Diagnosis, Judge, plan_of
from yunbox.storage.objects.objects import check_key
from yunbox.storage.objects.upkeep import Damage
from yunbox.storage.objects.waiting import in_thread
from yunbox.wire.http import Response, read_whole

_encode = msgspec.json.encode


@dataclass(frozen=True, slots=True)
class Compaction(OnBucket):
    """Small files to compact; see ``Plan``."""

    prefix: str
    target: str
    remove: bool
    file_bytes: int


def _lines(stream: Stream, request: OssRequest) -> Response:
    return Response(200, {"Content-Type": "application/x-ndjson"}, stream.chunks)


# -- doctor


@dataclass(frozen=True, slots=True)
class Diagnosing(OnBucket):
    """Where to look for small files."""

    prefix: str


async def _diagnosing(request: OssRequest) -> Diagnosing:
    return Diagnosing(check_bucket_name(request.bucket), request.query.get("prefix", ""))


async def _diagnose(service: Oss, call: Call[Diagnosing]) -> Diagnosis:
    return await service.small_files.diagnose(service.bucket(call.params.bucket), call.params.prefix)


def _render_diagnosis(result: Diagnosis, request: OssRequest) -> Response:
    return Response(200, {"Content-Type": "application/json"}, _encode(result.as_dict()))


# -- compact


async def _compaction(request: OssRequest) -> Compaction:
    query = request.query
    return Compaction(
        check_bucket_name(request.bucket),
        query.get("prefix", ""),
        query.get("to", ""),
        query.get("remove") == "true",
        request.integer("fileBytes", 0, high=1 << 32),
    )


def _compacts(service: Oss, params: Compaction) -> tuple[Access, ...]:
    """The accesses that a compaction begins with: to the listing. Each object is judged when it is looked at."""
    return (service.touch("ListObjects", params.bucket, **{"oss:Prefix": params.prefix, "oss:Delimiter": ""}),)


def _judge(service: Oss, call: Call[Any], bucket: str) -> Judge:
    """What raises Forbidden where the caller may not do something with a key of a bucket."""

    def judge(action: str, key: str) -> None:
        service.authoriser.check(call.principal, (service.touch(action, bucket, key),), call.context)

    return judge


async def _compact(service: Oss, call: Call[Compaction]) -> Stream:
    params = call.params
    bucket = service.bucket(params.bucket)
    plan = plan_of(
        bucket,
        params.prefix,
        params.target,
        remove=params.remove,
        owner=call.principal.account_id,
        file_bytes=params.file_bytes,
        judge=_judge(service, call, bucket.name),
    )
    await service.small_files.check(plan)

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


async def _scrubbing(request: OssRequest) -> Scrubbing:
    return Scrubbing()


def _scrubs(service: Oss, params: Scrubbing) -> tuple[Access, ...]:
    return (service.touch("GetObject", "*", "*"),)


async def _scrub(service: Oss, call: Call[Scrubbing]) -> Stream:
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


@dataclass(frozen=True, slots=True)
class Records(OnBucket):
    """Records for a sink: JSON lines under a prefix."""

    prefix: str
    window: Window
    source: AsyncIterator[bytes]


async def _records(request: OssRequest) -> Records:
    check_bucket_name(request.bucket)
    seconds = request.integer("seconds", Window.seconds_max, low=1, high=86_400)
    size = request.integer("bytes", Window.bytes_max, low=1024, high=1 << 30)
    return Records(request.bucket, request.query.get("prefix", ""), Window(size, seconds), request.body.chunks())


async def _take(service: Oss, call: Call[Records]) -> Taken:
    params = call.params
    bucket = service.bucket(params.bucket)
    body = await read_whole(call.counted(params.source), RECORDS_BYTES_MAX)
    return await service.sinks.take(bucket, params.prefix, body, params.window, call.principal.account_id)


def _sinks_into(service: Oss, params: Records) -> tuple[Access, ...]:
    return (service.touch("PutObject", params.bucket, f"{params.prefix}*"),)


def _render_taken(result: Taken, request: OssRequest) -> Response:
    return Response(200, {"Content-Type": "application/json"}, _encode(asdict(result)))


# -- rename


@dataclass(frozen=True, slots=True)
class Renaming(OnObject):
    """An object, or a folder, which ends in a slash, to rename."""

    source: str


async def _renaming(request: OssRequest) -> Renaming:
    check_key(request.key)
    source = named(request.headers.get("x-oss-rename-source", "").replace("+", "%2B"))
    if not source:
        raise InvalidArgument("The header x-oss-rename-source names what is to be renamed.")
    if source.endswith("/") != request.key.endswith("/"):
        raise InvalidArgument("A folder, which ends in a slash, is renamed to a folder.")
    return Renaming(request.bucket, request.key, source)


async def _rename(service: Oss, call: Call[Renaming]) -> int:
    params = call.params
    bucket = service.bucket(params.bucket)
    judged: set[tuple[str, str]] = set()

    def judge(old: str, new: str) -> None:
        if (old, new) not in judged:
            service.authoriser.check(call.principal, _renames(service, Renaming(bucket.name, new, old)), call.context)
            judged.add((old, new))

    for key, _ in await in_thread(service.store.objects.named, bucket, params.source):
        judge(key, params.key + key.removeprefix(params.source))
    return await service.store.objects.rename(bucket, params.source, params.key, judge)


def _renames(service: Oss, params: Renaming) -> tuple[Access, ...]:
    """The accesses of a rename: of the name that was given, and again of each object that lies under it."""
    return (
        service.touch("GetObject", params.bucket, params.source),
        service.touch("DeleteObject", params.bucket, params.source),
        service.touch("PutObject", params.bucket, params.key),
    )


def _at_both(params: Renaming) -> tuple[Place, ...]:
    return Place(params.bucket, params.key), Place(params.bucket, params.source)


def _render_renamed(result: int, request: OssRequest) -> Response:
    return Response(200, {"x-oss-renamed-objects": str(result)})


DIAGNOSE = operation(
    "YunboxDoctor", Diagnosing, _diagnose, touches_bucket("ListObjects"), charge=WRITE, place=at_bucket
)
COMPACT = operation("YunboxCompact", Compaction, _compact, _compacts, charge=WRITE, place=at_bucket, shape=Shape.STREAM)
SCRUB = operation(
    "YunboxScrub", Scrubbing, _scrub, _scrubs, charge=READ, place=nowhere, mounted=True, shape=Shape.STREAM
)
SINK = operation("YunboxSink", Records, _take, _sinks_into, charge=WRITE, place=at_bucket)
RENAME = operation("Rename", Renaming, _rename, _renames, charge=WRITE, place=_at_both)
ROUTES = (
    on("GET", BUCKET, DIAGNOSE, _diagnosing, _render_diagnosis, when="yunboxDoctor"),
    on("POST", BUCKET, COMPACT, _compaction, _lines, when="yunboxCompact"),
    on("GET", SERVICE, SCRUB, _scrubbing, _lines, when="yunboxScrub"),
    on("POST", BUCKET, SINK, _records, _render_taken, when="yunboxSink"),
    on("PUT", OBJECT, RENAME, _renaming, _render_renamed, when="x-oss-rename"),
)
