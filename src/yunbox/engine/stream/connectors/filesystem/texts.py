"""Rows that are text: lines of JSON, of CSV, and as they are.

A format says what its lines become: arrays of physical values, and the SQL that makes of them a table's columns. Where
a line is none, its error names the file and the line, as the query fails that reads it. Sources: the pages "JSON
Format", "CSV Format" and "Raw Format" of Flink 2.x, and what Flink 2.x does with each type
(``JsonToRowDataConverters``, ``CsvToRowDataConverters``).
"""

import csv
from base64 import b64encode
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol

import msgspec

from yunbox.engine.stream.batch import Array, array_of
from yunbox.kernel.errors import InvalidArgument
from yunbox.sql.flink.expr import text_literal
from yunbox.sql.flink.types import BYTES, STRING, FlinkType

Column = tuple[str, FlinkType]
_WHOLE = ("TINYINT", "SMALLINT", "INT", "BIGINT")
_TIMESTAMPS = ("TIMESTAMP", "TIMESTAMP_LTZ")
_NESTED = ("ARRAY", "MAP", "ROW", "MULTISET")
_SQL_FORM = r"\d{4,}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}(\.\d{0,9})?"
_ISO_FORM = r"\d{4,}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{0,9})?)?"


class TextFormat(Protocol):
    """Reads lines. ``types`` are those of the arrays, ``columns`` the SQL of the wanted columns over them."""

    types: tuple[FlinkType, ...]
    columns: tuple[str, ...]

    def records(self, lines: Iterator[bytes]) -> Iterator[Any]:
        """What the lines say, one after another; those that are to be passed over do not come."""

    def arrays(self, records: Sequence[Any]) -> tuple[Array, ...]:
        """Some of them."""


def flag(options: Mapping[str, str], name: str) -> bool:
    """Whether an option is ``true``."""
    return options.get(name, "false").lower() == "true"


class JsonLines:
    """One JSON object a line; a field is found by its name, as it is spelled. ``first`` is the place of its array."""

    def __init__(
        self, wanted: Sequence[Column], _all: Sequence[Column], options: Mapping[str, str], first: int = 0
    ) -> None:
        self._is_lenient = flag(options, "json.ignore-parse-errors")
        is_strict = flag(options, "json.fail-on-missing-field")
        if is_strict and self._is_lenient:
            raise InvalidArgument("fail-on-missing-field and ignore-parse-errors shouldn't both be true.")
        standard = options.get("json.timestamp-format.standard", "SQL").upper()
        if standard not in ("SQL", "ISO-8601"):
            raise InvalidArgument(
                f"Unsupported value '{standard}' for timestamp-format.standard. Supported values are [SQL, ISO-8601]."
            )
        reader = _Values(lenient=self._is_lenient, iso=standard != "SQL")
        self.types: tuple[FlinkType, ...] = (STRING,)
        paths = ", ".join(text_literal(_path(name)) for name, _ in wanted)
        text = f"c{first}"
        texts, documents = f"json_extract_string({text}, [{paths}])", f"json_extract({text}, [{paths}])"
        found = []
        for at, (name, of) in enumerate(wanted, 1):
            sql = reader.nested(f"{documents}[{at}]", of) if of.root in _NESTED else reader.scalar(
                f"{texts}[{at}]", of, whole=f"trunc(CAST({texts}[{at}] AS DOUBLE))")  # fmt: skip
            if is_strict:
                missing = f"error('Could not find field with name ' || {text_literal(name)} || ' in ' || {text})"
                sql = f"CASE WHEN json_exists({text}, {text_literal(_path(name))}) THEN {sql} ELSE {missing} END"
            found.append(sql)
        self.columns = tuple(found)

    def records(self, lines: Iterator[bytes]) -> Iterator[str]:
        """As in TextFormat; lines of nothing are passed over."""
        for line in lines:
            text = line.decode("utf-8", "replace").strip()
            if text and not (self._is_lenient and not _is_object(text)):
                yield text

    def arrays(self, records: Sequence[str]) -> tuple[Array, ...]:
        """As in TextFormat."""
        return (array_of(records, STRING),)


