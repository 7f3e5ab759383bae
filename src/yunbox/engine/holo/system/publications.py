"""System tables of what is published and followed: ``pg_publication`` and its kin, and the vendor's of slots.

Sources: the PostgreSQL 11 documentation; the vendor's page "Use JDBC to consume Hologres binlogs".
"""

from collections.abc import Iterator
from typing import Any

from yunbox.engine.holo.system.moment import Moment
from yunbox.storage.rows.catalogue import Catalogue
from yunbox.storage.rows.publications import progress
from yunbox.storage.rows.view import View

Rows = Iterator[dict[str, Any]]


def pg_publication(moment: Moment) -> Rows:
    """The publications; TRUNCATE is in no binlog."""
    for one in moment.known.publications.values():
        yield {
            "oid": one.oid, "pubname": one.name, "pubowner": moment.owner_oid(one.owner), "puballtables": False,
            "pubinsert": True, "pubupdate": True, "pubdelete": True, "pubtruncate": False,
        }  # fmt: skip


def pg_publication_rel(moment: Moment) -> Rows:
    """Which table each is of, if that is still there."""
    for one in moment.known.publications.values():
        if one.table in moment.known.relations:
            yield {"oid": one.oid, "prpubid": one.oid, "prrelid": one.table}


def pg_publication_tables(moment: Moment) -> Rows:
    """The same by names."""
    for one in moment.known.publications.values():
        table = moment.known.relations.get(one.table)
        if table is not None:
            yield {"pubname": one.name, "schemaname": table.schema, "tablename": table.name}


def hg_replication_slot_properties(moment: Moment) -> Rows:
    """The slots; a table has one shard, so one client follows it."""
    for one in moment.known.slots.values():
        for key, value in (("plugin", one.plugin), ("publication", one.publication), ("parallelism", "1")):
            yield {"slot_name": one.name, "property_key": key, "property_value": value}


def hg_replication_progress(view: View, known: Catalogue) -> Rows:
    """How far each slot has come, of those that have."""
    for one in known.slots.values():
        lsn = progress(view, one)
        if lsn:
            yield {"slot_name": one.name, "parallel_index": 0, "lsn": lsn}


PUBLISHED = (pg_publication, pg_publication_rel, pg_publication_tables, hg_replication_slot_properties)
"""Those that definitions make."""
