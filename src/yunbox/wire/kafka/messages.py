"""Requests and responses of Kafka, by schemas that kio has generated from Kafka's own.

A response is made from plain values, whichever version of the protocol the client speaks: what a version does not have
is left out, and what is not given has the value that the schema says, or nothing.
"""

import datetime
import io
import struct
from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, fields
from functools import cache
from types import NoneType
from typing import Any, get_args, get_origin

from kio.index import KioIndexError, load_request_schema, load_response_schema
from kio.schema.errors import ErrorCode
from kio.serial import entity_reader, entity_writer
from kio.serial.errors import SerialError

from yunbox.kernel.errors import InvalidArgument

_HEAD = struct.Struct(">hh")
_SIZE = struct.Struct(">i")
Values = Mapping[str, Any]


class Unreadable(InvalidArgument):
    """Bytes that are no request of a known version."""


@dataclass(frozen=True, slots=True)
class Request:
    """A request: ``body`` is kio's entity of its version."""

    api: int
    version: int
    correlation_id: int
    client_id: str
    body: Any


def peek(data: bytes) -> tuple[int, int, int]:
    """The API, the version and the correlation id of a request. Raises Unreadable."""
    if len(data) < 8:
        raise Unreadable("The request is too short")
    return (*_HEAD.unpack_from(data), int.from_bytes(data[4:8], "big", signed=True))


def read_request(data: bytes) -> Request:
    """A request without its length. Raises Unreadable."""
    api, version, _ = peek(data)
    try:
        schema = load_request_schema(api, version)
        header, size = entity_reader(schema.__header_schema__)(data, 0)
        body, _ = entity_reader(schema)(data, size)
    except (KioIndexError, SerialError, ValueError, LookupError, OverflowError) as error:
        raise Unreadable(f"The request of API {api}, version {version}, cannot be read: {error}") from None
    return Request(api, version, header.correlation_id, header.client_id or "", body)


def write_response(api: int, version: int, correlation_id: int, values: Values) -> bytes:
    """A response with its length."""
    schema: Any = load_response_schema(api, version)
    out = io.BytesIO()
    out.write(bytes(_SIZE.size))
    entity_writer(schema.__header_schema__)(out, schema.__header_schema__(correlation_id=correlation_id))
    entity_writer(schema)(out, made(schema, values))
    data = out.getbuffer()
    _SIZE.pack_into(data, 0, len(data) - _SIZE.size)
    return bytes(data)


def made(schema: type[Any], values: Values) -> Any:
    """An entity of a schema."""
    return schema(
        **{name: convert(values[name]) if name in values else default() for name, convert, default in _plan(schema)}
    )


@cache
def _plan(schema: type[Any]) -> list[tuple[str, Callable[[Any], Any], Callable[[], Any]]]:
    """For each field: its name, what makes a value of it, and what it is if none is given."""
    return [(one.name, _convert(one.type), _default(one)) for one in fields(schema)]


def _convert(kind: Any) -> Callable[[Any], Any]:
    inner = [one for one in get_args(kind) if one is not NoneType]
    if get_origin(kind) is tuple:
        item = _convert(get_args(kind)[0])
        return lambda value: tuple(item(one) for one in value)
    if inner and NoneType in get_args(kind):
        some = _convert(inner[0])
        return lambda value: None if value is None else some(value)
    if not isinstance(kind, type):
        return lambda value: value
    if hasattr(kind, "__flexible__"):
        return lambda value: made(kind, value)
    if issubclass(kind, datetime.timedelta):
        return lambda value: datetime.timedelta(milliseconds=value)
    if issubclass(kind, datetime.datetime):
        return lambda value: datetime.datetime.fromtimestamp(value / 1000, datetime.UTC)
    return ErrorCode if issubclass(kind, ErrorCode) else lambda value: value


def _default(one: Any) -> Callable[[], Any]:
    if one.default is not MISSING:
        return lambda: one.default
    if NoneType in get_args(one.type):
        return lambda: None
    if get_origin(one.type) is tuple:
        return tuple
    if issubclass(one.type, datetime.timedelta):
        return datetime.timedelta
    if issubclass(one.type, ErrorCode):
        return lambda: ErrorCode.none
    return next(kind for kind in (bool, int, str, bytes) if issubclass(one.type, kind))
