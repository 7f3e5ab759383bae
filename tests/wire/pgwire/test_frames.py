"""Framing: messages come whole whatever the pieces they arrive in, and nothing that is damaged is taken for one."""

import struct
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yunbox.wire.pgwire.frames import LARGE_BYTES_MAX, SMALL_BYTES_MAX, TOKEN_BYTES_MAX, Frames
from yunbox.wire.pgwire.report import PgError, ProtocolViolation

KINDS = st.sampled_from(list(b"QPBDECHSXFdcfp"))
BODIES = st.binary(max_size=300)


def framed(kind: int, body: bytes) -> bytes:
    return struct.pack(">BI", kind, len(body) + 4) + body


def established() -> Frames:
    frames = Frames()
    frames.established()
    return frames


@given(st.lists(st.tuples(KINDS, BODIES), max_size=8), st.lists(st.integers(0, 3000)))
def test_messages_come_whole_from_pieces_of_any_size(sent: list[tuple[int, bytes]], cuts: list[int]) -> None:
    data = b"".join(framed(*one) for one in sent)
    places = sorted({0, len(data), *(cut for cut in cuts if cut < len(data))})
    frames, got = established(), []
    for start, end in pairwise(places):
        frames.feed(data[start:end])
        got += list(frames.messages())
    assert got == sent
    assert not frames.unread


@given(st.integers(0, 2**32 - 1), st.binary(max_size=200), st.integers(1, 50), st.binary(max_size=20))
def test_a_first_message_comes_whole(code: int, body: bytes, step: int, rest: bytes) -> None:
    data = struct.pack(">II", len(body) + 8, code) + body
    frames = Frames()
    for at in range(0, len(data), step):
        assert frames.startup() is None
        frames.feed(data[at : at + step])
    frames.feed(rest)
    assert frames.startup() == (code, body)
    assert frames.unread == rest


@given(st.binary(max_size=400))
def test_what_is_no_message_is_a_violation(data: bytes) -> None:
    for read in (lambda frames: list(frames.messages()), Frames.startup):
        for frames in (Frames(), established()):
            frames.feed(data)
            try:
                read(frames)
            except PgError as failure:
                assert failure.report.severity == "FATAL"
                assert failure.report.sqlstate == "08P01"


@pytest.mark.parametrize(
    ("frames", "data", "told"),
    [
        (Frames(), framed(ord("Q"), b"select 1\0"), "expected password response, got message type 81"),
        (Frames(), struct.pack(">BI", ord("p"), TOKEN_BYTES_MAX + 1), "invalid message length"),
        (established(), struct.pack(">BI", ord("Q"), 3), "invalid message length"),
        (established(), struct.pack(">BI", ord("Q"), LARGE_BYTES_MAX + 1), "invalid message length"),
        (established(), struct.pack(">BI", ord("S"), SMALL_BYTES_MAX + 1), "invalid message length"),
        (established(), framed(ord("z"), b""), "invalid frontend message type 122"),
    ],
)
def test_bounds(frames: Frames, data: bytes, told: str) -> None:
    frames.feed(data)
    with pytest.raises(ProtocolViolation, match=told):
        list(frames.messages())


@pytest.mark.parametrize("length", [0, 7, 10_001, 2**32 - 1])
def test_a_first_message_is_short(length: int) -> None:
    frames = Frames()
    frames.feed(struct.pack(">I", length))
    with pytest.raises(ProtocolViolation, match="invalid length of startup packet"):
        frames.startup()


def test_what_is_long_is_put_together_once() -> None:
    """A message of 16 MB in pieces of 1 KB costs its own size, not the square of it; its declared length costs none."""
    frames, piece = established(), bytes(1024)
    frames.feed(struct.pack(">BI", ord("d"), (16 << 20) + 4))
    joined = 0
    for _ in range(16 << 10):
        before = frames._buffer
        frames.feed(piece)
        assert list(frames.messages()) == [] or frames.unread == b""
        joined += frames._buffer is not before
    assert joined <= 2
