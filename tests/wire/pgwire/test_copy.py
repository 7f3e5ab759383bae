"""COPY's formats against PostgreSQL itself: the bytes that it writes, the rows that it reads, what it refuses."""

import json
import re
from collections.abc import Iterator, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.postgres import Postgres, quoted, running
from yunbox.wire.pgwire.copy.binary import BinaryReader
from yunbox.wire.pgwire.copy.options import Options
from yunbox.wire.pgwire.copy.reading import RowReader
from yunbox.wire.pgwire.copy.writing import BINARY_END, BINARY_HEAD, TextWriter, binary_rows
from yunbox.wire.pgwire.report import PgError

COLUMNS = ("a", "b,")
FORMATS = [
    Options(), Options(delimiter="|", null="", header=True), Options(null="NULL"), Options(header="match"),
    Options("csv"), Options("csv", header=True), Options("csv", header="match"),
    Options("csv", delimiter=";", null="\\N"), Options("csv", quote="'"), Options("csv", escape="\\"),
    Options("csv", quote="|", escape="~", null="x"), Options("csv", force_quote=None),
    Options("csv", force_quote=frozenset(("a",))),
    Options("csv", force_not_null=frozenset(("a",)), force_null=frozenset(("b,",))),
]  # fmt: skip
VALUES = [
    None, "", "a", "\\N", "\\.", ".", "NULL", "x", " ", "a\tb", "a\nb", "a\rb", "\r\n", '"', '""', 'a"b', "'", "a,b",
    "a|b", "a;b", "a~b", "~|", "\\", "\\n", "\\\\", "\b\f\v", "ü€😀", "\x7f\x01",
]  # fmt: skip


@pytest.fixture(scope="module")
def postgres() -> Iterator[Postgres]:
    with running() as server:
        yield server


def psql(postgres: Postgres, script: str) -> tuple[bytes, str]:
    """What a script prints, and what it says of errors."""
    ran = postgres.psql(script, "VERBOSITY=verbose")
    return ran.stdout, ran.stderr.decode()


def literal(text: str | None) -> str:
    return "null" if text is None else quoted(text)


def said(options: Options, *, reading: bool) -> str:
    """The options as COPY's clause."""
    header = {True: "true", "match": "match" if reading else "true"}.get(options.header)
    one = {"format": options.format, "delimiter": options.delimiter, "null": options.null, "header": header}
    one |= {"quote": options.quote, "escape": options.escape}
    made = [f"{name} {literal(value)}" for name, value in one.items() if value is not None]
    lists = {"force_not_null": options.force_not_null, "force_null": options.force_null} if reading else {}
    lists |= {} if reading or options.force_quote is None else {"force_quote": options.force_quote}
    for name, columns in lists.items():
        if columns:
            made.append(f"{name} ({', '.join(map(identifier, columns))})")
    if options.force_quote is None and not reading:
        made.append("force_quote *")
    return f"({', '.join(made)})"


def identifier(name: str) -> str:
    return f'"{name}"'


def named(options: Options) -> str:
    return said(options, reading=False) + str(options.header)


def sent(row: Sequence[str | None]) -> list[bytes | None]:
    return [None if one is None else one.encode() for one in row]


@pytest.mark.parametrize("options", FORMATS, ids=named)
def test_what_is_written_is_what_postgres_writes(postgres: Postgres, options: Options) -> None:
    rows = [(one, VALUES[-at]) for at, one in enumerate(VALUES)]
    values = ", ".join(f"({at}, {literal(one)}, {literal(other)})" for at, (one, other) in enumerate(rows))
    query = f'select x as a, y as "b," from (values {values}) v (i, x, y) order by i'
    written, errors = psql(postgres, f"copy ({query}) to stdout with {said(options, reading=False)};")
    assert not errors
    writer = TextWriter(options, COLUMNS)
    assert writer.head() + writer.rows(rows) == written
    assert writer.head() + b"".join(map(writer.line, map(sent, rows))) == written


