"""The engine process: statements and their rows, in every type; stops, crashes, and memory that is bounded."""

import asyncio
import os
import socket
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import psutil
import pytest

from yunbox.engine.holo.config import SOCKET, EngineConfig
from yunbox.kernel.supervise import Patience, Supervisor
from yunbox.services.hologres.engines.planning import Computed
from yunbox.services.hologres.engines.remote import Link, Remote
from yunbox.services.hologres.foreign.objects import Objects
from yunbox.services.hologres.session.loading import rows_of
from yunbox.services.hologres.session.ports import Column, Context, Kind, Plan, Rows
from yunbox.spine.child import ChildProcess
from yunbox.wire.pgwire.report import PgError, failure
from yunbox.wire.pgwire.values.codec import Style
from yunbox.wire.pgwire.values.dates import DATE_ENDS, TIMESTAMP_ENDS
from yunbox.wire.pgwire.values.intervals import Interval
from yunbox.wire.pgwire.values.types import BY_NAME, TYPES

STYLE = Style()
CONTEXT = Context("u", "d", 1, "", "public", STYLE, 0, 0)
MIB = 1 << 20
HEAVY = "select count(*) from range(100000000) a, range(1000) b where a.range % 7 = b.range % 5"


class Refusing:
    """Plans nothing: what runs here is DuckDB's SQL already."""

    def plan(self, text: str, types: Sequence[int], context: Context) -> Plan:
        """Raises PgError 0A000."""
        word = text.split(maxsplit=1)[0].upper()[:63]
        raise failure("0A000", f"{word} is not supported")

    def renew(self, plan: Plan, context: Context) -> None:
        """What holds no time is one for now already."""


class Served:
    """An engine and a gateway's link to it."""

    def __init__(self, remote: Remote, supervisor: Supervisor[ChildProcess], config: EngineConfig) -> None:
        self.remote = remote
        self.supervisor = supervisor
        self.config = config

    @property
    def process(self) -> psutil.Process:
        return psutil.Process(self.supervisor.child.pid)

    async def start(
        self, sql: str, *types: str, parameters: tuple[str, ...] = (), values: tuple[Any, ...] = ()
    ) -> Rows:
        columns = tuple(Column(f"c{at}", BY_NAME[name].oid) for at, name in enumerate(types)) if types else None
        oids = tuple(BY_NAME[name].oid for name in parameters)
        plan = Plan(Kind.QUERY if types else Kind.DML, "SELECT", columns, oids, Computed(sql))
        return await self.remote.start(plan, values, CONTEXT)

    async def values(self, sql: str, *types: str, format: int = 1, **more: Any) -> list[list[Any]]:
        """All rows, as the codecs read them."""
        rows = await self.start(sql, *types, **more)
        made: list[list[Any]] = []
        while True:
            batch = await rows.take(0, (format,) * len(types), STYLE)
            made += [list(map(lambda name, data: _read(name, data, format), types, row)) for row in rows_of(batch.data)]
            if batch.is_last:
                return made


def _read(name: str, data: bytes | None, format: int) -> Any:
    if data is None:
        return None
    codec = TYPES[BY_NAME[name].oid].codec
    return codec.unpack(data) if format else codec.read(data.decode(), STYLE)


@asynccontextmanager
async def engine(folder: Path, memory_mib: int = 256) -> AsyncGenerator[Served]:
    config = EngineConfig(str(folder), memory_mib * MIB, 1024 * MIB, 2, os.getpid(), str(folder / "rows"))
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(folder / SOCKET))
        listener.listen(100)

        async def spawn() -> ChildProcess:
            return await ChildProcess.spawn("yunbox.engine.holo.main", config.argument, lambda _w, _b: None, listener)

        supervisor = Supervisor("engine", spawn, Patience(pause_s=0.05, health_every_s=1.0))
        await supervisor.start()
        remote = Remote(Refusing(), Link(folder), Objects(folder))
        try:
            yield Served(remote, supervisor, config)
        finally:
            remote.close()
            await supervisor.stop()


def run(folder: Path, work: Callable[[Served], Awaitable[None]], memory_mib: int = 256) -> None:
    async def all_of_it() -> None:
        async with engine(folder, memory_mib) as served:
            await work(served)

    asyncio.run(all_of_it())


