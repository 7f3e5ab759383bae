"""EXPLAIN in Flink's layout, and what the state guard says of a job before it runs.

``changelogMode`` says which changes a step gives: rows that come (I), replace others (UB, UA) and go (D). UB is given
where somebody above needs it.
"""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from yunbox.sql.flink.matches import Match, MatchRead
from yunbox.sql.flink.parallelism import OF_JOB, kept_together, parallelism, shared
from yunbox.sql.flink.plans import (
    Aggregate,
    AggregateCall,
    AssignWatermark,
    BatchOver,
    Collect,
    Field,
    Filter,
    IntervalJoin,
    Job,
    Join,
    LookupJoin,
    Node,
    Normalize,
    Order,
    Over,
    Project,
    Rank,
    Sink,
    Sort,
    Source,
    TemporalJoin,
    Union,
    Unnest,
    Values,
    WindowJoin,
    WindowTable,
    walk,
)

_WITHIN = "WITHIN INTERVAL '1' HOUR behind its PATTERN"
BOUND = "SET 'table.exec.state.ttl' = '1 d'"
_PLACE = re.compile(r"\bc(\d+)\b")
_STRING = re.compile(r"('(?:[^']|'')*')")
_JOINS = {
    "INNER": "InnerJoin", "LEFT": "LeftOuterJoin", "RIGHT": "RightOuterJoin", "FULL": "FullOuterJoin",
    "SEMI": "LeftSemiJoin", "ANTI": "LeftAntiJoin",
}  # fmt: skip


@dataclass(frozen=True)
class Step:
    """One line of a plan: its name, what it says of itself, its changes, and the steps below."""

    name: str
    parts: tuple[str, ...]
    changes: str
    state: str
    below: tuple["Step", ...]
    node: Node | None = None


def explained(job: Job, details: tuple[str, ...]) -> str:
    """The text of EXPLAIN, the state guard's advice behind it."""
    steps = [_sink(one) for one in job.sinks]
    shown = {"changes": "CHANGELOG_MODE" in details, "cost": "ESTIMATED_COST" in details}
    physical = "\n".join(_tree(one, **shown) for one in steps)
    execution = "\n".join(_tree(one) for one in steps)
    syntax = "\n".join(_tree(_logical(one)) for one in job.sinks)
    parts = [f"== Abstract Syntax Tree ==\n{syntax}", f"== Optimized Physical Plan ==\n{physical}"]
    parts.append(f"== Optimized Execution Plan ==\n{execution}")
    if "JSON_EXECUTION_PLAN" in details:
        parts.append(f"== Physical Execution Plan ==\n{json.dumps(_as_json(job, steps), indent=2)}")
    found = advice(job)
    if found:
        parts.append("== State ==\n" + "\n".join(found))
    if parallelism(job.settings) > 1:
        parts.append("== Parallelism ==\n" + "\n".join(_processes(job)))
    return "\n\n".join(parts) + "\n"


# -- advice


def advice(job: Job) -> tuple[str, ...]:
    """Warnings about state that grows without bound, each with the SET that bounds it; none of a batch."""
    if job.batch:
        return ()
    found: list[str] = []
    for sink in job.sinks:
        for node in walk(sink.input):
            what = _unbounded(node)
            bound = _WITHIN if isinstance(node, Match) else f"{BOUND};"
            line = f"warning: the state of {what} is kept for ever: {bound} bounds it." if what else ""
            if line and line not in found:
                found.append(line)
    return tuple(found)


def _processes(job: Job) -> Iterator[str]:
    """Which steps are shared out among processes, and a warning of those that might be expected to be."""
    count = parallelism(job.settings)
    found = list(dict.fromkeys(map(_named, shared(job))))
    if found:
        yield f"{count} processes by key: {', '.join(found)}. One: all other steps."
    else:
        yield f"warning: '{OF_JOB}' = '{count}' has no effect: no step of the job can be shared out among processes."
    for name in dict.fromkeys(map(_named, kept_together(job))):
        yield f"warning: {name} works in one process: its key may change when a row is replaced, or differs in type."


def _named(node: Node) -> str:
    name, parts, _ = _RENDERERS[type(node)](node)
    return f"{name}({parts[0]})" if parts else name


