"""Lines that are taken as they are: they come to the keys and rows that reading each value comes to, or to nothing."""

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from yunbox.services.hologres.fixed.fitting import fit
from yunbox.storage.rows.bulk.lane import Lane, lane_of
from yunbox.storage.rows.form import Form
from yunbox.storage.rows.model import Column, Relation
from yunbox.storage.rows.rows import STANDARD, joined
from yunbox.wire.pgwire.copy.options import Options
from yunbox.wire.pgwire.copy.reading import RowReader
from yunbox.wire.pgwire.values.modifiers import modifier
from yunbox.wire.pgwire.values.types import BY_NAME

TYPES = {
    "int2": (), "int4": (), "int8": (), "oid": (), "bool": (), "float4": (), "float8": (), "text": (), "varchar": (4,),
    "bpchar": (3,), "numeric": (10, 3), "date": (), "time": (), "timestamp": (3,), "timestamptz": (), "uuid": (),
}  # fmt: skip
KEYED = ("int2", "int4", "int8", "oid", "bool", "text", "varchar", "date", "time", "timestamp", "timestamptz", "uuid")


def column(of: str, number: int, *, not_null: bool = False) -> Column:
    numbers = TYPES.get(of, ())
    kept = modifier(of, numbers) if numbers else -1
    return Column(f"c{number}", number, BY_NAME[of].oid, kept, not_null)


def table(*columns: Column, key: Sequence[int] = ()) -> Relation:
    return Relation(16_384, "public", "t", 7, columns, primary_key=tuple(key))


def read(relation: Relation, block: bytes, options: Options) -> list[tuple[bytes | None, bytes]]:
    """Keys and rows by reading each value."""
    form, made = Form(relation), []
    reader = RowReader(options, "t", [one.name for one in relation.columns])
    for row in [*reader.feed(block), *reader.finish()]:
        pairs = zip(relation.columns, row.fields, strict=True)
        values = [None if text is None else fit(one, one.type.codec.read(text, STANDARD)) for one, text in pairs]
        made.append((form.key(values), form.row(values)))
    return made


def taken(relation: Relation, block: bytes, options: Options) -> list[tuple[bytes | None, bytes]] | None:
    """Keys and rows of lines as they are."""
    lane = lane_of(relation, relation.columns, b"", b"")
    plain = RowReader(options, "t", [one.name for one in relation.columns]).plain(block)
    assert lane is not None
    packed = lane.rows(plain.block, plain.between, plain.nothing) if plain is not None else None
    if packed is None:
        return None
    keys: Sequence[bytes | None] = packed.keys.parted() if packed.keys is not None else [None] * len(packed)
    return list(zip(keys, packed.rows.parted(), strict=True))


