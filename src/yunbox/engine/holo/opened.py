"""What all statements of an engine share, once there is one: DuckDB, and what it knows of the row store."""

from dataclasses import dataclass

import duckdb

from yunbox.engine.holo.column_store import ColumnStore
from yunbox.engine.holo.config import EngineConfig
from yunbox.engine.holo.copies import Copies
from yunbox.engine.holo.database import Functions, opened
from yunbox.engine.holo.foreign.tables import ForeignTables
from yunbox.engine.holo.system.systems import Systems
from yunbox.storage.rows.store import RowStore


@dataclass(frozen=True, slots=True)
class Opened:
    """An opened DuckDB."""

    db: duckdb.DuckDBPyConnection
    copies: Copies
    functions: Functions
    systems: Systems
    foreign: ForeignTables

    @staticmethod
    def of(config: EngineConfig, store: RowStore) -> "Opened":
        """Open it. Raises duckdb.Error."""
        db = opened(config)
        kept = ColumnStore(db, config.copies, store.identity())
        return Opened(db, Copies(db, store, kept), Functions(db), Systems(store), ForeignTables(config.database))
