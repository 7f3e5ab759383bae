"""External tables for one worker: finding their objects, reading them, writing new ones."""

import shutil
from collections.abc import Sequence
from pathlib import Path

import duckdb

from yunbox.engine.duck.external.files import ExternalFile, ExternalFiles
from yunbox.engine.duck.external.read import Reader
from yunbox.engine.duck.external.staging import Staging
from yunbox.engine.duck.messages import Listings
from yunbox.schema.tables import Table


class ExternalTables:
    """The parts that read external tables, and the folder in which they lay objects out for a statement."""

    def __init__(self, db: duckdb.DuckDBPyConnection, objects: Path | None, scratch: Path) -> None:
        self.scratch = scratch
        self.files = ExternalFiles(objects)
        self.staging = Staging(self.files)
        self._reader = Reader(db, self.staging)

    def begin(self, listings: Listings) -> None:
        """A new statement, and what its planner has been told of mounted buckets."""
        self.files.begin(listings)
        self.staging.begin()

    def relation(self, table: Table, files: Sequence[ExternalFile], columns: Sequence[str]) -> str:
        """A SELECT that yields the named columns of the given objects with their declared types."""
        return self._reader.relation(table, files, columns, self.scratch)

    def clear(self) -> None:
        """Forget and remove what was laid out for a statement."""
        self._reader.clear()
        shutil.rmtree(self.scratch, ignore_errors=True)
