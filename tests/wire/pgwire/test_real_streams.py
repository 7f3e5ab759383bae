"""What psql and pgbench say to a PostgreSQL, and what it answers: all of it is read, and written the same again."""

import os
import socket
import struct
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.postgres import PASSWORD, Postgres, running
from yunbox.wire.pgwire import backend, frontend
from yunbox.wire.pgwire.frames import Frames
from yunbox.wire.pgwire.report import Report

SCRIPT = r"""
select 1 as one, null, 'text', 1.5::numeric(10,2), '{}'::jsonb, array[1,2];
select * from nowhere;
select 1 +;
create table t (k int primary key, v varchar(3) check (v <> 'bad'));
insert into t values (1, 'a'), (2, 'b');
insert into t values (1, 'a');
insert into t values (3, 'bad');
insert into t values (4, 'long');
do $$ begin raise notice 'told' using detail = 'more', hint = 'do'; end $$;
begin; select 1/0; select 1; rollback;
copy t from stdin;
5	e
6	f
\.
copy t to stdout;
copy t to stdout (format csv);
;
declare c cursor for select 1;
begin; declare c cursor for select generate_series(1, 5); fetch 2 from c; commit;
set application_name = 'other';
listen l; notify l, 'x';
\d t
\dt
"""


@pytest.fixture(scope="module")
def postgres() -> Iterator[Postgres]:
    with running() as server:
        yield server


class Proxy:
    """Stands between a client and a server and keeps what each of them said, connection by connection."""

    def __init__(self, folder: Path, target: Path) -> None:
        self.streams: list[tuple[bytearray, bytearray]] = []
        self.folder = folder
        self.target = target
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(folder / ".s.PGSQL.5432"))
        self.listener.listen()
        self.threads = [threading.Thread(target=self._accept)]
        self.threads[0].start()

    def close(self) -> None:
        self.listener.shutdown(socket.SHUT_RDWR)
        for thread in self.threads:
            thread.join(30)
        self.listener.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            server = socket.socket(socket.AF_UNIX)
            server.connect(str(self.target))
            said = (bytearray(), bytearray())
            self.streams.append(said)
            self.threads.append(threading.Thread(target=self._both, args=(client, server, *said)))
            self.threads[-1].start()

    @staticmethod
    def _both(client: socket.socket, server: socket.socket, asked: bytearray, answered: bytearray) -> None:
        def pass_on(source: socket.socket, target: socket.socket, kept: bytearray) -> None:
            while data := source.recv(65536):
                kept += data
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)

        back = threading.Thread(target=pass_on, args=(server, client, answered))
        back.start()
        pass_on(client, server, asked)
        back.join(30)
        client.close()
        server.close()


