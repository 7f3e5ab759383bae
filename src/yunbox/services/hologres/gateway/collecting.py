"""What all tables of an instance are, collected once a day for ``hologres.hg_table_info``.

Days begin at midnight of UTC+8, as the vendor's do. Who collects does so at the first look of a day: a server that is
not there at night has no lines missing. Source: the vendor's page "View and analyze table statistics". Nobody counts
statements by table or notes when a table was made, so these columns have nothing.
"""

import asyncio
import contextlib
import json
import time
from collections.abc import Iterator
from pathlib import Path

from yunbox.storage.rows.catalogue import Catalogue
from yunbox.storage.rows.databases import DatabaseGone
from yunbox.storage.rows.model import FOREIGN, PARTITIONED, TABLE, VIEW, Relation
from yunbox.storage.rows.store import RowStore
from yunbox.storage.rows.table_groups import TABLE_GROUP, group_of
from yunbox.storage.rows.view import View
from yunbox.storage.table_info import AGE_DAYS, Entry, is_collected, keep
from yunbox.wire.pgwire.values.modifiers import format_type

_EAST_S, _DAY_S = 8 * 3600, 86_400
_TYPES = {TABLE: "TABLE", PARTITIONED: "PARTITION TABLE", FOREIGN: "FOREIGN TABLE", VIEW: "VIEW"}


async def collect(store: RowStore, folder: Path, now_s: float | None = None) -> None:
    """Collect what is to be known of the day, if nobody has."""
    now_s = time.time() if now_s is None else now_s
    day, oldest = (time.strftime("%Y%m%d", time.gmtime(now_s + _EAST_S - days * _DAY_S)) for days in (0, AGE_DAYS))
    if not is_collected(folder, day):
        with contextlib.suppress(OSError):  # a full disk has a day missing
            await asyncio.to_thread(lambda: keep(folder, day, oldest, _entries(store, int(now_s * 1_000_000))))


def _entries(store: RowStore, now_us: int) -> Iterator[Entry]:
    for one in store.databases():
        with contextlib.suppress(DatabaseGone), one.reading() as view:
            known = one.catalogue(view)
            for relation in known.relations.values():
                if relation.kind in _TYPES:
                    yield _entry(relation, known, view, now_us)


def _entry(relation: Relation, known: Catalogue, view: View, now_us: int) -> Entry:
    database = known.database.name
    is_foreign = relation.kind == FOREIGN
    made: Entry = {
        "db_name": database, "schema_name": relation.schema, "table_name": relation.name,
        "table_id": f"{database}.{relation.schema}.{relation.name}" if is_foreign else str(relation.oid),
        "type": _TYPES[relation.kind], "is_partition": bool(relation.parent), "owner_name": known.owner(relation.owner),
        "comment": relation.comment or None, "table_meta": _meta(relation), "collect_time": now_us,
    }  # fmt: skip
    if relation.kind == VIEW:
        made["view_def"] = relation.definition
    elif relation.kind == TABLE:
        size_bytes = view.size_bytes(relation)
        hot_bytes, cold_bytes = (0, size_bytes) if relation.is_cold else (size_bytes, 0)
        made |= {"hot_storage_size": hot_bytes, "cold_storage_size": cold_bytes}
        made["row_count"] = view.totals(relation).rows
    elif relation.kind == PARTITIONED:
        parts = known.partitions_of(relation)
        made |= {"partition_count": len(parts), "row_count": sum(view.totals(one).rows for one in parts)}
    if relation.parent:
        parent = known.relations[relation.parent]
        value = relation.definition.replace("'", "''")
        made |= {"parent_schema_name": parent.schema, "parent_table_name": parent.name,
                 "partition_spec": f"FOR VALUES IN ('{value}')"}  # fmt: skip
    return made


def _meta(relation: Relation) -> str:
    """What a relation is, as JSON."""
    columns = [
        {"name": one.name, "type": format_type(one.type_oid, one.modifier), "nullable": not one.not_null,
         **({"comment": one.comment} if one.comment else {})}
        for one in relation.live
    ]  # fmt: skip
    found: Entry = {"columns": columns}
    if relation.kind in (TABLE, PARTITIONED):
        keys = [one.name for one in relation.key_columns]
        found |= {TABLE_GROUP: group_of(relation), **relation.properties, "primary_key": ",".join(keys)}
    return json.dumps(found)