EDGES = (
    "0", "-0", "1", "-1", "01", "+1", " 1", "1 ", "", "-", "32767", "32768", "-32768", "-32769", "2147483647",
    "2147483648", "-2147483648", "4294967295", "4294967296", "999999999999999999", "9223372036854775807",
    "9223372036854775808", "-9223372036854775808", "1_0", "٣", "0.5", ".5", "5.", "0.0", "-0.0", "0.10", "250000.0",
    "1e5", "1E5", "0.0001", "0.00001", "0.000010", "123456.7", "1234567", "999999.5", "16777217", "0.1234567",
    "123456789012345", "1234567890123456", "0.123456789012345", "0.1234567890123456", "9007199254740993",
    "100000000000000000", "1.5.5", "NaN", "Infinity", "-Infinity", "inf", "1.000", "1.0000", "-0.000", "9999999.999",
    "10000000.000", "0001.000", "t", "f", "true", "T", "y", "yes", "abc", "abcd", "abcde", "äbc", "a  ", "a", "\\N",
    "\\\\", "\\t", "x\\N", "\\Nx", "2026-01-01", "2024-02-29", "2023-02-29", "1900-02-29", "2000-02-29", "0999-12-31",
    "1000-01-01", "9999-12-31", "10000-01-01", "2026-13-01", "2026-00-10", "2026-04-31", "2026-1-1", "20260101",
    "2026/01/01", "infinity", "today", "00:00:00", "23:59:59.999999", "24:00:00", "12:00:60", "12:00", "1:00:00",
    "12:00:00.1", "12:00:00.10", "12:00:00.", "12:00:00.1234567", "2026-01-01 00:00:00", "2026-01-01T00:00:00",
    "2026-01-01 00:00:00.5", "2026-01-01 00:00:00.500", "2026-01-01 00:00:00.1234", "2026-01-01 00:00:00.000000",
    "2026-01-01 00:00:00+00", "2026-01-01 00:00:00+08", "2026-01-01 00:00:00.25+00", "2026-01-01 00:00:00.250+00",
    "2026-01-01  00:00:00", "0001-01-01 00:00:00 BC", "5d1d4f2c-3f0e-4b7e-9b1a-0123456789ab",
    "5D1D4F2C-3F0E-4B7E-9B1A-0123456789AB", "5d1d4f2c3f0e4b7e9b1a0123456789ab", "\x7f", "\r", "a\rb", '"', '"a"', ",",
    "\\.", "-2147483649", "-32768.0", "'", "x" * 600,
)  # fmt: skip


@pytest.mark.parametrize("csv", [False, True])
@pytest.mark.parametrize("of", TYPES)
def test_every_edge_of_every_type_comes_to_the_same(of: str, csv: bool) -> None:
    options = Options("csv" if csv else "text")
    relation = table(column(of, 1), key=(1,) if of in KEYED else ())
    took = 0
    for text in EDGES:
        block = f"{text}\n".encode()
        found = taken(relation, block, options)
        if found is not None:
            took += 1
            assert found == read(relation, block, options), text
    assert took > 0


def likely(of: str) -> st.SearchStrategy[str]:
    """Texts that are often a type's, and often as they are stored."""
    digits = st.text("0123456789", min_size=1, max_size=7)
    whole = st.integers(-(1 << 63), (1 << 63) - 1).map(str) | st.integers(-300, 300).map(str)
    real = st.floats(allow_nan=False, width=32).map(repr) | st.decimals(-999, 999, places=3).map(str)
    numbers = whole if of.startswith("int") or of == "oid" else real | st.tuples(digits, digits).map(".".join)
    moments = st.datetimes().map(str) | st.datetimes().map(lambda one: f"{one}+00")
    others = {
        "date": st.dates().map(str), "time": st.times().map(str), "timestamp": moments, "timestamptz": moments,
        "uuid": st.uuids().map(str), "bool": st.sampled_from(["t", "f"]),
        "text": st.text(max_size=9), "varchar": st.text(max_size=5), "bpchar": st.text("abc ", max_size=4),
    }  # fmt: skip
    return others.get(of, numbers) | st.just("\\N") | st.sampled_from(EDGES)


def quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


@settings(max_examples=500, deadline=None)
@given(st.data())
def test_lines_of_any_table_come_to_the_same(data: st.DataObject) -> None:
    types = data.draw(st.lists(st.sampled_from(list(TYPES)), min_size=1, max_size=4))
    keyed = [number for number, of in enumerate(types, 1) if of in KEYED]
    key = data.draw(st.lists(st.sampled_from(keyed), unique=True, max_size=2)) if keyed else []
    relation = table(*(column(of, number) for number, of in enumerate(types, 1)), key=key)
    csv = data.draw(st.booleans())
    texts = [likely(of) | likely(of).map(quoted) if csv else likely(of) for of in types]
    lines = data.draw(st.lists(st.tuples(*texts), min_size=1, max_size=4))
    block = "".join((",\t"[not csv]).join(line) + "\n" for line in lines).encode("utf-8", "surrogatepass")
    options = Options("csv" if csv else "text")
    found = taken(relation, block, options)
    if found is not None:
        assert found == read(relation, block, options)


