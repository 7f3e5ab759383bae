"""What PostgreSQL does not evaluate once it knows the result, DuckDB evaluates all the same, and may fail at.

A filter of DuckDB goes on with the rows that are left, but AND and OR within an expression, and the arguments of
COALESCE, are computed of all rows. Where one may fail it stands in a CASE, which keeps to its order.
"""

import re
from collections.abc import Sequence

from yunbox.sql.hologres.expr import Expr, replace
from yunbox.sql.hologres.rendering.numerics import scaled_of

_FAILING = re.compile(
    r"\bhg_in_|\bhg_read_|_as_\w+\(|\berror\(|//| % |\bhg_float_|\bhg_math|\bhg_make_|\bhg_decode|\bhg_convert_"
    r"|\bhg_num_(?:div|mod|int|float|fit|ln|log|sqrt|power|quotient)\(|\bhg_json_(?:length|elements)|\bhg_jsonb_set"
)
_NESTED_MAX = 3


def may_fail(sql: str) -> bool:
    """Whether an expression can raise an error for some values."""
    return _FAILING.search(sql) is not None


def joined(word: str, parts: Sequence[str]) -> str:
    """AND or OR of conditions as one value: what may fail is computed where those before it leave it open."""
    first = next((at for at, part in enumerate(parts) if at and may_fail(part)), 0)
    if not first:
        return f"({f' {word} '.join(parts)})"
    left, right = joined(word, parts[:first]), _rest(word, parts[first:])
    if word == "AND":
        null = f"CASE WHEN {right} IS FALSE THEN false END"
        return f"(CASE WHEN {left} THEN {right} WHEN {left} IS NOT NULL THEN false ELSE {null} END)"
    null = f"CASE WHEN {right} THEN true END"
    return f"(CASE WHEN {left} THEN true WHEN {left} IS NOT NULL THEN {right} ELSE {null} END)"


def _rest(word: str, parts: Sequence[str]) -> str:
    """Each level is written twice, so there are few of them."""
    failing = sum(map(may_fail, parts))
    return joined(word, parts) if failing <= _NESTED_MAX else f"({f' {word} '.join(parts)})"


def computed_where(condition: str, value: Expr) -> Expr:
    """What is computed of the rows alone for which a condition holds, NULL of others; FILTER leaves those out, but
    DuckDB computes what it is given of all."""
    if not condition or value.is_constant or "(" not in value.sql:
        return value
    scaled, sql = scaled_of(value), f"(CASE WHEN {condition} THEN {value.sql} END)"
    if value.digits is None and scaled is not None:
        scaled = replace(scaled, sql=f"(CASE WHEN {condition} THEN {scaled.sql} END)", of=sql)
    return replace(value, sql=sql, scaled=scaled)


def coalesced(parts: Sequence[str]) -> str:
    """The first that is not NULL."""
    if not any(may_fail(part) for part in parts[1:]):
        return f"coalesce({', '.join(parts)})"
    made = parts[-1]
    for part in reversed(parts[:-1]):
        made = f"CASE WHEN {part} IS NOT NULL THEN {part} ELSE {made} END"
    return f"({made})"
