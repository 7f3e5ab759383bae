"""Records in their three forms: what one writes, the others read; whatever comes, nothing but an error comes of it."""

import base64
import hashlib
import hmac
import math
import struct
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from yunbox.kernel.errors import InvalidArgument, Unauthenticated
from yunbox.wire.datahub.batch import BLOB_VERSION, read_batch, write_batch, write_record
from yunbox.wire.datahub.columns import split
from yunbox.wire.datahub.compression import compress, decompress
from yunbox.wire.datahub.envelope import unwrap, wrap
from yunbox.wire.datahub.messages import (
    body_of,
    compose,
    read_batches,
    read_entry,
    read_get,
    read_puts,
    values_of,
)
from yunbox.wire.datahub.schema import Field, FieldType, RecordSchema, parse_schema
from yunbox.wire.datahub.signing import claim_of, parse_authorization, sign
from yunbox.wire.datahub.values import CHECKS, check, checked_value

VALUES = st.lists(st.one_of(st.none(), st.binary(max_size=200)), min_size=1, max_size=6)
ATTRIBUTES = st.dictionaries(st.text(max_size=5), st.text(max_size=200), max_size=3)
TEXTS = st.one_of(
    st.none(),
    st.binary(max_size=6),
    st.integers(-(1 << 66), 1 << 66).map(lambda number: b"%d" % number),
    st.floats().map(lambda number: repr(number).encode()),
    st.text(max_size=5).map(lambda text: text.encode("utf-8", "surrogatepass")),
    st.sampled_from([b"", b"-", b"+1", b"-0", b"1-", b"true", b"False", b"1e5", b".5", b"5.", b"NaN", b"Infinity",
                     b"{}", b"[1", b"9999999999999999999", b"253402271999000000", b"253402271999000001", b"1_0"]),
)  # fmt: skip


def test_a_signature_by_hand() -> None:
    """As pydatahub 2.29 signs: the resource is decoded and its query sorted."""
    headers = {"content-type": "application/json", "date": "Thu, 26 Nov 2026 10:00:00 GMT",
               "x-datahub-client-version": "1.1", "x-datahub-b": "2", "x-datahub-a": "1", "host": "h"}  # fmt: skip
    text = (
        "GET\napplication/json\nThu, 26 Nov 2026 10:00:00 GMT\nx-datahub-a:1\nx-datahub-b:2\n"
        "x-datahub-client-version:1.1\n/projects/p/topics/t/connectors?a&mode=i d"
    )
    wanted = base64.b64encode(hmac.digest(b"secret", text.encode(), hashlib.sha1)).decode()
    claim = claim_of(
        "GET", "/projects/p/topics/t/connectors?mode=i%20d&a", {**headers, "authorization": f"DATAHUB id:{wanted}"}, ""
    )
    assert wanted in [sign("secret", claim, signed) for signed in claim.signed]
    assert (claim.access_key_id, claim.signature) == ("id", wanted)
    for header in ("", "DATAHUB", "DATAHUB id", "DATAHUB :x", "ODPS id:x", "DATAHUB " + "i" * 5000 + ":x"):
        with pytest.raises(Unauthenticated):
            parse_authorization(header)


def sent(values: list[bytes | None], attributes: dict[str, str], shard: str = "") -> bytes:
    body, _ = body_of(values, attributes)
    entry = (b"\x0a%c%b" % (len(shard), shard.encode()) if shard else b"") + body
    length, size = b"", len(entry)
    while size > 127:
        length, size = length + bytes((size & 127 | 128,)), size >> 7
    return b"\x0a" + length + bytes((size,)) + entry


@given(st.lists(st.tuples(VALUES, ATTRIBUTES, st.sampled_from(["", "0", "17"])), min_size=1, max_size=5))
def test_what_is_put_is_read(records: list) -> None:
    puts = read_puts(b"".join(sent(*one) for one in records))
    assert [(values_of(put.body, put.data_at), put.shard_id) for put in puts] == [
        (values, shard) for values, _, shard in records
    ]
    table, payload = compose([put.body for put in puts], 300, 1_795_969_222_377)
    starts = [*struct.unpack(f"<{len(puts)}I", table), len(payload)]
    entries = [read_entry(payload[low:high]) for low, high in pairwise(starts)]
    assert [one.sequence for one in entries] == list(range(300, 300 + len(puts)))
    assert [(one.values, one.attributes) for one in entries] == [(values, more) for values, more, _ in records]


@pytest.mark.parametrize("first", [0, 100, 127, 128, 16_300, (1 << 40) - 5])
def test_sequences_follow_each_other(first: int) -> None:
    body, _ = body_of([b"x"], {})
    table, payload = compose([body] * 300, first, 1)
    starts = [*struct.unpack("<300I", table), len(payload)]
    found = [read_entry(payload[low:high]).sequence for low, high in pairwise(starts)]
    assert found == list(range(first, first + 300))


