"""Every type's values in text and binary, against PostgreSQL itself: what it takes, what it says, what it refuses."""

import itertools
import tomllib
from collections.abc import Iterator
from dataclasses import replace
from datetime import time
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import settings as settings_of
from hypothesis import strategies as st

from tests.postgres import Postgres, quoted, running
from yunbox.wire.pgwire.report import PgError
from yunbox.wire.pgwire.values.codec import Style
from yunbox.wire.pgwire.values.objects import Named
from yunbox.wire.pgwire.values.types import BY_NAME, ELEMENTS, TYPES

KINDS = [name for name, of in sorted(BY_NAME.items()) if not isinstance(ELEMENTS.get(of.oid, of).codec, Named)]
"""All but names of objects, which only a catalogue can read."""

_WRITTEN: dict[str, list[str]] = tomllib.loads(Path(__file__).with_name("values.toml").read_text())
LIKE = {
    "int2": "int4", "int8": "int4", "oid": "int4", "float4": "float8", "varchar": "text", "timestamptz": "timestamp",
    "timestamp": "date", "jsonb": "json", "cidr": "inet",
}  # fmt: skip
_EDGES = [str(sign * ((1 << n) - less)) for n in range(65) for sign in (1, -1) for less in (0, 1)]
_REALS = [repr(value) for n in range(-149, 128) for value in (2.0**n, -(2.0**n) * 1.1, 2.0**n * 4 / 3)] + [
    repr(sign * (1 << n) + odd) for n in (24, 25, 31, 53, 54, 56, 60, 63) for sign in (1, -1) for odd in range(-9, 10)
]
_DECIMALS = [
    f"{sign}{digits}.{rest}" for sign in ("", "-") for digits in ("0", "7", "10000", "99990000")
    for rest in ("0", "0007", "7000", "00000007")
]  # fmt: skip
_MADE = {"int4": _EDGES, "float8": _REALS, "numeric": _DECIMALS}

_DATED = [
    *(Style(dates, order) for dates in ("ISO", "SQL", "POSTGRES", "GERMAN") for order in ("MDY", "DMY", "YMD")),
    *(
        Style(dates, zone=ZoneInfo(zone))
        for zone in ("Asia/Shanghai", "America/New_York", "Asia/Kolkata", "America/Sao_Paulo")
        for dates in ("ISO", "SQL", "POSTGRES")
    ),
]
STYLES = {
    **dict.fromkeys(("date", "timestamp", "timestamptz", "_date", "_timestamptz"), _DATED),
    "timetz": [Style(), Style(zone=ZoneInfo("Asia/Kolkata"))],
    "interval": [Style(intervals=one) for one in ("postgres", "postgres_verbose", "sql_standard", "iso_8601")],
    **{kind: [Style(float_digits=digits) for digits in (1, 0, -3)] for kind in ("float4", "float8")},
    "bytea": [Style(), Style(escapes=True)],
}
"""The styles in which a type's texts differ."""

# What PostgreSQL says of a text: the value as its output function and its function for the binary format have it.
_SAID = """create function said(t text, kind text) returns text language plpgsql as $$
declare shown text; packed text; send text;
begin
    select typsend::regproc::text into send from pg_type where typname = kind;
    execute format('select format(''%s'', x), encode(%s(x), ''hex'') from (select $1::%s as x) q', '%s', send,
        quote_ident(kind)) into shown, packed using t;
    return shown || chr(1) || packed;
exception when others then
    return sqlstate || ': ' || sqlerrm;
end $$;"""
_ESCAPES = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}


def texts_of(kind: str) -> list[str]:
    """The texts that are tried with a type: its own and those of the type that it is like."""
    like = LIKE.get(kind)
    return _WRITTEN.get(kind, []) + _MADE.get(kind, []) + (texts_of(like) if like else [])


KINDS = sorted({*_WRITTEN, *LIKE})


@pytest.fixture(scope="module")
def postgres() -> Iterator[Postgres]:
    with running() as server:
        psql(server, _SAID)
        yield server


def settings(style: Style) -> str:
    """The statements that make a session of this style."""
    zone = style.zone.key if isinstance(style.zone, ZoneInfo) else "UTC"
    said = {
        "datestyle": f"{style.dates}, {style.order}", "intervalstyle": style.intervals, "timezone": zone,
        "extra_float_digits": style.float_digits, "bytea_output": "escape" if style.escapes else "hex",
    }  # fmt: skip
    return " ".join(f"set {name} = '{value}';" for name, value in said.items())


def psql(postgres: Postgres, script: str) -> str:
    """What a script prints."""
    ran = postgres.psql(script, "ON_ERROR_STOP=1")
    assert ran.returncode == 0, ran.stderr.decode()
    return ran.stdout.decode()


def theirs(postgres: Postgres, kind: str, texts: list[str], style: Style) -> list[str]:
    """What PostgreSQL says of texts."""
    rows = ", ".join(f"({at}, {quoted(text)})" for at, text in enumerate(texts))
    query = f"select said(t, '{kind}') from (values {rows}) v (i, t) order by i"
    answers = psql(postgres, f"{settings(style)} copy ({query}) to stdout;")
    return [unescaped(line) for line in answers.split("\n")[:-1]]


def unescaped(line: str) -> str:
    """A field of COPY's text format."""
    rest = iter(line)
    return "".join(_ESCAPES.get(after := next(rest), after) if letter == "\\" else letter for letter in rest)


