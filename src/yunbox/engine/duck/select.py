"""SelectObject: one SELECT over one CSV or JSON object, run by DuckDB over the object's bytes.

The bytes are laid out in the spill folder, uncompressed, unless they are a file of the store that can be read where
it is. The worker makes the frames too, so that the control process only passes bytes on.
"""

import csv
import io
import re
import uuid
import zlib
from collections.abc import Iterable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from yunbox.engine.duck.json_texts import Separated, has_commas, numbers_marked
from yunbox.engine.duck.messages import ObjectFormat, SelectMeta, SelectObject
from yunbox.kernel.errors import InvalidArgument, KernelError, Throttled
from yunbox.sql.oss.select import (
    COLUMNS_MAX,
    NUMBER_MARK,
    CsvColumns,
    JsonColumns,
    Selection,
    json_path,
    split_path,
    translate,
)
from yunbox.sql.oss.select import quote_text as quoted
from yunbox.storage.objects.view import ObjectView
from yunbox.wire.oss.frames import data_frame, end_frame, meta_frame

_SAMPLE_BYTES = 1024 * 1024
_FRAME_BYTES = 256 * 1024
_LAID_OUT_BYTES_MAX = 16 * 1024**3
_SPLIT_BYTES = 4 * 1024 * 1024
_ROWS_AT_ONCE = 2048
_OF_DATA = ("InvalidCsvLine", "InvalidJsonData", "ExceedMaxSkippedRecords")
"""Codes of what is wrong with an object, and not with the question to it."""
_NO_NULL = "\x01\x02\x03"
csv.field_size_limit(64 * 1024 * 1024)