@pytest.mark.parametrize("options", [one for one in FORMATS if not one.force_quote], ids=named)
def test_one_column_is_written_as_there(postgres: Postgres, options: Options) -> None:
    values = ", ".join(f"({at}, {literal(one)})" for at, one in enumerate(VALUES))
    query = f"select x as a from (values {values}) v (i, x) order by i"
    written, errors = psql(postgres, f"copy ({query}) to stdout with {said(options, reading=False)};")
    assert not errors
    writer = TextWriter(options, COLUMNS[:1])
    assert writer.head() + writer.rows([(one,) for one in VALUES]) == written
    assert writer.head() + b"".join(writer.line(sent((one,))) for one in VALUES) == written


READ = [
    b"", b"\n", b"a\tb\n", b"a\tb", b"a\n", b"a\tb\tc\n", b"a,b\n", b"a,b", b"a|b\n1|2\n", b"a;b\n\\N;\\N\n",
    b"a\tb,\nx\ty\n", b'a,"b,"\n1,2\n', b"\\N\t\\N\n", b"\\\\N\t\\x41\\101\\b\n", b"a\\\tb\tc\n", b"a\\\nb\tc\n",
    b"a\tb\r\nc\td\r\n", b"a\tb\rc\td\r", b"a\tb\nc\td\r\n", b"a\tb\r\nc\td\n", b"a\tb\rc\td\n", b"a\tb\n\\.\nc\td\n",
    b"a\tb\n\\.", b"a\tb\\.\n", b"a\tb\\.c\n", b"\\.x\n", b"a,b\n\\.\nc,d\n", b"a,b\n\\.x,y\n", b"a,\\.\n",
    b'"a","b"\n', b'"a""b",c\n', b'"a\nb",c\n', b'"a\r\nb",c\r\n', b'"a,b","c\n', b'x"a"y,"b"c\n', b'"",\n', b',""\n',
    b'""""\n', b'"a\\"b",c\n', b'"a\\\\","b"\n', b"'a''b',c\n", b"|a~|b|,x\n", b"x,x\n", b"|x|,|x|\n",
    b"NULL\tnull\n", b"\xff\tb\n", b"a\t\xe2\x82x\n", b"\xf8x\n", b"\xc0\x80\n", b"a\0\tb\n", b"\\0\tb\n",
    b"\\xff\tb\n", b"\\777\tb\n", b"a\tb\\", b"a\tb\\\n", b'a,"b', b'a,"b\n\n', b"a,b\r\n\r\n", b"a,b\r\rc,d\r",
    b" a , b \n", b'"a" ,b\n', b"a\tb\n\n", b"a,b,\n", b"x" * 200 + b"\n", b"\xc3\xbc" * 90 + b"\n", b"\\x4\t\\1\n",
    b"\\xg\t\\9\n", b"\\q\t\\\\\n", b"a||b\n", b"|\n", b";\n",
]  # fmt: skip


def ours(options: Options, data: bytes, width: int) -> object:
    """The rows of bytes that come in pieces of so many, or what is said of them."""
    reader = RowReader(options, "t", COLUMNS)
    rows: list[list[str | None]] = []
    try:
        for at in range(0, len(data), width):
            rows += [row.fields for row in reader.feed(data[at : at + width])]
        rows += [row.fields for row in reader.finish()]
    except PgError as error:
        told = error.report
        return told.sqlstate, told.message, told.hint, told.where
    return rows


def theirs(postgres: Postgres, options: Options, inputs: list[bytes]) -> list[object]:
    script = ['create temp table t (a text, "b," text);']
    for at, data in enumerate(inputs):
        (postgres.folder / f"in{at}").write_bytes(data)
        copy = f"copy t from '{postgres.folder}/in{at}' with {said(options, reading=True)};"
        script += [f"\\warn case {at}", f"truncate t; {copy}"]
        script.append("""select coalesce(json_agg(json_build_array(a, "b,") order by ctid), '[]')::jsonb from t;""")
    rows, errors = psql(postgres, "\n".join(script))
    told = re.split(r"case \d+\n", errors)[1:]
    return [failed(one) if one else json.loads(row) for one, row in zip(told, rows.decode().splitlines(), strict=True)]