@given(st.binary(max_size=200))
def test_whatever_comes_as_a_message(data: bytes) -> None:
    for read in (read_puts, read_batches, read_get, unwrap):
        try:
            read(data)
        except InvalidArgument:
            continue


@given(st.binary(max_size=300), st.integers(0, 299), st.integers(1, 255))
def test_a_frame_says_that_it_is_damaged(data: bytes, at: int, bits: int) -> None:
    whole = wrap(data)
    assert unwrap(whole) == data
    damaged = bytearray(whole)
    damaged[at % len(whole)] ^= bits
    with pytest.raises(InvalidArgument):
        unwrap(bytes(damaged))


@given(st.lists(VALUES, min_size=1, max_size=20), st.integers(1, 6))
def test_columns_are_what_is_read_one_by_one(rows: list, count: int) -> None:
    data, starts, ends = b"", [], []
    for values in rows:
        body, data_at = body_of(values, {"k": "v"})
        starts.append(len(data) + data_at)
        data += body
        ends.append(len(data))
    columns = split(data, starts, ends, count)
    for row, values in enumerate(rows):
        assert columns.whole[row] == (len(values) == count)
        if len(values) == count:
            assert [columns.value(at, row) for at in range(count)] == values
    gathered, offsets = columns.gathered(0)
    wanted = [(values[0] or b"") if len(values) == count else b"" for values in rows]
    parts = [gathered[low:high].tobytes() for low, high in pairwise(offsets)]
    assert parts == wanted


@given(st.binary(max_size=100), st.lists(st.integers(0, 100), min_size=1, max_size=5), st.integers(1, 4))
def test_whatever_comes_as_columns(data: bytes, places: list[int], count: int) -> None:
    starts = [min(at, len(data)) for at in places]
    columns = split(data, starts, [len(data)] * len(starts), count)
    for at in range(count):
        assert ((columns.starts[at] >= 0) & (columns.starts[at] <= len(data) + 16)).all()
        columns.gathered(at)


@given(st.sampled_from(list(FieldType)), st.booleans(), st.lists(TEXTS, min_size=1, max_size=30))
def test_whole_columns_are_judged_as_single_values(kind: FieldType, notnull: bool, values: list) -> None:
    schema = RecordSchema((Field("f", kind, notnull=notnull),))
    data, starts, ends = b"", [], []
    for value in values:
        body, data_at = body_of([value], {})
        starts.append(len(data) + data_at)
        data += body
        ends.append(len(data))
    wrong = check(schema, split(data, starts, ends, 1))
    for row, value in enumerate(values):
        good = not notnull if value is None else CHECKS[kind](value)
        assert (row not in wrong) == good, value


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        (FieldType.TINYINT, [b"-128", b"127", b"+5"], [b"128", b"-129", b"1.0", b""]),
        (FieldType.SMALLINT, [b"-32768", b"32767"], [b"32768"]),
        (FieldType.INTEGER, [b"-2147483648", b"2147483647"], [b"2147483648"]),
        (FieldType.BIGINT, [b"9223372036854775807"], [b"9223372036854775808", b"1_0", b" 1", b"x"]),
        (FieldType.TIMESTAMP, [b"253402271999000000"], [b"253402271999000001", b"-62135798400000001"]),
        (FieldType.DOUBLE, [b"1", b"-1.5e10", b".5", b"NaN", b"-Infinity"], [b"1e", b"", b"e5", b"0x10", b"1_0"]),
        (FieldType.FLOAT, [b"3.4e38", b"NaN"], [b"3.5e38", b"1e400"]),
        (FieldType.DECIMAL, [b"12.2219999999999995310417943983", b"-1"], [b"NaN", b"-", b""]),
        (FieldType.STRING, [b"", "漢".encode()], [b"\xff", b"a" * (2 * 1024 * 1024 + 1)]),
        (FieldType.JSON, [b'{"a": 1}', b"null"], [b"{", b""]),
    ],
)
def test_ranges(kind: FieldType, good: list[bytes], bad: list[bytes]) -> None:
    """By the vendor's page "Terms"."""
    field = Field("f", kind)
    for value in good:
        assert checked_value(field, value) == value
    for value in bad:
        with pytest.raises(InvalidArgument) as error:
            checked_value(field, value)
        assert error.value.code == "MalformedRecord"


def test_the_ways_to_write_a_boolean() -> None:
    field = Field("f", FieldType.BOOLEAN)
    given_, kept = [b"true", b"True", b"1", b"false", b"False", b"0"], [b"true"] * 3 + [b"false"] * 3
    assert [checked_value(field, value) for value in given_] == kept
    with pytest.raises(InvalidArgument):
        checked_value(field, b"yes")


