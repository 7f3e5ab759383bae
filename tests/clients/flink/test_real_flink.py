"""The same file on a real Flink: a cluster of one's own, from its start to its end, and the article's job on it."""

import contextlib
import json
import os
import random
import signal
import socket
import ssl
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from pprint import pformat
from typing import Any

import psutil
import psycopg
import pytest

from tests.clients.flink import chance_streams
from tests.clients.flink.chance_engines import OwnEngine, RealFlink
from tests.clients.flink.chance_queries import chance_queries, tables
from tests.clients.flink.chance_trials import WAYS, left, planned
from tests.clients.flink.conftest import Topic
from tests.clients.flink.parity import BATCH, EVENTS, FIELDS, ROWS, STREAM, USERS, Query
from tests.flink import Flink, Refused, Rest, clicks, hologres
from tests.real_flink import answer, command, needed, refusal, yunbox
from tests.waiting import until
from yunbox.adapters.flink.cluster.keys import Keys
from yunbox.sql.flink.errors import FlinkSqlError
from yunbox.testing.server import Server

pytestmark = [pytest.mark.java, pytest.mark.timeout(600)]
Holo = psycopg.Connection[Any]
Put = Callable[..., None]
PATIENCE_S = 120
TOTALS = "user_id BIGINT, n BIGINT, amount DOUBLE"


@pytest.fixture(scope="module")
def cluster(server: Server) -> Iterator[dict[str, Any]]:
    """A cluster on the server's data folder; ``context`` has its key."""
    found = answer(server.data, "cluster", "start")
    yield {**found, "context": Keys(server.data / "flink" / "cluster" / "conf", "127.0.0.1").context()}
    answer(server.data, "cluster", "stop")


# -- start, stop, status


def test_a_cluster_from_its_start_to_its_end(tmp_path: Path) -> None:
    """Also one whose start was killed, and one that has lost a process."""
    assert "not ready after 0.1 s" in refusal(tmp_path, "cluster", "start", "--timeout", "0.1")
    assert pids(tmp_path) == []
    killed = killed_start(tmp_path)
    assert all(runs(pid) for pid in killed)
    found = answer(tmp_path, "cluster", "start", "--slots", "2", "--open")
    assert not any(runs(pid) for pid in killed)
    assert "runs already, at http://127.0.0.1:" in refusal(tmp_path, "cluster", "start")
    told = answer(tmp_path, "cluster", "status")
    assert (told["running"], told["slots"], told["jobs"]) == (True, {"total": 2, "free": 2}, [])
    assert {name: told[name] for name in found} == found
    assert {host for host, _ in listening(found)} == {"127.0.0.1"}
    with contextlib.closing(Rest(found["jobmanager"])) as jobmanager:
        assert jobmanager.ask("GET", "/overview")["slots-total"] == 2
    os.kill(found["pids"]["taskmanager"], signal.SIGKILL)
    done = yunbox(tmp_path, "cluster", "status")
    assert done.returncode == 3 and json.loads(done.stdout)["running"] is False
    assert "The taskmanager of the cluster has ended: see" in refusal(tmp_path, "cluster", "start")
    assert answer(tmp_path, "cluster", "stop") == {"stopped": True, "jobs": []}
    assert not any(runs(pid) for pid in found["pids"].values())
    assert answer(tmp_path, "cluster", "stop") == {"stopped": False, "running": False}
    assert yunbox(tmp_path, "cluster", "status").returncode == 3


