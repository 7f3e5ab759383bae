"""The engine's DuckDB: bounded, with nothing of its own on disk, and nothing to reach but the folders that it needs."""

import threading

import duckdb

from yunbox.engine.duck.scan import quote_text
from yunbox.engine.duck.vocabulary import Vocabulary
from yunbox.engine.holo.config import EngineConfig
from yunbox.sql.hologres import on_duckdb

_DEPTH_MAX = 1000
_MIB = 1 << 20


class Functions:
    """The functions of Hologres' SQL, of which each is made known to a DuckDB when a statement first calls it."""

    def __init__(self, db: duckdb.DuckDBPyConnection) -> None:
        self._vocabulary = Vocabulary(db, [on_duckdb])
        self._teaching = threading.Lock()

    def provide(self, sql: str) -> None:
        """Make known what a statement calls."""
        with self._teaching:
            self._vocabulary.provide(sql)


def opened(config: EngineConfig) -> duckdb.DuckDBPyConnection:
    """A database that spills what does not fit into its memory."""
    db = duckdb.connect(
        ":memory:",
        config={
            "memory_limit": f"{config.memory_bytes_max // _MIB}MiB",
            "temp_directory": str(config.spill),
            "max_temp_directory_size": f"{config.spill_bytes_max // _MIB}MiB",
            "threads": str(config.threads),
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
        },
    )
    db.execute("SET enable_progress_bar = false")
    db.execute(f"SET max_expression_depth = {_DEPTH_MAX}")
    reached = (str(config.spill), str(config.copies), config.lake, config.objects and f"{config.objects}/data")
    folders = ", ".join(quote_text(f"{folder}/") for folder in reached if folder)
    db.execute(f"SET allowed_directories = [{folders}]")
    db.execute("SET enable_external_access = false")
    db.execute("SET immediate_transaction_mode = true")
    db.execute("SET checkpoint_threshold = '1TB'")  # nobody's statement is to wait for one: see ColumnStore.shorten
    return db
