"""What all statements of an engine share, once there is one: DuckDB, and what it knows of the row store."""

from dataclasses import dataclass
from pathlib import Path

import duckdb

from yunbox.engine.holo.column_store import ColumnStore
from yunbox.engine.holo.config import EngineConfig
from yunbox.engine.holo.copies import Copies
from yunbox.engine.holo.database import Functions, opened
from yunbox.engine.holo.foreign.tables import ForeignTables
from yunbox.engine.holo.system.backends import signals
from yunbox.engine.holo.system.systems import Systems
from yunbox.sql.hologres.natives import stopping
from yunbox.sql.hologres.natives.catalogue import have_signalled
from yunbox.storage.rows.store import RowStore


@dataclass(frozen=True, slots=True)
class Opened:
    """An opened DuckDB."""

    db: duckdb.DuckDBPyConnection
    copies: Copies
    functions: Functions
    systems: Systems
    foreign: ForeignTables
    config: EngineConfig

    @staticmethod
    def of(config: EngineConfig, store: RowStore) -> "Opened":
        """Open it. Raises duckdb.Error."""
        db = opened(config)
        stopping.limited(config.memory_bytes_max + config.memory_bytes_max // 4)
        have_signalled(signals(Path(config.scratch), config.gateways))
        kept = ColumnStore(db, config.copies, store.identity())
        return Opened(
            db,
            Copies(db, store, kept),
            Functions(db),
            Systems(store, config.queries, config.days),
            ForeignTables(config.database),
            config,
        )
