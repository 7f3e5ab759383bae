"""What clients say: read as it is meant, or refused with PostgreSQL's SQLSTATE; never anything else."""

import struct

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from yunbox.wire.pgwire import frontend
from yunbox.wire.pgwire.report import PgError, ProtocolViolation

WORDS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=20)
OIDS = st.lists(st.integers(0, 2**32 - 1), max_size=5)
FORMATS = st.lists(st.sampled_from([0, 1]), max_size=4)
VALUES = st.lists(st.none() | st.binary(max_size=40), max_size=4)


def string(text: str) -> bytes:
    return text.encode() + b"\0"


def shorts(values: list[int]) -> bytes:
    return struct.pack(f">H{len(values)}h", len(values), *values)


def bind(portal: str, statement: str, formats: list[int], values: list[bytes | None], results: list[int]) -> bytes:
    parts = [struct.pack(">i", -1) if one is None else struct.pack(">i", len(one)) + one for one in values]
    counted = struct.pack(">H", len(values)) + b"".join(parts)
    return string(portal) + string(statement) + shorts(formats) + counted + shorts(results)


@given(WORDS, WORDS, OIDS)
def test_parse(name: str, text: str, oids: list[int]) -> None:
    body = string(name) + string(text) + struct.pack(f">H{len(oids)}I", len(oids), *oids)
    assert frontend.read(ord("P"), body) == frontend.Parse(name, text, tuple(oids))


@given(WORDS, WORDS, FORMATS, VALUES, FORMATS)
def test_bind(portal: str, statement: str, formats: list[int], values: list[bytes | None], results: list[int]) -> None:
    body = bind(portal, statement, formats, values, results)
    if len(formats) in (0, 1, len(values)):
        expected = frontend.Bind(portal, statement, tuple(formats), tuple(values), tuple(results))
        assert frontend.read(ord("B"), body) == expected
    else:
        with pytest.raises(PgError, match="parameter formats but"):
            frontend.read(ord("B"), body)


@pytest.mark.parametrize(
    ("kind", "body", "message"),
    [
        ("Q", b"select 1\0", frontend.Query("select 1")),
        ("D", b"Sname\0", frontend.Describe("statement", "name")),
        ("D", b"P\0", frontend.Describe("portal", "")),
        ("C", b"Sname\0", frontend.Close("statement", "name")),
        ("E", b"p\0\0\0\0\7", frontend.Execute("p", 7)),
        ("S", b"", frontend.Plain("sync")),
        ("H", b"", frontend.Plain("flush")),
        ("X", b"", frontend.Plain("terminate")),
        ("d", b"1\t2\n", frontend.CopyData(b"1\t2\n")),
        ("c", b"", frontend.Plain("copy done")),
        ("f", b"why\0", frontend.CopyFail("why")),
    ],
)
def test_plain_messages(kind: str, body: bytes, message: frontend.Message) -> None:
    assert frontend.read(ord(kind), body) == message


@pytest.mark.parametrize(
    ("kind", "body", "state", "told"),
    [
        ("Q", b"select 1", "08P01", "invalid string in message"),
        ("Q", b"select 1\0more", "08P01", "invalid message format"),
        ("Q", b"\xff\0", "22021", 'invalid byte sequence for encoding "UTF8": 0xff'),
        ("S", b"x", "08P01", "invalid message format"),
        ("D", b"Xname\0", "08P01", "invalid message subtype 88"),
        ("D", b"", "08P01", "insufficient data left in message"),
        ("P", b"\0\0\0\2\0\0\0\1", "08P01", "insufficient data left in message"),
        ("B", b"\0\0\0\1\0\2\0\0\0\0", "22023", "unsupported format code: 2"),
        ("B", b"\0\0\0\0\0\1\xff\xff\xff\xfe\0\0", "08P01", "insufficient data left in message"),
        ("B", b"\0\0\0\0\0\1\x7f\xff\xff\xff\0\0", "08P01", "insufficient data left in message"),
    ],
)
def test_what_is_malformed_is_told(kind: str, body: bytes, state: str, told: str) -> None:
    with pytest.raises(PgError) as caught:
        frontend.read(ord(kind), body)
    assert (caught.value.report.severity, caught.value.report.sqlstate) == ("ERROR", state)
    assert caught.value.report.message == told


@given(st.sampled_from(list(b"QPBDECHSXFdcfp")), st.binary(max_size=200))
@example(ord("B"), b"\0\0\xff\xff")
def test_nothing_else_ever_happens(kind: int, body: bytes) -> None:
    try:
        frontend.read(kind, body)
    except PgError as failure:
        assert failure.report.sqlstate in ("08P01", "22021", "22023")


@given(st.integers(0, 2**32 - 1) | st.sampled_from([196608, 80877102, 80877103, 80877104]), st.binary(max_size=100))
def test_nothing_else_ever_begins_a_session(code: int, body: bytes) -> None:
    try:
        frontend.read_first(code, body)
    except PgError as failure:
        assert failure.report.sqlstate in ("08P01", "0A000", "22021")


@given(st.dictionaries(WORDS.filter(bool), WORDS, max_size=5), st.integers(0, 5))
def test_startup(parameters: dict[str, str], minor: int) -> None:
    body = b"".join(string(part) for pair in parameters.items() for part in pair) + b"\0"
    assert frontend.read_first(196608 + minor, body) == frontend.Startup(minor, parameters)


def test_first_messages() -> None:
    assert frontend.read_first(80877103, b"") == frontend.EncryptionRequest("ssl")
    assert frontend.read_first(80877104, b"") == frontend.EncryptionRequest("gss")
    assert frontend.read_first(80877102, struct.pack(">II", 7, 2**32 - 1)) == frontend.CancelRequest(7, 2**32 - 1)
    made = frontend.read_first(196608, b"user\0a\0_pq_.x\0y\0\0")
    assert isinstance(made, frontend.Startup)
    assert made.unknown_options == ["_pq_.x"]
    with pytest.raises(ProtocolViolation, match=r"unsupported frontend protocol 2.0"):
        frontend.read_first(2 << 16, b"")
    with pytest.raises(ProtocolViolation, match="invalid startup packet layout"):
        frontend.read_first(196608, b"user\0a\0")


def test_tokens() -> None:
    assert frontend.Token(b"secret\0").password == "secret"
    data = b"SCRAM-SHA-256\0\0\0\0\3n,,"
    assert frontend.Token(data).sasl == frontend.SaslInitial("SCRAM-SHA-256", b"n,,")
    for wrong in (b"SCRAM-SHA-256", b"A\0\0\0\0\4n,,", b"A\0\xff\xff\xff\xff"):
        with pytest.raises(ProtocolViolation):
            _ = frontend.Token(wrong).sasl
    for wrong in (b"secret", b"a\0b\0", b""):
        with pytest.raises(ProtocolViolation):
            _ = frontend.Token(wrong).password
