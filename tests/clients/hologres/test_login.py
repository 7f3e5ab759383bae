"""Who comes in: by an AccessKey that proves itself, into the database that there is, with the settings they ask for."""

import contextlib
import json
import os
import socket
import sqlite3
import struct
import subprocess
import sys
import time
from collections.abc import Iterator

import psycopg
import pytest

from tests.clients.hologres.clients import (
    account,
    account_id,
    allow,
    connected,
    dialled,
    made_user,
    raw,
    role_of,
    where,
)
from tests.clients.ram import ram
from tests.unit.services.hologres.raw import Client, fields, message, query
from yunbox.testing.server import Server

_SSL, _GSS = struct.pack(">II", 8, 80877103), struct.pack(">II", 8, 80877104)


def refused(server: Server, key: tuple[str, str] | None = None, **more: object) -> dict[str, str]:
    """What one is told who does not come in."""
    client = raw(server, key, **{name: str(value) for name, value in more.items()})
    with client.sock:
        kind, body = client.greeting[-1]
        assert kind == "E"
        with pytest.raises(ConnectionError):
            client.receive()
    return fields(body)


@pytest.fixture
def client(server: Server) -> Iterator[Client]:
    made = raw(server)
    yield made
    made.close()


def test_the_account_comes_in(server: Server) -> None:
    with connected(server) as client:
        assert client.info.user == server.access_key_id
        assert client.info.dbname == "yunbox"
        assert client.info.server_version == 110003
        assert client.info.parameter_status("session_authorization") == account_id(server)
        assert client.info.parameter_status("is_superuser") == "on"
        assert client.execute("show server_version").fetchone() == ("11.3",)


def test_a_ram_user_comes_in_whose_policies_say_so(server: Server) -> None:
    key = made_user(server, "holo-in", allow())
    with connected(server, key) as client:
        assert client.execute("show timezone").fetchone() == ("Etc/UTC",)


def test_one_without_rights_does_not(server: Server) -> None:
    said = refused(server, made_user(server, "holo-out"))
    assert (said["S"], said["C"], said["M"]) == ("FATAL", "42501", 'permission denied for database "yunbox"')
    assert "hologram:GetInstance" in said["D"]


def test_rights_that_are_taken_away_end_at_the_next_statement(server: Server) -> None:
    with connected(server, made_user(server, "holo-was", allow())) as client:
        client.execute("show timezone")
        ram(server, "detach", "p-holo-was", "holo-was")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            client.execute("show timezone")


def test_a_key_that_is_taken_away_ends_its_sessions(server: Server) -> None:
    key = made_user(server, "holo-gone", allow())
    with connected(server, key) as client:
        ram(server, "delete-key", key[0])
        with pytest.raises(psycopg.OperationalError, match="not found or not active"):
            client.execute("show timezone")


@pytest.mark.parametrize("user", ["", "LTAI5tNobodyHasThisKey00"])
def test_wrong_passwords_and_unknown_users_are_told_the_same(server: Server, user: str) -> None:
    name = user or server.access_key_id
    said = refused(server, (name, "wrong"))
    told = f'password authentication failed for user "{name}"'
    assert (said["S"], said["C"], said["M"]) == ("FATAL", "28P01", told)


def test_an_unknown_user_has_the_same_salt_each_time(server: Server) -> None:
    salts = set()
    for _ in range(2):
        client = raw(server, ("LTAI5tNobodyHasThisKey00", "wrong"))
        client.sock.close()
        [first] = [body[4:] for kind, body in client.greeting if kind == "R" and body[:4] == b"\0\0\0\x0b"]
        salts.add(first.split(b",")[1])
    assert len(salts) == 1


def test_an_inactive_key_is_a_wrong_one(server: Server) -> None:
    key = made_user(server, "holo-asleep", allow())
    ram(server, "disable-key", key[0])
    assert refused(server, key)["C"] == "28P01"


