"""SelectObject and CreateSelectObjectMeta: a question to a CSV or JSON object, answered by a worker."""

import binascii
from base64 import b64decode
from collections.abc import AsyncGenerator
from dataclasses import dataclass

from yunbox.engine.duck.messages import ObjectFormat, SelectMeta, SelectObject
from yunbox.kernel.call import Call, Shape
from yunbox.kernel.errors import Conflict, InvalidArgument, Unsupported
from yunbox.kernel.texts import whole_number
from yunbox.services.oss.http.documents import read_document
from yunbox.services.oss.http.route import OBJECT, on
from yunbox.services.oss.http.target import OssRequest
from yunbox.services.oss.objects.headers import is_frozen
from yunbox.services.oss.objects.reading import Bytes
from yunbox.services.oss.objects.reads import follow
from yunbox.services.oss.operation import READ, operation, touches_object
from yunbox.services.oss.params import OnObject, at_object
from yunbox.services.oss.service import Oss, retrieve, scan
from yunbox.storage.objects.model import ObjectRecord
from yunbox.storage.objects.objects import check_key
from yunbox.storage.objects.ports import Bytes as Opened
from yunbox.wire.http import Response
from yunbox.wire.xml import Node

_BODY_BYTES_MAX = 256 * 1024
_KINDS = {"csv/select": "SelectRequest", "json/select": "SelectRequest", "csv/meta": "CsvMetaRequest",
          "json/meta": "JsonMetaRequest"}  # fmt: skip
_WRONG = "The value of {} is not valid."


@dataclass(frozen=True, slots=True)
class Selecting(OnObject):
    """A question to one object; ``process`` is the query's word for what to do, ``range`` bytes of the object."""

    process: str
    body: Node
    format: ObjectFormat
    text: str
    range: str


async def _selecting(request: OssRequest) -> Selecting:
    check_key(request.key)
    process = request.query["x-oss-process"]
    body = await read_document(request, _KINDS[process], size_max=_BODY_BYTES_MAX)
    text = ""
    if process.endswith("/select"):
        text = _decoded(body, "Expression", "")
    asked = request.headers.get("range", "")
    return Selecting(request.bucket, request.key, process, body, _format(body, process), text, asked)


def _decoded(body: Node, path: str, default: str) -> str:
    """Text that is base64 in the document. Raises InvalidArgument."""
    encoded = body.value(path)
    if not encoded:
        return default
    try:
        return b64decode(encoded, validate=True).decode()
    except (binascii.Error, ValueError):
        code = "InvalidSqlParameter" if path == "Expression" else "InvalidArgument"
        raise InvalidArgument(_WRONG.format(path.rpartition("/")[2]), code=code) from None


def _format(body: Node, process: str) -> ObjectFormat:
    gzip = _compression(body)
    if process.startswith("json"):
        kind = body.value("InputSerialization/JSON/Type").lower()
        if kind not in ("lines", "document") or (kind == "document" and process.endswith("meta")):
            raise InvalidArgument(_WRONG.format("Type"), code="InvalidJsonType")
        as_texts = _flag(body, "InputSerialization/JSON/ParseJsonNumberAsString")
        return ObjectFormat(kind, gzip, numbers_as_texts=as_texts)
    at = "InputSerialization/CSV/"
    header = body.value(f"{at}FileHeaderInfo", "none").lower()
    if header not in ("none", "use", "ignore"):
        raise InvalidArgument(_WRONG.format("FileHeaderInfo"))
    form = ObjectFormat(
        "csv",
        gzip,
        header,
        _decoded(body, f"{at}RecordDelimiter", "\n"),
        _decoded(body, f"{at}FieldDelimiter", ","),
        _decoded(body, f"{at}QuoteCharacter", '"'),
        _decoded(body, f"{at}CommentCharacter", ""),
    )
    if not (1 <= len(form.record_delimiter) <= 2 and 1 <= len(form.field_delimiter.encode()) <= 4):
        raise InvalidArgument(_WRONG.format("a delimiter"))
    if len(form.quote.encode()) > 1 or len(form.comment.encode()) > 1 or "\0" in form.field_delimiter:
        raise InvalidArgument(_WRONG.format("QuoteCharacter or CommentCharacter"))
    return form


def _compression(body: Node) -> bool:
    """Whether the object is compressed; oss2 encodes the word in one of the two requests."""
    text = body.value("InputSerialization/CompressionType", "None")
    if text.lower() not in ("none", "gzip"):
        text = _decoded(body, "InputSerialization/CompressionType", "")
    if text.lower() not in ("none", "gzip"):
        raise InvalidArgument("The CompressionType is None or GZIP.", code="InvalidCompressionFormat")
    return text.lower() == "gzip"


def _flag(body: Node, path: str) -> bool:
    """A boolean of the document. Raises InvalidArgument."""
    text = body.value(path, "false").lower()
    if text not in ("true", "false"):
        raise InvalidArgument(_WRONG.format(path.rpartition("/")[2]))
    return text == "true"


