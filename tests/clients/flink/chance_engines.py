"""What runs the queries that are made by chance: a session of a real Flink, and the engine without a server.

All queries of one call are one job of a real Flink, since each takes it half a second; where that job fails its halves
are asked, so that only those fail that do so by themselves.
"""

import re
import shutil
import ssl
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.clients.flink.chance_queries import tables
from tests.flink import Refused, Rest
from tests.unit.engine.stream.test_files import Jobs
from yunbox.engine.stream.poison import PoisonRecord
from yunbox.kernel.errors import KernelError
from yunbox.sql.flink.errors import FlinkSqlError
from yunbox.sql.flink.plans import Job

SETTINGS = {
    "execution.runtime-mode": "batch", "table.local-time-zone": "Asia/Shanghai", "parallelism.default": "1",
}  # fmt: skip
WIDTH_MAX = 10
_AT_FAULT = re.compile(
    "NullPointerException|CompileException|ClassCastException|AssertionError|CodeGenException|CannotPlanException"
    "|generate a valid execution plan|This function does not support retraction|IndexOutOfBounds"
)
"""Where a real Flink does not refuse a query but stumbles over it."""
_FINISHED_S_MAX = 60.0


@dataclass(frozen=True)
class Answer:
    """The types of a query's columns and its rows, sorted; or why there are none."""

    types: tuple[str, ...] = ()
    rows: tuple[str, ...] = ()
    failure: str = ""

    @property
    def is_stumble(self) -> bool:
        """Whether it is a fault of a real Flink's."""
        return _AT_FAULT.search(self.failure) is not None


class RealFlink:
    """A session of its SQL Gateway."""

    def __init__(self, gateway: Any, context: ssl.SSLContext, tables: Iterable[str], **settings: str) -> None:
        self._line = Rest(gateway, context)
        properties = {**SETTINGS, **settings}
        self._session = self._line.ask("POST", "/v2/sessions", {"properties": properties})["sessionHandle"]
        self._views = 0
        for statement in tables:
            self._run(statement)

    def close(self) -> None:
        """End it."""
        self._line.ask("DELETE", f"/v2/sessions/{self._session}")
        self._line.close()

    def answers(self, queries: Sequence[str]) -> list[Answer]:
        """What it says to each."""
        found: dict[int, Answer] = {}
        planned: dict[int, tuple[str, ...]] = {}
        for at, query in enumerate(queries, self._views):
            try:
                self._run(f"CREATE TEMPORARY VIEW v{at} AS {query}")
                planned[at] = tuple(_type(of, nullable) for _, (_, of, nullable, *_) in self._run(f"DESCRIBE v{at}"))
            except Refused as error:
                found[at] = Answer(failure=str(error))
        first, self._views = self._views, self._views + len(queries)
        self._ask(planned, found)
        return [found[at] for at in range(first, self._views)]

    def _ask(self, planned: dict[int, tuple[str, ...]], found: dict[int, Answer]) -> None:
        if not planned:
            return
        try:
            rows = self._run(" UNION ALL ".join(_as_texts(at, len(types)) for at, types in planned.items()))
        except Refused as error:
            if len(planned) == 1:
                found.update({at: Answer(failure=str(error)) for at in planned})
                return
            half = list(planned)[: len(planned) // 2]
            self._ask({at: types for at, types in planned.items() if at in half}, found)
            self._ask({at: types for at, types in planned.items() if at not in half}, found)
            return
        for at, types in planned.items():
            found[at] = Answer(types, _left([(kind, row[1 : 1 + len(types)]) for kind, row in rows if row[0] == at]))

    def _run(self, statement: str) -> list[tuple[str, list[Any]]]:
        where = f"/v2/sessions/{self._session}"
        handle = self._line.ask("POST", f"{where}/statements", {"statement": statement})["operationHandle"]
        path: str | None = f"{where}/operations/{handle}/result/0?rowFormat=JSON"
        found, end = [], time.monotonic() + _FINISHED_S_MAX
        while path is not None:
            assert time.monotonic() < end, statement
            page = self._line.ask("GET", path)
            path = page.get("nextResultUri")
            if page["resultType"] != "NOT_READY":
                found += [(row["kind"], row["fields"]) for row in page["results"]["data"]]
            if path is not None and (page["resultType"] == "NOT_READY" or not page["results"]["data"]):
                time.sleep(0.02)
        self._line.ask("DELETE", f"{where}/operations/{handle}/close")
        return found


class OwnEngine:
    """The embedded engine's planner and its jobs, in this process."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._jobs = Jobs(folder)
        for name, value in SETTINGS.items():
            self._jobs.run(f"SET '{name}' = '{value}'")
        for statement in tables(folder / "tables"):
            self._jobs.run(statement)

    def close(self) -> None:
        """Remove what its jobs have left."""
        for folder in self._folder.glob("job-*"):
            shutil.rmtree(folder)

    def answer(self, query: str) -> Answer:
        """What it says to a query."""
        try:
            [statement] = self._jobs.planner.statements(query)
            job = self._jobs.planner.plan(statement)
            assert isinstance(job, Job)
            types = tuple(str(one.type) for one in job.sinks[0].input.fields)
            columns = ", ".join(f"CAST(c{at} AS STRING)" for at in range(len(types)))
            self._jobs.run(f"SELECT {columns} FROM ({query})")
        except (FlinkSqlError, PoisonRecord, KernelError) as error:
            return Answer(failure=f"{type(error).__name__}: {error}")
        return Answer(types, _sorted([row for _, row in self._jobs.out]))


def _type(of: str, nullable: object) -> str:
    of = of.removesuffix(" *ROWTIME*")
    return of if nullable in (True, "TRUE") else f"{of} NOT NULL"


def _as_texts(at: int, width: int) -> str:
    columns = [f"CAST(c{place} AS STRING)" if place < width else "CAST(NULL AS STRING)" for place in range(WIDTH_MAX)]
    return f"SELECT {at} AS q, {', '.join(f'{one} AS s{place}' for place, one in enumerate(columns))} FROM v{at}"


def _sorted(rows: Iterable[Sequence[Any]]) -> tuple[str, ...]:
    return tuple(sorted(repr([unordered(value) for value in row]) for row in rows))


def _left(changes: Iterable[tuple[str, Sequence[Any]]]) -> tuple[str, ...]:
    """What is left of changes."""
    left: Counter[str] = Counter()
    for kind, row in changes:
        [told] = _sorted([row])
        left[told] += 1 if kind in ("INSERT", "UPDATE_AFTER") else -1
    return tuple(sorted((+left).elements()))


def unordered(value: Any) -> Any:
    """A MAP's entries have no order, and a real Flink's have that of their hashes."""
    if not isinstance(value, str) or not value.startswith("{") or not value.endswith("}"):
        return value
    return "{" + ", ".join(sorted(value[1:-1].split(", "))) + "}"