def _path(name: str) -> str:
    return '$."' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _is_object(text: str) -> bool:
    try:
        return isinstance(msgspec.json.decode(text), dict)
    except msgspec.DecodeError:
        return False


class CsvLines:
    """Fields by their place. ``first`` is the place of the first array."""

    def __init__(
        self, wanted: Sequence[Column], every: Sequence[Column], options: Mapping[str, str], first: int = 0
    ) -> None:
        self._is_lenient = flag(options, "csv.ignore-parse-errors")
        self._takes_comments = flag(options, "csv.allow-comments")
        self._null = options.get("csv.null-literal")
        self._form = dialect(options)
        self._count = len(every)
        names = [name for name, _ in every]
        self._places = [names.index(name) for name, _ in wanted]
        self.types: tuple[FlinkType, ...] = tuple(STRING for _ in wanted)
        reader = _Values(lenient=self._is_lenient, iso=False)
        element = options.get("csv.array-element-delimiter", ";")
        self.columns = tuple(
            reader.listed(f"c{at}", of, element) if of.root == "ARRAY" else reader.scalar(f"c{at}", of)
            for at, (_, of) in enumerate(wanted, first)
        )

    def records(self, lines: Iterator[bytes]) -> Iterator[list[str | None]]:
        """As in TextFormat. Raises InvalidArgument where a line has not as many fields as the table."""
        texts = (line.decode("utf-8", "replace") for line in lines)
        if self._takes_comments:
            texts = (text for text in texts if not text.lstrip().startswith("#"))
        for fields in _read(csv.reader(texts, **self._form)):
            if not fields:
                continue
            if len(fields) != self._count:
                if self._is_lenient:
                    continue
                raise InvalidArgument(
                    f"Row length mismatch. {self._count} fields expected but was {len(fields)}: {str(fields)[:200]}"
                )
            yield [None if self._null is not None and one == self._null else one for one in fields]

    def arrays(self, records: Sequence[list[str | None]]) -> tuple[Array, ...]:
        """As in TextFormat."""
        return tuple(array_of([one[place] for one in records], STRING) for place in self._places)


def _read(lines: Iterator[list[str]]) -> Iterator[list[str]]:
    """The lines of a reader of CSV. Raises InvalidArgument where they are none."""
    try:
        yield from lines
    except csv.Error as error:
        raise InvalidArgument(f"This is no CSV: {error}") from None


def dialect(options: Mapping[str, str]) -> dict[str, Any]:
    """A CSV format's options as the module ``csv`` spells them. Raises InvalidArgument."""
    delimiter = options.get("csv.field-delimiter", ",").encode().decode("unicode_escape")
    quote = options.get("csv.quote-character", '"')
    escape = options.get("csv.escape-character")
    for name, one in (("field-delimiter", delimiter), ("quote-character", quote), ("escape-character", escape or "x")):
        if len(one) != 1:
            raise InvalidArgument(f"Option 'csv.{name}' must be a string with single character, but was: {one}")
    if flag(options, "csv.disable-quote-character"):
        return {"delimiter": delimiter, "quoting": csv.QUOTE_NONE, "escapechar": escape}
    return {"delimiter": delimiter, "quotechar": quote, "escapechar": escape}


