"""Content codings against PyODPS's own streams, and against bombs, damage and bodies that are cut short."""

import io
import zlib

import cramjam
import lz4.frame
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st
from odps.tunnel.io.stream import CompressOption, get_compress_stream, get_decompress_stream

from yunbox.kernel.errors import InvalidArgument
from yunbox.wire.odps import compression, snappy

OPTION = CompressOption()
ALGORITHMS = [a for a in CompressOption.CompressAlgorithm if a.get_encoding()]
CODINGS = st.sampled_from(compression.SUPPORTED)
every_coding = pytest.mark.parametrize("encoding", compression.SUPPORTED)


def unpack(body, encoding="deflate", step=None, **limits):
    machine = compression.Decompressor(encoding, **limits)
    step = step or max(1, len(body))
    found = [p for i in range(0, len(body), step) for p in machine.feed(body[i : i + step])]
    found += machine.finish()
    assert all(len(piece) <= compression.PIECE_BYTES_MAX or encoding is None for piece in found)
    return b"".join(found)


def pack(data, encoding="deflate", step=1 << 20):
    machine = compression.Compressor(encoding)
    return b"".join(machine.feed(data[i : i + step]) for i in range(0, len(data), step)) + machine.finish()


@given(st.binary(max_size=3000), st.one_of(st.none(), CODINGS), st.integers(1, 100))
def test_round_trip(data, encoding, step):
    assert unpack(pack(data, encoding, 10 * step), encoding, step) == data


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("step", [1000, 1 << 20])
def test_pyodps_writes_and_reads(algorithm, step):
    data = bytes(range(256)) * 9999
    option, encoding = CompressOption(algorithm), algorithm.get_encoding()
    sink = io.BytesIO()
    stream = get_compress_stream(sink, option)
    for at in range(0, len(data), 50_000):
        stream.write(data[at : at + 50_000])
    stream.flush()
    assert unpack(sink.getvalue(), encoding, step) == data
    body = io.BytesIO(pack(data, encoding, step))
    assert get_decompress_stream(body, option, requests=False).read() == data


def test_every_coding_pyodps_names_is_supported():
    assert {a.get_encoding() for a in ALGORITHMS} <= set(compression.SUPPORTED)


def test_names():
    assert compression.parse_encoding("Deflate ") == "deflate"
    assert compression.parse_encoding("X-Lz4-Frame") == "x-lz4-frame"
    assert compression.parse_encoding(None) is compression.parse_encoding("identity") is None
    with pytest.raises(InvalidArgument, match="pigz"):
        compression.parse_encoding("pigz")


@every_coding
def test_a_bomb_is_bounded(encoding):
    body = pack(bytes(50 << 20), encoding)
    assert len(unpack(body, encoding, 64 << 10)) == 50 << 20
    with pytest.raises(InvalidArgument) as error:
        unpack(body, encoding, plain_bytes_max=10 << 20)
    assert error.value.code == "MaxMessageLengthExceeded"


def test_a_body_must_not_grow_beyond_reason(monkeypatch):
    body = zstandard.ZstdCompressor().compress(bytes(400 << 20))
    assert compression.RATIO_MAX * len(body) < 400 << 20
    monkeypatch.setitem(compression._ALLOWANCE_BYTES, "zstd", 16 << 20)
    with pytest.raises(InvalidArgument, match="1100 times") as error:
        unpack(body, "zstd")
    assert error.value.code == "MaxMessageLengthExceeded"


def test_a_zstd_window_is_bounded():
    large = zstandard.ZstdCompressionParameters(window_log=27, compression_level=3)
    machine = zstandard.ZstdCompressor(compression_params=large).compressobj()
    with pytest.raises(InvalidArgument, match="damaged"):
        unpack(machine.compress(b"x" * 100) + machine.flush(), "zstd")


@every_coding
def test_incomplete_and_overlong(encoding):
    body = pack(b"hello" * 1000, encoding)
    for bad in (body[:-1], body[:5], body[:1], body + b"x", b"nonsense"):
        for step in (None, 1):
            with pytest.raises(InvalidArgument) as error:
                unpack(bad, encoding, step)
            assert error.value.code == "MalformedDataStream"
    assert unpack(b"", encoding) == b""