def temporary(server: Server, *words: str) -> dict[str, str]:
    """A temporary AccessKey with its security token."""
    command = [sys.executable, "-m", "yunbox", "credentials", "--session", "900", *words, "--data", str(server.data),
               "--output", "json"]  # fmt: skip
    return json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def test_a_temporary_key_comes_with_its_token(server: Server) -> None:
    """As the vendor's page "RAM role authorization mode" has it, for JDBC and for psql."""
    made_user(server, "holo-passing", allow())
    for words, role in (((), account_id(server)), (("--user", "holo-passing"), role_of(server, "holo-passing"))):
        made = temporary(server, *words)
        key, token = (made["access_key_id"], made["access_key_secret"]), made["security_token"]
        assert key[0].startswith("STS.")
        for options in (f"sts_token={token}", f"-c application_name=it sts_token={token} type=fixed"):
            with connected(server, key, options=options) as client:
                assert client.execute("select current_user").fetchone() == (role,)
                shown = client.execute("select * from pg_settings").fetchall()
                assert token not in str(shown), "nobody can read it"
        at = where(server)
        given = {"PGUSER": key[0], "PGPASSWORD": key[1], "PGOPTIONS": f"sts_token={token}", "PATH": os.environ["PATH"]}
        psql = ["psql", "-h", str(at["host"]), "-p", str(at["port"]), "-d", at["dbname"], "-Atc", "select current_user"]
        assert subprocess.run(psql, env=given, capture_output=True, text=True, check=True).stdout == f"{role}\n"


def test_a_temporary_key_without_its_token_is_a_wrong_one(server: Server) -> None:
    made, other = temporary(server), temporary(server)
    key = made["access_key_id"], made["access_key_secret"]
    for options in ("", f"sts_token={other['security_token']}", "sts_token=", f"sts_token={made['security_token']}x"):
        assert refused(server, key, options=options)["C"] == "28P01"
    wrong = made["access_key_id"], "wrong"
    assert refused(server, wrong, options=f"sts_token={made['security_token']}")["C"] == "28P01"
    assert refused(server, ("STS.NUxxxxxxxxxxxxxxxxxx", "x"), options="sts_token=x")["C"] == "28P01"
    lasting = account(server)
    assert refused(server, lasting, options=f"sts_token={made['security_token']}")["C"] == "28P01"


def test_a_temporary_key_that_is_over_is_a_wrong_one(server: Server) -> None:
    made = temporary(server)
    with contextlib.closing(sqlite3.connect(server.data / "meta.db")) as db, db:
        db.execute("UPDATE temporary_keys SET expires = 1 WHERE id = ?", (made["access_key_id"],))
    key = made["access_key_id"], made["access_key_secret"]
    assert refused(server, key, options=f"sts_token={made['security_token']}")["C"] == "28P01"


def test_a_database_that_is_none(server: Server) -> None:
    said = refused(server, database="nowhere")
    assert (said["C"], said["M"]) == ("3D000", 'database "nowhere" does not exist')


def test_guessing_is_slow_and_an_honest_login_is_not(server: Server) -> None:
    key = made_user(server, "holo-guessed", allow())
    started = time.monotonic()
    for _ in range(4):
        refused(server, (key[0], "wrong"))
    assert time.monotonic() - started > 0.1 + 0.2 + 0.4
    started = time.monotonic()
    connected(server, key).close()
    assert time.monotonic() - started < 5
    started = time.monotonic()
    connected(server).close()
    assert time.monotonic() - started < 2, "another user does not wait"


def test_a_login_that_is_given_up_is_no_wrong_password(server: Server) -> None:
    key = made_user(server, "holo-shy", allow())
    body = b"user\0" + key[0].encode() + b"\0database\0yunbox\0\0"
    for _ in range(6):
        with dialled(server) as sock:
            sock.sendall(struct.pack(">II", len(body) + 8, 3 << 16) + body)
            assert sock.recv(1) == b"R"
    started = time.monotonic()
    connected(server, key).close()
    assert time.monotonic() - started < 1


@pytest.mark.parametrize(
    ("options", "setting", "value"),
    [
        ("-c statement_timeout=7s", "statement_timeout", "7s"),
        ("-cextra_float_digits=3 -c datestyle=german", "extra_float_digits", "3"),
        ("--search-path=a\\ b", "search_path", "a b"),
        ("type=fixed", "hg_connection_type", "fixed"),
        ("-c hg_anything=1", "hg_anything", "1"),
    ],
)
def test_options(server: Server, options: str, setting: str, value: str) -> None:
    with connected(server, options=options) as client:
        assert client.execute(f"show {setting}").fetchone() == (value,)
        client.execute(f"set {setting} to default")


@pytest.mark.parametrize(
    ("parameters", "state"),
    [
        ({"options": "-c nothing=1"}, "42704"),
        ({"options": "-c server_version=9"}, "55P02"),
        ({"options": "-c datestyle=x"}, "22023"),
        ({"options": "nonsense"}, "42601"),
        ({"nothing": "1"}, "42704"),
        ({"replication": "true"}, "0A000"),
        ({"client_encoding": "GBK"}, "0A000"),
    ],
)
def test_what_cannot_be_had_is_refused(server: Server, parameters: dict[str, str], state: str) -> None:
    assert refused(server, **parameters)["C"] == state


