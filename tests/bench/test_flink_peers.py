"""The embedded engine beside a real Flink of one slot, both warm: Nexmark's questions, and the article's job.

What counts is events a second of the process that works: the job's own here, the TaskManager there. Flink has what
`yunbox flink cluster` gives it, RocksDB and checkpoints.
"""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psutil
import pytest

from tests import nexmark
from tests.bench.test_flink import EVENTS, JOB, TOTALS, connect, prepared, put
from tests.flink import Flink, clicks, hologres
from tests.processes import children
from tests.real_flink import answer
from yunbox.testing.server import Server

_EVENTS = 200_000
_WARM = "q2"
_ELSEWHERE = ("q13", "q14")
"""A look-up in Hologres, and a function in Python that Flink's cluster has no Python for."""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    made = Server(tmp_path / "data", options=("--services", "datahub,hologres,flink")).start()
    yield made
    made.stop()


@pytest.fixture
def cluster(server: Server) -> Iterator[dict[str, Any]]:
    yield answer(server.data, "cluster", "start", "--slots", "1", "--open")
    answer(server.data, "cluster", "stop")


def cpu_s(process: psutil.Process) -> float:
    used = process.cpu_times()
    return float(used.user + used.system)


def asked(flink: Flink, name: str, watched: Callable[[], psutil.Process | None]) -> tuple[float, float]:
    """The seconds of a question, and those of the process that works on it."""
    query = nexmark.QUERIES[name].replace("A.`dateTime`, expires", "A.`dateTime` AS a_time, expires")
    query = query.replace(", A.extra ", ", A.extra AS a_extra ")  # two columns of one name make no table
    began, before = time.monotonic(), watched()
    used = cpu_s(before) if before is not None else 0.0
    where = f"/v2/sessions/{flink.session}"
    table = f"CREATE TABLE {name}_{int(began * 1000)} WITH ('connector' = 'blackhole')"
    statement = f"{table} AS SELECT * FROM ({query}) AS t"
    handle = flink.gateway.ask("POST", f"{where}/statements", {"statement": statement})["operationHandle"]
    path, last = f"{where}/operations/{handle}/result/0?rowFormat=JSON", 0.0
    while True:
        process = watched()
        if process is not None:
            try:
                last = cpu_s(process)
            except psutil.NoSuchProcess:
                process = None
        page = flink.gateway.ask("GET", path)
        if page["resultType"] != "NOT_READY":
            break
        time.sleep(0.02)
    return time.monotonic() - began, last - used


@pytest.mark.bench
@pytest.mark.java
@pytest.mark.timeout(900)
def test_nexmark(server: Server, cluster: dict[str, Any], tmp_path: Path, report: Callable[[str], None]) -> None:
    nexmark.write(tmp_path / "events.json", _EVENTS)
    source = f"'connector' = 'filesystem', 'path' = 'file://{tmp_path}/events.json', 'format' = 'json'"
    there = SimpleNamespace(endpoints={"flink": cluster["gateway"], "flink_jobmanager": cluster["jobmanager"]})
    manager = psutil.Process(cluster["pids"]["taskmanager"])

    def own() -> psutil.Process | None:
        return next(iter(children(server, "engine.stream.main")), None)

    properties = {"table.dml-sync": "true", "parallelism.default": "1"}
    with Flink(server, **properties) as here, Flink(there, **properties) as real:  # type: ignore[arg-type]
        for flink in (here, real):
            flink.run(*nexmark.tables(source).split(";"))
            asked(flink, _WARM, own if flink is here else lambda: manager)
        for name in nexmark.QUERIES:
            if name in _ELSEWHERE:
                continue
            wall, used = asked(here, name, own)
            their_wall, their_used = asked(real, name, lambda: manager)
            report(
                f"{name}: {_EVENTS / wall:,.0f} events/s, {_EVENTS / max(used, 0.01):,.0f} a core second; "
                f"Flink {_EVENTS / their_wall:,.0f}, {_EVENTS / max(their_used, 0.01):,.0f}: "
                f"{their_used / max(used, 0.01):.2f} a core"
            )


@pytest.mark.bench
@pytest.mark.java
@pytest.mark.timeout(900)
def test_the_articles_job(
    server: Server, cluster: dict[str, Any], tmp_path: Path, report: Callable[[str], None]
) -> None:
    prepared(server)
    put(server, EVENTS)
    file = tmp_path / "job.sql"
    file.write_text(
        f"{clicks(server, 'bench', 'clicks', 'user_id BIGINT, amount DOUBLE')};\n"
        f"{hologres(server, 'totals', TOTALS, 'totals')};\nSET 'table.exec.state.ttl' = '1 d';\n"
        f"{JOB};\n"
    )
    manager = psutil.Process(cluster["pids"]["taskmanager"])
    rates = []
    for words in ((), ("--backend", "flink")):
        with connect(server) as client:
            client.execute("DELETE FROM totals")
        began, before = time.monotonic(), cpu_s(manager)
        [job] = answer(server.data, "run", str(file), *words)["jobs"]
        process = manager if words else next(iter(children(server, "engine.stream.main")))
        with connect(server) as client:
            while client.execute("SELECT coalesce(sum(n), 0) FROM totals").fetchone() != (EVENTS,):
                time.sleep(0.1)
        wall, used = time.monotonic() - began, cpu_s(process) - (before if words else 0.0)
        rates.append(EVENTS / used)
        name = "a real Flink" if words else "embedded"
        report(f"{name}: {EVENTS / wall:,.0f} events/s, {rates[-1]:,.0f} a core second")
        if not words:
            answer(server.data, "stop", job["id"])
    report(f"a core: {rates[0] / rates[1]:.2f} of a real Flink's")