def _question(params: Selecting, record: ObjectRecord) -> SelectObject:
    body, form = params.body, params.format
    kind = "CSV" if form.kind == "csv" else "JSON"
    name, _, bounds = body.value(f"InputSerialization/{kind}/Range").partition("=")
    if name and params.range:
        raise InvalidArgument("A Range header and a Range of the document exclude each other.", ec="0016-00000816")
    chosen = _bounds(bounds) if name in ("line-range", "split-range") else None
    if name and chosen is None:
        raise InvalidArgument(_WRONG.format("Range"), code="InvalidRange")
    out = "OutputSerialization/"
    delimiter = _decoded(body, f"{out}{kind}/RecordDelimiter", "\n")
    if _decoded(body, f"{out}CSV/QuoteCharacter", '"') != '"':
        raise Unsupported("Yunbox does not offer another QuoteCharacter in results.", code="NotImplemented")
    options = "Options/" if body.find("Options") is not None else "SelectRequestOptions/"
    skipped = whole_number(body.value(f"{options}MaxSkippedRecordsAllowed", "0"))
    if skipped is None:
        raise InvalidArgument(_WRONG.format("MaxSkippedRecordsAllowed"), ec="0016-00000834")
    return SelectObject(
        record,
        form,
        params.text,
        span=_span(params),
        lines=chosen if name == "line-range" else None,
        splits=chosen if name == "split-range" else None,
        output_record_delimiter=delimiter,
        output_field_delimiter=_decoded(body, f"{out}CSV/FieldDelimiter", ","),
        output_header=_flag(body, f"{out}OutputHeader"),
        keep_all=_flag(body, f"{out}KeepAllColumns"),
        raw=_flag(body, f"{out}OutputRawData"),
        skip_partial=_flag(body, f"{options}SkipPartialDataRecord"),
        skipped_max=skipped,
    )


def _bounds(text: str) -> tuple[int, int | None] | None:
    first, dash, last = text.partition("-")
    if (
        not dash
        or not (first or last)
        or not all((part.isascii() and part.isdecimal()) or not part for part in (first, last))
    ):
        return None
    start, end = int(first[:18] or 0), int(last[:18]) if last else None
    return (start, end) if end is None or start <= end else None


def _span(params: Selecting) -> tuple[int, int | None] | None:
    """The bytes in which the records begin that the request is about."""
    text = params.range
    if not text:
        return None
    found = _bounds(text.removeprefix("bytes="))
    if found is None or params.format.gzip or params.format.kind == "document":
        raise InvalidArgument("A range is of bytes of an object that is neither compressed nor a JSON document.")
    return found


async def _select(service: Oss, call: Call[Selecting]) -> Bytes:
    params = call.params
    bucket = service.bucket(params.bucket)
    _, record, source = await follow(service, call, bucket, params.key)
    try:
        if is_frozen(record, service.store.objects.now_ms()):
            raise Conflict("The operation is not valid for the object's state.", code="InvalidObjectState")
        is_meta = params.process.endswith("/meta")
        asked = SelectMeta(record, params.format) if is_meta else _question(params, record)
    except BaseException:
        source.close()
        raise
    if not is_meta:
        retrieve(call, record)
    headers = {"Content-Type": "application/octet-stream"}
    if isinstance(asked, SelectObject):
        headers["x-oss-select-output-raw"] = str(asked.raw).lower()
    return Bytes(_answer(service, call, asked, source), status=200 if is_meta else 206, all_headers=headers)


async def _answer(
    service: Oss, call: Call[Selecting], asked: SelectMeta | SelectObject, source: Opened
) -> AsyncGenerator[bytes]:
    """What a worker says; the object's bytes stay where they are until it has ended.

    A question that fails before it has an answer is charged as a request, and not for what it would have scanned.
    """
    try:
        async with service.pool.lease() as worker:
            async for chunk in worker.stream(asked):
                if isinstance(asked, SelectObject):
                    scan(call, asked.record)
                yield chunk
            if isinstance(asked, SelectObject):
                scan(call, asked.record)  # an answer without a row, which is no chunk when it is raw
    finally:
        source.close()


def _render(result: Bytes, request: OssRequest) -> Response:
    return Response(result.status, result.all_headers, result.chunks)


SELECT = operation(
    "SelectObject", Selecting, _select, touches_object("GetObject"), charge=READ, place=at_object, shape=Shape.STREAM
)
META = operation(
    "CreateSelectObjectMeta", Selecting, _select, touches_object("GetObject"), charge=READ, place=at_object,
    shape=Shape.STREAM,
)  # fmt: skip
ROUTES = (
    on("POST", OBJECT, SELECT, _selecting, _render, when="x-oss-process", values=("csv/select", "json/select")),
    on("POST", OBJECT, META, _selecting, _render, when="x-oss-process", values=("csv/meta", "json/meta")),
)