SCHEMA = RecordSchema(tuple(Field(f"f{at}", kind) for at, kind in enumerate(FieldType)))
TYPED = st.tuples(
    *(st.none() | one for one in (
        st.integers(-128, 127).map(lambda n: b"%d" % n),
        st.integers(-(1 << 15), (1 << 15) - 1).map(lambda n: b"%d" % n),
        st.integers(-(1 << 31), (1 << 31) - 1).map(lambda n: b"%d" % n),
        st.integers(-(1 << 63), (1 << 63) - 1).map(lambda n: b"%d" % n),
        st.floats(width=32).map(lambda x: f"{x:.9g}".encode()),
        st.floats().map(lambda x: repr(x).encode()),
        st.decimals(allow_nan=False, allow_infinity=False).map(lambda x: str(x).encode()),
        st.sampled_from([b"true", b"false"]),
        st.integers(-(1 << 55), 1 << 55).map(lambda n: b"%d" % n),
        st.text(max_size=20).map(str.encode),
        st.just(b"{}"),
    ))
)  # fmt: skip


@given(st.lists(st.tuples(TYPED, ATTRIBUTES), min_size=1, max_size=4))
def test_batches(records: list) -> None:
    batch = write_batch([write_record(SCHEMA, 3, values, more) for values, more in records])
    found = read_batch(batch, lambda _version: SCHEMA, 1 << 20)
    assert [one.attributes for one in found] == [more for _, more in records]
    for one, (values, _) in zip(found, records, strict=True):
        for field, got, wanted in zip(SCHEMA.fields, one.values, values, strict=True):
            if wanted is not None and field.type in (FieldType.FLOAT, FieldType.DOUBLE):
                form = "<f" if field.type is FieldType.FLOAT else "<d"
                one, other = (struct.pack(form, float(text)) for text in (got, wanted))
                assert one == other or (math.isnan(float(got)) and math.isnan(float(wanted))), (field, got, wanted)
            else:
                assert got == wanted, field


@given(st.binary(max_size=60))
def test_a_batch_of_bytes(data: bytes) -> None:
    batch = write_batch([write_record(None, BLOB_VERSION, [data], {})])
    assert read_batch(batch, lambda _version: SCHEMA, 1 << 20)[0].values == [data]


@given(st.lists(st.tuples(TYPED, ATTRIBUTES), min_size=1, max_size=2), st.data())
def test_whatever_comes_as_a_batch(records: list, data: st.DataObject) -> None:
    whole = bytearray(write_batch([write_record(SCHEMA, 3, values, more) for values, more in records]))
    for _ in range(data.draw(st.integers(1, 4))):
        whole[data.draw(st.integers(26, len(whole) - 1))] = data.draw(st.integers(0, 255))
    import crc32c

    struct.pack_into("<I", whole, 16, crc32c.crc32c(bytes(whole[26:])))
    try:
        read_batch(bytes(whole), lambda _version: SCHEMA, 1 << 20)
    except InvalidArgument as error:
        assert error.code == "MalformedRecord"


@pytest.mark.parametrize("encoding", ["lz4", "zlib", "zstd"])
def test_compression(encoding: str) -> None:
    data = b"abc" * 1000
    packed = compress(data, encoding)
    assert packed is not None and len(packed) < 200
    assert decompress(packed, encoding, len(data), 1 << 20) == data
    for raw_size, size_max in ((len(data) - 1, 1 << 20), (len(data), 100), (1 << 40, 1 << 20)):
        with pytest.raises(InvalidArgument):
            decompress(packed, encoding, raw_size, size_max)
    with pytest.raises(InvalidArgument):
        decompress(b"no such thing", encoding, 100, 1 << 20)
    assert compress(b"short", encoding) is None


def test_a_bomb_is_not_unpacked() -> None:
    import zlib

    with pytest.raises(InvalidArgument):
        decompress(zlib.compress(bytes(1 << 24)), "zlib", -1, 1 << 20)


def test_schemas() -> None:
    text = '{"fields":[{"name":"a","type":"bigint"},{"name":"b","type":"STRING","notnull":true,"comment":"x"}]}'
    schema = parse_schema(text)
    assert schema.fields == (Field("a", FieldType.BIGINT), Field("b", FieldType.STRING, "x", True))
    assert parse_schema(schema.text) == schema
    named = '{"fields":[{"name":"%s","type":"%s"}]}'
    wrong = ["", "{", "[]", '{"fields":[]}', '{"fields":[{"name":"a"}]}', named % ("1", "BIGINT")]
    wrong += [named % ("a", "BLOB"), text.replace('"b"', '"A"'), text.replace('"b"', '"system_time"')]
    for one in wrong:
        with pytest.raises(InvalidArgument):
            parse_schema(one)


def test_numbers_of_variable_length() -> None:
    """Lengths of one to four bytes are found in columns, too."""
    for size in (0, 1, 125, 126, 127, 128, 16_383, 16_384, 2_100_000):
        body, data_at = body_of([bytes(size), b"x"], {})
        columns = split(body, [data_at], [len(body)], 2)
        assert columns.whole.all() and columns.lengths[0][0] == size and columns.value(1, 0) == b"x"
    assert np.asarray([1]).dtype == np.int64
