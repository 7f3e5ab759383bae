"""Encrypted connections, as clients of every kind ask for them, and what one in between would try.

Source: the vendor's "Encryption in transit": off unless it is asked for, then the client chooses.
"""

import asyncio
import socket
import ssl
import stat
import struct
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import asyncpg
import pg8000.native
import psycopg
import psycopg2
import pytest

from tests.clients.hologres.clients import account, connected, dialled, where
from tests.clients.maven import compile_stories
from tests.unit.services.hologres.raw import fields
from yunbox.testing.server import Server

_SSL = struct.pack(">II", 8, 80877103)
MODES = ("prefer", "require", "verify-ca", "verify-full")


@pytest.fixture(scope="module")
def encrypted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = Server(tmp_path_factory.mktemp("tls"), options=("--services", "hologres", "--hologres-ssl"))
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def authority(encrypted: Server, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The file that users make of what `yunbox ca` prints."""
    command = [sys.executable, "-m", "yunbox", "ca", "--data", str(encrypted.data)]
    path = tmp_path_factory.mktemp("ca") / "ca.pem"
    path.write_bytes(subprocess.run(command, check=True, capture_output=True).stdout)
    return str(path)


@pytest.mark.parametrize("mode", MODES)
def test_psycopg(encrypted: Server, authority: str, mode: str) -> None:
    with connected(encrypted, sslmode=mode, sslrootcert=authority, channel_binding="prefer") as client:
        assert client.pgconn.ssl_in_use
        assert client.execute("select sum(g) from generate_series(1, 1000) g").fetchone() == (500500,)
        assert len(client.execute("select repeat('x', 3000000)").fetchone()[0]) == 3_000_000  # type: ignore[index]


def test_a_password_is_bound_to_the_certificate(encrypted: Server, authority: str) -> None:
    with connected(encrypted, sslmode="verify-full", sslrootcert=authority, channel_binding="require") as client:
        assert client.execute("select 1").fetchone() == (1,)
    user, _ = account(encrypted)
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        connected(encrypted, (user, "wrong"), sslmode="require")


def test_who_does_not_ask_is_served_without(encrypted: Server) -> None:
    own = "select ssl, version, cipher, bits > 100, compression from pg_stat_ssl where pid = pg_backend_pid()"
    with connected(encrypted, sslmode="disable") as client, connected(encrypted, sslmode="require") as other:
        assert not client.pgconn.ssl_in_use
        assert client.execute(own).fetchone() == (False, None, None, None, None)
        said = other.execute(own).fetchone()
        assert said is not None
        assert said[0:2] in ((True, "TLSv1.3"), (True, "TLSv1.2"))
        assert said[3:] == (True, False)
        assert other.execute("show ssl").fetchone() == ("on",)
        port = where(encrypted)["port"]
        asked = other.execute("select host(inet_server_addr()), inet_server_port()")
        assert asked.fetchone() == ("127.0.0.1", port)


def test_another_authority_is_not_trusted(encrypted: Server, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "yunbox", "ca", "--data", str(tmp_path)]
    path = tmp_path / "other.pem"
    path.write_bytes(subprocess.run(command, check=True, capture_output=True).stdout)
    with pytest.raises(psycopg.OperationalError, match="certificate verify failed"):
        connected(encrypted, sslmode="verify-ca", sslrootcert=str(path))


def test_other_clients(encrypted: Server, authority: str) -> None:
    at, (user, password) = where(encrypted), account(encrypted)
    trusting = ssl.create_default_context(cafile=authority)
    native = pg8000.native.Connection(
        user, password=password, host=at["host"], port=at["port"], database=at["dbname"], ssl_context=trusting
    )
    assert native.run("select 7") == [[7]]
    native.close()
    second = psycopg2.connect(user=user, password=password, sslmode="verify-full", sslrootcert=authority, **at)
    assert second.info.ssl_in_use
    second.close()

    async def ask() -> Any:
        client = await asyncpg.connect(
            user=user, password=password, host=at["host"], port=at["port"], database=at["dbname"], ssl=trusting
        )
        try:
            await client.executemany("select $1::int", [(1,), (2,)])
            return await client.fetchval("select $1::int + 1", 6)
        finally:
            await client.close()

    assert asyncio.run(ask()) == 7


def test_tables_are_written_and_copied(encrypted: Server) -> None:
    with connected(encrypted, sslmode="require") as client, client.cursor() as cursor:
        client.execute("create table t (k int primary key, v text)")
        with cursor.copy("copy t from stdin") as copy:
            copy.write("".join(f"{k}\trow {k}\n" for k in range(100_000)))
        cursor.executemany("insert into t values (%s, %s)", [(k, "more") for k in range(100_000, 100_100)])
        assert client.execute("select count(*) from t").fetchone() == (100_100,)
        assert client.execute("select v from t where k = %s", [7]).fetchone() == ("row 7",)
        with pytest.raises(psycopg.errors.QueryCanceled):
            client.execute("set statement_timeout = '100ms'; select pg_sleep(60)")


@pytest.mark.java
@pytest.mark.timeout(900)
def test_jdbc(encrypted: Server, authority: str, tmp_path: Path) -> None:
    class_path = compile_stories(Path(__file__).with_name("java"), tmp_path)
    at = where(encrypted)
    url = f"jdbc:postgresql://{at['host']}:{at['port']}/{at['dbname']}?sslmode=verify-full&sslrootcert={authority}"
    with connected(encrypted) as client:
        client.execute("create schema if not exists s; create table if not exists s.plain (id bigint primary key,"
                       " a int, b int, c int)")  # fmt: skip
    command = ["java", "-cp", class_path, "Metadata", url, *account(encrypted), "s"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert "keys | id 1 plain_pkey" in done.stdout, done.stderr


def test_what_came_before_the_handshake_is_not_taken(encrypted: Server) -> None:
    """Else one in between could put its own words before those of the client."""
    with dialled(encrypted) as sock:
        sock.sendall(_SSL + b"\0\0\0\x08\x04\xd2\x16\x2e")
        answer = sock.recv(1000)
        assert answer[:1] == b"E"
        said = fields(answer[5:])
        assert (said["S"], said["C"], said["M"]) == ("FATAL", "08P01", "received unencrypted data after SSL request")
        assert sock.recv(1) == b""


@pytest.mark.parametrize("sent", [b"\x16\x03\x01 what is this", b"", b"\x16"])
def test_a_handshake_that_fails_leaves_the_others_alone(encrypted: Server, sent: bytes) -> None:
    with dialled(encrypted) as sock:
        sock.sendall(_SSL)
        assert sock.recv(1) == b"S"
        sock.sendall(sent)
        sock.shutdown(socket.SHUT_WR)
        while sock.recv(1000):
            pass
    with connected(encrypted, sslmode="require") as client:
        assert client.execute("select 1").fetchone() == (1,)


def test_within_it_none_is_asked_for_again(encrypted: Server) -> None:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    sock = dialled(encrypted)
    sock.sendall(_SSL)
    assert sock.recv(1) == b"S"
    with context.wrap_socket(sock) as inner:
        assert inner.version() in ("TLSv1.2", "TLSv1.3")
        inner.sendall(_SSL)
        said = fields(inner.recv(1000)[5:])
        assert said["C"] == "0A000"


def test_one_who_does_not_bind_is_told_what_it_may(encrypted: Server) -> None:
    """A client that believes that the server cannot bind has been lied to by someone."""
    with dialled(encrypted) as sock:
        sock.sendall(_SSL)
        assert sock.recv(1) == b"S"
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        with context.wrap_socket(sock) as inner:
            user, _ = account(encrypted)
            body = struct.pack(">I", 3 << 16) + b"user\0" + user.encode() + b"\0\0"
            inner.sendall(struct.pack(">I", len(body) + 4) + body)
            offered = inner.recv(1000)
            assert b"SCRAM-SHA-256-PLUS\0SCRAM-SHA-256\0" in offered
            first = b"y,,n=,r=abcdefghijklmnop"
            said = b"SCRAM-SHA-256\0" + struct.pack(">I", len(first)) + first
            inner.sendall(b"p" + struct.pack(">I", len(said) + 4) + said)
            found = fields(inner.recv(1000)[5:])
            assert (found["C"], found["M"]) == ("28000", "SCRAM channel binding negotiation error")


def test_keys_are_for_nobody_else(encrypted: Server) -> None:
    folder = encrypted.data / "tls"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    for path in folder.glob("*-key.pem"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert sorted(path.name for path in folder.glob("*.pem")) == [
        "ca-key.pem", "ca.pem", "hologres-key.pem", "hologres.pem",
    ]  # fmt: skip
    assert "PRIVATE" not in (encrypted.data / "server.json").read_text()


def test_a_restart_keeps_the_authority(tmp_path: Path) -> None:
    server = Server(tmp_path, options=("--services", "hologres", "--hologres-ssl"))
    seen = []
    for _ in range(2):
        server.start()
        with connected(server, sslmode="verify-full", sslrootcert=str(tmp_path / "tls/ca.pem")) as client:
            client.execute("select 1")
        seen.append((tmp_path / "tls/hologres.pem").read_bytes())
        server.stop()
    assert seen[0] == seen[1]


def test_without_the_option_it_is_declined(server: Server) -> None:
    with pytest.raises(psycopg.OperationalError, match="server does not support SSL"):
        connected(server, sslmode="require")