def failed(text: str) -> tuple[str, str, str, str]:
    """What psql printed of an error."""
    found = re.fullmatch(
        r"ERROR:  (\w{5}): (.*?)\n(?:DETAIL:  .*?\n)?(?:HINT:  (.*?)\n)?(?:CONTEXT:  (.*?)\n)?LOCATION: .*\n",
        text,
        re.DOTALL,
    )
    assert found is not None, text
    return found[1], found[2], found[3] or "", found[4] or ""


@pytest.mark.parametrize("options", FORMATS, ids=named)
def test_what_is_read_is_what_postgres_reads(postgres: Postgres, options: Options) -> None:
    for data, told in zip(READ, theirs(postgres, options, READ), strict=True):
        for width in (1, 2, 3, 1000):
            assert ours(options, data, width) == told, (data, width)


LETTERS = st.sampled_from(
    [
        b"a",
        b",",
        b"\t",
        b"|",
        b'"',
        b"'",
        b"\\",
        b".",
        b"\n",
        b"\r",
        b"\r\n",
        b"N",
        b"x",
        b"4",
        b"1",
        "ü".encode(),
        b"~",
        b";",
    ]
)


def test_line_ends_within_a_line_that_ends_wrongly(postgres: Postgres) -> None:
    options = Options("csv", quote="|", escape="~", null="x")
    bodies = (b"|a\r|", b"|a\n|", b"|a\r\n\r|", b"|a\r\rb|,|\r|", b"a")
    inputs = [first + body + end for first in (b"x,1\r\n", b"x,1\n", b"x,1\r", b"")
              for body in bodies for end in (b"\n", b"\r", b"\r\n")]  # fmt: skip
    for data, told in zip(inputs, theirs(postgres, options, inputs), strict=True):
        assert ours(options, data, 1) == ours(options, data, 1000) == told, data


@settings(max_examples=4, deadline=None)
@given(st.lists(st.lists(LETTERS, max_size=14).map(b"".join), min_size=100, max_size=100), st.sampled_from(FORMATS))
def test_any_bytes_are_read_as_postgres_reads_them(postgres: Postgres, inputs: list[bytes], options: Options) -> None:
    for data, told in zip(inputs, theirs(postgres, options, inputs), strict=True):
        assert ours(options, data, 1) == ours(options, data, 1000) == told, data


ROWS = [(None, b""), (b"a", b"\0\xff"), (b"x" * 70_000, b"y")]


def test_binary_rows_are_those_of_postgres(postgres: Postgres) -> None:
    values = ", ".join(
        "(" + ", ".join("null::bytea" if one is None else f"'\\x{one.hex()}'::bytea" for one in row) + ")"
        for row in ROWS
    )
    written, _ = psql(postgres, f"copy (values {values}) to stdout with (format binary);")
    assert BINARY_HEAD + binary_rows(ROWS) + BINARY_END == written
    for width in (1, 7, 1_000_000):
        if width > 1 or len(written) < 1000:
            assert read_binary(written, width) == [list(row) for row in ROWS]
    small = BINARY_HEAD + binary_rows(ROWS[:2]) + BINARY_END
    assert all(read_binary(small, width) == [list(row) for row in ROWS[:2]] for width in range(1, len(small)))


def read_binary(data: bytes, width: int) -> list[list[bytes | None]] | tuple[str, str, str]:
    reader, rows = BinaryReader("t", COLUMNS), []
    try:
        for at in range(0, len(data), width):
            rows += reader.feed(data[at : at + width])
        reader.finish()
    except PgError as error:
        return error.report.sqlstate, error.report.message, error.report.where
    return rows