def test_most_of_what_programs_write_is_taken() -> None:
    types = ("int8", "text", "float8", "timestamp", "bool")
    relation = table(*(column(of, n) for n, of in enumerate(types, 1)), key=(1,))
    block = b"".join(b"%d\tname %d\t%r\t2026-01-01 00:00:%02d\tt\n" % (n, n, n / 2, n % 60) for n in range(5000))
    found = taken(relation, block, Options("text"))
    assert found is not None
    assert found == read(relation, block, Options("text"))


@pytest.mark.parametrize(
    ("block", "is_taken"),
    [
        (b'1,"a, b",x\n"2",,"c"\n', True),
        (b'"1","a","b"\n', True),
        (b'1,"a""b",c\n', False),
        (b'1,a"b",c\n', False),
        (b'1,"a"b,c\n', False),
        (b'1,"",c\n', False),
        (b'1,"a\nb",c\n', False),
        (b'1,"a",c"\n', False),
        (b'1,"a",\x1f\n', False),
    ],
)
def test_fields_that_are_quoted_as_a_whole(block: bytes, is_taken: bool) -> None:
    relation = table(column("int4", 1), column("text", 2), column("text", 3), key=(1,))
    found = taken(relation, block, Options("csv"))
    assert (found is not None) == is_taken
    if found is not None:
        assert found == read(relation, block, Options("csv"))


@pytest.mark.parametrize("nothing", [b"\\N", b""])
def test_a_null_where_there_may_be_none_is_left_to_be_read(nothing: bytes) -> None:
    relation = table(column("int4", 1), column("int4", 2, not_null=True), column("int4", 3), key=(1,))
    options = Options("text", null=nothing.decode())
    assert taken(relation, b"1\t2\t" + nothing + b"\n", options) is not None
    assert taken(relation, b"1\t" + nothing + b"\t3\n", options) is None
    assert taken(relation, nothing + b"\t2\t3\n", options) is None


def test_rows_of_another_partition_are_left_to_be_read() -> None:
    columns = (column("int4", 1), column("text", 2))
    relation = Relation(9, "public", "p", 7, columns, definition="20260101", parent=8, partition=2)
    assert taken(relation, b"1\t20260101\n2\t20260101\n", Options("text")) is not None
    for other in (b"20260102", b"2026010", b"", b"\\N"):
        assert taken(relation, b"1\t20260101\n2\t" + other + b"\n", Options("text")) is None
    assert lane_of(relation, columns[:1], b"", b"") is None


def test_what_every_row_has_beside_the_lines() -> None:
    relation = table(column("int4", 1), column("text", 2), column("int4", 3))
    lane = lane_of(relation, relation.columns[1:2], joined([b"7"]), joined([None]))
    assert isinstance(lane, Lane)
    packed: Any = lane.rows(b"a\n\\N\nabc\n", b"\t", b"\\N")
    assert packed.rows.parted() == [joined([b"7", text, None]) for text in (b"a", None, b"abc")]


@pytest.mark.parametrize("block", [b"1\xff\n", b"1\x00\n", b"1\t2\n3\n", b"1\n2\t3\n", b"1", b"\xed\xa0\x80\n"])
def test_what_is_no_text_or_has_other_fields_is_left_to_be_read(block: bytes) -> None:
    assert taken(table(column("text", 1), column("text", 2)), block, Options("text")) is None


@pytest.mark.parametrize(
    ("options", "data"), [(Options("text"), b"\\.\n"), (Options("csv"), b'"1\n'), (Options("csv", header=True), b"")]
)
def test_lines_behind_the_end_or_amid_a_quote_are_left_to_be_read(options: Options, data: bytes) -> None:
    reader = RowReader(options, "t", ["c1"])
    assert reader.feed(data) == []
    assert reader.plain(b"2\n") is None
