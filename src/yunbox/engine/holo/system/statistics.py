"""``hologres_statistic``: which tables were analyzed, and which were not.

Sources: the vendor's page of missing statistics (``hg_stats_missing``), and its MCP server, which reads
``hg_table_statistic``. Foreign tables are in neither, as nothing here counts their rows.
"""

from collections.abc import Iterator
from typing import Any

from yunbox.storage.rows.catalogue import Catalogue
from yunbox.storage.rows.model import PARTITIONED, TABLE, Relation
from yunbox.storage.rows.statistics import analyzed
from yunbox.storage.rows.view import View
from yunbox.wire.pgwire.values.calendar import EPOCH_US
from yunbox.wire.pgwire.values.codec import Style
from yunbox.wire.pgwire.values.types import TYPES

_TIMESTAMP = TYPES[1114].codec
Rows = Iterator[dict[str, Any]]


def hg_table_statistic(view: View, known: Catalogue) -> Rows:
    """What ANALYZE has found."""
    for one in _tables(known):
        found = analyzed(view, one)
        if found is not None:
            yield {
                "schema_name": one.schema, "table_name": one.name, "schema_version": found.schema_version,
                "statistic_version": found.count, "total_rows": found.rows,
                "analyze_timestamp": shown(found.at_us),
            }  # fmt: skip


def hg_stats_missing(view: View, known: Catalogue) -> Rows:
    """The tables that ANALYZE was never run on."""
    for one in _tables(known):
        if analyzed(view, one) is None:
            yield {"schemaname": one.schema, "tablename": one.name, "nattrs": len(one.live), "tablekind": "table"}


def shown(at_us: int) -> str:
    """A moment as tables of the system have it."""
    return _TIMESTAMP.write(at_us - EPOCH_US, Style())


def _tables(known: Catalogue) -> Iterator[Relation]:
    return (one for one in known.relations.values() if one.kind in (TABLE, PARTITIONED))
