"""What a process that only reads sees of a table: one version, with the commits that the index has missed."""

import asyncio
import dataclasses
from pathlib import Path

from tests.unit.storage.lake import NAME, TABLE, Lake, file
from yunbox.schema.tables import Column, TableName
from yunbox.storage.tables.current import current
from yunbox.storage.tables.reader import open_reader
from yunbox.storage.tables.snapshots import Change
from yunbox.wire.odps.types import parse_type


def test_commits_that_are_in_the_log_alone(tmp_path: Path) -> None:
    async def run() -> None:
        lake = Lake(tmp_path)
        stored = await lake.create()
        await lake.snapshots.commit(stored.id, Change("INSERT", add=(file("1", "x"), file("2", "y"))))
        reader = open_reader(lake.database.path)
        indexed = current(reader, NAME)
        stored = lake.catalogue.require(NAME)
        wider = dataclasses.replace(TABLE, columns=(*TABLE.columns, Column("b", parse_type("string"))))
        lake.snapshots._write_log(
            stored, Change("INSERT", add=(file("3", "z"),), drop=(("y",),), ensure=(("e",),), table=wider),
            ["pt=y/2.parquet"],
        )  # fmt: skip
        lake.snapshots._write_log(
            dataclasses.replace(stored, version=stored.version + 1), Change("INSERT", add=(file("4", "x"),)), []
        )
        found = current(reader, NAME)
        lake.database.close()
        assert indexed is not None and found is not None
        assert (indexed.table, indexed.partitions) == (TABLE, {("x",), ("y",)})
        assert [one.path for one in found.files] == ["pt=x/1.parquet", "pt=z/3.parquet", "pt=x/4.parquet"]
        assert found.partitions == {("x",), ("z",), ("e",)}
        assert [column.name for column in found.table.columns] == ["a", "b"]
        assert current(reader, TableName("p", "default", "nope")) is None

    asyncio.run(run())
