"""Plans as text and as JSON. Source: the PostgreSQL documentation, "Using EXPLAIN"."""

import json
from typing import Any

from yunbox.services.hologres.explaining.node import Node
from yunbox.services.hologres.statements.explaining import Explain

_STEP = 6


def texts(root: Node, asked: Explain) -> list[str]:
    """A plan's lines."""
    return _lines(root, asked, 0)


def _lines(node: Node, asked: Explain, depth: int) -> list[str]:
    head = "" if not depth else " " * (_STEP * depth - 4) + "->  "
    inner = " " * (_STEP * depth + 2)
    found = [f"{head}{node.name}{_figures(node, asked)}"]
    found += [f"{inner}{name}: {value}" for name, value in node.details.items()]
    for child in node.children:
        found += _lines(child, asked, depth + 1)
    return found


def _figures(node: Node, asked: Explain) -> str:
    made = ""
    if asked.costs:
        made = f"  (cost={node.start_cost:.2f}..{node.cost:.2f} rows={node.rows} width={node.width})"
    if node.actual_rows is None or not asked.analyze:
        return made
    times = f"time=0.000..{node.total_ms:.3f} " if asked.timing else ""
    return f"{made} (actual {times}rows={node.actual_rows} loops=1)"


def summary(planning_ms: float, execution_ms: float | None) -> list[str]:
    """The lines below a plan."""
    found = [f"Planning Time: {planning_ms:.3f} ms"]
    return found if execution_ms is None else [*found, f"Execution Time: {execution_ms:.3f} ms"]


def as_json(root: Node, asked: Explain, planning_ms: float, execution_ms: float | None) -> str:
    """The same as JSON: a list of one plan."""
    found: dict[str, Any] = {"Plan": _plain(root, asked)}
    if asked.summary:
        found["Planning Time"] = round(planning_ms, 3)
        if execution_ms is not None:
            found["Execution Time"] = round(execution_ms, 3)
    return json.dumps([found], indent=2, ensure_ascii=False)


def _plain(node: Node, asked: Explain) -> dict[str, Any]:
    kind, on, relation = node.name.partition(" on ")
    found: dict[str, Any] = {"Node Type": kind}
    if on:
        found["Relation Name"] = relation
    if asked.costs:
        found |= {"Startup Cost": round(node.start_cost, 2), "Total Cost": round(node.cost, 2), "Plan Rows": node.rows,
                  "Plan Width": node.width}  # fmt: skip
    if node.actual_rows is not None and asked.analyze:
        if asked.timing:
            found |= {"Actual Startup Time": 0.0, "Actual Total Time": round(node.total_ms, 3)}
        found |= {"Actual Rows": node.actual_rows, "Actual Loops": 1}
    found |= node.details
    if node.children:
        found["Plans"] = [_plain(child, asked) for child in node.children]
    return found