def ours(kind: str, text: str, style: Style) -> str:
    """What the codec says of a text, in the words of the function ``said``."""
    codec = BY_NAME[kind].codec
    try:
        value = codec.read(text, style)
    except PgError as refused:
        return str(refused)
    packed = codec.pack(value)
    assert codec.write(codec.unpack(packed), style) == codec.write(value, style)
    return f"{codec.write(value, style)}\x01{packed.hex()}"


@pytest.mark.parametrize("kind", KINDS)
def test_values_are_those_of_postgres(postgres: Postgres, kind: str) -> None:
    """Every text means the value that it means there and is written as there, or is refused in the same words."""
    texts = texts_of(kind)
    for style in STYLES.get(kind, [Style()]):
        said = zip(texts, theirs(postgres, kind, texts, style), strict=True)
        other = [(text, answer, made) for text, answer in said if (made := ours(kind, text, style)) != answer]
        assert other == [], settings(style)


def test_words_of_now_are_of_the_transaction() -> None:
    noon = 8827 * 86_400_000_000 + 43_200_000_000  # 2024-03-02 12:00 in UTC
    style = Style(zone=ZoneInfo("Asia/Shanghai"), now=noon)
    said = {
        ("date", "today"): "2024-03-02", ("date", "yesterday"): "2024-03-01", ("date", "tomorrow"): "2024-03-03",
        ("timestamp", "now"): "2024-03-02 20:00:00", ("timestamptz", " NOW "): "2024-03-02 20:00:00+08",
        ("timestamptz", "tomorrow"): "2024-03-03 00:00:00+08", ("timetz", "04:05"): "04:05:00+08",
    }  # fmt: skip
    codecs = {kind: BY_NAME[kind].codec for kind, _ in said}
    assert {key: codecs[key[0]].write(codecs[key[0]].read(key[1], style), style) for key in said} == said


_ANY = st.characters(exclude_characters="\0", exclude_categories=["Cs"])  # what a message can carry
_LETTERS = '0123456789-+:./ aTZ{},"\\bcdeinfyPMS'


@given(st.sampled_from(KINDS), st.text(_ANY, max_size=30) | st.text(_LETTERS, max_size=25))
def test_any_text_is_a_value_or_refused(kind: str, text: str) -> None:
    codec = BY_NAME[kind].codec
    try:
        value = codec.read(text, Style())
    except PgError:
        return
    for style in (Style(), replace(Style(), dates="SQL", intervals="iso_8601")):
        assert codec.pack(codec.read(codec.write(value, style), style)) == codec.pack(value)
    assert codec.write(codec.unpack(codec.pack(value)), Style()) == codec.write(value, Style())


@given(st.sampled_from(KINDS), st.binary(max_size=40))
def test_any_bytes_are_a_value_or_refused(kind: str, data: bytes) -> None:
    codec = BY_NAME[kind].codec
    try:
        value = codec.unpack(data)
    except PgError:
        return
    assert codec.write(codec.unpack(codec.pack(value)), Style()) == codec.write(value, Style())


@settings_of(deadline=None)
@given(st.sampled_from(KINDS), st.data())
def test_damaged_values_are_values_or_refused(kind: str, data: st.DataObject) -> None:
    """Bytes near to a value: one is cut, changed or added."""
    codec = BY_NAME[kind].codec
    whole = codec.pack(codec.read(data.draw(st.sampled_from(_readable(kind))), Style()))
    at = data.draw(st.integers(0, len(whole)))
    damaged = whole[:at] + data.draw(st.binary(max_size=2)) + whole[at + data.draw(st.integers(0, 2)) :]
    try:
        value = codec.unpack(damaged)
    except PgError:
        return
    assert codec.write(codec.unpack(codec.pack(value)), Style()) == codec.write(value, Style())


@cache
def _readable(kind: str) -> list[str]:
    return [text for text in texts_of(kind) or ["{}", "101"] if "\x01" in ours(kind, text, Style())]


def test_a_numeric_has_no_more_digits_than_postgres_takes(postgres: Postgres) -> None:
    texts = ["1e131071", "1e131072", "-1e131071", "1e-16383", "1e-16384", "9" * 5000, "0." + "7" * 5000, "1e20000"]
    assert [ours("numeric", text, Style()) for text in texts] == theirs(postgres, "numeric", texts, Style())


@pytest.mark.parametrize("kind", KINDS)
def test_long_texts_are_read_or_refused(kind: str) -> None:
    for text in ("1" * 100_000, "1:" + "1" * 5000, "a" * 100_000, "[" * 100_000, "{" * 100_000, "-1-" + "1" * 5000):
        assert ours(kind, text, Style())


def test_no_two_types_have_one_number() -> None:
    numbers = list(itertools.chain.from_iterable((one.oid, one.array) for one in BY_NAME.values()))
    assert len(TYPES) == len(BY_NAME)
    assert {number for number in numbers if number} == set(TYPES)


@pytest.mark.parametrize("zoned", [False, True])
@given(st.integers(0, 9999), st.integers(0, 13), st.integers(0, 32), st.times(), st.integers(0, 6), st.booleans())
def test_a_plain_moment_is_read_as_every_other_one(
    zoned: bool, year: int, month: int, day: int, clock: time, digits: int, utc: bool
) -> None:
    fraction = f".{clock.microsecond:06}"[: digits + 1] if digits else ""
    text = f"{year:04}-{month:02}-{day:02} {clock:%H:%M:%S}{fraction}{'+00' if utc else ''}"
    codec, style = BY_NAME["timestamptz" if zoned else "timestamp"].codec, Style(zone=ZoneInfo("Asia/Shanghai"))

    def read(what: str) -> int | str:
        try:
            return codec.read(what, style)
        except PgError as error:
            return error.report.sqlstate

    assert read(text) == read(f"{text} AD")
