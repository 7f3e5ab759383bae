"""``hologres_statistic``: which tables were analyzed, and which were not; ``pg_statistic``: what was found of columns.

Sources: the vendor's page of missing statistics (``hg_stats_missing``), and its MCP server, which reads
``hg_table_statistic``; the PostgreSQL 11 documentation, "pg_statistic". Foreign tables are in none of them, as nothing
here counts their rows.
"""

from collections.abc import Iterator
from functools import cache
from typing import Any

from yunbox.sql.hologres.catalogue.relations import fixed_rows, relations
from yunbox.storage.rows.catalogue import Catalogue
from yunbox.storage.rows.masks import labels_of
from yunbox.storage.rows.model import PARTITIONED, TABLE, Relation
from yunbox.storage.rows.statistics.figures import Figures
from yunbox.storage.rows.statistics.kept import analyzed, sampled
from yunbox.storage.rows.view import View
from yunbox.wire.pgwire.values.calendar import EPOCH_US
from yunbox.wire.pgwire.values.codec import Style
from yunbox.wire.pgwire.values.types import ELEMENTS, TYPES

_COMMON, _HISTOGRAM, _CORRELATION = 1, 2, 3
"""What the slots of statistics are of: their kinds, which PostgreSQL numbers so."""
_SLOTS = 5
_COMPARED_AS = {1043: 25, 650: 869}
"""Types whose values are compared as another's."""
_ANY_ARRAY = 2277
_TIMESTAMP = TYPES[1114].codec
Rows = Iterator[dict[str, Any]]


def hg_table_statistic(view: View, known: Catalogue) -> Rows:
    """What ANALYZE has found."""
    for one in _tables(known):
        found = analyzed(view, one)
        if found is not None:
            yield {
                "schema_name": one.schema, "table_name": one.name, "schema_version": found.schema_version,
                "statistic_version": found.version, "total_rows": found.rows,
                "analyze_timestamp": shown(found.at_us),
            }  # fmt: skip


def hg_stats_missing(view: View, known: Catalogue) -> Rows:
    """The tables that ANALYZE was never run on."""
    for one in _tables(known):
        if analyzed(view, one) is None:
            yield {"schemaname": one.schema, "tablename": one.name, "nattrs": len(one.live), "tablekind": "table"}


def pg_statistic(view: View, known: Catalogue) -> Rows:
    """What samples have said of columns."""
    for one in _tables(known):
        labels = labels_of(known, one)
        for column, found in sampled(view, one):
            yield {
                "starelid": one.oid, "staattnum": column.number, "stainherit": one.kind == PARTITIONED,
                "stanullfrac": found.null_fraction, "stawidth": found.width, "stadistinct": found.distinct,
                **_slots(found, column.type_oid, is_shown=column.number not in labels),
            }  # fmt: skip


def _slots(found: Figures, type_oid: int, *, is_shown: bool) -> dict[str, Any]:
    """Common values, the histogram and the correlation, as far as there are any, each with its operator."""
    made: dict[str, Any] = {f"sta{what}{at}": 0 for what in ("kind", "op") for at in range(1, _SLOTS + 1)}
    listed: list[tuple[int, str, Any, Any]] = []
    if found.common and is_shown:  # no values of columns that may be masked
        listed.append((_COMMON, "=", found.frequencies, found.common))
    if found.bounds and is_shown:
        listed.append((_HISTOGRAM, "<", None, found.bounds))
    if found.correlation is not None:
        listed.append((_CORRELATION, "<", [found.correlation], None))
    for at, (kind, operator, numbers, values) in enumerate(listed, 1):
        made |= {f"stakind{at}": kind, f"staop{at}": _operator(operator, type_oid),
                 f"stanumbers{at}": numbers, f"stavalues{at}": values}  # fmt: skip
    return made


def _operator(name: str, type_oid: int) -> int:
    """The OID of the operator that compares values of a type."""
    of = _ANY_ARRAY if type_oid in ELEMENTS else _COMPARED_AS.get(type_oid, type_oid)
    return _operators().get((name, of), 0)


@cache
def _operators() -> dict[tuple[str, int], int]:
    """Those that compare two values of the same type, by what they are called and of which type."""
    order = [one.name for one in relations()["pg_catalog", "pg_operator"].columns]
    oid, name, left, right = (order.index(label) for label in ("oid", "oprname", "oprleft", "oprright"))
    rows: list[list[Any]] = fixed_rows("pg_operator")
    return {(row[name], row[left]): row[oid] for row in rows if row[name] in ("=", "<") and row[left] == row[right]}


def shown(at_us: int) -> str:
    """A moment as tables of the system have it."""
    return _TIMESTAMP.write(at_us - EPOCH_US, Style())


def _tables(known: Catalogue) -> Iterator[Relation]:
    return (one for one in known.relations.values() if one.kind in (TABLE, PARTITIONED))
