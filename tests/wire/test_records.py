"""The record stream against PyODPS's own writer and reader, and against noise."""

import io
import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from odps import options
from odps.models import TableSchema
from odps.tunnel.io.reader import TunnelRecordReader
from odps.tunnel.io.writer import BaseRecordWriter

from yunbox.kernel.errors import InvalidArgument
from yunbox.wire.odps.record_fields import NanoDatetime, NanoTimedelta
from yunbox.wire.odps.records import RecordDecoder, RecordEncoder
from yunbox.wire.odps.types import parse_type

SEEN = datetime(2000, 1, 1), datetime(2100, 1, 1)  # PyODPS rounds dates before 1928 and fails far away ones
times = st.datetimes(*SEEN).map(lambda d: d.replace(microsecond=d.microsecond // 1000 * 1000, tzinfo=UTC))
text = st.text(st.characters(codec="utf-8"), max_size=40)
VALUES = {
    "tinyint": st.integers(-128, 127),
    "smallint": st.integers(-(2**15), 2**15 - 1),
    "int": st.integers(-(2**31), 2**31 - 1),
    "bigint": st.integers(-(2**63) + 1, 2**63 - 1),
    "float": st.floats(width=32, allow_nan=False),
    "double": st.floats(allow_nan=False),
    "boolean": st.booleans(),
    "string": text,
    "varchar(100)": text,
    "binary": st.binary(max_size=40),
    "decimal(38,18)": st.decimals(-(10**19), 10**19, places=6).map(lambda d: d.normalize()),
    "date": st.dates(date(1, 1, 1)),
    "datetime": times,
    "json": st.dictionaries(st.sampled_from("abc"), st.integers()).map(json.dumps),
    "interval_year_month": st.integers(0, 5000),
    "array<bigint>": st.lists(st.none() | st.integers(-(2**60), 2**60), max_size=5),
    "map<string,double>": st.dictionaries(text, st.none() | st.floats(allow_nan=False), max_size=5),
    "struct<a:bigint,b:array<string>>": st.fixed_dictionaries(
        {"a": st.none() | st.integers(0, 99), "b": st.none() | st.lists(text, max_size=3)}
    ),
}
NAMES = list(VALUES)
COLUMNS = [(f"c{n}", parse_type(name)) for n, name in enumerate(NAMES)]
SCHEMA = TableSchema.from_lists([name for name, _ in COLUMNS], NAMES)
rows_of_all = st.lists(st.tuples(*(st.none() | value for value in VALUES.values())), max_size=4)


@pytest.fixture(autouse=True)
def client_options():
    old = options.struct_as_dict, options.local_timezone
    options.struct_as_dict, options.local_timezone = True, "UTC"
    yield
    options.struct_as_dict, options.local_timezone = old


def to_client(row):
    """Our value as PyODPS spells it."""
    values = list(row)
    for n, name in enumerate(NAMES):
        if values[n] is None:
            continue
        if name == "json":
            values[n] = json.loads(values[n])
        elif name == "interval_year_month":
            from odps.compat import Monthdelta

            values[n] = Monthdelta(values[n])
    return values


def decode(body, columns=COLUMNS, step=None):
    decoder = RecordDecoder(columns)
    step = step or max(1, len(body))
    rows = [row for i in range(0, len(body), step) for row in decoder.feed(body[i : i + step])]
    return rows + list(decoder.finish())


def encode(rows, columns=COLUMNS):
    encoder = RecordEncoder(columns)
    return b"".join([encoder.encode([row]) for row in rows]) + encoder.finish()


def written_by_pyodps(rows, schema=SCHEMA):
    from odps.models import Record

    sink = io.BytesIO()
    writer = BaseRecordWriter(schema, sink)
    for row in rows:
        writer.write(Record(schema=schema, values=row))
    writer.close()
    return sink.getvalue()


def read_by_pyodps(body, schema=SCHEMA):
    from odps.tunnel.io.stream import SimpleInputStream

    reader = TunnelRecordReader(schema, lambda *_, **__: SimpleInputStream(io.BytesIO(body)))
    return [list(record.values) for record in iter(reader.read, None)]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(rows_of_all)
def test_there_and_back(rows):
    assert decode(encode(rows)) == rows


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(rows_of_all)
def test_what_pyodps_writes(rows):
    body = written_by_pyodps([to_client(row) for row in rows])
    assert decode(body) == rows


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(rows_of_all)
def test_what_pyodps_reads(rows):
    assert read_by_pyodps(encode(rows)) == [to_client(row) for row in rows]


FINE = ["timestamp", "timestamp_ntz", "interval_day_time"]
FINE_COLUMNS = [(name, parse_type(name)) for name in FINE]
FINE_SCHEMA = TableSchema.from_lists(FINE, FINE)


def fine_row(stamp, nanos):
    at = NanoDatetime.combine(stamp.date(), stamp.timetz())
    naive = NanoDatetime.combine(stamp.date(), stamp.time())
    span = NanoTimedelta(days=stamp.day, seconds=stamp.second, microseconds=stamp.microsecond)
    at.nanosecond = naive.nanosecond = span.nanosecond = nanos
    return at, naive, span


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.datetimes(*SEEN, timezones=st.just(UTC)), st.integers(0, 999))
def test_nanoseconds(stamp, nanos):
    row = fine_row(stamp, nanos)
    moment = pd.Timestamp(stamp) + pd.Timedelta(nanoseconds=nanos)
    theirs = [moment, moment.tz_localize(None), pd.Timedelta(row[2]) + pd.Timedelta(nanoseconds=nanos)]
    body = encode([row], FINE_COLUMNS)
    assert decode(written_by_pyodps([theirs], FINE_SCHEMA), FINE_COLUMNS) == decode(body, FINE_COLUMNS)
    (found,) = decode(body, FINE_COLUMNS)
    assert found == row
    assert [getattr(value, "nanosecond", 0) for value in found] == [nanos] * 3
    (client,) = read_by_pyodps(body, FINE_SCHEMA)
    assert [pd.Timestamp(client[1]), client[2]] == theirs[1:]
    assert pd.Timestamp(client[0]).value == moment.value


def test_before_the_epoch():
    row = (datetime(1969, 12, 31, 23, 59, 59, 250_000, UTC), datetime(1, 1, 1), timedelta(-1, 5))
    assert decode(encode([row], FINE_COLUMNS), FINE_COLUMNS) == [row]


@pytest.mark.parametrize("step", [1, 1000, 40_000])
def test_large_records_in_pieces(step):
    columns = [("s", parse_type("string")), ("a", parse_type("array<bigint>"))]
    rows = [("x" * 100_000, list(range(20_000))), (None, []), ("y", None)] * 2
    assert decode(encode(rows, columns), columns, step) == rows


def test_empty_records_and_streams():
    assert decode(encode([])) == []
    assert decode(written_by_pyodps([])) == []
    nothing = (None,) * len(NAMES)
    assert decode(written_by_pyodps([[None] * len(NAMES)])) == [nothing]


def body_of_one():
    columns = [("a", parse_type("bigint")), ("b", parse_type("string"))]
    return columns, encode([(1, "text"), (2, None)], columns)


def test_every_flipped_bit_and_truncation_is_found():
    columns, body = body_of_one()
    for at in range(len(body)):
        with pytest.raises(InvalidArgument):
            decode(body[:at], columns)
        for bit in range(8):
            damaged = bytearray(body)
            damaged[at] ^= 1 << bit
            try:
                rows = decode(bytes(damaged), columns)
            except InvalidArgument:
                continue
            # Only a tag's wire type, which both clients' readers ignore too, can change unnoticed.
            assert bit < 3, (at, bit)
            assert rows == [(1, "text"), (2, None)]


def test_trailing_bytes_and_too_large_records():
    columns, body = body_of_one()
    with pytest.raises(InvalidArgument, match="after its footer"):
        decode(body + b"x", columns)
    decoder = RecordDecoder(columns, record_bytes_max=100)
    with pytest.raises(InvalidArgument, match="larger than"):
        list(decoder.feed(b"\x12\xff\xff\xff\x7f" + b"x" * 40_000))


@given(st.binary(max_size=300), st.sampled_from(NAMES + FINE))
def test_random_bytes(noise, name):
    with pytest.raises(InvalidArgument):
        decode(noise, [("c", parse_type(name))])


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(rows_of_all, st.data())
def test_damaged_streams(rows, data):
    body = bytearray(encode(rows))
    for _ in range(3):
        body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))
    try:
        decode(bytes(body))
    except InvalidArgument as error:
        assert error.code in ("MalformedDataStream", "CorruptedDataStream")


def test_decimal_is_written_without_an_exponent():
    columns = [("d", parse_type("decimal(38,18)"))]
    assert b"100000" in encode([(Decimal("1E+5"),)], columns)


def test_nan_and_infinite_decimals_are_refused():
    columns = [("d", parse_type("decimal(38,18)"))]
    strings = [("d", parse_type("string"))]
    for bad in ("NaN", "Infinity", "one"):
        with pytest.raises(InvalidArgument):
            decode(encode([(bad,)], strings), columns)
