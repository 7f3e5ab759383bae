"""Which partitions of a table a statement needs: those that DuckDB's own plan keeps.

A statement is planned once on one file of each partition. What that plan pushes down to the folders of files, through
views, subqueries and joins, it says as filters, and these are asked of the values of all partitions. It also says how
many files are left, which has to come to the same: where it does not, all partitions are read, and DuckDB passes over
those that it can.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import arro3.core as arrow
import duckdb

from yunbox.engine.holo.reads import identifier
from yunbox.schema.tables import PartitionValues, Table

_MARKER = re.compile(r"contains\(filename, '(__foreign_\d+)'\)")
_NUMBER = "__number"


@dataclass(frozen=True, slots=True)
class Kept:
    """What a plan says of one read of files: the filters on their folders, none for all files, and how many stay."""

    filters: str
    files: int


def kept(plan: str) -> Mapping[str, list[Kept]]:
    """The reads of files in a plan of DuckDB's JSON, by their markers."""
    found: dict[str, list[Kept]] = {}
    for extra in _reads(json.loads(plan)):
        folders = _joined(extra.get("File Filters", ""))
        marker = _MARKER.search(_joined(extra.get("Filters", "")) + folders)
        if marker is not None:
            counted = str(extra.get("Scanning Files", "-1/")).partition("/")[0]
            found.setdefault(marker[1], []).append(Kept(folders, int(counted)))
    return found


def _joined(filters: Any) -> str:
    return "".join(filters) if isinstance(filters, list) else str(filters)


def _reads(plan: Any) -> Iterator[Mapping[str, Any]]:
    for one in plan if isinstance(plan, list) else [plan]:
        extra = one.get("extra_info", {})
        if extra.get("Function") == "READ_PARQUET":
            yield extra
        yield from _reads(one.get("children", []))


def matching(
    cursor: duckdb.DuckDBPyConnection, table: Table, partitions: Sequence[PartitionValues], filters: str
) -> set[PartitionValues] | None:
    """The partitions that some filters let pass; None where that cannot be said, which fails no transaction."""
    names = [column.name for column in table.partition_columns]
    columns: dict[str, Any] = {_NUMBER: arrow.Array(list(range(len(partitions))), arrow.DataType.int32())}
    for at, name in enumerate(names):
        columns[name] = arrow.Array([values[at] for values in partitions], arrow.DataType.utf8())
    typed = ", ".join(f"CAST({identifier(one.name)} AS {one.type.duckdb}) AS {identifier(one.name)}"
                      for one in table.partition_columns)  # fmt: skip
    condition = " AND ".join(_parts(filters))
    sql = f"SELECT {_NUMBER} FROM (SELECT {_NUMBER}, {typed} FROM _partitions) AS p WHERE {condition}"
    with cursor.cursor() as apart:
        apart.register("_partitions", arrow.Table.from_pydict(columns))
        try:
            return {partitions[number] for (number,) in apart.execute(sql).fetchall()}
        except (duckdb.ParserException, duckdb.BinderException, duckdb.CatalogException):
            return None


def _parts(filters: str) -> Iterator[str]:
    """Filters that stand one behind another, each in parentheses, but for those on the files' own names."""
    depth, start, quote = 0, 0, ""
    for at, letter in enumerate(filters):
        if quote:
            quote = "" if letter == quote else quote
        elif letter in "'\"":
            quote = letter
        elif letter == "(":
            start = at if not depth else start
            depth += 1
        elif letter == ")":
            depth -= 1
            if not depth and _MARKER.search(filters[start : at + 1]) is None:
                yield filters[start : at + 1]
