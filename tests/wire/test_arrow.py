"""Schemas and schema-less streams against pyarrow and PyODPS."""

import io

import pyarrow as pa
import pytest
from arro3.io import read_ipc_stream
from hypothesis import given
from hypothesis import strategies as st
from odps.models import TableSchema
from odps.tunnel.io.reader import TunnelArrowReader
from odps.tunnel.io.types import odps_schema_to_arrow_schema
from odps.tunnel.io.writer import BaseArrowWriter

from yunbox.kernel.errors import InvalidArgument
from yunbox.wire.odps import arrow
from yunbox.wire.odps.arrow_messages import Layout
from yunbox.wire.odps.frames import ChunkDecoder, encode_chunks
from yunbox.wire.odps.types import parse_type

TYPES = [
    "tinyint", "smallint", "int", "bigint", "float", "double", "boolean", "string", "varchar(10)", "char(3)",
    "binary", "date", "datetime", "timestamp", "timestamp_ntz", "decimal(38,18)", "decimal(10,2)",
    "interval_day_time", "array<bigint>", "map<string,array<double>>", "struct<a:bigint,b:map<string,date>>",
]  # fmt: skip


@pytest.mark.parametrize("name", TYPES)
def test_schema_is_what_pyodps_expects(name):
    theirs = odps_schema_to_arrow_schema(TableSchema.from_lists(["c"], [name]))
    ours = pa.schema(arrow.schema_for([("c", parse_type(name))]))
    assert ours == theirs


def test_types_without_a_pyodps_form_and_zones():
    columns = [
        ("j", parse_type("json")),
        ("y", parse_type("interval_year_month")),
        ("d", parse_type("datetime")),
    ]
    schema = pa.schema(arrow.schema_for(columns, zoned=True))
    assert schema.types == [pa.string(), pa.int32(), pa.timestamp("ms", "UTC")]


def test_timestamps_as_the_instance_tunnel_wants_them():
    names = ["timestamp", "timestamp_ntz", "datetime", "array<timestamp>"]
    columns = [(f"c{n}", parse_type(name)) for n, name in enumerate(names)]
    theirs = odps_schema_to_arrow_schema(TableSchema.from_lists([c for c, _ in columns], names))
    ours = pa.schema(arrow.schema_for(columns, timestamp_as_struct=True))
    assert ours == TunnelArrowReader._build_wire_schema(theirs)


def table(rows):
    return pa.table({"a": pa.array(range(rows), pa.int64()), "b": ["é" * (n % 7) for n in range(rows)]})


def stream_of(data, **options):
    sink = io.BytesIO()
    with pa.ipc.new_stream(sink, data.schema, options=pa.ipc.IpcWriteOptions(**options)) as writer:
        writer.write_table(data, max_chunksize=1000)
    return sink.getvalue()


COLUMNS = [("a", parse_type("bigint")), ("b", parse_type("string"))]
SCHEMA = TableSchema.from_lists(["a", "b"], ["bigint", "string"])


@pytest.mark.parametrize("step", [1, 7, 1000, 1 << 20])
@pytest.mark.parametrize("compression", [None, "lz4", "zstd"])
def test_there_and_back(step, compression):
    data = table(2500)
    stream = stream_of(data, compression=compression)
    counted = arrow.BatchFilter()
    bare = b"".join(arrow.bare_batches((stream[i : i + step] for i in range(0, len(stream), step)), counted))
    assert (counted.rows, counted.batches) == (2500, 3)
    whole = b"".join(arrow.ipc_stream(arrow.schema_for(COLUMNS), [bare], arrow.BatchFilter()))
    assert pa.ipc.open_stream(whole).read_all().equals(data)
    assert read_ipc_stream(io.BytesIO(whole)).read_all().num_rows == 2500


def test_pyodps_downloads():
    bare = arrow.bare_batches([stream_of(table(3000))])
    body = b"".join(encode_chunks(bare))
    reader = TunnelArrowReader(SCHEMA, lambda cursor: io.BytesIO(body))
    # PyODPS asks its stream for a length, which BytesIO lacks; reading itself does not.
    assert pa.Table.from_batches(list(iter(reader.read_next_batch, None))).equals(table(3000))


@pytest.mark.parametrize("body", [b"".join(encode_chunks([]))])
def test_pyodps_downloads_nothing(body):
    assert TunnelArrowReader(SCHEMA, lambda cursor: io.BytesIO(body)).read().num_rows == 0


