"""DuckDB's plans as PostgreSQL's: the same steps by their names there, without those that PostgreSQL does not show.

Projections and what DuckDB wraps around a plan are none of PostgreSQL's nodes; a filter stands at what it filters; the
time of what is left out counts for the node above.
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from yunbox.services.hologres.explaining.node import Node
from yunbox.services.hologres.explaining.outputs import listed, outputs, resolved

Plan = Mapping[str, Any]
Table = Callable[[str], tuple[str, Mapping[int, str]]]
"""From DuckDB's name of a table to PostgreSQL's, and the names of its columns by their numbers."""
Foreign = Sequence[tuple[str, Mapping[str, str]]]
"""The foreign tables of a statement in the order of its reads: their names, and what is to be told of each."""
_WRAPPERS = frozenset(("RESULT_COLLECTOR", "EXPLAIN_ANALYZE", "QUERY", "QUERY_ROOT", "EXTENSION"))
_LEFT_OUT = _WRAPPERS | {"PROJECTION"}
_NAMES = {
    "HASH_GROUP_BY": "HashAggregate", "PERFECT_HASH_GROUP_BY": "HashAggregate", "UNGROUPED_AGGREGATE": "Aggregate",
    "PARTITIONED_AGGREGATE": "HashAggregate", "SIMPLE_AGGREGATE": "Aggregate", "ORDER_BY": "Sort", "TOP_N": "Limit",
    "LIMIT": "Limit", "STREAMING_LIMIT": "Limit", "LIMIT_PERCENT": "Limit", "WINDOW": "WindowAgg",
    "STREAMING_WINDOW": "WindowAgg", "UNION": "Append", "HASH_JOIN": "Hash", "NESTED_LOOP_JOIN": "Nested Loop",
    "BLOCKWISE_NL_JOIN": "Nested Loop", "CROSS_PRODUCT": "Nested Loop", "POSITIONAL_JOIN": "Merge",
    "PIECEWISE_MERGE_JOIN": "Merge", "IE_JOIN": "Merge", "ASOF_JOIN": "Merge", "LEFT_DELIM_JOIN": "Hash",
    "RIGHT_DELIM_JOIN": "Hash", "DELIM_SCAN": "Subquery Scan", "DUMMY_SCAN": "Result", "EMPTY_RESULT": "Result",
    "COLUMN_DATA_SCAN": "Values Scan", "UNNEST": "ProjectSet", "INOUT_FUNCTION": "ProjectSet", "CTE": "CTE",
    "CTE_SCAN": "CTE Scan", "REC_CTE": "Recursive Union", "RECURSIVE_CTE": "Recursive Union",
    "REC_CTE_SCAN": "WorkTable Scan", "RECURSIVE_CTE_SCAN": "WorkTable Scan", "CHUNK_SCAN": "CTE Scan",
    "SEQ_SCAN": "Seq Scan", "TABLE_SCAN": "Seq Scan", "INDEX_SCAN": "Index Scan", "DISTINCT": "Unique",
}  # fmt: skip
_JOINS = {
    "INNER": "", "LEFT": " Left", "RIGHT": " Right", "FULL": " Full", "OUTER": " Full", "SEMI": " Semi",
    "ANTI": " Anti", "MARK": " Semi", "SINGLE": " Left", "RIGHT_SEMI": " Semi", "RIGHT_ANTI": " Anti",
}  # fmt: skip
_DETAILS = {
    "Groups": "Group Key", "Order By": "Sort Key", "Conditions": "Cond", "Filters": "Filter", "Expression": "Filter",
    "File Filters": "Partition Filter",
}  # fmt: skip
_COLUMN = re.compile(r"\bc(\d+)\b")
_MARKER = re.compile(r"\(NOT contains\(filename, '__foreign_(\d+)'\)\)(?: AND )?")
"""What has a foreign table's read be known in a plan; see ``engine/holo/foreign/scan.py``."""
_MS = 1000.0


def plan_of(answer: str, table: Table, foreign: Foreign = ()) -> Node:
    """A plan of DuckDB's JSON; of one that ran with what it took."""
    found = json.loads(answer)
    if isinstance(found, dict):
        found = found.get("operator", found.get("children", []))
    made = [node for one in found for node in _nodes(one, table)]
    for node in made:
        _tell_foreign(node, foreign)
    return made[0] if len(made) == 1 else Node("Append", sum(node.rows for node in made), children=made)