@given(st.binary(max_size=200), st.integers(0, 40), CODINGS, st.integers(1, 300))
def test_damage(noise, at, encoding, step):
    body = bytearray(pack(b"some text that is compressed" * 20, encoding))
    body[at : at + len(noise)] = noise
    try:
        unpack(bytes(body), encoding, step)
    except InvalidArgument as error:
        assert error.code in ("MalformedDataStream", "MaxMessageLengthExceeded")


@given(st.binary(max_size=300), CODINGS)
def test_noise(noise, encoding):
    for head in (b"", pack(b"", encoding), pack(b"abc", encoding)[:10]):
        try:
            unpack(head + noise, encoding, 7)
        except InvalidArgument as error:
            assert error.code in ("MalformedDataStream", "MaxMessageLengthExceeded")


def test_raw_zlib_level_is_what_pyodps_inflates():
    assert zlib.decompress(pack(b"abc")) == b"abc"


def test_lz4_blocks_stand_alone_as_java_wants_them():
    info = lz4.frame.get_frame_info(pack(bytes(100_000), "x-lz4-frame"))
    assert not info["block_linked"]


@pytest.mark.parametrize("linked", [True, False])
@pytest.mark.parametrize("size", [lz4.frame.BLOCKSIZE_MAX64KB, lz4.frame.BLOCKSIZE_MAX4MB])
def test_lz4_frames_of_any_kind(linked, size):
    data = bytes(range(256)) * 40_000
    body = lz4.frame.compress(data, block_size=size, block_linked=linked, content_checksum=True, block_checksum=True)
    assert unpack(body, "x-lz4-frame", 100_000) == unpack(body, "x-lz4-frame") == data
    with pytest.raises(InvalidArgument):
        unpack(body[:-2] + b"xx", "x-lz4-frame")


# -- the snappy framing


HEAD = b"\xff\x06\x00\x00sNaPpY"


def chunk(kind, content):
    return bytes([kind]) + len(content).to_bytes(3, "little") + content


def checked(block, plain):
    return snappy._masked(snappy.crc32c(plain)).to_bytes(4, "little") + block


def test_snappy_chunks():
    packed = chunk(0, checked(bytes(cramjam.snappy.compress_raw(b"abc" * 9)), b"abc" * 9))
    plain, skipped = chunk(1, checked(b"xyz", b"xyz")), chunk(0xFE, bytes(100_000)) + chunk(0x80, b"")
    body = HEAD + skipped + packed + HEAD + plain
    for step in (1, 7, len(body)):
        assert unpack(body, "x-snappy-framed", step) == b"abc" * 9 + b"xyz"
    assert bytes(cramjam.snappy.decompress(HEAD + packed + plain)) == b"abc" * 9 + b"xyz"


@pytest.mark.parametrize(
    "bad",
    [
        chunk(1, checked(b"x", b"x")),  # no head
        chunk(0xFF, b"SnApPy"),
        HEAD + chunk(1, checked(b"x", b"y")),
        HEAD + chunk(1, b"123"),
        HEAD + chunk(2, b""),
        HEAD + chunk(0x7F, b"abcde"),
        HEAD + chunk(1, checked(bytes(65_537), bytes(65_537))),
        HEAD + chunk(0, checked(b"", b"")),
        HEAD + chunk(0, checked(bytes(cramjam.snappy.compress_raw(bytes(65_537))), bytes(65_537))),
        HEAD + chunk(0, checked(b"\xff\xff\xff\xff\x0f\x00", b"")),
        HEAD + b"\x00\xff\xff\xff",
        HEAD + chunk(0xFE, bytes(50))[:-1],
    ],
)
def test_snappy_refuses(bad):
    for step in (1, len(bad)):
        with pytest.raises(InvalidArgument) as error:
            unpack(bad, "x-snappy-framed", step)
        assert error.value.code == "MalformedDataStream"