def test_encryption_is_declined_and_a_newer_protocol_negotiated(server: Server) -> None:
    with dialled(server) as sock:
        for asking in (_SSL, _GSS):
            sock.sendall(asking)
            assert sock.recv(1) == b"N"
        body = b"user\0u\0_pq_.more\0x\0\0"
        sock.sendall(struct.pack(">II", len(body) + 8, (3 << 16) + 2) + body)
        answer = sock.recv(100)
        assert answer.startswith(message(b"v", struct.pack(">II", 3 << 16, 1), b"_pq_.more\0"))


def test_encryption_is_asked_for_once(server: Server) -> None:
    with dialled(server) as sock:
        sock.sendall(_SSL)
        assert sock.recv(1) == b"N"
        sock.sendall(_SSL)
        assert b"0A000" in sock.recv(1000)


@pytest.mark.parametrize(
    "first",
    [
        b"GET / HTTP/1.1\r\n\r\n",
        struct.pack(">II", 4, 0),
        struct.pack(">II", 1 << 30, 3 << 16),
        struct.pack(">II", 8, 2 << 16),
        struct.pack(">II", 12, 3 << 16) + b"user",
        struct.pack(">II", 9, 3 << 16) + b"\0",
    ],
)
def test_what_is_no_startup_is_answered_and_closed(server: Server, first: bytes) -> None:
    with dialled(server) as sock:
        sock.sendall(first)
        answer = b"".join(iter(lambda: sock.recv(1000), b""))
    assert answer[:1] == b"E" and b"SFATAL" in answer


def test_nothing_but_a_password_is_taken_before_one_is_in(server: Server) -> None:
    with dialled(server) as sock:
        body = b"user\0u\0\0"
        sock.sendall(struct.pack(">II", len(body) + 8, 3 << 16) + body + query("select 1"))
        answer = b"".join(iter(lambda: sock.recv(1000), b""))
    assert b"08P01" in answer


def test_no_secret_is_in_the_log(server: Server) -> None:
    connected(server).close()
    refused(server, (server.access_key_id, "not-the-password"))
    for path in (server.data / "logs").rglob("*.jsonl"):
        text = path.read_text()
        assert server.access_key_secret not in text
        assert "not-the-password" not in text


def test_psql(server: Server) -> None:
    from tests.postgres import programs

    user, password = account(server)
    at = where(server)
    command = [programs() / "psql", "-h", at["host"], "-p", str(at["port"]), "-d", at["dbname"], "-U", user, "-XAt"]
    done = subprocess.run(
        [*command, "-c", "show datestyle"], env={"PGPASSWORD": password}, capture_output=True, text=True, check=True
    )
    assert done.stdout == "ISO, MDY\n"


def test_the_server_closes_soon_after_its_client(client: Client) -> None:
    client.sock.shutdown(socket.SHUT_WR)
    started = time.monotonic()
    assert client.sock.recv(100) == b""
    assert time.monotonic() - started < 4


@pytest.mark.parametrize("data", [b"\x00\0\0\0\4", b"Q\0\0\0\3", b"Q\x7f\xff\xff\xff", b"S\0\0\xff\xff", b"z\0\0\0\4"])
def test_a_damaged_message_is_answered_and_closed(client: Client, data: bytes) -> None:
    client.sock.sendall(data)
    kind, body = client.receive()
    assert (kind, fields(body)["S"], fields(body)["C"]) == ("E", "FATAL", "08P01")
    with pytest.raises(ConnectionError):
        client.receive()


def test_psql_by_our_own_command(server: Server) -> None:
    from tests.postgres import programs

    command = [
        sys.executable,
        "-m",
        "yunbox",
        "psql",
        "--data",
        str(server.data),
        "-XAtc",
        "select 6 * 7, current_user",
    ]
    env = {**os.environ, "PATH": f"{programs()}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run(command, capture_output=True, text=True, env=env)
    assert (done.returncode, done.stdout, done.stderr) == (0, f"42|{account_id(server)}\n", "")
    there_is_none = subprocess.run(command, capture_output=True, text=True, env={**env, "PATH": "/nonexistent"})
    assert there_is_none.returncode == 1 and "no psql on this machine" in there_is_none.stderr
