"""Arrow framing against PyODPS's own stream reader and writer, and against damage."""

import io

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from odps.models import TableSchema
from odps.tunnel.io.reader import ArrowStreamReader
from odps.tunnel.io.writer import BaseArrowWriter

from yunbox.kernel.errors import InvalidArgument
from yunbox.wire.odps.frames import ChunkDecoder, encode_chunks

SCHEMA = TableSchema.from_lists(["a", "b"], ["bigint", "string"])


def decode(body, step=None):
    decoder = ChunkDecoder()
    step = step or max(1, len(body))
    found = []
    for start in range(0, len(body), step):
        found += [bytes(p) for p in decoder.feed(body[start : start + step])]
    found += [bytes(p) for p in decoder.finish()]
    assert decoder.payload_bytes == sum(map(len, found))
    return b"".join(found)


def pyodps_payload(body):
    """What PyODPS reads from a download, after the schema it puts in front itself."""
    reader = ArrowStreamReader(io.BytesIO(body), pa.schema([]))
    prefix = len(pa.schema([]).serialize())
    return reader.read()[prefix:]


@pytest.mark.parametrize("size", [0, 1, 3, 4, 5, 65535, 65536, 65537, 65540, 131072, 300_000])
@pytest.mark.parametrize("step", [None, 1000, 65541])
def test_sizes_at_the_edges(size, step):
    payload = bytes(range(256)) * (size // 256) + bytes(size % 256)
    body = b"".join(encode_chunks([payload]))
    assert decode(body, step) == payload
    assert pyodps_payload(body) == payload


@given(st.lists(st.binary(max_size=300), max_size=8), st.integers(1, 64), st.integers(1, 70), st.integers(1, 500))
def test_any_division(parts, chunk_bytes, step, write_bytes_min):
    body = b"".join(encode_chunks(parts, chunk_bytes, write_bytes_min))
    assert decode(body, step) == b"".join(parts)
    assert pyodps_payload(body) == b"".join(parts)


def test_a_part_may_be_reused():
    part = bytearray(b"first")

    def parts():
        yield part
        part[:] = b"again"
        yield part

    assert decode(b"".join(encode_chunks(parts()))) == b"firstagain"


@pytest.mark.parametrize("rows", [0, 1, 100_000])
def test_what_pyodps_uploads(rows):
    out = io.BytesIO()
    batch = pa.RecordBatch.from_pydict({"a": list(range(rows)), "b": ["x"] * rows})
    writer = BaseArrowWriter(SCHEMA, out)
    if rows:
        writer.write(batch)
    writer.close()
    payload = decode(out.getvalue(), 70_000)
    table = pa.ipc.open_stream(batch.schema.serialize().to_pybytes() + payload).read_all()
    assert table.num_rows == rows


def test_nothing_at_all():
    """Java closes an unused writer without a single byte, PyODPS with the checksum of nothing."""
    assert decode(b"") == decode(b"\0\0\0\0") == b""


def test_every_flipped_bit_is_found():
    body = bytearray(b"".join(encode_chunks([b"0123456789abcdef" * 3], chunk_bytes=20)))
    for at in range(4, len(body)):
        body[at] ^= 1
        with pytest.raises(InvalidArgument) as error:
            decode(bytes(body), 7)
        assert error.value.code == "CorruptedDataStream"
        body[at] ^= 1


def test_every_truncation_is_found():
    body = b"".join(encode_chunks([bytes(range(50))], chunk_bytes=20))
    for end in range(1, len(body)):
        with pytest.raises(InvalidArgument):
            decode(body[:end])


@pytest.mark.parametrize("body", [b"\xff\xff\xff\xff" + b"x" * 20, b"\0\0\0\0xxxxxxxx"])
def test_absurd_chunk_size(body):
    with pytest.raises(InvalidArgument):
        decode(body)


@given(st.binary(max_size=200), st.integers(1, 50))
def test_random_bytes(body, step):
    try:
        decode(body, step)
    except InvalidArgument as error:
        assert error.code in ("CorruptedDataStream", "MalformedDataStream")