def _unbounded(node: Node) -> str:
    """What keeps state for ever, and by what it grows; empty when nothing does."""
    if isinstance(node, Aggregate) and node.window is None and not node.ttl_ms:
        return _aggregate_state(node)
    if isinstance(node, Match) and not node.within_ms:
        return "MATCH_RECOGNIZE grows with the rows of matches that have begun and"
    if isinstance(node, Join) and not (node.left_ttl_ms and node.right_ttl_ms):
        keys = ", ".join(node.left.fields[left].name for left, _ in node.keys)
        return f"the join on {keys} grows with every row of both sides and" if keys else "a join without keys grows and"
    if isinstance(node, Rank) and node.window is None and not node.ttl_ms and node.partition_keys:
        keys = ", ".join(node.input.fields[i].name for i in node.partition_keys)
        what = "the deduplication" if node.is_deduplication else "the Top-N"
        return f"{what} by {keys} grows with the number of its keys and"
    if isinstance(node, Normalize) and not node.ttl_ms:
        keys = ", ".join(node.input.fields[i].name for i in node.keys)
        return f"the last row of each {keys} is remembered, which grows with the number of its keys and"
    if isinstance(node, Over) and node.preceding is None and node.partition_keys and not node.ttl_ms:
        keys = ", ".join(node.input.fields[i].name for i in node.partition_keys)
        return f"OVER (PARTITION BY {keys}) grows with the number of its keys and"
    return ""


def _aggregate_state(node: Aggregate) -> str:
    keys = ", ".join(node.input.fields[i].name for i in node.keys)
    if node.keys and not node.calls:
        return f"DISTINCT {keys} grows with the number of different rows and"
    if node.keys:
        return f"GROUP BY {keys} grows with the number of its groups and"
    if any(one.distinct for one in node.calls):
        return "a DISTINCT aggregate grows with the number of different values and"
    return ""


# -- steps


def _sink(sink: Sink | Collect) -> Step:
    if isinstance(sink, Collect):
        return _step(sink.input, before=False)
    before = not sink.table.primary_key
    table = f"{sink.table.catalog}.{sink.table.database}.{sink.table.name}"
    parts = (f"table=[{table}]", f"fields=[{_names(sink.input.fields)}]")
    return Step("Sink", parts, "NONE", "", (_step(sink.input, before=before),))


def _step(node: Node, *, before: bool) -> Step:
    """A node and all below it; a condition and a projection are one step."""
    where = ""
    select = ""
    if isinstance(node, Project):
        pairs = zip(node.expressions, node.fields, strict=True)
        select = ", ".join(_aliased(one.sql, field, node.input.fields) for one, field in pairs)
        node = node.input
    if isinstance(node, Filter):
        where = _text(node.condition, node.fields)
        select = select or _names(node.fields)
        node = node.input
    if select:
        below = _step(node, before=before or bool(where))
        parts = (f"select=[{select}]", *((f"where=[{where}]",) if where else ()))
        return Step("Calc", parts, _changes_after(below.changes, before=before), "", (below,))
    return _operator(node, before=before)


def _operator(node: Node, *, before: bool) -> Step:
    name, parts, keys = _RENDERERS[type(node)](node)
    passes = isinstance(node, AssignWatermark | Unnest | LookupJoin | Union | Sort | WindowTable)
    needs = (before if passes else True) and not isinstance(node, Normalize)
    below = []
    for one, key in zip(node.inputs, keys, strict=True):
        step = _step(one, before=needs)
        if key is not None:
            step = Step("Exchange", (f"distribution=[{key}]",), step.changes, "", (step,))
        below.append(step)
    return Step(name, tuple(parts), _changes(node, below, before=before), _state(node), tuple(below), node)


def _changes(node: Node, below: list[Step], *, before: bool) -> str:
    if not node.updates:
        return "I"
    if isinstance(node, Source):
        return "I,UB,UA,D" if before else "I,UA,D"
    if isinstance(node, Aggregate):
        deletes = any("D" in one.changes for one in below) or any("UA" in one.changes for one in below)
    elif isinstance(node, Rank):
        deletes = not node.is_deduplication
    elif isinstance(node, Join):
        deletes = node.kind not in ("INNER", "SEMI") or any("D" in one.changes for one in below)
    else:
        deletes = any("D" in one.changes for one in below)
    kinds = ["I", *(("UB",) if before else ()), "UA", *(("D",) if deletes else ())]
    return ",".join(kinds)


