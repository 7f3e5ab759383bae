"""What dynamic tables are, what they are made of, and when they were refreshed.

Source: the vendor's page "System tables of Dynamic Table". Nothing of serverless resources is here: it is NULL.
"""

from collections.abc import Iterator
from typing import Any

from yunbox.engine.holo.system.moment import Moment
from yunbox.engine.holo.system.statistics import shown
from yunbox.storage.rows.catalogue import Catalogue
from yunbox.storage.rows.refreshes import refreshes
from yunbox.storage.rows.view import View

Rows = Iterator[dict[str, Any]]
_FULL = "full"


def hg_dynamic_table_properties(moment: Moment) -> Rows:
    """What was said of them."""
    for one in moment.known.dynamic:
        assert one.dynamic is not None
        found = {"execution_mode": _FULL, "refresh_mode": _FULL, "task_definition": one.dynamic.query,
                 "task_definition_search_path": ",".join(one.path), **one.dynamic.given}  # fmt: skip
        for key, value in found.items():
            yield {"dynamic_table_namespace": one.schema, "dynamic_table_name": one.name, "property_key": key,
                   "property_value": value}  # fmt: skip


def hg_dynamic_table_dependencies(moment: Moment) -> Rows:
    """What they are made of."""
    for one in moment.known.dynamic:
        for base in (moment.known.relations[oid] for oid in one.uses if oid in moment.known.relations):
            yield {"table_namespace": base.schema, "table_name": base.name, "dynamic_table_namespace": one.schema,
                   "dynamic_table_name": one.name, "dependency": "base_table"}  # fmt: skip


def hg_dynamic_table_refresh_history(view: View, known: Catalogue) -> Rows:
    """Their refreshes that have ended, each with who has the table."""
    for one in refreshes(view):
        took_ms = (one.ended_us - one.began_us) // 1000
        yield {
            "datname": known.database.name, "schema_name": one.schema, "dynamic_table_name": one.table,
            "query_id": str(one.number), "refresh_start": shown(one.began_us), "refresh_end": shown(one.ended_us),
            "duration": took_ms, "refresh_latency": took_ms, "refresh_mode": _FULL, "status": one.status,
            "owner": known.owner(one.owner),
        }  # fmt: skip