def test_a_cluster_that_cannot_start_says_why(tmp_path: Path) -> None:
    """And leaves nothing."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        reason = f"Port {port} cannot be had: Address already in use"
        assert reason in refusal(tmp_path, "cluster", "start", "--port-base", str(port))
    reason = refusal(tmp_path, "cluster", "start", "--memory", "999999999")
    assert (
        f"Flink's taskmanager has ended: see {tmp_path}/flink/cluster/logs/taskmanager.out, which ends with" in reason
    )
    assert "heap" in reason
    assert yunbox(tmp_path, "cluster", "status").returncode == 3
    assert pids(tmp_path) == []


def killed_start(data: Path) -> list[int]:
    """The processes that a start has left which was killed while it waited."""
    words = command(data, "cluster", "start")
    start = subprocess.Popen(words, env=needed(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    until(lambda: len(pids(data)) == 3, PATIENCE_S)
    start.kill()
    start.wait()
    return pids(data)


def pids(data: Path) -> list[int]:
    file = data / "flink" / "cluster" / "cluster.json"
    return [one["pid"] for one in json.loads(file.read_text())["processes"]] if file.exists() else []


def runs(pid: int) -> bool:
    """Whether a process is there, and not only its number, until somebody asks for it."""
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


def listening(cluster: dict[str, Any]) -> set[tuple[str, int]]:
    """All places where its processes listen."""
    found = [one for pid in cluster["pids"].values() for one in psutil.Process(pid).net_connections("inet")]
    places = [one.laddr for one in found if one.status == psutil.CONN_LISTEN]
    return {(place.ip.removeprefix("::ffff:"), place.port) for place in places}


def test_nobody_without_the_key_comes_in(cluster: dict[str, Any]) -> None:
    stranger = ssl.create_default_context()
    stranger.check_hostname, stranger.verify_mode = False, ssl.CERT_NONE
    places = listening(cluster)
    assert len(places) >= 6
    for place in places:
        with (
            socket.create_connection(place) as line,
            pytest.raises((ssl.SSLError, ConnectionResetError)),
            stranger.wrap_socket(line) as hidden,
        ):
            hidden.sendall(b"GET /overview HTTP/1.1\r\nHost: x\r\n\r\n")
            assert not hidden.recv(1), place
            raise ConnectionResetError


def test_what_is_missing_is_named(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "job.sql"
    file.write_text("SELECT 1;")
    reason = "No cluster of Flink runs: start one with `yunbox flink cluster start`, or name the SQL Gateway"
    assert reason in refusal(tmp_path, "run", str(file), "--backend", "flink", "--as-is")
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    assert "Flink needs Java 17 or newer, and JAVA_HOME has no" in refusal(tmp_path, "cluster", "start")


def test_a_gateway_that_cannot_find_the_tables_is_warned_of(
    server: Server, project: str, topic: Topic, tmp_path: Path
) -> None:
    topic("orders", "user_id:BIGINT")
    file = tmp_path / "job.sql"
    file.write_text(f"{clicks(server, project, 'orders', 'user_id BIGINT')}; SELECT * FROM clicks;")
    done = yunbox(server.data, "run", str(file), "--gateway", "http://nowhere.invalid:8083")
    warning, error = done.stderr.splitlines()
    assert warning == (
        "warning: tables lie on this machine's loopback, where a Flink on nowhere.invalid does not find them"
    )
    assert "No server answers at http://nowhere.invalid:8083" in error and server.access_key_secret not in error


# -- jobs


def test_the_articles_job(
    cluster: dict[str, Any], server: Server, project: str, topic: Topic, put: Put, holo: Holo, tmp_path: Path
) -> None:
    """From DataHub into Hologres, as the embedded engine has it; it goes on with what comes."""
    topic("orders", "user_id:BIGINT", "amount:DOUBLE", shards=2)
    put("orders", [1, 2.5], [2, 1.0], [1, None])
    holo.execute(f"CREATE TABLE {project} (user_id bigint PRIMARY KEY, n bigint, amount float8, note text)")
    holo.execute(f"INSERT INTO {project} VALUES (1, 0, 0, 'stays')")
    file = tmp_path / "totals.sql"
    file.write_text(
        f"{clicks(server, project, 'orders', 'user_id BIGINT, amount DOUBLE')};\n"
        f"{hologres(server, project, TOTALS, 'totals')};\nSET 'table.exec.state.ttl' = '7 d';\n"
        "INSERT INTO totals SELECT user_id, COUNT(*), SUM(amount) FROM clicks GROUP BY user_id;\n"
    )
    [job] = answer(server.data, "run", str(file), "--backend", "flink")["jobs"]
    try:
        expect(holo, project, [(1, 2, 2.5, "stays"), (2, 1, 1.0, None)])
        put("orders", [3, 4.0], [1, 0.5], shard="1")
        expect(holo, project, [(1, 3, 3.0, "stays"), (2, 1, 1.0, None), (3, 1, 4.0, None)])
        assert answer(server.data, "cluster", "status")["jobs"] == [job["id"]]
        file.write_text(f"STOP JOB '{job['id']}' WITH SAVEPOINT; SHOW JOBS;")
        said = yunbox(server.data, "run", str(file), "--backend", "flink", output="text").stdout
        assert said.startswith(f"file:{server.data}/flink/cluster/savepoints/savepoint-")
        assert answer(server.data, "cluster", "status")["jobs"] == []
    finally:
        cancel(cluster, job["id"])


def expect(holo: Holo, table: str, rows: list[tuple[Any, ...]]) -> None:
    until(lambda: holo.execute(f"SELECT * FROM {table} ORDER BY 1").fetchall() == rows, PATIENCE_S)


def cancel(cluster: dict[str, Any], job: str) -> None:
    """End a job if it runs still."""
    with contextlib.closing(Rest(cluster["jobmanager"], cluster["context"])) as jobmanager:
        with contextlib.suppress(Refused):
            jobmanager.ask("PATCH", f"/jobs/{job}?mode=cancel")
        until(lambda: jobmanager.ask("GET", f"/jobs/{job}")["state"] in ("CANCELED", "FINISHED", "FAILED"), PATIENCE_S)


def test_what_flink_refuses_comes_as_text(
    cluster: dict[str, Any], server: Server, project: str, topic: Topic, tmp_path: Path
) -> None:
    topic("orders", "user_id:BIGINT")
    file = tmp_path / "wrong.sql"
    table = clicks(server, project, "orders", "user_id BIGINT")
    file.write_text(f"{table};\nSELECT nothing FROM clicks;")
    assert f"{file}, statement 2: Column 'nothing' not found" in refusal(
        server.data, "run", str(file), "--backend", "flink"
    )
    file.write_text(f"{table};\nSELECT * FROM clicks;")
    reason = refusal(server.data, "run", str(file), "--backend", "flink", "--as-is")
    assert "'datahub'" in reason and server.access_key_secret not in reason
    file.write_text("CREATE TABLE m (a INT) WITH ('connector' = 'odps');\nINSERT INTO m SELECT 1;")
    reason = "statement 1: table default_catalog.default_database.m: Flink has no connector for MaxCompute's tables"
    assert reason in refusal(server.data, "run", str(file), "--backend", "flink")


def test_what_the_embedded_engine_has_not(cluster: dict[str, Any], server: Server, tmp_path: Path) -> None:
    """SUBSET of MATCH_RECOGNIZE, which the embedded engine refuses and names the backend for."""
    file = tmp_path / "pattern.sql"
    file.write_text(
        "CREATE VIEW v AS SELECT * FROM (VALUES (1, 10), (2, 30), (3, 20)) AS t(n, price);\n"
        "CREATE VIEW o AS SELECT n, price, PROCTIME() AS p FROM v;\n"
        "SELECT top FROM o MATCH_RECOGNIZE (ORDER BY p MEASURES B.price AS top ONE ROW PER MATCH\n"
        "AFTER MATCH SKIP PAST LAST ROW PATTERN (A B C) SUBSET D = (B, C)\n"
        "DEFINE B AS B.price > A.price, C AS C.price < B.price);\n"
    )
    assert "Flink backend" in refusal(server.data, "run", str(file))
    done = yunbox(server.data, "run", str(file), "--backend", "flink", output="text")
    assert (done.returncode, done.stdout.splitlines()[:1]) == (0, ["INSERT  30"]), done.stderr


# -- the same answers


class Compared:
    """Queries that both engines run, from one file: their sinks, and what is in them.

    The embedded engine runs them with one process and with several.
    """

    def __init__(self, server: Server, holo: Holo, project: str, queries: tuple[Query, ...]) -> None:
        self._holo = holo
        self._server, self._project = server, project
        self._tables = {one.name: f"{project}_{one.name}" for one in queries}
        holo.execute(f"CREATE TABLE {project}_users (id bigint PRIMARY KEY, name text, zone text)")
        for row in USERS:
            holo.execute(f"INSERT INTO {project}_users VALUES (%s, %s, %s)", row)
        self._sinks = [hologres(server, f"{project}_users", "id BIGINT, name STRING, zone STRING", "users")]
        for one in queries:
            holo.execute(f"CREATE TABLE {self._tables[one.name]} ({one.made})")
            self._sinks.append(hologres(server, self._tables[one.name], one.declared, one.name))
        inserts = "\n".join(f"INSERT INTO {one.name} {one.text};" for one in queries)
        self._set = f"EXECUTE STATEMENT SET BEGIN\n{inserts}\nEND;\n"

    def script(self, topic: str = "events", **settings: str) -> str:
        """The file, with the events in a topic."""
        settings = {"restart-strategy.type": "none", **settings}
        first = [f"SET '{name}' = '{value}'" for name, value in settings.items()]
        source = clicks(self._server, self._project, topic, EVENTS, "events")
        return ";\n".join([*first, source, *self._sinks, self._set])

    def rows(self) -> dict[str, list[str]]:
        """What is in each sink."""
        return {name: self._rows(name) for name in self._tables}

    def has(self, wanted: dict[str, list[str]]) -> bool:
        """Whether each sink has these rows; those behind the first that has not are not asked."""
        return all(self._rows(name) == rows for name, rows in wanted.items())

    def _rows(self, name: str) -> list[str]:
        return sorted(map(repr, self._holo.execute(f"SELECT * FROM {self._tables[name]}")))

    def clear(self) -> None:
        """Empty them all."""
        for table in self._tables.values():
            self._holo.execute(f"TRUNCATE {table}")


def check(found: dict[str, list[str]], wanted: dict[str, list[str]]) -> None:
    """Whether both have the same; what only one has is shown by query."""
    pairs = {name: (set(found[name]) - set(rows), set(rows) - set(found[name])) for name, rows in wanted.items()}
    assert found == wanted, pformat(
        {name: pair for name, pair in pairs.items() if found[name] != wanted[name]}, width=150
    )


@pytest.fixture
def events(topic: Topic, put: Put) -> None:
    for name in ("events", "again"):
        topic(name, *FIELDS)
        put(name, *ROWS[:5])


@pytest.mark.usefixtures("events")
def test_streams_come_to_the_same(
    cluster: dict[str, Any], server: Server, project: str, holo: Holo, put: Put, tmp_path: Path
) -> None:
    """Also what the embedded engine has given at first and taken back later."""
    compared = Compared(server, holo, project, STREAM)
    file = tmp_path / "stream.sql"

    def embedded(name: str, **settings: str) -> dict[str, list[str]]:
        file.write_text(compared.script(name, **settings))
        [job] = answer(server.data, "run", str(file))["jobs"]
        until(lambda: has_read_all(server, job["id"], 5), PATIENCE_S)
        put(name, *ROWS[5:])
        until(lambda: has_read_all(server, job["id"], len(ROWS)), PATIENCE_S)
        answer(server.data, "stop", job["id"], "--savepoint")
        return compared.rows()

    several = embedded("again", **{"parallelism.default": "3"})
    compared.clear()
    wanted = embedded("events", **{"state.backend.type": "hashmap"})
    assert all(wanted.values())
    check(several, wanted)
    compared.clear()
    [job] = answer(server.data, "run", str(file), "--backend", "flink")["jobs"]
    try:
        with contextlib.suppress(AssertionError):
            until(lambda: compared.has(wanted), PATIENCE_S)
        check(compared.rows(), wanted)
    finally:
        cancel(cluster, job["id"])


def has_read_all(server: Server, job: str, count: int) -> bool:
    [found] = [one for one in answer(server.data, "jobs") if one["id"] == job]
    assert found["state"] == "RUNNING", found
    return found["rows_in"] == count and found["lag_rows"] == 0


@pytest.mark.usefixtures("events")
def test_batches_come_to_the_same(
    cluster: dict[str, Any], server: Server, project: str, holo: Holo, put: Put, flink: Flink, tmp_path: Path
) -> None:
    put("events", *ROWS[5:])
    compared = Compared(server, holo, project, BATCH)
    file = tmp_path / "batch.sql"

    def embedded(count: int) -> dict[str, list[str]]:
        settings = {"execution.runtime-mode": "batch", "parallelism.default": str(count)}
        file.write_text(compared.script(**settings))
        [job] = answer(server.data, "run", str(file))["jobs"]
        until(lambda: flink.state(job["id"]) not in ("CREATED", "RUNNING"), PATIENCE_S)
        assert flink.state(job["id"]) == "FINISHED", flink.job(job["id"], "/exceptions")
        return compared.rows()

    several = embedded(3)
    compared.clear()
    wanted = embedded(1)
    assert all(wanted.values())
    check(several, wanted)
    compared.clear()
    [job] = answer(server.data, "run", str(file), "--backend", "flink")["jobs"]
    jobmanager = Rest(cluster["jobmanager"], cluster["context"])
    until(lambda: jobmanager.ask("GET", f"/jobs/{job['id']}")["state"] in ("FINISHED", "FAILED"), PATIENCE_S)
    failures = jobmanager.ask("GET", f"/jobs/{job['id']}/exceptions")["exceptionHistory"]["entries"]
    jobmanager.close()
    assert not failures, failures[0]["stacktrace"].partition("Caused by: ")[2][:2000]
    check(compared.rows(), wanted)


CHANCE_SEED = 32
CHANCE_QUERIES = 30


def test_queries_by_chance_come_to_the_same(cluster: dict[str, Any], tmp_path: Path) -> None:
    """Types, rows and refusals; what a real Flink stumbles over is left out."""
    queries = list(chance_queries(CHANCE_SEED, CHANCE_QUERIES))
    own = OwnEngine(tmp_path)
    real = RealFlink(cluster["gateway"], cluster["context"], tables(tmp_path / "tables"))
    try:
        wanted = dict(zip(queries, real.answers(queries), strict=True))
    finally:
        real.close()
    judged = {query: said for query, said in wanted.items() if not said.is_stumble}
    assert len(judged) > CHANCE_QUERIES * 3 // 4
    for query, said in judged.items():
        found = own.answer(query)
        assert bool(found.failure) == bool(said.failure), (query, found, said)
        assert said.failure or found == said, query


STREAMS_SEED, STREAMS, STREAMS_AT_ONCE = 41, 30, 10


def test_streams_by_chance_come_to_the_same(cluster: dict[str, Any], tmp_path: Path) -> None:
    """What is left of all changes, however they came here; there all that has a time comes at the end."""
    queries = list(chance_streams.chance_streams(STREAMS_SEED, STREAMS))
    given = chance_streams.inputs(random.Random(STREAMS_SEED))
    chance_streams.write(tmp_path / "tables", given)
    files = {"connector": "filesystem", "path": f"file://{tmp_path}/tables/{{}}"}
    made = chance_streams.tables({**files, "format": "json"}, {**files, "format": "debezium-json"})
    real = RealFlink(
        cluster["gateway"],
        cluster["context"],
        [*made, *chance_streams.VIEWS],
        **{"execution.runtime-mode": "streaming", "pipeline.auto-watermark-interval": "1 h"},
    )
    try:
        parts = [queries[at : at + STREAMS_AT_ONCE] for at in range(0, STREAMS, STREAMS_AT_ONCE)]
        wanted = [answer for part in parts for answer in real.answers(part)]
    finally:
        real.close()
    assert sum(not said.is_stumble for said in wanted) > STREAMS * 3 // 4
    for at, (query, said) in enumerate(zip(queries, wanted, strict=True)):
        if said.is_stumble:
            continue
        if said.failure:
            with pytest.raises(FlinkSqlError):
                planned(query)
            continue
        assert tuple(str(field.type) for field in planned(query).sinks[0].input.fields) == said.types, query
        found = left(query, tmp_path / str(at), given, random.Random(at), WAYS[at % len(WAYS)])
        assert tuple(sorted(repr(list(row)) for row in found.elements())) == said.rows, query