def _changes_after(changes: str, *, before: bool) -> str:
    return changes if before else changes.replace("UB,", "")


def _state(node: Node) -> str:
    """What a step keeps, in words."""
    ttl = getattr(node, "ttl_ms", 0) or getattr(node, "left_ttl_ms", 0)
    if isinstance(node, IntervalJoin):
        return f"rows of {node.upper_ms - node.lower_ms} ms"
    if isinstance(node, Match):
        return f"rows of {node.within_ms} ms" if node.within_ms else "unbounded"
    if isinstance(node, WindowTable | WindowJoin) or getattr(node, "window", None) is not None:
        return "of open windows"
    if isinstance(node, Aggregate | Rank | Normalize | Over | Join | TemporalJoin):
        return f"ttl {ttl} ms" if ttl else "unbounded" if _unbounded(node) else "bounded"
    return ""


# -- what each says of itself

Rendered = tuple[str, list[str], list[str | None]]


def _source(node: Source) -> Rendered:
    path = f"{node.table.catalog}, {node.table.database}, {node.table.name}"
    return "TableSourceScan", [f"table=[[{path}]]", f"fields=[{_names(node.fields)}]"], []


def _values(node: Values) -> Rendered:
    rows = ", ".join("{ " + ", ".join(one.sql for one in row) + " }" for row in node.rows)
    return "Values", [f"tuples=[[{rows}]]"], []


def _watermark(node: AssignWatermark) -> Rendered:
    column = node.fields[node.column].name
    return "WatermarkAssigner", [f"rowtime=[{column}]", f"watermark=[{_text(node.expression, node.fields)}]"], [None]


def _window_table(node: WindowTable) -> Rendered:
    window = _window_text(node, node.fields[node.column].name)
    partition = f", partition keys=[{_at(node.partition_keys, node.fields)}]" if node.partition_keys else ""
    return "WindowTableFunction", [f"window=[{window}{partition}]"], [_hash(node.partition_keys, node.input)
                                                                     if node.partition_keys else None]  # fmt: skip


def _window_text(node: WindowTable, column: str) -> str:
    size, slide = _duration(node.size_ms), _duration(node.slide_ms)
    inner = {
        "TUMBLE": f"size=[{size}]",
        "HOP": f"size=[{size}], slide=[{slide}]",
        "CUMULATE": f"max_size=[{size}], step=[{slide}]",
        "SESSION": f"gap=[{size}]",
    }[node.kind]
    offset = f", offset=[{_duration(node.offset_ms)}]" if node.offset_ms else ""
    return f"{node.kind}(time_col=[{column}], {inner}{offset})"


def _aggregate(node: Aggregate) -> Rendered:
    window = node.window or ()
    keys = [i for i in node.keys if i not in window]
    names = [node.input.fields[i].name for i in keys]
    given = node.fields[len(node.keys) :]
    calls = [_call(one, node.input.fields, field) for one, field in zip(node.calls, given, strict=True)]
    parts = [f"groupBy=[{', '.join(names)}]"] if names else []
    if window:
        start, end = (node.input.fields[i].name for i in window)
        parts.append(f"window=[win_start=[{start}], win_end=[{end}]]")
    select = ", ".join([*(names if not window else []), *calls])
    if window:
        select = ", ".join([*calls, *(node.fields[node.keys.index(i)].name for i in window)])
    parts.append(f"select=[{select}]")
    name = "WindowAggregate" if window else "GroupAggregate"
    return f"Python{name}" if node.users else name, parts, [_hash(keys, node.input)]


def _call(one: AggregateCall, fields: tuple[Field, ...], field: Field) -> str:
    inside = ", ".join(_text(value.sql, fields) for value in one.arguments) or ("*" if one.function == "COUNT" else "")
    distinct = "DISTINCT " if one.distinct else ""
    condition = f" FILTER {_text(one.filter, fields)}" if one.filter else ""
    name = one.user.name if one.user is not None else one.function
    return f"{name}({distinct}{inside}){condition} AS {field.name}"


