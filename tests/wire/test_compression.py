"""Content codings against PyODPS's own streams, and against bombs."""

import io
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from odps.tunnel.io.stream import CompressOption, get_compress_stream, get_decompress_stream

from yunbox.kernel.errors import InvalidArgument, Unsupported
from yunbox.wire.odps import compression

OPTION = CompressOption()


def unpack(body, encoding="deflate", step=None, **limits):
    machine = compression.Decompressor(encoding, **limits)
    step = step or max(1, len(body))
    found = [p for i in range(0, len(body), step) for p in machine.feed(body[i : i + step])]
    found += machine.finish()
    assert all(len(piece) <= compression.PIECE_BYTES_MAX or encoding is None for piece in found)
    return b"".join(found)


def pack(data, encoding="deflate"):
    machine = compression.Compressor(encoding)
    return machine.feed(data) + machine.finish()


@given(st.binary(max_size=3000), st.sampled_from([None, "deflate", "gzip"]), st.integers(1, 100))
def test_round_trip(data, encoding, step):
    assert unpack(pack(data, encoding), encoding, step) == data


def test_pyodps_writes_and_reads_deflate():
    data = bytes(range(256)) * 9999
    sink = io.BytesIO()
    stream = get_compress_stream(sink, OPTION)
    stream.write(data)
    stream.flush()
    assert unpack(sink.getvalue(), step=1000) == data
    assert get_decompress_stream(io.BytesIO(pack(data)), OPTION, requests=False).read() == data


def test_every_coding_pyodps_names_is_known():
    names = [a.get_encoding() for a in CompressOption.CompressAlgorithm]
    assert {n for n in names if n} <= set(compression.KNOWN)


def test_names():
    assert compression.parse_encoding("Deflate ") == "deflate"
    assert compression.parse_encoding(None) is compression.parse_encoding("identity") is None
    with pytest.raises(Unsupported, match="x-lz4-frame"):
        compression.parse_encoding("x-lz4-frame")
    with pytest.raises(InvalidArgument, match="pigz"):
        compression.parse_encoding("pigz")


@pytest.mark.parametrize(
    ("header", "answer"),
    [
        ("", None),
        ("zstd", None),
        ("zstd, deflate", "deflate"),
        ("gzip;q=0, deflate;q=1", "deflate"),
        ("*", None),
    ],
)
def test_choice(header, answer):
    assert compression.choose(header) == answer


def test_a_bomb_is_bounded():
    body = pack(bytes(50 << 20))
    assert len(unpack(body)) == 50 << 20
    with pytest.raises(InvalidArgument) as error:
        unpack(body, plain_bytes_max=10 << 20)
    assert error.value.code == "MaxMessageLengthExceeded"


def test_incomplete_and_overlong():
    body = pack(b"hello" * 1000)
    for bad in (body[:-1], body[:5], body + b"x", b"nonsense"):
        with pytest.raises(InvalidArgument):
            unpack(bad)
        with pytest.raises(InvalidArgument):
            unpack(bad, step=1)
    assert unpack(b"") == b""


@given(st.binary(max_size=200))
def test_damage(noise):
    body = bytearray(pack(b"some text that is compressed"))
    body[4 : 4 + len(noise)] = noise
    try:
        unpack(bytes(body))
    except InvalidArgument as error:
        assert error.code == "MalformedDataStream"


def test_raw_zlib_level_is_what_pyodps_inflates():
    assert zlib.decompress(pack(b"abc")) == b"abc"