DAMAGED = [
    b"", b"PGCOPY", b"PGCOPX\n\xff\r\n\0" + bytes(8), BINARY_HEAD, BINARY_HEAD + b"\0", BINARY_HEAD + b"\0\1",
    BINARY_HEAD + b"\0\3", BINARY_HEAD + b"\0\2\0\0\0\1a", BINARY_HEAD + b"\0\2\0\0\0\2a",
    BINARY_HEAD + b"\0\2\xff\xff\xff\xfe", BINARY_HEAD + BINARY_END + b"x", BINARY_HEAD[:11] + b"\0\1\0\0" + bytes(4),
    BINARY_HEAD[:11] + b"\x80\0\0\0" + bytes(4), BINARY_HEAD[:11] + b"\0\0\0\1" + bytes(4) + BINARY_END,
    BINARY_HEAD[:15] + b"\xff\xff\xff\xff", BINARY_HEAD[:15] + b"\0\0\0\3ab",
    BINARY_HEAD[:15] + b"\0\0\0\1x" + BINARY_END, BINARY_HEAD[:13], BINARY_HEAD + b"\0\2\0\0\0\1a\xff\xff\xff\xff",
    BINARY_HEAD + b"\xff\xfe", BINARY_HEAD[:17], BINARY_HEAD + b"\0\2\0\0", BINARY_HEAD + b"\0\2\x7f\xff\xff\xff",
    BINARY_HEAD + b"\0\2\x3f\xff\xff\xff",
]  # fmt: skip


def test_damaged_binary_is_refused_in_the_words_of_postgres(postgres: Postgres) -> None:
    script = ['create temp table t (a bytea, "b," bytea);']
    for at, data in enumerate(DAMAGED):
        (postgres.folder / f"binary{at}").write_bytes(data)
        copy = f"copy t from '{postgres.folder}/binary{at}' with (format binary);"
        script += [f"\\warn case {at}", f"truncate t; {copy}"]
    _, errors = psql(postgres, "\n".join(script))
    told = [failed(one) if one else None for one in re.split(r"case \d+\n", errors)[1:]]
    for data, one in zip(DAMAGED, told, strict=True):
        made = {
            read_binary(data, width) if one else isinstance(read_binary(data, width), list) for width in (1, 5, 100)
        }
        assert made == {(one[0], one[1], one[3]) if one else True}, data


OPTIONS = [
    "format text, delimiter 'ab'", "format text, delimiter ''", "delimiter 'ü'", "delimiter E'\\n'", "delimiter 'a'",
    "delimiter '.'", "delimiter E'\\\\'", "null E'\\n'", "null E'a\\tb'", "quote 'a'", "escape 'a'",
    "force_quote (a)", "force_not_null (a)", "force_null (a)", "format csv, quote ''", "format csv, quote 'ab'",
    "format csv, escape 'ab'", "format csv, quote ','", "format csv, null 'a,b'", "format csv, null '\"'",
    "format csv, delimiter E'\\r'", "format csv, delimiter 'a'", "format csv, delimiter '\"'",
    "format binary, delimiter ','", "format binary, null ''", "format binary, header true",
    "format binary, header false", "format binary, quote '\"'", "format csv, force_quote (a)",
    "format csv, force_null (a)", "format csv, force_not_null (a)", "header match", "format csv, header match",
    "format csv, force_quote *", "format binary, header match",
]  # fmt: skip


@pytest.mark.parametrize("reading", [True, False])
def test_options_are_refused_as_there(postgres: Postgres, reading: bool) -> None:
    where = f"from '{postgres.folder}/password'" if reading else "to stdout"
    script = ['create temp table t (a text, "b," text);'] + [
        line for at, one in enumerate(OPTIONS) for line in (f"\\warn case {at}", f"copy t {where} with ({one});")
    ]
    _, errors = psql(postgres, "\n".join(script))
    for one, told in zip(OPTIONS, re.split(r"case \d+\n", errors)[1:], strict=True):
        try:
            options_of(one).check(reading=reading)
        except PgError as error:
            assert f"ERROR:  {error}\n" in told, one
        else:
            assert not told or told.startswith("ERROR:  22P04"), (one, told)


def options_of(text: str) -> Options:
    """A clause of this test as options."""
    said: dict[str, object] = {}
    for part in text.replace("'a,b'", "'a;b'").split(", "):
        name, _, value = part.partition(" ")
        value = value.replace("'a;b'", "'a,b'")
        if name.startswith("force"):
            said[name] = None if value == "*" else frozenset(("a",))
        elif name == "header":
            said[name] = {"true": True, "false": False, "match": "match"}[value]
        else:
            inner = value.removeprefix("E").strip("'") if name != "format" else value
            said[name] = inner.encode().decode("unicode_escape") if value.startswith("E") else inner
    return Options(**said)  # ty: ignore[invalid-argument-type]
