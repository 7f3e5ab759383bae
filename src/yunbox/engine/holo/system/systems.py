"""Which definitions the engine knows the system tables of: the present ones, and those of transaction blocks."""

import threading
from pathlib import Path

import duckdb

from yunbox.engine.holo.messages import System
from yunbox.engine.holo.system.described import Names
from yunbox.engine.holo.system.dynamic import hg_dynamic_table_refresh_history
from yunbox.engine.holo.system.live import KEPT, Rows
from yunbox.engine.holo.system.moment import Moment
from yunbox.engine.holo.system.partitioning import hg_partitioning_log
from yunbox.engine.holo.system.publications import hg_replication_progress
from yunbox.engine.holo.system.scans import arrow_name
from yunbox.engine.holo.system.statistics import hg_stats_missing, hg_table_statistic, pg_statistic, shown
from yunbox.engine.holo.system.tables import Tables, live_table
from yunbox.sql.hologres.natives.catalogue import remember
from yunbox.sql.hologres.natives.recent import Recent
from yunbox.storage.query_log import entries
from yunbox.storage.rows.databases import database_oids
from yunbox.storage.rows.store import RowStore
from yunbox.storage.table_info import kept

_MOMENTS_MAX = 8
"""Of one database."""
_OF_STORES = {
    one.__name__: one for one in (hg_replication_progress, hg_table_statistic, hg_stats_missing, pg_statistic)
}


class Systems:
    """The system tables of some moments, by the version of their definitions, which no two databases share."""

    def __init__(self, store: RowStore, queries: Path | None = None, days: Path | None = None) -> None:
        self._store = store
        self._queries = queries
        self._days = days
        self._lock = threading.Lock()
        self._known: Recent[bytes, Tables] = Recent(_MOMENTS_MAX)

    def tables(self, asked: System) -> Tables:
        """Those of the definitions that a statement was planned under, or of later ones."""
        with self._lock:
            found = self._known.get(asked.version) or self._made(asked)
            self._known.put(asked.database, asked.version, found)
        return found

    def kept(self, name: str, asked: System) -> Rows | None:
        """The rows of a table that are kept or came along; None for one that definitions make."""
        if name == "hg_query_log":
            return self._queries_of(asked)
        if name == "hg_table_info":
            return self._tables_of(asked)
        if name == "hg_dynamic_table_refresh_history":
            return self._refreshes_of(asked)
        if name not in KEPT:
            return asked.rows.get(name)
        store = self._store.of(asked.database)
        with store.reading() as view:
            if name == "hg_partitioning_log":
                return list(hg_partitioning_log(view))
            return list(_OF_STORES[name](view, store.catalogue(view)))

    def _queries_of(self, asked: System) -> Rows:
        """The newest entries of the log of statements that a statement may see."""
        found = entries(self._queries) if self._queries is not None else ()
        return [one for one in found if asked.logs_all or one.get("usename") in asked.logged]

    def _tables_of(self, asked: System) -> Rows:
        """What tables were each day: all of the instance, or those of the roles in the database that is asked in."""
        store = self._store.of(asked.database)
        with store.reading() as view:
            here = store.catalogue(view).database.name
        found = kept(self._days) if self._days is not None else ()
        return [
            {**one, "collect_time": shown(one["collect_time"])}
            for one in found
            if asked.logs_all or (one["db_name"] == here and one["owner_name"] in asked.logged)
        ]

    def _refreshes_of(self, asked: System) -> Rows:
        """The refreshes of dynamic tables in a database: all, or those of the tables of the roles."""
        store = self._store.of(asked.database)
        with store.reading() as view:
            found = list(hg_dynamic_table_refresh_history(view, store.catalogue(view)))
        return [one for one in found if asked.logs_all or one["owner"] in asked.logged]

    def _made(self, asked: System) -> Tables:
        known, store = asked.definitions, self._store.of(asked.database)
        if known is None:
            with store.reading() as view:
                known = store.catalogue(view)
        moment = Moment(known)
        with store.reading() as view:
            present = {*database_oids(view)}
        self._known.keep(present)
        remember(asked.label, Names(moment, store), (asked.database, *present - {asked.database}))
        return Tables(moment)


class Shown:
    """The system tables that the statements of one cursor see."""

    def __init__(self, cursor: duckdb.DuckDBPyConnection, systems: Systems) -> None:
        self._cursor = cursor
        self._systems = systems
        self._seen: dict[str, object] = {}

    def show(self, asked: System | None) -> None:
        """Have those be there that a statement reads. Raises duckdb.Error."""
        if asked is None:
            return
        tables = self._systems.tables(asked)
        for schema, name in asked.names:
            label = arrow_name(schema, name)
            live = self._systems.kept(name, asked)
            made = tables.table(schema, name) if live is None else live_table(schema, name, live)
            if self._seen.get(label) is not made:
                self._cursor.register(label, made)
                self._seen[label] = made
