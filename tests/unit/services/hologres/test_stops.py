"""What ends a statement before its end, and what ends a session: cancels, timeouts, clients that go."""

import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.services.hologres.raw import (
    FLUSH,
    SYNC,
    Client,
    Message,
    Served,
    bind,
    copy_data,
    describe,
    execute,
    fields,
    parse,
    query,
    served,
)
from tests.waiting import until

SLEEP = "select pg_sleep(60)"


@pytest.fixture
def ours(tmp_path: Path) -> Iterator[Served]:
    with served(tmp_path) as made:
        yield made


@pytest.fixture
def client(ours: Served) -> Iterator[Client]:
    made = ours.client()
    yield made
    made.close()


def only_error(messages: list[Message]) -> tuple[str, str]:
    [said] = [fields(body) for kind, body in messages if kind == "E"]
    return said["C"], said["M"]


def is_over(client: Client) -> bool:
    try:
        client.receive()
    except ConnectionError:
        return True
    return False


@pytest.mark.parametrize("said", [query(SLEEP), parse(SLEEP) + bind() + execute() + SYNC])
def test_a_cancelled_statement_leaves_its_session_usable(ours: Served, client: Client, said: bytes) -> None:
    client.sock.sendall(said)
    until(lambda: ours.sessions[0].is_busy)
    until(lambda: len(ours.engine.rows) == 1)
    started = time.monotonic()
    ours.stop(0, "user")
    assert only_error(client.until_ready()) == ("57014", "canceling statement due to user request")
    assert time.monotonic() - started < 1
    assert ours.engine.rows[0].is_closed
    assert client.say(query("select 1"))[1][1].endswith(b"1")


def test_a_cancel_between_statements_does_nothing(ours: Served, client: Client) -> None:
    ours.stop(0, "user")
    assert [kind for kind, _ in client.say(query("select 1"))] == ["T", "D", "C", "Z"]


def test_a_cancel_in_a_block_fails_the_block(ours: Served, client: Client) -> None:
    client.say(query("begin"))
    client.sock.sendall(query(SLEEP))
    until(lambda: ours.sessions[0].is_busy)
    ours.stop(0, "user")
    assert client.until_ready()[-1] == ("Z", b"E")
    assert client.say(query("rollback"))[-1] == ("Z", b"I")


def test_a_cancel_amid_copy(ours: Served, client: Client) -> None:
    client.sock.sendall(query("copy l from stdin") + copy_data(b"1\ta\n"))
    assert client.receive()[0] == "G"
    until(lambda: ours.sessions[0].is_busy)
    ours.stop(0, "user")
    assert only_error(client.until_ready())[0] == "57014"
    assert ours.engine.loaded == []


@pytest.mark.parametrize("how", ["set", "local", "startup"])
def test_statement_timeout(ours: Served, how: str) -> None:
    client = ours.client(**({"options": "-c statement_timeout=100"} if how == "startup" else {}))
    if how == "set":
        client.say(query("set statement_timeout = '100ms'"))
    if how == "local":
        client.say(query("begin; set local statement_timeout = 100"))
    started = time.monotonic()
    assert only_error(client.say(query(SLEEP))) == ("57014", "canceling statement due to statement timeout")
    assert 0.1 <= time.monotonic() - started < 5
    client.say(query("rollback"))
    assert [kind for kind, _ in client.say(query("select 1"))] == ["T", "D", "C", "Z"]
    client.close()


def test_idle_in_a_transaction_ends_the_session(client: Client) -> None:
    client.say(query("set idle_in_transaction_session_timeout = 50"))
    client.say(query("select 1"))
    client.say(query("begin"))
    kind, body = client.receive()
    said = fields(body)
    assert (kind, said["S"], said["C"]) == ("E", "FATAL", "25P03")
    assert said["M"] == "terminating connection due to idle-in-transaction timeout"
    assert is_over(client)


def test_idle_ends_the_session(client: Client) -> None:
    client.say(query("set idle_session_timeout = 50"))
    said = fields(client.receive()[1])
    assert (said["S"], said["C"], said["M"]) == ("FATAL", "57P05", "terminating connection due to idle-session timeout")
    assert is_over(client)


def test_a_session_that_says_things_is_not_idle(client: Client) -> None:
    client.say(query("set idle_session_timeout = 300"))
    for _ in range(5):
        time.sleep(0.1)  # the timeout itself is what is tested
        assert client.say(query("select 1"))[-1][0] == "Z"


def test_a_client_that_goes_ends_its_statement(ours: Served) -> None:
    client = ours.client()
    client.sock.sendall(query(SLEEP))
    until(lambda: len(ours.engine.rows) == 1)
    client.sock.close()
    until(lambda: ours.engine.rows[0].is_closed)


def test_what_was_asked_before_the_end_of_a_stream_is_answered(ours: Served) -> None:
    client = ours.client()
    client.sock.sendall(query("select generate_series(1, 100000)"))
    client.sock.shutdown(socket.SHUT_WR)
    assert [kind for kind, _ in client.until_ready()].count("D") == 100_000
    assert is_over(client)
    client.sock.close()


def test_a_session_that_is_sent_away(ours: Served, client: Client) -> None:
    client.sock.sendall(query(SLEEP))
    until(lambda: len(ours.engine.rows) == 1)
    ours.stop(0, "shutdown")
    assert client.receive()[0] == "T"
    assert fields(client.receive()[1])["C"] == "57P01"
    assert is_over(client)


def test_one_who_does_not_read_is_not_written_for(ours: Served, client: Client) -> None:
    client.sock.sendall(query("select generate_series(1, 3000000)"))
    until(lambda: len(ours.engine.rows) == 1)
    until(lambda: ours.sessions[0].line.is_behind)
    ours.stop(0, "user")
    assert only_error(client.until_ready())[0] == "57014"


def test_one_who_is_far_ahead_is_not_read_from(ours: Served, client: Client) -> None:
    said = query(SLEEP) + query("select 1 -- " + "x" * 10_000) * 1000
    client.sock.setblocking(False)
    sent, end = 0, time.monotonic() + 10
    while sent < len(said) and time.monotonic() < end and not ours.sessions[0].line.is_ahead:
        try:
            sent += client.sock.send(said[sent:])
        except BlockingIOError:
            time.sleep(0.01)
    assert ours.sessions[0].line.is_ahead
    assert sent < len(said)
    client.sock.settimeout(30)
    ours.stop(0, "user")
    client.sock.sendall(said[sent:] if sent else said)
    assert len([kind for kind, _ in client.until_ready(1001) if kind == "D"]) == 1000


def test_a_large_message_comes_in_pieces(client: Client) -> None:
    said = query("select 1 -- " + "x" * 3_000_000)
    for at in range(0, len(said), 100_000):
        client.sock.sendall(said[at : at + 100_000])
    assert [kind for kind, _ in client.until_ready()] == ["T", "D", "C", "Z"]


def test_a_failure_is_sent_though_no_sync_has_come(client: Client) -> None:
    client.sock.sendall(parse("selectx") + describe(b"S") + FLUSH)
    kind, body = client.receive()
    assert (kind, fields(body)["C"]) == ("E", "42601")
    assert client.say(SYNC) == [("Z", b"I")]


def test_too_many_portals_and_statements_are_refused(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("yunbox.services.hologres.session.extended._PREPARED_MAX", 3)
    seen = client.say(*(parse("select 1", f"s{number}") for number in range(4)), SYNC)
    assert only_error(seen)[0] == "53400"
