"""A catalogue with one partitioned table in a temporary folder, for tests of storage."""

from pathlib import Path

from yunbox.kernel.clock import ManualClock
from yunbox.schema.tables import Column, Table, TableName
from yunbox.services.maxcompute.schema import MAXCOMPUTE_SCHEMA
from yunbox.storage.database import Database
from yunbox.storage.tables.catalogue import Catalogue, first_commit
from yunbox.storage.tables.model import DataFile, StoredTable
from yunbox.storage.tables.schema import TABLES_SCHEMA
from yunbox.storage.tables.snapshots import Snapshots
from yunbox.wire.odps.types import parse_type

NAME = TableName("p", "default", "t")
TABLE = Table(NAME, (Column("a", parse_type("bigint")),), (Column("pt", parse_type("string")),))


class Lake:
    def __init__(self, folder: Path) -> None:
        self.database = Database(folder / "meta.db", TABLES_SCHEMA, MAXCOMPUTE_SCHEMA)
        self.clock = ManualClock()
        self.catalogue = Catalogue(self.database, folder / "lake", self.clock)
        self.snapshots = Snapshots(self.database, self.catalogue, self.clock)

    async def create(self) -> StoredTable:
        if self.catalogue.project("p") is None:
            await self.catalogue.create_project("p", account_id="1", owner="o")
        location = self.catalogue.lake / "p" / "default" / "t"
        first_commit(TABLE, location, 0.0)
        return await self.catalogue.insert_table(TABLE, owner="o", location=location)

    def paths(self, stored: StoredTable) -> list[str]:
        return [file.path for file in self.catalogue.files(stored.id)]


def file(name: str, pt: str) -> DataFile:
    return DataFile(f"pt={pt}/{name}.parquet", (pt,), 10, 1, {"a": 5})