def _rank(node: Rank) -> Rendered:
    fields = node.input.fields
    if not node.partition_keys:
        parts = [f"offset=[{node.start - 1}]", f"fetch=[{node.end - node.start + 1}]"]
        if not node.order:
            return "Limit", parts, ["single"]
        return "SortLimit", [f"orderBy=[{_order(node.order, fields)}]", *parts], ["single"]
    partition = f"partitionBy=[{_at(node.partition_keys, fields)}]"
    order = f"orderBy=[{_order(node.order, fields)}]"
    key = _hash(node.partition_keys, node.input)
    if node.is_deduplication:
        time = fields[node.order[0].column].time.upper()
        keep = "LastRow" if node.order[0].descending else "FirstRow"
        name = "WindowDeduplicate" if node.window else "Deduplicate"
        return name, [f"keep=[{keep}]", f"key=[{_at(node.partition_keys, fields)}]", f"order=[{time}]"], [key]
    parts = [f"rankType=[{node.function}]", f"rankRange=[rankStart={node.start}, rankEnd={node.end}]", partition, order]
    parts.append(f"select=[{_names(node.fields)}]")
    return "WindowRank" if node.window else "Rank", parts, [key]


def _normalize(node: Normalize) -> Rendered:
    key = _at(node.keys, node.input.fields)
    return "ChangelogNormalize", [f"key=[{key}]"], [_hash(node.keys, node.input)]


def _over(node: Over | BatchOver) -> Rendered:
    fields = node.input.fields
    window = (
        _window(node) if isinstance(node, Over) else node.frame or "RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW"
    )
    order = (node.order,) if isinstance(node, Over) else node.order
    calls = [_call(one, fields, field) for one, field in zip(node.calls, node.fields[len(fields) :], strict=True)]
    parts = [f"partitionBy=[{_at(node.partition_keys, fields)}]"] if node.partition_keys else []
    parts += [f"orderBy=[{_order(order, fields)}]", f"window=[ {window}]"]
    parts.append(f"select=[{', '.join([*(one.name for one in fields), *calls])}]")
    return "OverAggregate", parts, [_hash(node.partition_keys, node.input)]


def _window(node: Over | BatchOver) -> str:
    if isinstance(node, BatchOver):
        return node.frame or "RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW"
    bound = "UNBOUNDED" if node.preceding is None else str(node.preceding)
    return f"{'ROWS' if node.rows else 'RANGE'} BETWEEN {bound} PRECEDING AND CURRENT ROW"


def _match(node: Match) -> Rendered:
    fields = node.input.fields
    measures = zip(node.measures, node.fields[len(node.partition_keys) :], strict=True)
    shown = [f"FINAL({_read_text(one.sql, node.measure_reads, fields)}) AS {field.name}" for one, field in measures]
    defined = [f"{one.name}={_read_text(one.condition, one.reads, fields)}" for one in node.variables if one.condition]
    skip = f"SKIP TO {node.skip}" if node.skip != "PAST LAST ROW" else f"SKIP {node.skip}"
    parts = [f"partitionBy=[{_at(node.partition_keys, fields)}]"] if node.partition_keys else []
    parts += [f"orderBy=[{_order(node.order, fields)}]", f"measures=[{', '.join(shown)}]"]
    parts += ["rowsPerMatch=[ONE ROW PER MATCH]", f"after=[{' '.join(filter(None, (skip, node.skip_to)))}]"]
    parts.append(f"pattern=[{node.pattern}]")
    if node.within_ms:
        parts.append(f"within=[{_duration(node.within_ms)}]")
    return "Match", [*parts, f"define=[{', '.join(defined)}]"], [_hash(node.partition_keys, node.input)]


def _read_text(sql: str, reads: tuple[MatchRead, ...], fields: tuple[Field, ...]) -> str:
    """An expression with what it reads of a match in the place of numbers."""
    names = tuple(Field(_navigation(one, fields), one.type) for one in reads)
    return _text(sql, names)


