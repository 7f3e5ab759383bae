"""Plans carried out at once on DuckDB: what a batch of all rows comes to, so that plans are tested by their answers."""

from collections.abc import Callable
from typing import Any

from tests.unit.sql.flink.house import database
from yunbox.sql.flink.plans import (
    Aggregate,
    AggregateCall,
    AssignWatermark,
    BatchOver,
    Filter,
    IntervalJoin,
    Join,
    Node,
    Order,
    Project,
    Rank,
    Sort,
    Source,
    Union,
    Unnest,
    Values,
    WindowJoin,
    WindowTable,
    walk,
)

AGGREGATES = {
    "COUNT": "count({0})", "SUM": "sum({0})", "MIN": "min({0})", "MAX": "max({0})", "AVG": "avg({0})",
    "FIRST_VALUE": "first({0})", "LAST_VALUE": "last({0})", "STDDEV_POP": "stddev_pop({0})",
    "VAR_SAMP": "var_samp({0})", "COLLECT": "list({0})", "ARRAY_AGG": "list({0})", "ROW_NUMBER": "row_number()",
    "RANK": "rank()", "DENSE_RANK": "dense_rank()", "LAG": "lag({0})", "LEAD": "lead({0})",
    "LISTAGG": "string_agg({0}, ',')",
}  # fmt: skip


def rows(node: Node) -> list[tuple[Any, ...]]:
    """The rows of a plan, sorted unless it sorts them."""
    found = database().execute(sql(node)).fetchall()
    ordered = any(isinstance(one, Sort) for one in walk(node))
    return found if ordered else sorted(found, key=repr)


def sql(node: Node) -> str:
    """A node as DuckDB's SQL, with columns c0, c1, ..."""
    return RENDER[type(node)](node)


def _columns(node: Node, alias: str = "", start: int = 0) -> str:
    dot = f"{alias}." if alias else ""
    return ", ".join(f"{dot}c{i} AS c{start + i}" for i in range(len(node.fields)))


def _source(node: Source) -> str:
    picked = ", ".join(f'"{one.name}" AS c{i}' for i, one in enumerate(node.columns))
    return f'SELECT {picked} FROM "{node.table.name}"'


def _values(node: Values) -> str:
    selects = [", ".join(f"{one.sql} AS c{i}" for i, one in enumerate(row)) for row in node.rows]
    return " UNION ALL ".join(f"SELECT {one}" for one in selects)


def _project(node: Project) -> str:
    made = ", ".join(f"CAST({one.sql} AS {one.type.duckdb}) AS c{i}" for i, one in enumerate(node.expressions))
    return f"SELECT {made} FROM ({sql(node.input)})"


def _filter(node: Filter) -> str:
    return f"SELECT * FROM ({sql(node.input)}) WHERE {node.condition}"


def _watermark(node: AssignWatermark) -> str:
    return sql(node.input)


def _window(node: WindowTable) -> str:
    time, size, slide = f"epoch_ms(c{node.column})", node.size_ms, node.slide_ms
    width = len(node.input.fields)
    if node.kind == "TUMBLE":
        start = f"({time} - ({time} - {node.offset_ms}) % {size})"
        starts, end = f"[{start}]", f"w + {size}"
    elif node.kind == "HOP":
        last = f"({time} - ({time} - {node.offset_ms}) % {slide})"
        starts, end = f"[x FOR x IN range({last}, {last} - {size}, -{slide})]", f"w + {size}"
    else:
        raise NotImplementedError(node.kind)
    bounds = f"make_timestamp(w * 1000) AS c{width}, make_timestamp(({end}) * 1000) AS c{width + 1}, " \
             f"make_timestamp(({end}) * 1000 - 1000) AS c{width + 2}"  # fmt: skip
    return f"SELECT * EXCLUDE (w), {bounds} FROM (SELECT *, unnest({starts}) AS w FROM ({sql(node.input)}))"


def _call(one: AggregateCall) -> str:
    arguments = [value.sql for value in one.arguments] or (["*"] if one.function == "COUNT" else [])
    text = AGGREGATES[one.function].replace("{0}", ("DISTINCT " if one.distinct else "") + ", ".join(arguments))
    return f"{text} FILTER ({one.filter})" if one.filter else text


