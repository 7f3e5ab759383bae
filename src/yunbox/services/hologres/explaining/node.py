"""A plan as PostgreSQL shows it: nodes with what they do, what they cost and what they took."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass
class Node:
    """One step. ``rows`` is how many were expected, ``actual_rows`` how many there were; times are in milliseconds.

    ``cost`` is that of the node and all below it, in hundredths of a row that is looked at: DuckDB's optimizer says
    how many rows it expects, and nothing else.
    """

    name: str
    rows: int = 0
    width: int = 0
    details: dict[str, str] = field(default_factory=dict)
    children: "list[Node]" = field(default_factory=list)
    actual_rows: int | None = None
    own_ms: float = 0.0
    columns: Mapping[int, str] = field(default_factory=dict)
    """Of a scan the names of the table's columns, by their numbers."""

    @property
    def cost(self) -> float:
        """What it takes with all below it."""
        return self.rows * 0.01 + sum(child.cost for child in self.children)

    @property
    def start_cost(self) -> float:
        """What is to be done before its first row: all that is below a node which collects."""
        return sum(child.cost for child in self.children) if self.name.split()[0] in _COLLECTING else 0.0

    @property
    def total_ms(self) -> float:
        """How long it took with all below it."""
        return self.own_ms + sum(child.total_ms for child in self.children)


_COLLECTING = frozenset(("Sort", "HashAggregate", "Aggregate", "WindowAgg"))
