"""Which place a row would have among others: ``rank(3) WITHIN GROUP (ORDER BY x)`` and its kin.

Source: the PostgreSQL documentation, "Hypothetical-Set Aggregate Functions".
"""

from collections.abc import Sequence

from yunbox.sql.hologres.catalogue.types import FLOAT8, INT8
from yunbox.sql.hologres.expr import Expr, build
from yunbox.sql.hologres.parser import tree
from yunbox.sql.hologres.rendering import comparisons
from yunbox.sql.hologres.rendering.registry import CORE

NAMES = ("rank", "dense_rank", "percent_rank", "cume_dist")


def placed(name: str, rows: Sequence[Expr], row: Sequence[Expr], said: Sequence[tree.SortKey]) -> Expr:
    """The aggregate's SQL, of what others are sorted by and what the row would have there."""
    pairs = [(comparisons.key(one), comparisons.key(other)) for one, other in zip(rows, row, strict=True)]
    before, same = "false", "true"
    for (value, wanted), key in zip(reversed(pairs), reversed(said), strict=True):
        alike = f"{value} IS NOT DISTINCT FROM {wanted}"
        before = f"({_precedes(value, wanted, key)} OR ({alike} AND {before}))"
        same = f"({alike} AND {same})"
    ahead = f"{CORE}count(CASE WHEN {before} THEN 1 END)"
    if name == "rank":
        return build(f"CAST({ahead} + 1 AS BIGINT)", INT8, [*rows, *row])
    if name == "dense_rank":
        parts = ", ".join(f"'k{at}': {value}" for at, (value, _) in enumerate(pairs))
        different = f"{CORE}count(DISTINCT CASE WHEN {before} THEN {{{parts}}} END)"
        return build(f"CAST({different} + 1 AS BIGINT)", INT8, [*rows, *row])
    if name == "percent_rank":
        of_all = f"coalesce(CAST({ahead} AS DOUBLE) / nullif({CORE}count(*), 0), 0)"
        return build(of_all, FLOAT8, [*rows, *row])
    within = f"{CORE}count(CASE WHEN {before} OR {same} THEN 1 END)"
    return build(f"CAST({within} + 1 AS DOUBLE) / ({CORE}count(*) + 1)", FLOAT8, [*rows, *row])


def _precedes(value: str, wanted: str, key: tree.SortKey) -> str:
    """Whether one value is sorted before another."""
    first = key.descending if key.nulls_first is None else key.nulls_first
    return (f"CASE WHEN {value} IS NULL THEN {wanted} IS NOT NULL AND {str(first).lower()} "
            f"WHEN {wanted} IS NULL THEN {str(not first).lower()} "
            f"ELSE {value} {'>' if key.descending else '<'} {wanted} END")  # fmt: skip