def _tell_foreign(node: Node, foreign: Foreign) -> None:
    """Have reads of foreign tables say which these are, and what of them is read."""
    marker = _MARKER.search(node.details.get("Filter", ""))
    if marker is not None:
        name, told = foreign[int(marker[1])]
        node.name = f"Foreign Scan on {name}"
        condition = _MARKER.sub("", node.details.pop("Filter")).removesuffix(" AND ")
        node.details = {**({"Filter": condition} if condition else {}), **node.details, **told}
    for child in node.children:
        _tell_foreign(child, foreign)


def _nodes(plan: Plan, table: Table) -> list[Node]:
    """The nodes of a step: itself, or where it is none of PostgreSQL's those below it."""
    below = [node for child in plan.get("children", ()) for node in _nodes(child, table)]
    kind, extra = str(plan["name"]).strip(), plan.get("extra_info", {})
    took_ms = float(plan.get("timing", 0.0)) * _MS
    if kind == "FILTER" and len(below) == 1:
        _filter(below[0], _text(extra.get("Expression", "")), plan)
    elif kind in _LEFT_OUT and below:
        _fewer(below[0], plan)
    else:
        return [_node(kind, extra, plan, below, table, took_ms)]
    below[0].own_ms += took_ms
    return below


def _filter(node: Node, condition: str, plan: Plan) -> None:
    present, condition = node.details.get("Filter"), _named(condition, node.columns)
    node.details["Filter"] = f"({present} AND {condition})" if present else condition
    _fewer(node, plan)


def _fewer(node: Node, plan: Plan) -> None:
    """A node gives what the step that is left out above it does."""
    node.rows = _rows(plan, node.rows)
    if "intermediate_rows" in plan and node.actual_rows is not None and plan["name"] not in _WRAPPERS:
        node.actual_rows = int(plan["intermediate_rows"])


def _node(kind: str, extra: Plan, plan: Plan, below: list[Node], table: Table, took_ms: float) -> Node:
    name = _NAMES.get(kind) or kind.replace("_", " ").title()
    rows = _rows(plan, max((child.rows for child in below), default=1))
    made = Node(name, rows, children=below, own_ms=took_ms)
    if "intermediate_rows" in plan:
        counted = sum(child.actual_rows or 0 for child in below) if name == "Append" else plan["intermediate_rows"]
        made.actual_rows = int(counted)
    for theirs, ours in _DETAILS.items():
        if theirs in extra:
            made.details[ours] = _text(extra[theirs], " AND " if ours in ("Filter", "Cond") else ", ")
    if "Groups" in extra and plan.get("children"):
        given = outputs(plan["children"][0], table)
        made.details["Group Key"] = ", ".join(resolved(one, given) for one in listed(extra["Groups"]))
    if "Join Type" in extra:
        _join(made, str(extra["Join Type"]))
    if kind == "EMPTY_RESULT":
        made.details["One-Time Filter"] = "false"
    if "Table" in extra:
        _name(made, str(extra["Table"]), table)
    elif extra.get("Function"):
        made.name = f"Function Scan on {str(extra['Function']).lower()}"
    return _limited(made) if kind == "TOP_N" else made


def _rows(plan: Plan, default: int) -> int:
    return int(plan.get("extra_info", {}).get("Estimated Cardinality", default))


def _join(node: Node, kind: str) -> None:
    side = _JOINS.get(kind.upper(), f" {kind.title()}")
    node.name = f"{node.name}{side} Join" if node.name != "Nested Loop" or side else node.name
    if "Cond" in node.details:
        label = {"Hash": "Hash Cond", "Merge": "Merge Cond"}.get(node.name.split()[0], "Join Filter")
        node.details = {label: f"({node.details['Cond']})"}


def _name(node: Node, place: str, table: Table) -> None:
    """Have a scan say the table and its columns as their owner calls them."""
    name, columns = table(place.rpartition(".")[2])
    node.name, node.columns = f"{node.name} on {name}", columns
    node.details = {label: _named(value, columns) for label, value in node.details.items()}


def _named(text: str, columns: Mapping[int, str]) -> str:
    return _COLUMN.sub(lambda found: columns.get(int(found[1]), found[0]), text)


def _limited(node: Node) -> Node:
    """The first rows of an order: a limit above a sort."""
    sort = Node("Sort", node.rows, details=node.details, children=node.children, own_ms=node.own_ms,
                actual_rows=node.actual_rows)  # fmt: skip
    return Node("Limit", node.rows, children=[sort], actual_rows=node.actual_rows)


def _text(value: Any, between: str = " AND ") -> str:
    if not isinstance(value, list):
        return str(value)
    return str(value[0]) if len(value) == 1 else between.join(map(str, value))
