"""The client's half of the protocol: what it says is what the server's half reads, and the other way round."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scramp import ScramMechanism

from yunbox.wire.pgwire import backend, frontend
from yunbox.wire.pgwire.client import answers, requests
from yunbox.wire.pgwire.client.answers import Answers, Authentication
from yunbox.wire.pgwire.client.login import MECHANISM, Login
from yunbox.wire.pgwire.client.requests import BINARY, TEXT, Parameter
from yunbox.wire.pgwire.frames import Frames
from yunbox.wire.pgwire.report import PgError, ProtocolViolation, Report

WORDS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=20)
PARAMETERS = st.lists(
    st.builds(
        Parameter, st.integers(0, 2**32 - 1), st.none() | st.binary(max_size=30), st.sampled_from([TEXT, BINARY])
    ),
    max_size=5,
)


def said(data: bytes) -> list[frontend.Message]:
    frames = Frames()
    frames.established()
    frames.feed(data)
    found = [frontend.read(*one) for one in frames.messages()]
    assert frames.is_empty
    return found


@given(WORDS, WORDS, PARAMETERS)
def test_a_statement_is_read_as_it_is_said(name: str, text: str, parameters: list[Parameter]) -> None:
    oids = [one.oid for one in parameters]
    sent = [
        requests.parse(name, text, oids),
        requests.bind(name, parameters, portal="p"),
        requests.describe_portal("p"),
        requests.execute("p", 3),
        requests.close_statement(name),
        requests.SYNC,
        requests.TERMINATE,
    ]
    formats = tuple(one.format for one in parameters)
    assert said(b"".join(sent)) == [
        frontend.Parse(name, text, tuple(oids)),
        frontend.Bind("p", name, formats, tuple(one.data for one in parameters), ()),
        frontend.Describe("portal", "p"),
        frontend.Execute("p", 3),
        frontend.Close("statement", name),
        frontend.Plain("sync"),
        frontend.Plain("terminate"),
    ]


def test_a_first_message() -> None:
    frames = Frames()
    frames.feed(requests.startup({"user": "me", "database": "d", "options": ""}))
    first = frames.startup()
    assert first is not None
    assert frontend.read_first(*first) == frontend.Startup(0, {"user": "me", "database": "d", "options": ""})


def test_what_cannot_be_said() -> None:
    with pytest.raises(PgError, match="22021"):
        requests.parse("", "select '\0'", ())
    with pytest.raises(PgError, match="54023"):
        requests.bind("", [Parameter(0, None)] * 65_536)


REPORT = Report(
    "FATAL", "28P01", "no", "detail", "hint", 7, 8, "query", "where", "schema", "table", "column", "type", "constraint"
)
FIELD = backend.Field("n", 20, 8, -1, 0, 16_384, 1)
SAID = [
    (backend.sasl_request([MECHANISM]), Authentication(10, b"SCRAM-SHA-256\0\0")),
    (backend.AUTHENTICATION_OK, Authentication(0, b"")),
    (backend.parameter_status("TimeZone", "UTC"), answers.ParameterStatus("TimeZone", "UTC")),
    (backend.backend_key(7, 1 << 31), answers.BackendKey(7, 1 << 31)),
    (backend.READY[backend.FAILED], answers.Ready(backend.FAILED)),
    (backend.row_description([FIELD]), answers.RowDescription((FIELD,))),
    (backend.data_row([b"1", None, b""]), answers.DataRow((b"1", None, b""))),
    (backend.command_complete("INSERT 0 3"), answers.Complete("INSERT 0 3")),
    (backend.error(REPORT), answers.Failed(REPORT)),
    (backend.notice(Report("WARNING", "01000", "told")), answers.Told(Report("WARNING", "01000", "told"))),
    (backend.BIND_COMPLETE, answers.Other(ord("2"))),
]


@given(st.lists(st.integers(1, 40), min_size=1))
def test_answers_come_in_pieces_of_any_size(sizes: list[int]) -> None:
    reader, data = Answers(), b"".join(one for one, _ in SAID)
    found: list[answers.Answer] = []
    at = 0
    while at < len(data):
        for size in sizes:
            reader.feed(data[at : at + size])
            found += reader.messages()
            at += size
    assert found == [answer for _, answer in SAID]


@given(st.binary(max_size=200))
def test_no_bytes_are_anything_but_messages_or_a_violation(data: bytes) -> None:
    reader = Answers()
    reader.feed(data)
    with suppress(ProtocolViolation):
        list(reader.messages())


@given(st.sampled_from("RSKZTDCEN"), st.binary(max_size=60))
def test_no_body_is_anything_but_a_message_or_a_violation(kind: str, body: bytes) -> None:
    with suppress(ProtocolViolation):
        answers.read(ord(kind), body)


def exchanged(login: Login, secret: str) -> None:
    """A server's part of an exchange."""
    mechanism = ScramMechanism(MECHANISM)
    server = mechanism.make_server(lambda _: mechanism.make_auth_info(secret, iteration_count=4096))
    [first] = said_before_login(login.answer(Authentication(10, b"SCRAM-SHA-256\0\0")))
    server.set_client_first(first.sasl.data.decode())
    [last] = said_before_login(login.answer(Authentication(11, server.get_server_first().encode())))
    server.set_client_final(last.data.decode())
    login.answer(Authentication(12, server.get_server_final().encode()))


def said_before_login(data: bytes) -> list[frontend.Token]:
    frames = Frames()
    frames.feed(data)
    return [frontend.Token(body) for _, body in frames.messages()]


def test_a_password_is_proven_and_so_is_the_server() -> None:
    login = Login("me", "secret")
    exchanged(login, "secret")
    assert not login.is_over
    login.answer(Authentication(0, b""))
    assert login.is_over


@pytest.mark.parametrize(
    "asked",
    [
        Authentication(0, b""),  # a server that proves nothing
        Authentication(3, b""),  # a password in clear
        Authentication(5, b"salt"),
        Authentication(10, b"SCRAM-SHA-1\0\0"),
        Authentication(12, b"v=nothing"),
    ],
)
def test_no_other_proof_is_given(asked: Authentication) -> None:
    with pytest.raises(PgError, match="28000"):
        Login("me", "secret").answer(asked)