def _navigation(read: MatchRead, fields: tuple[Field, ...]) -> str:
    if read.call is not None:
        inside = ", ".join(_text(one.sql, fields) for one in read.call.arguments) or "*"
        return f"{read.call.function}({read.variable}{'.' if read.variable and inside != '*' else ''}{inside})"
    name = f"{read.variable or '*'}.{fields[read.column].name}"
    offset = f", {read.offset}" if read.offset else ""
    return f"{read.function}({name}{offset})"


def _unnest(node: Unnest) -> Rendered:
    kind = "LEFT" if node.outer else "INNER"
    called = node.function and f"{node.function}(...)"
    called = called or f"UNNEST({_text(node.elements, node.input.fields)})"
    return "Correlate", [f"invocation=[{called}]", f"joinType=[{kind}]",
                         f"select=[{_names(node.fields)}]"], [None]  # fmt: skip


def _sort(node: Sort) -> Rendered:
    parts = [f"orderBy=[{_order(node.order, node.fields)}]"]
    if node.limit is not None:
        parts += [f"offset=[{node.offset}]", f"fetch=[{node.limit}]"]
    time = len(node.order) > 0 and bool(node.fields[node.order[0].column].time)
    return "TemporalSort" if time else "Sort", parts, ["single"]


def _join(node: Join | IntervalJoin | WindowJoin | TemporalJoin) -> Rendered:
    left, right = node.left.fields, node.right.fields
    both = (*left, *right)
    equal = [f"({left[a].name} = {right[b].name})" for a, b in node.keys]
    where = " AND ".join([*equal, *((_text(node.condition, both),) if node.condition else ())])
    parts = [f"joinType=[{_JOINS[node.kind]}]"]
    if isinstance(node, IntervalJoin):
        role = str(left[node.times[0]].time == "rowtime").lower()
        parts.append(f"windowBounds=[isRowTime={role}, leftLowerBound={node.lower_ms}, leftUpperBound={node.upper_ms}, "
                     f"leftTimeIndex={node.times[0]}, rightTimeIndex={node.times[1]}]")  # fmt: skip
    if isinstance(node, WindowJoin):
        parts += [f"leftWindow=[{_at(node.left_window, left)}]", f"rightWindow=[{_at(node.right_window, right)}]"]
    if isinstance(node, TemporalJoin):
        parts.append(f"time=[{left[node.time].name}]")
    parts += [f"where=[{where}]" if where else "where=[true]", f"select=[{_names(node.fields)}]"]
    keys = [_hash([a for a, _ in node.keys], node.left), _hash([b for _, b in node.keys], node.right)]
    return type(node).__name__, parts, list(keys)


def _lookup(node: LookupJoin) -> Rendered:
    table = f"{node.table.catalog}.{node.table.database}.{node.table.name}"
    keys = ", ".join(f"{name}={_text(value.sql, node.input.fields)}" for value, name in node.keys)
    parts = [f"table=[{table}]", f"joinType=[{_JOINS[node.kind]}]", f"lookup=[{keys}]"]
    if node.condition:
        parts.append(f"where=[{_text(node.condition, node.fields)}]")
    return "LookupJoin", [*parts, f"select=[{_names(node.fields)}]"], [None]


def _union(node: Union) -> Rendered:
    return "Union", ["all=[true]", f"union=[{_names(node.fields)}]"], [None] * len(node.parts)


def _project(node: Project) -> Rendered:
    pairs = zip(node.expressions, node.fields, strict=True)
    select = ", ".join(_aliased(one.sql, field, node.input.fields) for one, field in pairs)
    return "Calc", [f"select=[{select}]"], [None]


def _filter(node: Filter) -> Rendered:
    return "Calc", [f"where=[{_text(node.condition, node.fields)}]"], [None]


_RENDERERS: dict[type, Callable[[Any], Rendered]] = {
    Source: _source, Values: _values, AssignWatermark: _watermark, WindowTable: _window_table, Aggregate: _aggregate,
    Normalize: _normalize,
    Rank: _rank, Over: _over, BatchOver: _over, Unnest: _unnest, Sort: _sort, Join: _join, IntervalJoin: _join,
    WindowJoin: _join, TemporalJoin: _join, LookupJoin: _lookup, Union: _union, Project: _project, Filter: _filter,
    Match: _match,
}  # fmt: skip