class Selector:
    """Answers requests of one worker. ``scratch`` is removed by whoever gives it."""

    def __init__(self, db: duckdb.DuckDBPyConnection, view: ObjectView, scratch: Path) -> None:
        self._db = db
        self._view = view
        self._scratch = scratch

    def select(self, request: SelectObject) -> Iterator[bytes]:
        """The result as frames, or raw. What fails after the first frame is told in the last, and what is about the
        data always, as the statement was right; but a JSON document is read before the answer begins (oss2's tests).
        """
        size = request.record.size
        sent = False
        try:
            for data in _blocks(self._lines(request)):
                yield data if request.raw else data_frame(size, data)
                sent = True
        except (duckdb.Error, KernelError) as failure:
            error = _translated(failure, request.format)
            of_rows = error.code in _OF_DATA and request.format.kind != "document"
            if not sent and (request.raw or not of_rows):
                raise error from None
            if not request.raw:
                yield end_frame(size, 400, f"{error.code}.{error.message}")
            return
        if not request.raw:
            yield end_frame(size, 200)

    def meta(self, request: SelectMeta) -> Iterator[bytes]:
        """How many rows and splits an object has."""
        try:
            path, sample = self._laid_out(request.record, request.format, None)
            relation, columns = self._relation(path, sample, request.format, "")
            counted = self._db.execute(f"SELECT COUNT(*) FROM ({relation})").fetchone()
        except duckdb.Error as failure:
            raise _translated(failure, request.format) from None
        rows = int(counted[0]) if counted else 0
        yield meta_frame(request.record.size, _splits(request.record.size), rows, columns)

    # -- the object

    def _laid_out(self, record: Any, form: ObjectFormat, span: tuple[int, int | None] | None) -> tuple[Path, bytes]:
        """A file with the object's text, or with the records that begin within a span, and how the object begins."""
        pieces: Iterable[bytes] = self._view.pieces(record)
        first = next(iter(self._view.pieces(record, _SAMPLE_BYTES)), b"")
        if form.gzip:
            pieces = _unzipped(pieces)
            first = next(_unzipped(iter([first]), strict=False), b"")
        delimiter = form.record_delimiter.encode()
        there = self._view.path(record)
        commas = form.kind == "lines" and has_commas(first)
        plain = there is not None and not form.gzip and span is None and not commas and not form.numbers_as_texts
        if there is not None and plain and delimiter in (b"\n", b"\r\n", b"\r"):
            return there, first
        if span is not None:
            pieces = _records_within(pieces, span[0], span[1])
        if commas:
            pieces = Separated()(pieces)
        if form.numbers_as_texts:
            pieces = numbers_marked(pieces, NUMBER_MARK)
        self._scratch.mkdir(parents=True, exist_ok=True)
        path = self._scratch / uuid.uuid4().hex
        total = 0
        with path.open("wb") as out:
            for piece in _with_lines(pieces, delimiter):
                total += len(piece)
                if total > _LAID_OUT_BYTES_MAX:
                    raise InvalidArgument("The object is too large to select from.", code="EntityTooLarge")
                out.write(piece)
        return path, b"".join(_with_lines([first], delimiter))

    def _relation(self, path: Path, sample: bytes, form: ObjectFormat, text: str) -> tuple[str, int | None]:
        """A SELECT over all rows of a file, and the number of its columns; JSON has one, ``j``."""
        if form.kind != "csv":
            name = quoted(str(path))
            return (
                "SELECT json AS j FROM "
                f"read_json_objects({name}, format = 'unstructured', maximum_object_size = 67108864)",
                None,
            )
        asked = max((int(number) for number in re.findall(r"\b_(\d{1,4})\b", text)), default=1)
        count = min(max(asked, *(len(row) for row in _rows(sample, form)[:1000]), 1), COLUMNS_MAX)
        columns = ", ".join(f"c{number}: 'VARCHAR'" for number in range(1, count + 1))
        marks = f"delim = {quoted(form.field_delimiter)}, quote = {quoted(form.quote)}, escape = {quoted(form.quote)}"
        if form.comment:
            marks += f", comment = {quoted(form.comment)}"
        return (
            f"SELECT * FROM read_csv({quoted(str(path))}, columns = {{{columns}}}, {marks}, header = false, "
            f"auto_detect = false, null_padding = true, strict_mode = false, nullstr = {quoted(_NO_NULL)}, "
            "parallel = false, max_line_size = 67108864)",
            count,
        )

    # -- the statement

    def _lines(self, request: SelectObject) -> Iterator[bytes]:
        form = request.format
        text, steps = split_path(request.text)
        path, sample = self._laid_out(request.record, form, request.span)
        relation, count = self._relation(path, sample, form, text)
        header = _rows(sample, form)[0] if form.kind == "csv" and form.header == "use" and sample else []
        columns = CsvColumns(count, _names(header)) if count is not None else JsonColumns(form.numbers_as_texts)
        if steps and count is not None:
            raise InvalidArgument("A CSV object has no path.", code="SqlSyntaxError")
        chosen = translate(text, columns)
        rows = self._ranged(relation, request)
        if steps:
            unnested = f"unnest(json_extract(j, {json_path(steps)}))" if "*" in steps else ""
            rows = f"SELECT {unnested or f'json_extract(j, {json_path(steps)})'} AS j FROM ({rows})"
            rows = f"SELECT j FROM ({rows}) WHERE j IS NOT NULL"
        items = _items(chosen, columns)
        unfit = chosen.unfit(partial=request.skip_partial)
        found = self._fitting(rows, chosen, unfit, request, items) if unfit else self._run(rows, chosen, items)
        yield from _CsvOutput(request, chosen, count, header).lines(found)
        if form.kind == "csv" and form.quote and request.span is None and chosen.limit is None:
            _check_quotes(path, form.quote)

    def _ranged(self, relation: str, request: SelectObject) -> str:
        """The rows that the request is about; the header is the first row of a file."""
        form = request.format
        headed = form.kind == "csv" and form.header != "none" and (request.span is None or request.span[0] == 0)
        start, end = 0, None
        if request.lines is not None:
            start, end = request.lines
        if request.splits is not None:
            counted = self._db.execute(f"SELECT COUNT(*) FROM ({relation})").fetchone()
            each = -(-int(counted[0] if counted else 0) // _splits(request.record.size)) or 1
            first, last = request.splits
            start, end = first * each, None if last is None else (last + 1) * each - 1
        length = None if end is None else max(end - start + 1, 0)
        if headed and start == 0:
            start, length = 1, None if length is None else max(length - 1, 0)
        if not start and length is None:
            return relation
        limit = f" LIMIT {length}" if length is not None else ""
        return f"SELECT * FROM ({relation}){limit} OFFSET {start}"

    def _fitting(
        self, rows: str, chosen: Selection, unfit: str, request: SelectObject, items: str
    ) -> Iterator[tuple[Any, ...]]:
        """The rows, without those that do not fit; more of these than are allowed end the answer."""
        skipped, left = 0, chosen.limit
        if chosen.aggregate:
            counted = self._db.execute(f"SELECT COUNT(*) FROM ({rows}) WHERE {unfit}").fetchone()
            _check_skipped(int(counted[0]) if counted else 0, request)
            yield from self._run(f"SELECT * FROM ({rows}) WHERE NOT {unfit}", chosen, items)
            return
        where = f" WHERE ({chosen.where}) OR {unfit}" if chosen.where else ""
        for is_unfit, *row in self._fetched(f"SELECT {unfit}, {items} FROM ({rows}){where}"):
            if left == 0:
                return
            if is_unfit:
                skipped += 1
                _check_skipped(skipped, request)
                continue
            yield tuple(row)
            left = None if left is None else left - 1

    def _run(self, rows: str, chosen: Selection, items: str) -> Iterator[tuple[Any, ...]]:
        where = f" WHERE {chosen.where}" if chosen.where else ""
        limit = f" LIMIT {chosen.limit}" if chosen.limit is not None else ""
        return self._fetched(f"SELECT {items} FROM ({rows}){where}{limit}")

    def _fetched(self, text: str) -> Iterator[tuple[Any, ...]]:
        cursor = self._db.execute(text)
        while batch := cursor.fetchmany(_ROWS_AT_ONCE):
            yield from batch


def _items(chosen: Selection, columns: CsvColumns | JsonColumns) -> str:
    """What is selected, as DuckDB's list."""
    if chosen.star:
        return "*" if isinstance(columns, CsvColumns) else columns.shown("CAST(json(j) AS VARCHAR)")
    return ", ".join(item.value.sql for item in chosen.items)


def _check_skipped(count: int, request: SelectObject) -> None:
    if count > request.skipped_max:
        raise InvalidArgument(f"More than {request.skipped_max} records were skipped.", code="ExceedMaxSkippedRecords")


def _check_quotes(path: Path, quote: str) -> None:
    """Raise InvalidArgument for an object in which a quote is not closed: what stands behind it was read as one."""
    with path.open("rb") as text:
        pieces = iter(lambda: text.read(_SAMPLE_BYTES), b"")
        if sum(piece.count(quote.encode()) for piece in pieces) % 2:
            raise InvalidArgument("A quote of the CSV object is not closed.", code="InvalidCsvLine")


class _CsvOutput:
    """Writes rows in the form that the request asks for; JSON objects too."""

    def __init__(self, request: SelectObject, chosen: Selection, count: int | None, header: list[str]) -> None:
        self._request = request
        self._chosen = chosen
        self._count = count
        self._header = header
        self._end = request.output_record_delimiter.encode()
        self._special = [mark for mark in (request.output_field_delimiter, '"', "\n", "\r") if mark]

    def lines(self, rows: Iterable[tuple[Any, ...]]) -> Iterator[bytes]:
        """The lines of the result."""
        if self._count is None:
            for row in rows:
                yield self._json(row).encode() + self._end
            return
        places = self._places()
        if self._request.output_header:
            names = self._header if self._chosen.star else [item.name for item in self._chosen.items]
            yield self._csv(names, places).encode() + self._end
        for row in rows:
            values = row if not self._chosen.star else _trimmed(row)
            yield self._csv(values, places).encode() + self._end

    def _places(self) -> list[int]:
        """Where each value goes when all columns are kept."""
        places = [item.value.column for item in self._chosen.items]
        return places if self._request.keep_all and places and min(places) >= 0 else []

    def _csv(self, values: Iterable[Any], places: list[int]) -> str:
        texts = [self._field(_shown(value)) for value in values]
        if places:
            spread = [""] * max(self._count or 0, *places, 1)
            for place, text in zip(places, texts, strict=False):
                spread[place] = text
            texts = spread
        return self._request.output_field_delimiter.join(texts)

    def _field(self, text: str) -> str:
        if any(mark in text for mark in self._special):
            return '"' + text.replace('"', '""') + '"'
        return text

    def _json(self, row: tuple[Any, ...]) -> str:
        if self._chosen.star:
            return str(row[0])
        pairs = [
            f"{_json_text(item.name)}:{_json_value(item.value.kind, value)}"
            for item, value in zip(self._chosen.items, row, strict=True)
            if value is not None
        ]
        return "{" + ",".join(pairs) + "}"


def _blocks(lines: Iterable[bytes]) -> Iterator[bytes]:
    """Lines in blocks; those that came before a failure go out before it is raised."""
    block, failure = bytearray(), None
    try:
        for line in lines:
            block += line
            if len(block) >= _FRAME_BYTES:
                yield bytes(block)
                block.clear()
    except (duckdb.Error, KernelError) as error:
        failure = error
    if block:
        yield bytes(block)
    if failure is not None:
        raise failure


def _trimmed(row: tuple[Any, ...]) -> tuple[Any, ...]:
    """A row without the columns that it does not have."""
    end = len(row)
    while end > 1 and row[end - 1] is None:
        end -= 1
    return row[:end]


def _shown(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, Decimal):
        text = format(value, "f")
        return text.rstrip("0").rstrip(".") if "." in text else text
    return str(value)


def _json_text(text: str) -> str:
    import json

    return json.dumps(text, ensure_ascii=False)


def _json_value(kind: str, value: Any) -> str:
    return _shown(value) if kind in ("json", "number", "bool") else _json_text(_shown(value))


def _rows(sample: bytes, form: ObjectFormat) -> list[list[str]]:
    """The first rows of an object; the last of them may be cut."""
    text = sample.decode("utf-8", "replace").removeprefix("\ufeff")
    lines = [line for line in io.StringIO(text, newline=None) if not (form.comment and line.startswith(form.comment))]
    if len(form.field_delimiter) != 1:
        return [line.rstrip("\n").split(form.field_delimiter) for line in lines] or [[]]
    try:
        reader = csv.reader(
            lines,
            delimiter=form.field_delimiter,
            quotechar=form.quote or None,
            quoting=csv.QUOTE_MINIMAL if form.quote else csv.QUOTE_NONE,
        )
        return [row for _, row in zip(range(1000), reader, strict=False)] or [[]]
    except (csv.Error, TypeError, ValueError):
        raise InvalidArgument("The delimiters of the CSV object are not valid.", code="InvalidCsvParameter") from None


def _names(header: list[str]) -> dict[str, int]:
    return {name.strip().lower(): index for index, name in reversed(list(enumerate(header)))}


def _splits(size: int) -> int:
    return max(-(-size // _SPLIT_BYTES), 1)


def _unzipped(pieces: Iterable[bytes], *, strict: bool = True) -> Iterator[bytes]:
    """The text of gzip, of several members too, in pieces of a bounded size."""
    reader = zlib.decompressobj(31)
    try:
        for piece in pieces:
            left = piece
            while left:
                if reader.eof:
                    reader = zlib.decompressobj(31)
                data = reader.decompress(left, _SAMPLE_BYTES)
                if data:
                    yield data
                left = reader.unused_data if reader.eof else reader.unconsumed_tail
    except zlib.error:
        raise InvalidArgument("The object is not compressed with gzip.", code="InvalidCompressionFormat") from None
    if strict and not reader.eof:
        raise InvalidArgument("The object is cut short.", code="InvalidCompressionFormat")


def _records_within(pieces: Iterable[bytes], start: int, end: int | None) -> Iterator[bytes]:
    """The records that begin between two offsets, both included."""
    offset, skipping = 0, start > 0
    for piece in pieces:
        low, base = 0, offset
        offset += len(piece)
        if skipping:
            at = piece.find(b"\n", max(start - 1 - base, 0)) if offset >= start else -1
            if at < 0:
                continue
            low, skipping = at + 1, False
            if end is not None and base + low > end:
                return
        if end is not None and offset > end:
            at = piece.find(b"\n", max(end - base, low))
            if at >= 0:
                yield piece[low : at + 1]
                return
        yield piece[low:]


def _with_lines(pieces: Iterable[bytes], delimiter: bytes) -> Iterator[bytes]:
    """Pieces with a line end for another record delimiter, which must not meet line ends of its own."""
    if delimiter in (b"\n", b"\r\n", b"\r", b""):
        yield from pieces
        return
    rest = b""
    for piece in pieces:
        data = rest + piece
        if b"\n" in data:
            raise InvalidArgument("A record with a line end in it has no other delimiter.", code="InvalidCsvLine")
        keep = len(delimiter) - 1
        cut = len(data) - keep if keep else len(data)
        whole = data[:cut].rpartition(delimiter)
        done = data[: len(whole[0]) + len(whole[1])]
        yield done.replace(delimiter, b"\n")
        rest = data[len(done) :]
    yield rest.replace(delimiter, b"\n")


def _translated(failure: Exception, form: ObjectFormat) -> KernelError:
    if isinstance(failure, KernelError):
        return failure
    if isinstance(failure, duckdb.OutOfMemoryException):
        return Throttled("The statement needs more memory than a worker has.")
    found = re.search(r"(?i)\bline: ?(\d+)", str(failure))
    where = f" (line {found[1]})" if found else ""
    code = "InvalidCsvLine" if form.kind == "csv" else "InvalidJsonData"
    return InvalidArgument(f"The object is not of the form that the request says{where}.", code=code)
