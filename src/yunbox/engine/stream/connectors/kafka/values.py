"""Keys and values of records as columns, and columns as keys and values."""

from base64 import b64decode
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any

from yunbox.engine.stream.batch import Array, Row, array_of
from yunbox.engine.stream.connectors.filesystem.lines import WRITERS
from yunbox.engine.stream.connectors.filesystem.texts import CsvLines, JsonLines, RawLines
from yunbox.engine.stream.connectors.kafka.options import FormatOf
from yunbox.sql.flink.types import STRING, FlinkType

NOTHING = object()
"""What a record says that is to be passed over."""
Makes = Callable[[Row], bytes | None]


class Reads:
    """Reads keys or values. ``columns`` is the SQL of the wanted columns by their names in the table, over arrays whose
    types are ``types`` and the first of which has the place ``first``."""

    def __init__(self, form: FormatOf, wanted: Collection[str], first: int) -> None:
        kept = [one for one in form.columns if one[0] in wanted]
        fields = [(name, of) for _, name, of in kept]
        self._format = _FORMATS[form.name](fields, form.fields, form.options, first)
        self.types: tuple[FlinkType, ...] = self._format.types
        self.columns = dict(zip((one[0] for one in kept), self._format.columns, strict=True))

    def record(self, data: bytes | None) -> Any:
        """What some bytes say, or NOTHING. Raises InvalidArgument where they are none of the format."""
        return self._format.record(data)

    def gone(self) -> Any:
        """What stands for a value where there is none: NULL in each column."""
        return self._format.gone()

    def arrays(self, records: Sequence[Any]) -> tuple[Array, ...]:
        """What many of them have said."""
        return self._format.arrays(records)


class _Json(JsonLines):
    def record(self, data: bytes | None) -> Any:
        """What is no object is made no JSON either: the query that reads it says so, and names the record."""
        text = "" if data is None else data.decode("utf-8", "replace").strip()
        if text in ("", "null"):
            return NOTHING
        if not text.startswith("{") and text[:1] in '["0123456789-tfn':
            text = f"no JSON object: {text}"
        return next(self.records(iter([text.encode()])), NOTHING)

    def gone(self) -> Any:
        return None


class _Csv(CsvLines):
    def gone(self) -> Any:
        return [None] * self._count

    def record(self, data: bytes | None) -> Any:
        return NOTHING if data is None else next(self.records(iter([data])), NOTHING)


class _Raw(RawLines):
    def gone(self) -> Any:
        return None

    def record(self, data: bytes | None) -> Any:
        return None if data is None else self.value(data)

    def arrays(self, records: Sequence[Any]) -> tuple[Array, ...]:
        return (array_of(records, STRING),)


_FORMATS: Mapping[str, Callable[..., Any]] = {"json": _Json, "csv": _Csv, "raw": _Raw}


def maker(form: FormatOf, names: Sequence[str]) -> Makes:
    """What makes keys or values of rows whose columns have names."""
    places = [names.index(name) for name, _, _ in form.columns]
    if form.name == "raw":
        [place], [(_, of)] = places, form.fields
        charset, is_text = form.options.get("raw.charset", "UTF-8"), of.root in ("CHAR", "VARCHAR")

        def raw(row: Row) -> bytes | None:
            value = row[place]
            return None if value is None else value.encode(charset) if is_text else b64decode(value)

        return raw
    write = WRITERS[form.name](form.fields, form.options)

    def text(row: Row) -> bytes:
        return write([tuple(row[place] for place in places)]).removesuffix(b"\n")

    return text


# -- bytes within JSON, as DuckDB writes and reads a BLOB as text


def escaped(data: bytes) -> str:
    """Bytes as text."""
    return "".join(f"\\x{one:02X}" for one in data)


def unescaped(text: str) -> bytes:
    """The bytes of a text."""
    return bytes(_unescaped(text))


def _unescaped(text: str) -> Iterator[int]:
    at = 0
    while at < len(text):
        if text.startswith("\\x", at):
            yield int(text[at + 2 : at + 4], 16)
            at += 4
        else:
            yield ord(text[at])
            at += 1