async def until(condition: Callable[[], bool], seconds: float = 20.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        await asyncio.sleep(0.02)


def days(text: str) -> int:
    return BY_NAME["date"].codec.read(text, STYLE)


def moment(text: str) -> int:
    return BY_NAME["timestamp"].codec.read(text, STYLE)


VALUES: list[tuple[str, str, list[Any]]] = [
    ("bool", "(true), (false), (null)", [True, False, None]),
    ("int2", "(32767::smallint), (-32768)", [32767, -32768]),
    ("int4", "(2147483647), (-2147483648)", [2147483647, -2147483648]),
    ("int8", "(9223372036854775807), (-9223372036854775808)", [9223372036854775807, -9223372036854775808]),
    ("float4", "(1.5::float), ('nan'), ('-infinity')", [1.5, "nan", float("-inf")]),
    ("float8", "(0.1::double), ('infinity'), ('-0')", [0.1, float("inf"), -0.0]),
    ("numeric", "(1.50::decimal(10, 2)), (-0.01)", [Decimal("1.50"), Decimal("-0.01")]),
    ("numeric", "(170141183460469231731687303715884105727::hugeint)", [Decimal(2**127 - 1)]),
    ("text", "('ä'), (''), (null)", ["ä", "", None]),
    ("varchar", "('x')", ["x"]),
    ("bytea", "('\\x00\\xFF'::blob)", [b"\0\xff"]),
    ("date", "('2000-01-02'::date), ('infinity'), ('-infinity'), ('0044-03-15 (BC)'), ('12345-01-01'), (null)",
     [1, DATE_ENDS[1], DATE_ENDS[0], days("0044-03-15 BC"), days("12345-01-01"), None]),
    ("time", "('12:34:56.789'::time)", [45_296_789_000]),
    ("timestamp", "('2000-01-01 00:00:01'::timestamp), ('infinity'), ('-infinity'), ('1999-12-31 23:59:59.5')",
     [1_000_000, TIMESTAMP_ENDS[1], TIMESTAMP_ENDS[0], -500_000]),
    ("timestamptz", "('2000-01-01 08:00:00+08'::timestamptz), ('infinity')", [0, TIMESTAMP_ENDS[1]]),
    ("interval", "('1 year 2 months -3 days 04:05:06.7'::interval), ('-1 hour'), (null)",
     [Interval(14, -3, 14_706_700_000), Interval(0, 0, -3_600_000_000), None]),
    ("uuid", "('6f1c1f0e-0f5c-4f6e-9d8f-1d1f6f0e0f5c'::uuid)",
     [bytes.fromhex("6f1c1f0e0f5c4f6e9d8f1d1f6f0e0f5c")]),
    ("json", """('{"b": 1,  "a": 2}'::json)""", ['{"b": 1,  "a": 2}']),
    ("jsonb", """('{"b": 1,  "a": 2}'::json)""", ['{"a": 2, "b": 1}']),
    ("_int4", "([1, null, 3]), ([]), (null)", [[1, None, 3], [], None]),
    ("_text", "(['a', 'b,c'])", [["a", "b,c"]]),
    ("_date", "(['2000-01-02'::date, null])", [[1, None]]),
]  # fmt: skip


def test_every_type_comes_in_text_and_binary(tmp_path: Path) -> None:
    async def work(served: Served) -> None:
        for name, rows, expected in VALUES:
            for format in (0, 1):
                found = [row[0] for row in await served.values(f"select * from (values {rows})", name, format=format)]
                shown = ["nan" if one != one else one for one in found]
                assert list(map(str, shown)) == list(map(str, expected)), (name, format)

    run(tmp_path, work)


def test_parameters_of_every_type_come_back(tmp_path: Path) -> None:
    casts = {
        "int4": "integer", "text": "varchar", "numeric": "decimal(20, 4)", "date": "date", "timestamp": "timestamp",
        "interval": "interval", "uuid": "uuid", "bool": "boolean", "bytea": "blob", "float8": "double",
        "_int4": "integer[]", "time": "time",
    }  # fmt: skip
    given = {
        "int4": 7, "text": "it's", "numeric": Decimal("1.2500"), "date": days("0044-03-15 BC"), "bool": True,
        "timestamp": moment("2024-02-29 12:00:00.000001"), "interval": Interval(1, 2, 3_000_000), "bytea": b"\0\1",
        "uuid": TYPES[2950].codec.read("6f1c1f0e-0f5c-4f6e-9d8f-1d1f6f0e0f5c", STYLE), "float8": 0.1,
        "_int4": [1, None], "time": 1_000_000,
    }  # fmt: skip

    async def work(served: Served) -> None:
        for name, cast in casts.items():
            [[found]] = await served.values(f"select $1::{cast}", name, parameters=(name,), values=(given[name],))
            assert found == given[name], name
            [[nothing]] = await served.values(f"select $1::{cast}", name, parameters=(name,), values=(None,))
            assert nothing is None

    run(tmp_path, work)


def test_many_rows_come_in_batches_and_as_few_as_asked_for(tmp_path: Path) -> None:
    async def work(served: Served) -> None:
        found = await served.values("select range from range(100000)", "int8")
        assert [row[0] for row in found] == list(range(100_000))
        rows = await served.start("select range from range(10)", "int8")
        batches = [await rows.take(3, (0,), STYLE) for _ in range(4)]
        assert [batch.count for batch in batches] == [3, 3, 3, 1]
        assert [batch.is_last for batch in batches] == [False, False, False, True]

    run(tmp_path, work)


@pytest.mark.parametrize(
    ("sql", "state"),
    [
        ("select error('PG22012: division by zero')", "22012"),
        ("select 'x'::integer", "22P02"),
        ("select 2147483647::integer + 1::integer", "22003"),
        ("select (select 1 union all select 2)", "21000"),
        ("selec", "XX000"),
    ],
)
def test_a_failure_has_a_sqlstate_and_leaves_the_connection_free(tmp_path: Path, sql: str, state: str) -> None:
    async def work(served: Served) -> None:
        for _ in range(3):
            with pytest.raises(PgError) as failed:
                await served.values(sql, "int4")
            assert failed.value.report.sqlstate == state
        assert await served.values("select 1", "int4") == [[1]]

    run(tmp_path, work)


def test_a_statement_that_is_let_go_of_stops(tmp_path: Path) -> None:
    async def work(served: Served) -> None:
        await served.values("select 1", "int4")
        task = asyncio.create_task(served.values(HEAVY, "int8"))
        await until(lambda: served.process.cpu_percent(0.1) > 50)
        started = time.monotonic()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert time.monotonic() - started < 0.5
        await until(lambda: served.process.cpu_percent(0.2) < 20)
        assert await served.values("select 1", "int4") == [[1]]
        assert served.supervisor.restarts == 0

    run(tmp_path, work)


def test_others_are_answered_beside_a_heavy_statement(tmp_path: Path) -> None:
    async def work(served: Served) -> None:
        task = asyncio.create_task(served.values(HEAVY, "int8"))
        await until(lambda: served.process.cpu_percent(0.1) > 50)
        for _ in range(10):
            assert await served.values("select 1", "int4") == [[1]]
        assert not task.done()
        task.cancel()
        await asyncio.wait([task])

    run(tmp_path, work)


def test_a_statement_outlives_one_engine_and_fails_with_the_next(tmp_path: Path) -> None:
    async def work(served: Served) -> None:
        task = asyncio.create_task(served.values(HEAVY, "int8"))
        await until(lambda: served.process.cpu_percent(0.1) > 50)
        served.process.kill()
        assert await served.values("select 1", "int4") == [[1]]  # it waits in the socket's queue
        await until(lambda: served.supervisor.restarts == 1 and served.process.cpu_percent(0.1) > 50)
        assert not task.done()
        served.process.kill()
        with pytest.raises(PgError, match="the engine ended unexpectedly"):
            await task
        assert await served.values("select 1", "int4") == [[1]]
        await until(lambda: served.supervisor.restarts == 2)

    run(tmp_path, work)


def test_a_statement_beyond_its_memory_spills_or_fails_alone(tmp_path: Path) -> None:
    async def work(served: Served) -> None:
        await served.values("select 1", "int4")
        before = served.process.memory_info().rss
        sorting = "select count(*) from (select range, hash(range) h from range(4000000) order by h limit 3900000)"
        assert await served.values(sorting, "int8") == [[3_900_000]]
        with pytest.raises(PgError) as failed:
            await served.values("select len(list(repeat('x', 1000) || range)) from range(1000000)", "int8")
        assert failed.value.report.sqlstate == "53200"
        assert served.process.memory_info().rss - before < 2 * 128 * MIB
        await until(lambda: not [path for path in served.config.spill.rglob("*") if path.is_file()])
        assert await served.values("select 1", "int4") == [[1]]

    run(tmp_path, work, memory_mib=128)


def test_nothing_outside_can_be_read(tmp_path: Path) -> None:
    async def work(served: Served) -> None:
        for sql in ("select content from read_text('/etc/hostname')", "select 1 from 'x.parquet'"):
            with pytest.raises(PgError):
                await served.values(sql, "text")

    run(tmp_path, work)


def test_it_gives_way_and_opens_nothing_before_it_is_asked(tmp_path: Path) -> None:
    async def work(served: Served) -> None:
        assert served.process.nice() == 19
        small = served.process.memory_info().rss
        await served.values("select 1", "int4")
        assert served.process.memory_info().rss > small + 20 * MIB

    run(tmp_path, work)