def test_pyodps_uploads():
    out = io.BytesIO()
    writer = BaseArrowWriter(SCHEMA, out)
    writer.write(table(3000))
    writer.close()
    decoder, counted = ChunkDecoder(), arrow.BatchFilter(COLUMNS)
    payload = [*decoder.feed(out.getvalue()), *decoder.finish()]
    whole = b"".join(arrow.ipc_stream(arrow.schema_for(COLUMNS), payload, counted))
    assert counted.rows == 3000
    assert pa.ipc.open_stream(whole).read_all().equals(table(3000))


def test_truncation_and_trailing_bytes():
    stream = stream_of(table(10))
    with pytest.raises(InvalidArgument):
        list(arrow.bare_batches([stream[:-20]]))
    with pytest.raises(InvalidArgument):
        list(arrow.bare_batches([stream, b"x"]))


def test_dictionaries_are_refused():
    data = pa.table({"a": pa.array(["x", "y"]).dictionary_encode()})
    with pytest.raises(InvalidArgument, match="dictionaries"):
        list(arrow.bare_batches([stream_of(data)]))


EVERY = [(f"c{n}", parse_type(name)) for n, name in enumerate([*TYPES, "json", "void"])]


@pytest.mark.parametrize("rows", [0, 1, 9])
def test_every_type_fits_its_own_layout(rows):
    schema = pa.schema(arrow.schema_for(EVERY))
    arrays = [pa.nulls(rows, field.type) for field in schema]
    stream = stream_of(pa.Table.from_arrays(arrays, schema=schema))
    counted = arrow.BatchFilter(EVERY)
    list(arrow.bare_batches([stream], counted))
    assert counted.rows == rows
    if rows:
        with pytest.raises(InvalidArgument, match="does not fit"):
            list(arrow.bare_batches([stream], arrow.BatchFilter(EVERY[1:])))


def test_compressed_buffers_are_refused_from_clients():
    stream = stream_of(table(10), compression="zstd")
    with pytest.raises(InvalidArgument, match="compress the whole body"):
        list(arrow.bare_batches([stream], arrow.BatchFilter(COLUMNS)))


def batch_of(nodes, buffers, rows, body):
    return Layout.of(kind for _, kind in COLUMNS).check(nodes, buffers, rows, body)


GOOD = [(2, 0), (2, 0)], [(0, 0), (0, 16), (16, 0), (16, 12), (32, 5)], 2, 40


def bad(part, at, value):
    changed = [list(GOOD[0]), list(GOOD[1]), *GOOD[2:]]
    if at is None:
        changed[part] = value
    else:
        changed[part][at] = value
    return changed


@pytest.mark.parametrize(
    "batch",
    [
        bad(0, 0, (3, 0)), bad(0, 0, (2, 3)), bad(0, 0, (2, 1)), bad(0, 1, (-1, 0)), bad(1, 1, (0, 15)),
        bad(1, 1, (4, 16)), bad(1, 1, (-8, 16)), bad(1, 3, (16, 8)), bad(1, 3, (16, 13)), bad(1, 4, (32, 9)),
        bad(1, 4, (32, -1)), bad(2, None, 3), bad(3, None, 36), bad(0, None, [(2, 0)]), bad(1, None, []),
    ],
)  # fmt: skip
def test_batches_that_would_crash_a_library(batch):
    batch_of(*GOOD)
    with pytest.raises(InvalidArgument):
        batch_of(*batch)


@pytest.mark.parametrize(("start", "size"), [(0, 0), (3, 5), (9, 1), (1, 9), (10, 0)])
def test_slices_fit_too(start, size):
    names = ["string", "array<bigint>", "boolean", "map<string,bigint>"]
    columns = [(f"c{n}", parse_type(name)) for n, name in enumerate(names)]
    values = [[None, "é"] * 5, [[1], None] * 5, [True, None] * 5, [[("k", 1)], None] * 5]
    schema = pa.schema(arrow.schema_for(columns))
    data = pa.Table.from_arrays([pa.array(v, f.type) for v, f in zip(values, schema, strict=True)], schema=schema)
    stream = stream_of(data.slice(start, size))
    whole = b"".join(
        arrow.ipc_stream(
            arrow.schema_for(columns), [b"".join(arrow.bare_batches([stream]))], arrow.BatchFilter(columns)
        )
    )
    assert pa.ipc.open_stream(whole).read_all().equals(data.slice(start, size))


@given(st.data())
def test_damage_raises_only_invalid_argument(data):
    stream = bytearray(stream_of(table(5)))
    for _ in range(data.draw(st.integers(1, 6))):
        stream[data.draw(st.integers(0, len(stream) - 1))] = data.draw(st.integers(0, 255))
    try:
        list(arrow.bare_batches([bytes(stream)], arrow.BatchFilter(COLUMNS)))
    except InvalidArgument as error:
        assert error.code == "MalformedDataStream"