# -- texts


def _text(sql: str, fields: tuple[Field, ...]) -> str:
    """An expression with the names of columns in the place of their numbers, outside strings."""

    def named(found: re.Match[str]) -> str:
        place = int(found[1])
        return fields[place].name if place < len(fields) else found[0]

    parts = _STRING.split(sql)
    return "".join(part if i % 2 else _PLACE.sub(named, part) for i, part in enumerate(parts))


def _aliased(sql: str, field: Field, fields: tuple[Field, ...]) -> str:
    text = _text(sql, fields)
    return text if text == field.name else f"{text} AS {field.name}"


def _names(fields: tuple[Field, ...]) -> str:
    return ", ".join(one.name for one in fields)


def _at(places: tuple[int, ...] | list[int], fields: tuple[Field, ...]) -> str:
    return ", ".join(fields[i].name for i in places)


def _hash(keys: tuple[int, ...] | list[int], node: Node) -> str:
    return f"hash[{_at(keys, node.fields)}]" if keys else "single"


def _order(order: tuple[Order, ...], fields: tuple[Field, ...]) -> str:
    return ", ".join(f"{fields[one.column].name} {'DESC' if one.descending else 'ASC'}" for one in order)


def _duration(ms: int) -> str:
    for unit, size in (("d", 86_400_000), ("h", 3_600_000), ("min", 60_000), ("s", 1000)):
        if ms and ms % size == 0:
            return f"{ms // size} {unit}"
    return f"{ms} ms"


def _tree(step: Step, *, changes: bool = False, cost: bool = False) -> str:
    return "\n".join(_lines(step, "", "", changes, cost))


def _lines(step: Step, first: str, rest: str, changes: bool, cost: bool) -> Iterator[str]:
    parts = list(step.parts)
    if changes:
        parts.append(f"changelogMode=[{step.changes}]")
    if cost and step.state:
        parts.append(f"state=[{step.state}]")
    yield f"{first}{step.name}({', '.join(parts)})"
    for place, one in enumerate(step.below):
        last = place == len(step.below) - 1
        yield from _lines(one, f"{rest}{'+- ' if last else ':- '}", f"{rest}{'   ' if last else ':  '}", changes, cost)


def _logical(sink: Sink | Collect) -> Step:
    """The plan before anything is said of how it is carried out."""
    step = _logical_step(sink.input)
    if isinstance(sink, Collect):
        return step
    table = f"{sink.table.catalog}.{sink.table.database}.{sink.table.name}"
    return Step("LogicalSink", (f"table=[{table}]", f"fields=[{_names(sink.input.fields)}]"), "", "", (step,))


def _logical_step(node: Node) -> Step:
    name, parts, _ = _RENDERERS[type(node)](node)
    calc = "Project" if isinstance(node, Project) else "Filter"
    plain = {"Calc": calc, "TableSourceScan": "TableScan"}.get(name, name)
    below = tuple(_logical_step(one) for one in node.inputs)
    return Step(f"Logical{plain}", tuple(parts), "", "", below)


def _as_json(job: Job, steps: list[Step]) -> dict[str, list[dict[str, Any]]]:
    """The steps as JSON: each with a number and those it stands on."""
    nodes: list[dict[str, Any]] = []
    many = {id(node) for node in shared(job)}
    count = parallelism(job.settings)

    def add(step: Step) -> int:
        below = [add(one) for one in step.below]
        number = len(nodes) + 1
        kind = "Source: " if step.name in ("TableSourceScan", "Values") else ""
        node: dict[str, Any] = {
            "id": number, "type": f"{kind}{step.name}", "pact": "Data Source" if kind else "Operator",
            "contents": f"{step.name}({', '.join(step.parts)})",
            "parallelism": count if id(step.node) in many else 1,
        }  # fmt: skip
        if below:
            ship = "HASH" if step.name == "Exchange" else "FORWARD"
            node["predecessors"] = [{"id": one, "ship_strategy": ship, "side": "second"} for one in below]
        nodes.append(node)
        return number

    for one in steps:
        add(one)
    return {"nodes": nodes}