@pytest.fixture(scope="module")
def streams(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> list[tuple[bytearray, bytearray]]:
    """What was said by psql, and by pgbench in the extended protocol, prepared and not."""
    folder = tmp_path_factory.mktemp("p")
    proxy = Proxy(folder, postgres.socket)
    env = {
        **os.environ,
        "PGPASSWORD": PASSWORD,
        "PGHOST": str(folder),
        "PGUSER": "postgres",
        "PGOPTIONS": "-c geqo=off",
    }
    (folder / "bench.sql").write_text("\\set k 1\nselect v from t where k = :k;\nselect :k + 1, null::text;\n")
    psql = [postgres.programs / "psql", "-X", "-d", "postgres"]
    subprocess.run(psql, input=SCRIPT, env=env, text=True, capture_output=True, check=True, timeout=60)
    for mode in ("extended", "prepared"):
        bench = [postgres.programs / "pgbench", "-n", "-M", mode, "-t", "3", "-f", folder / "bench.sql", "postgres"]
        subprocess.run(bench, env=env, capture_output=True, check=True, timeout=60)
    proxy.close()
    return proxy.streams


def said_by_client(data: bytes) -> list[frontend.First | frontend.Message]:
    frames = Frames()
    said: list[frontend.First | frontend.Message] = []
    frames.feed(data)
    first = frames.startup()
    assert first is not None
    said.append(frontend.read_first(*first))
    for kind, body in frames.messages():
        said.append(frontend.read(kind, body))
        if kind == 0x70 and len(said) == 3:
            frames.established()
    assert not frames.unread
    return said


def test_clients_are_understood(streams: list[tuple[bytearray, bytearray]]) -> None:
    said = [said_by_client(bytes(asked)) for asked, _ in streams if asked]
    kinds = {type(one) for stream in said for one in stream}
    assert kinds >= {frontend.Startup, frontend.Query, frontend.Parse, frontend.Bind, frontend.Execute,
                     frontend.Describe, frontend.CopyData, frontend.Token, frontend.Plain}  # fmt: skip
    first = said[0][0]
    assert isinstance(first, frontend.Startup)
    assert first.parameters["user"] == "postgres"
    assert first.parameters["options"] == "-c geqo=off"
    tokens = [one for one in said[0] if isinstance(one, frontend.Token)]
    assert tokens[0].sasl.mechanism == "SCRAM-SHA-256"
    bound = [one for stream in said for one in stream if isinstance(one, frontend.Bind)]
    assert {value for one in bound for value in one.values} == {b"1"}
    text = [one.text for one in said[0] if isinstance(one, frontend.Query)]
    assert "select * from nowhere;" in text


def read_string(body: bytes, at: int) -> tuple[str, int]:
    end = body.index(b"\0", at)
    return body[at:end].decode(), end + 1


def strings(body: bytes) -> list[str]:
    return [part.decode() for part in body.split(b"\0")[:-1]]


def authentication(body: bytes) -> bytes:
    code = int.from_bytes(body[:4], "big")
    if code == 0:
        return backend.AUTHENTICATION_OK
    if code == 10:
        return backend.sasl_request(strings(body[4:-1]))
    return {11: backend.sasl_continue, 12: backend.sasl_final}[code](body[4:])


def description(body: bytes) -> bytes:
    (count,) = struct.unpack_from(">h", body)
    at, fields = 2, []
    for _ in range(count):
        name, at = read_string(body, at)
        table, column, oid, size, modifier, form = struct.unpack_from(">IhIhih", body, at)
        fields.append(backend.Field(name, oid, size, modifier, form, table, column))
        at += 18
    return backend.row_description(fields)


def row(body: bytes) -> bytes:
    at, values = 2, []
    while at < len(body):
        (length,) = struct.unpack_from(">i", body, at)
        values.append(None if length < 0 else body[at + 4 : at + 4 + length])
        at += 4 + max(length, 0)
    return backend.data_row(values)


NAMES = {"D": "detail", "H": "hint", "q": "internal_query", "W": "where", "s": "schema", "t": "table", "c": "column",
         "d": "data_type", "n": "constraint"}  # fmt: skip


def report(body: bytes) -> Report:
    fields = {part[:1]: part[1:] for part in strings(body[:-1])}
    assert fields.pop("S") == fields.pop("V")
    severity = body[1 : body.index(b"\0")].decode()
    for place in "FLR":  # a place in PostgreSQL's own source
        fields.pop(place)
    numbers = {"position": int(fields.pop("P", "0")), "internal_position": int(fields.pop("p", "0"))}
    state, message = fields.pop("C"), fields.pop("M")
    return Report(severity, state, message, **numbers, **{NAMES[letter]: text for letter, text in fields.items()})  # type: ignore[arg-type]


def without_source(message: bytes) -> bytes:
    parts = [part for part in message[5:-2].split(b"\0") if part[:1] not in b"FLR"]
    body = b"\0".join(parts) + b"\0\0"
    return message[:1] + struct.pack(">I", len(body) + 4) + body


def complete(body: bytes) -> bytes:
    return backend.command_complete(strings(body)[0])


AGAIN: dict[str, Callable[[bytes], bytes]] = {
    "R": authentication,
    "S": lambda body: backend.parameter_status(*strings(body)),
    "K": lambda body: backend.backend_key(*struct.unpack(">II", body)),
    "Z": lambda body: backend.READY[body],
    "T": description,
    "D": row,
    "C": complete,
    "t": lambda body: backend.parameter_description(struct.unpack(f">{(len(body) - 2) // 4}I", body[2:])),
    "G": lambda body: backend.copy_response(b"G", body[0], int.from_bytes(body[1:3], "big")),
    "H": lambda body: backend.copy_response(b"H", body[0], int.from_bytes(body[1:3], "big")),
    "d": backend.copy_data,
    "c": lambda body: backend.COPY_DONE,
    "I": lambda body: backend.EMPTY_QUERY,
    "1": lambda body: backend.PARSE_COMPLETE,
    "2": lambda body: backend.BIND_COMPLETE,
    "n": lambda body: backend.NO_DATA,
    "E": lambda body: backend.error(report(body)),
    "N": lambda body: backend.notice(report(body)),
    "A": lambda body: backend.notification(int.from_bytes(body[:4], "big"), *strings(body[4:])),
}


def test_answers_are_written_as_postgresql_writes_them(streams: list[tuple[bytearray, bytearray]]) -> None:
    seen = set()
    for _, answered in streams:
        data, at = bytes(answered), 0
        while at < len(data):
            kind, (length,) = chr(data[at]), struct.unpack_from(">I", data, at + 1)
            message = data[at : at + 1 + length]
            seen.add(kind)
            expected = without_source(message) if kind in "EN" else message
            assert AGAIN[kind](message[5:]) == expected, (kind, message)
            at += 1 + length
    assert seen >= set("RSKZTDCEN12GHdcIA")
