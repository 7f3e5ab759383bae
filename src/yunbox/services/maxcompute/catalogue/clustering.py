"""How a table is clustered, read from the clause that CREATE TABLE had, which is kept as the user wrote it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

PROPERTY = "clustered_by"
"""The property of a table that holds the clause; clients do not see it as a property."""
_CLAUSE = re.compile(
    r"(?P<range>range\s+)?clustered\s+by\s*\((?P<columns>[^)]*)\)"
    r"(?:\s*sorted\s+by\s*\((?P<sorted>[^)]*)\))?(?:\s*into\s+(?P<buckets>\d+)\s+buckets)?\s*",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Clustering:
    """The kind, ``hash`` or ``range``; its columns, its sort columns with their order, and how many buckets."""

    kind: str
    columns: tuple[str, ...]
    sorted_by: tuple[tuple[str, str], ...]
    buckets: int

    @classmethod
    def of(cls, properties: Mapping[str, str]) -> "Clustering | None":
        """The clustering of a table with these properties, if it has one."""
        found = _CLAUSE.fullmatch(properties.get(PROPERTY, ""))
        if found is None:
            return None
        ordered = [part.split() for part in (found["sorted"] or "").split(",") if part.strip()]
        return cls(
            kind="range" if found["range"] else "hash",
            columns=tuple(_plain(name) for name in found["columns"].split(",")),
            sorted_by=tuple((_plain(name), (order or ["ASC"])[0].upper()) for name, *order in ordered),
            buckets=int(found["buckets"] or 0),
        )

    def clause(self) -> str:
        """The clause as SHOW CREATE TABLE writes it."""
        words = ["RANGE CLUSTERED BY" if self.kind == "range" else "CLUSTERED BY"]
        words.append(f"({', '.join(f'`{name}`' for name in self.columns)})")
        if self.sorted_by:
            words.append(f"SORTED BY ({', '.join(f'`{name}` {order}' for name, order in self.sorted_by)})")
        if self.buckets:
            words.append(f"INTO {self.buckets} BUCKETS")
        return " ".join(words)

    def reserved(self) -> dict[str, Any]:
        """What clients read of it in a table's reserved JSON."""
        ordered = [{"col": name, "order": order.lower()} for name, order in self.sorted_by]
        return {"ClusterType": self.kind, "BucketNum": self.buckets, "ClusterCols": list(self.columns),
                "SortCols": ordered}  # fmt: skip


def _plain(name: str) -> str:
    return name.strip().strip("`").lower()
