"""Writing objects: put whole, or appended to."""

from dataclasses import dataclass
from typing import Protocol

from yunbox.kernel.call import Access, Call, Shape
from yunbox.kernel.errors import InvalidArgument
from yunbox.services.oss.http.body import payload_of
from yunbox.services.oss.http.callback import callback_of
from yunbox.services.oss.http.route import OBJECT, empty, on
from yunbox.services.oss.http.target import OssRequest
from yunbox.services.oss.objects.callback import Callback
from yunbox.services.oss.objects.callbacks import CalledBack, answered, call_back
from yunbox.services.oss.objects.headers import Traits, check_appendable, traits, written_headers
from yunbox.services.oss.objects.overwrite import Overwrite, overwrite_of
from yunbox.services.oss.objects.payload import Payload, arriving, received
from yunbox.services.oss.operation import WRITE, operation
from yunbox.services.oss.params import NamesObject, OnObject, at_object
from yunbox.services.oss.service import OBJECT_BYTES_MAX, Oss
from yunbox.services.oss.settings.lifecycle import expiration_header
from yunbox.storage.objects.model import SSE_KEY, Bucket, ObjectRecord
from yunbox.storage.objects.objects import Addition, check_key
from yunbox.wire.http import Response


@dataclass(frozen=True, slots=True)
class Writing(OnObject):
    """Bytes for one object, and what is said of it."""

    traits: Traits
    payload: Payload


@dataclass(frozen=True, slots=True)
class Putting(Writing):
    """An object to write whole."""

    overwrite: Overwrite
    callback: Callback | None = None


@dataclass(frozen=True, slots=True)
class Appending(Writing):
    """Bytes for the end of an object, which is to be as long as ``position``."""

    position: int


@dataclass(frozen=True)
class Written:
    """An object that was written, and how the callback ended, if the writer asked for one."""

    bucket: Bucket
    record: ObjectRecord
    called: CalledBack | None = None


async def _putting(request: OssRequest) -> Putting:
    check_key(request.key)
    return Putting(
        request.bucket,
        request.key,
        traits(request.headers),
        payload_of(request),
        overwrite_of(request),
        callback_of(request),
    )


async def _put(service: Oss, call: Call[Putting]) -> Written:
    params = call.params
    bucket = service.bucket(params.bucket)
    given = params.traits.given(call.principal.account_id, bucket)
    content = await received(service, arriving(service, call, params.payload), params.payload.check)
    record = await service.backend(bucket).put(bucket, params.key, content, given, params.overwrite.check(bucket))
    return Written(bucket, record, await call_back(service, call, params.callback, bucket, record))


class Makes(NamesObject, Protocol):
    """Parameters of whatever makes an object, and says something of it."""

    @property
    def traits(self) -> Traits:
        """What is said of it."""


def makes(service: Oss, params: Makes) -> tuple[Access, ...]:
    """The accesses of what makes an object in any way: to it, and to the tags and the ACL that it is given."""
    accesses = [service.touch("PutObject", params.bucket, params.key)]
    if params.traits.tags:
        accesses.append(service.touch("PutObjectTagging", params.bucket, params.key))
    if params.traits.acl:
        accesses.append(service.touch("PutObjectAcl", params.bucket, params.key))
    return tuple(accesses)


def _render_written(result: Written, request: OssRequest) -> Response:
    headers = written_headers(result.bucket, result.record)
    headers |= expiration_header(result.bucket, request.key, result.record)
    return answered(empty(200, headers), result.called, request)


# -- append


async def _appending(request: OssRequest) -> Appending:
    check_key(request.key)
    position = request.integer("position", -1)
    if "versionId" in request.query:
        raise InvalidArgument("AppendObject takes no versionId: what is present is appended to.", ec="0016-00000504")
    if position < 0:
        raise InvalidArgument("The append position is missing or is no number.")
    headers = request.headers
    if position:  # the tags are those of the first append, and later ones are not even read, as oss2's tests have it
        headers = {name: value for name, value in headers.items() if name != "x-oss-tagging"}
    given = traits(headers)
    if not position:
        _check_first(given)
    return Appending(request.bucket, request.key, given, payload_of(request), position)


def _check_first(given: Traits) -> None:
    """Refuse what an appendable object cannot have ("AppendObject", on limits)."""
    check_appendable(given.storage_class)
    if SSE_KEY in given.headers:
        raise InvalidArgument("An appendable object is not encrypted with a key of KMS that is named.")


async def _append(service: Oss, call: Call[Appending]) -> Written:
    params = call.params
    bucket = service.bucket(params.bucket)
    given = params.traits.given(call.principal.account_id, bucket)
    chunks = arriving(service, call, params.payload)
    addition = Addition(params.position, chunks, given, OBJECT_BYTES_MAX, params.payload.check)
    return Written(bucket, await service.backend(bucket).append(bucket, params.key, addition))


def _render_appended(result: Written, request: OssRequest) -> Response:
    position = {"x-oss-next-append-position": str(result.record.size)}
    return empty(200, written_headers(result.bucket, result.record) | position)


PUT = operation(
    "PutObject", Putting, _put, makes, charge=WRITE, place=at_object, mounted=True, uploads=True, shape=Shape.STREAM
)
APPEND = operation(
    "AppendObject", Appending, _append, makes, charge=WRITE, place=at_object, mounted=True, uploads=True,
    shape=Shape.STREAM,
)  # fmt: skip
ROUTES = (
    on("PUT", OBJECT, PUT, _putting, _render_written),
    on("POST", OBJECT, APPEND, _appending, _render_appended, when="append"),
)
