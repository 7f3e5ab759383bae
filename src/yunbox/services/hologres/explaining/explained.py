"""Running an EXPLAIN: the plan is asked for, or the statement is run and what it took is told.

A fixed plan is called so, with the vendor's name of its node. Source: the vendor's pages "EXPLAIN and EXPLAIN ANALYZE"
and "Accelerate SQL execution with Fixed Plan".
"""

import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from yunbox.engine.holo.messages import Selected
from yunbox.services.hologres.engines.planning import Computed
from yunbox.services.hologres.engines.remote import Remote, bound
from yunbox.services.hologres.explaining.duck import plan_of
from yunbox.services.hologres.explaining.layout import as_json, summary, texts
from yunbox.services.hologres.explaining.node import Node
from yunbox.services.hologres.session.ports import Column, Context, Plan, Rows
from yunbox.services.hologres.session.rows import listed_texts
from yunbox.services.hologres.statements.explaining import Explain
from yunbox.storage.rows.model import Relation
from yunbox.storage.rows.rows import STANDARD
from yunbox.wire.pgwire.datarows import rows_of
from yunbox.wire.pgwire.values.types import TYPES

_TEXT, _JSON = 25, 114
_LONG = 32
"""The width that PostgreSQL takes a value to have whose type has no size."""
_FIXED = {"SELECT": "FixedSelectNode", "INSERT 0": "FixedInsertNode", "UPDATE": "FixedUpdateNode",
          "DELETE": "FixedDeleteNode"}  # fmt: skip
Start = Callable[[Plan, Sequence[Any], Context], Awaitable[Rows]]


@dataclass(frozen=True, slots=True)
class Explained:
    """A statement that is explained: how, its own plan, the table of a fixed one, and how long planning took."""

    asked: Explain
    plan: Plan
    fixed: Relation | None
    planning_ms: float

    @property
    def columns(self) -> tuple[Column, ...]:
        """The column of the answer."""
        return (Column("QUERY PLAN", _JSON if self.asked.format == "json" else _TEXT),)

    @property
    def writes(self) -> bool:
        """Whether it changes rows."""
        return self.asked.analyze and self.plan.writes


async def explain(explained: Explained, values: Sequence[Any], context: Context, remote: Remote, start: Start) -> Rows:
    """The lines of a plan. ``start`` runs a statement. Raises PgError."""
    asked, plan = explained.asked, explained.plan
    root = _fixed(explained) if explained.fixed is not None else await _computed(plan, values, context, remote, asked)
    execution_ms = None
    if asked.analyze:
        execution_ms = root.total_ms
        if explained.fixed is not None or plan.writes:
            execution_ms = await _run(root, plan, values, context, start)
    if asked.verbose and plan.columns:
        root.details["Output"] = ", ".join(one.name for one in plan.columns)
    if asked.format == "json":
        return listed_texts([[as_json(root, asked, explained.planning_ms, execution_ms)]])
    lines = texts(root, asked)
    if asked.summary:
        lines += summary(explained.planning_ms, execution_ms)
    return listed_texts([[line] for line in lines])


def _fixed(explained: Explained) -> Node:
    assert explained.fixed is not None
    node = Node(f"{_FIXED[explained.plan.tag]} on {explained.fixed.name}", 1, _width(explained.plan))
    return Node("Fixed Plan", 1, node.width, children=[node])


def _width(plan: Plan) -> int:
    sizes = [TYPES[one.oid].size if one.oid in TYPES else -1 for one in plan.columns or ()]
    return sum(size if size > 0 else _LONG for size in sizes)


async def _computed(plan: Plan, values: Sequence[Any], context: Context, remote: Remote, asked: Explain) -> Node:
    """The engine's plan; what changes rows stands above what it computes."""
    computed = remote.renewed(plan, context)
    how = "ANALYZE, FORMAT json" if asked.analyze else "FORMAT json"
    running = await remote.run(
        computed, computed.sql, (_TEXT, _TEXT), bound(plan, values), context, before=f"EXPLAIN ({how}) "
    )
    try:
        batch = await running.take(0, (0, 0), STANDARD)
    finally:
        running.close()
    [(_, answer)] = rows_of(batch.data)
    told = [(computed.foreign_names[one.token], _selected(one)) for one in running.selected]
    root = plan_of((answer or b"").decode(), lambda name: _table(name, computed), told)
    root.width = _width(plan)
    if computed.change is None:
        return root
    what = computed.change.made.kind.title()
    return Node(f"{what} on {computed.change.target.name}", 0, children=[root])


def _selected(one: Selected) -> dict[str, str]:
    """What is read of a foreign table."""
    partitions = {"Partitions selected": f"{one.partitions} out of {one.partitions_total}"}
    return {
        **(partitions if one.partitions_total else {}),
        "Files": f"{one.files}, {one.rows} rows, {one.size_bytes} bytes",
        "Foreign Table Type": "MaxCompute",
    }


def _table(name: str, computed: Computed) -> tuple[str, Mapping[int, str]]:
    """What the engine calls a table, as its owner does."""
    for table in (one for reading in computed.reads.values() for one in reading.tables):
        if name in (f"n{table.node}", f"__block_{table.node}"):
            return table.name, {column.number: column.name for column in table.live}
    return name, {}


async def _run(root: Node, plan: Plan, values: Sequence[Any], context: Context, start: Start) -> float:
    """Run the statement itself; how long it took in milliseconds."""
    started = time.perf_counter()
    rows = await start(plan, values, context)
    count = 0
    is_last = plan.columns is None
    while not is_last:
        batch = await rows.take(0, (0,) * len(plan.columns or ()), STANDARD)
        count, is_last = count + batch.count, batch.is_last
    rows.close()
    took_ms = (time.perf_counter() - started) * 1000
    root.actual_rows, root.own_ms = count, max(0.0, took_ms - sum(child.total_ms for child in root.children))
    if root.name == "Fixed Plan":
        [node] = root.children
        node.actual_rows, node.own_ms, root.own_ms = count if plan.columns else rows.affected, took_ms, 0.0
    return took_ms