def _aggregate(node: Aggregate) -> str:
    keys = [f"c{i}" for i in node.keys]
    made = [*keys, *(f"CAST({_call(one)} AS {one.type.duckdb})" for one in node.calls)]
    named = ", ".join(f"{text} AS o{i}" for i, text in enumerate(made))
    group = f" GROUP BY {', '.join(keys)}" if keys else ""
    outer = ", ".join(f"o{i} AS c{i}" for i in range(len(made)))
    return f"SELECT {outer} FROM (SELECT {named} FROM ({sql(node.input)}){group})"


def _order(order: tuple[Order, ...]) -> str:
    made = []
    for one in order:
        first = one.nulls_first if one.nulls_first is not None else not one.descending
        made.append(f"c{one.column} {'DESC' if one.descending else 'ASC'} NULLS {'FIRST' if first else 'LAST'}")
    return f"ORDER BY {', '.join(made)}" if made else ""


def _rank(node: Rank) -> str:
    keys = ", ".join(f"c{i}" for i in node.partition_keys)
    over = f"{'PARTITION BY ' + keys if keys else ''} {_order(node.order)}"
    width = len(node.input.fields)
    number = f"{node.function.lower()}() OVER ({over}) AS c{width}"
    every = f"SELECT *, {number} FROM ({sql(node.input)})"
    cut = "" if node.with_number else f" EXCLUDE (c{width})"
    return f"SELECT *{cut} FROM ({every}) WHERE c{width} BETWEEN {node.start} AND {node.end}"


def _over(node: BatchOver) -> str:
    keys = ", ".join(f"c{i}" for i in node.partition_keys)
    order = _order(node.order) if node.order else ""
    window = f"({'PARTITION BY ' + keys if keys else ''} {order} {node.frame})"
    width = len(node.input.fields)
    made = ", ".join(
        f"CAST({_call(one)} OVER {window} AS {one.type.duckdb}) AS c{width + i}" for i, one in enumerate(node.calls)
    )
    return f"SELECT *, {made} FROM ({sql(node.input)})"


def _unnest(node: Unnest) -> str:
    width = len(node.input.fields)
    added = ", ".join(f"e.e{i} AS c{width + i}" for i in range(len(node.fields) - width))
    outer = f"CASE WHEN len({node.elements}) > 0 THEN {node.elements} ELSE [NULL] END" if node.outer else node.elements
    return f"SELECT * EXCLUDE (e), {added} FROM (SELECT *, unnest({outer}) AS e FROM ({sql(node.input)}))"


def _sort(node: Sort) -> str:
    limit = f" LIMIT {node.limit}" if node.limit is not None else ""
    return f"SELECT * FROM ({sql(node.input)}) {_order(node.order)}{limit} OFFSET {node.offset}"


def _union(node: Union) -> str:
    return " UNION ALL ".join(f"({sql(one)})" for one in node.parts)


def _join(node: Join | IntervalJoin | WindowJoin) -> str:
    width = len(node.left.fields)
    left = f"(SELECT {_columns(node.left)} FROM ({sql(node.left)}))"
    right = f"(SELECT {_columns(node.right, start=width)} FROM ({sql(node.right)}))"
    on = [f"c{a} = c{width + b}" for a, b in node.keys]
    if isinstance(node, IntervalJoin):
        gap = f"epoch_ms(c{node.times[0]}) - epoch_ms(c{width + node.times[1]})"
        on.append(f"{gap} BETWEEN {node.lower_ms} AND {node.upper_ms}")
    if isinstance(node, WindowJoin):
        on += [f"c{a} = c{width + b}" for a, b in zip(node.left_window, node.right_window, strict=True)]
    condition = " AND ".join([*on, *([node.condition] if node.condition else [])]) or "TRUE"
    if node.kind == "ANTI" and isinstance(node, Join) and node.null_aware:
        (key,) = node.keys
        return f"SELECT * FROM {left} WHERE c{key[0]} NOT IN (SELECT c{width + key[1]} FROM {right})"
    if node.kind in ("SEMI", "ANTI"):
        word = "EXISTS" if node.kind == "SEMI" else "NOT EXISTS"
        return f"SELECT * FROM {left} WHERE {word} (SELECT 1 FROM {right} WHERE {condition})"
    return f"SELECT * FROM {left} {node.kind} JOIN {right} ON {condition}"


RENDER: dict[type, Callable[[Any], str]] = {
    Source: _source, Values: _values, Project: _project, Filter: _filter, AssignWatermark: _watermark,
    WindowTable: _window, Aggregate: _aggregate, Rank: _rank, BatchOver: _over, Unnest: _unnest, Sort: _sort,
    Union: _union, Join: _join, IntervalJoin: _join, WindowJoin: _join,
}  # fmt: skip
