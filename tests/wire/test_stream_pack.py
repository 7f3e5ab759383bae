"""Packs and upsert bodies as PyODPS's writers produce them."""

import io

import pytest
from odps.models import Record, TableSchema
from odps.tunnel.io.stream import CompressOption, get_compress_stream
from odps.tunnel.io.writer import BaseRecordWriter
from odps.types import Column, OdpsSchema

from yunbox.kernel.errors import InvalidArgument
from yunbox.wire.odps import stream_pack
from yunbox.wire.odps.types import parse_type

COLUMNS = (("a", parse_type("bigint")), ("b", parse_type("string")))
SCHEMA = TableSchema.from_lists(["a", "b"], ["bigint", "string"])
ROWS = [(1, "x"), (2, None), (None, "z")]


def written(rows, schema=SCHEMA, option=None):
    sink = io.BytesIO()
    writer = BaseRecordWriter(schema, get_compress_stream(sink, option))
    for row in rows:
        writer.write(Record(schema=schema, values=row))
    writer.close()
    return sink.getvalue()


def test_a_pack():
    assert stream_pack.decode_pack(COLUMNS, written(ROWS)) == ROWS


def test_a_compressed_pack_in_pieces():
    body = written(ROWS * 5000, option=CompressOption())
    decoder = stream_pack.PackDecoder(COLUMNS, "deflate")
    for at in range(0, len(body), 999):
        decoder.feed(body[at : at + 999])
    assert decoder.finish() == ROWS * 5000
    assert decoder.plain_bytes > len(body)


def test_a_pack_is_all_or_nothing():
    with pytest.raises(InvalidArgument):
        stream_pack.decode_pack(COLUMNS, written(ROWS)[:-3])


def test_a_pack_is_bounded():
    decoder = stream_pack.PackDecoder(COLUMNS, None, pack_bytes_max=100)
    with pytest.raises(InvalidArgument):
        decoder.feed(written(ROWS * 100))


def test_an_upsert_body():
    names = [name for name, _ in stream_pack.UPSERT_COLUMNS]
    kinds = [str(kind) for _, kind in stream_pack.UPSERT_COLUMNS]
    typed = zip(["a", "b", *names], ["bigint", "string", *kinds], strict=True)
    schema = OdpsSchema([Column(name, kind) for name, kind in typed])
    schema.build_snapshot()
    body = written([[1, "x", None, None, ord("U"), None, []], [2, None, None, None, ord("D"), None, []]], schema)
    rows = stream_pack.decode_pack(COLUMNS + stream_pack.UPSERT_COLUMNS, body)
    assert [row[:2] for row in rows] == [(1, "x"), (2, None)]
    assert [stream_pack.check_upsert(row) for row in rows] == [False, True]
    with pytest.raises(InvalidArgument):
        stream_pack.check_upsert((1, 2, 7, None, None))