class RawLines:
    """Each line is the value of the only column. ``first`` is the place of its array."""

    def __init__(
        self, wanted: Sequence[Column], every: Sequence[Column], options: Mapping[str, str], first: int = 0
    ) -> None:
        self._charset = options.get("raw.charset", "UTF-8")
        try:
            "".encode(self._charset)
        except LookupError:
            raise InvalidArgument(f"Unsupported 'raw.charset' name: {self._charset}.") from None
        self._is_text = every[0][1].root in ("CHAR", "VARCHAR")
        self.types: tuple[FlinkType, ...] = (STRING,) if self._is_text else (BYTES,)
        self.columns = (f"c{first}",) if wanted else ()

    def records(self, lines: Iterator[bytes]) -> Iterator[str]:
        """As in TextFormat."""
        return (self.value(line.removesuffix(b"\n").removesuffix(b"\r")) for line in lines)

    def value(self, data: bytes) -> str:
        """A value as it is in an array."""
        return data.decode(self._charset, "replace") if self._is_text else b64encode(data).decode()

    def arrays(self, records: Sequence[str]) -> tuple[Array, ...]:
        """As in TextFormat."""
        return (array_of(records, STRING),)


TEXT_FORMATS: dict[str, Any] = {"json": JsonLines, "csv": CsvLines, "raw": RawLines}


class _Values:
    """The SQL that reads texts as values. ``lenient`` makes NULL of what is none."""

    def __init__(self, *, lenient: bool, iso: bool) -> None:
        self._cast = "TRY_CAST" if lenient else "CAST"
        self._is_lenient = lenient
        self._iso = iso

    def scalar(self, sql: str, of: FlinkType, whole: str = "") -> str:
        """A value that has no parts; ``whole`` is what it is as a whole number where it is written as another."""
        root = of.root
        if root in ("CHAR", "VARCHAR"):
            return sql
        text = f"trim({sql})"
        if root == "BOOLEAN":
            return f"(lower({text}) = 'true')"
        if root in ("BINARY", "VARBINARY"):
            return f"from_base64({text})"
        if root in _TIMESTAMPS:
            return self._moment(text, of)
        if root in _WHOLE and whole:
            number = f"CASE WHEN contains({text}, '.') THEN {self._cast}({whole} AS HUGEINT) "
            number += f"ELSE {self._cast}({text} AS HUGEINT) END"
            return f"{self._cast}({number} AS {of.duckdb})"
        if root == "DECIMAL":
            return self._decimal(text, of)
        return f"{self._cast}({text} AS {of.duckdb})"

    def nested(self, sql: str, of: FlinkType) -> str:
        """A value of parts, from JSON."""
        return f"{self._cast}({sql} AS {of.duckdb})"

    def listed(self, sql: str, of: FlinkType, delimiter: str) -> str:
        """An array whose elements stand in one text."""
        one = self.scalar("x", of.children[0])
        return f"list_transform(string_split({sql}, {text_literal(delimiter)}), lambda x: {one})"

    def _decimal(self, text: str, of: FlinkType) -> str:
        """What does not fit into its digits is NULL, as in Flink; what is no number is an error."""
        made = f"TRY_CAST({text} AS {of.duckdb})"
        return made if self._is_lenient else f"CASE WHEN CAST({text} AS DOUBLE) IS NULL THEN NULL ELSE {made} END"

    def _moment(self, text: str, of: FlinkType) -> str:
        """A time in the form that is agreed; one of an instant ends with Z."""
        is_local = of.root == "TIMESTAMP_LTZ"
        form = (_ISO_FORM if self._iso else _SQL_FORM) + ("Z" if is_local else "")
        made = f"TRY_CAST({text} AS {of.duckdb})"
        if self._is_lenient:
            return f"CASE WHEN regexp_full_match({text}, '{form}') THEN {made} END"
        wrong = f"error('Text ''' || {text} || ''' could not be parsed as {of.root}')"
        return (
            f"CASE WHEN {text} IS NULL THEN NULL WHEN regexp_full_match({text}, '{form}') THEN "
            f"CAST({text} AS {of.duckdb}) ELSE {wrong} END"
        )


class Counted:
    """Lines, and behind which byte the last one ends."""

    def __init__(self, file: Iterable[bytes], at: int) -> None:
        self._lines = iter(file)
        self.at = at

    def __iter__(self) -> "Counted":
        """Itself."""
        return self

    def __next__(self) -> bytes:
        """The next line."""
        line = next(self._lines)
        self.at += len(line)
        return line
