"""TABLESAMPLE: some rows of a table, each as likely as any other.

Source: the PostgreSQL documentation, "SELECT". SYSTEM takes whole pages there, which makes it quick; rows have no pages
here, and are taken one by one by either method. What REPEATABLE gives hangs by the keys of rows alone, and so is the
same until the table changes.
"""

from yunbox.sql.hologres.catalog import ROW_KEY, Relation
from yunbox.sql.hologres.errors import error, unsupported
from yunbox.sql.hologres.expr import Expr
from yunbox.sql.hologres.failures import raising
from yunbox.sql.hologres.parser import tree

_METHODS = ("bernoulli", "system")
_SAMPLED = ("r", "p")
FIRST_OID = 16_384
"""Tables below are the system's, whose rows have no keys."""
_NULL = "TABLESAMPLE parameter cannot be null"
_NULL_SEED = "TABLESAMPLE REPEATABLE parameter cannot be null"
_RANGE = "sample percentage must be between 0 and 100"


def check(sample: tree.Sample, relation: Relation | None) -> None:
    """Whether there is such a method, and whether it may be applied. Raises PgError 0A000, 42704, 2202H."""
    if relation is None or relation.kind not in _SAMPLED:
        raise error("0A000", "TABLESAMPLE clause can only be applied to tables and materialized views", sample.at)
    name = sample.names[-1]
    if name not in _METHODS or sample.names[:-1] not in ((), ("pg_catalog",)):
        raise error("42704", f"tablesample method {'.'.join(sample.names)} does not exist", sample.at)
    if len(sample.args) != 1:
        message = f"tablesample method {name} requires 1 argument, not {len(sample.args)}"
        raise error("2202H", message, sample.at)
    if sample.seed is not None and relation.oid < FIRST_OID:
        raise unsupported("TABLESAMPLE REPEATABLE of a system table", sample.at)


def sampled(scan: str, alias: str, percent: Expr, seed: Expr | None) -> str:
    """A read of a table as one of some of its rows, under the same name. Raises PgError 2202H, 2202G, 0A000."""
    for one in (percent, *([] if seed is None else [seed])):
        if one.levels:
            raise unsupported("TABLESAMPLE with columns of other tables", one.at)
    part = _checked(percent)
    if seed is None:
        return f"(SELECT * FROM {scan} WHERE random() * 100 < {part}) AS {alias}"
    mark = f"CASE WHEN {seed.sql} IS NULL THEN {raising('2202G', _NULL_SEED)} ELSE {seed.sql} END"
    place = f"CAST(hash({alias}.{ROW_KEY}, CAST({mark} AS DOUBLE)) AS DOUBLE) / 18446744073709551616.0 * 100"
    return f"(SELECT * FROM {scan} WHERE {part} >= 100 OR {place} < {part}) AS {alias}"


def _checked(percent: Expr) -> str:
    sql = percent.sql
    return (f"CASE WHEN {sql} IS NULL THEN {raising('2202H', _NULL)} WHEN {sql} BETWEEN 0 AND 100 THEN {sql} "
            f"ELSE {raising('2202H', _RANGE)} END")  # fmt: skip
