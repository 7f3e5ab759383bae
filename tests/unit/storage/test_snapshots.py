"""Commits: the Delta log is the truth, the index follows, and other tools agree."""

import asyncio
import dataclasses
import json
from pathlib import Path

import pytest
from deltalake import DeltaTable

from tests.unit.storage.lake import NAME, Lake, file
from yunbox.kernel.errors import Conflict, NotFound
from yunbox.schema.tables import Column
from yunbox.storage.tables import delta
from yunbox.storage.tables.model import StoredTable
from yunbox.storage.tables.snapshots import Change
from yunbox.wire.odps.types import parse_type


@pytest.fixture
def lake(tmp_path: Path):
    made = Lake(tmp_path)
    yield made
    made.database.close()


def delta_paths(stored: StoredTable) -> list[str]:
    table = DeltaTable(stored.location)
    return sorted(uri.split("/t/", 1)[1] for uri in table.file_uris())


def test_a_commit_to_a_table_that_is_gone_says_so(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="was dropped"):
        delta.commit(tmp_path / "gone", 1, [])


def test_delta_readers_see_what_the_index_has(lake: Lake) -> None:
    async def run() -> None:
        stored = await lake.create()
        await lake.snapshots.commit(stored.id, Change("INSERT", add=(file("1", "x"), file("2", "y z/ä"))))
        await lake.snapshots.commit(stored.id, Change("OVERWRITE", add=(file("3", "x"),), replace=(("x",),)))
        assert sorted(lake.paths(stored)) == delta_paths(stored) == ["pt=x/3.parquet", "pt=y z/ä/2.parquet"]
        assert list(lake.catalogue.partitions(NAME)) == [("x",), ("y z/ä",)]

    asyncio.run(run())


def test_a_commit_that_the_index_missed_is_replayed_whole(lake: Lake) -> None:
    async def run() -> None:
        stored = await lake.create()
        await lake.snapshots.commit(stored.id, Change("INSERT", add=(file("1", "x"),)))
        stored = lake.catalogue.require(NAME)
        change = Change("DROP PARTITION", drop=(("x",),), ensure=(("empty",),))
        lake.snapshots._write_log(stored, change, ["pt=x/1.parquet"])  # the plug is pulled here
        await lake.snapshots.refresh(stored.id)
        assert lake.paths(stored) == []
        assert list(lake.catalogue.partitions(NAME)) == [("empty",)]

    asyncio.run(run())


def test_another_writers_commit_is_seen(lake: Lake) -> None:
    async def run() -> None:
        stored = await lake.create()
        action = {
            "add": {
                "path": "pt=x/f.parquet",
                "partitionValues": {"pt": "x"},
                "size": 7,
                "modificationTime": 1,
                "dataChange": True,
                "stats": json.dumps({"numRecords": 3}),
            }
        }
        delta.commit(Path(stored.location), 1, [action])
        await lake.snapshots.commit(stored.id, Change("INSERT", add=(file("2", "x"),)))
        assert [f.rows for f in lake.catalogue.files(stored.id)] == [3, 1]
        assert lake.catalogue.require(NAME).version == 2

    asyncio.run(run())


def test_concurrent_commits_lose_nothing(lake: Lake) -> None:
    async def run() -> None:
        stored = await lake.create()
        changes = [Change("INSERT", add=(file(str(n), "x"),)) for n in range(40)]
        await asyncio.gather(*(lake.snapshots.commit(stored.id, change) for change in changes))
        assert len(lake.paths(stored)) == len(delta_paths(stored)) == 40

    asyncio.run(run())


def test_a_rewrite_of_files_that_are_gone_is_refused(lake: Lake) -> None:
    async def run() -> None:
        stored = await lake.create()
        with pytest.raises(Conflict):
            await lake.snapshots.commit(stored.id, Change("MERGE", remove_paths=("pt=x/none.parquet",)))

    asyncio.run(run())


def test_writing_to_a_dropped_table_is_refused(lake: Lake) -> None:
    async def run() -> None:
        stored = await lake.create()
        await lake.catalogue.drop_table(stored)
        with pytest.raises(NotFound):
            await lake.snapshots.commit(stored.id, Change("INSERT", add=(file("1", "x"),)))

    asyncio.run(run())


def test_files_with_columns_that_the_table_no_longer_has_are_refused(lake: Lake) -> None:
    async def run() -> None:
        stored = await lake.create()
        change = Change("INSERT", add=(file("1", "x"),), columns=stored.table.columns)
        await lake.snapshots.commit(stored.id, change)
        renamed = dataclasses.replace(stored.table, columns=(Column("b", parse_type("bigint")),))
        with pytest.raises(Conflict):
            await lake.snapshots.commit(stored.id, Change("ALTER TABLE", only=True, table=renamed))
        paths = ("pt=x/1.parquet",)
        await lake.snapshots.commit(stored.id, Change("ALTER TABLE", remove_paths=paths, only=True, table=renamed))
        with pytest.raises(Conflict, match="columns"):
            await lake.snapshots.commit(stored.id, change)

    asyncio.run(run())


def test_the_time_of_rows_and_the_time_of_columns_are_apart(lake: Lake) -> None:
    async def run() -> None:
        stored = await lake.create()
        begin = stored.data_time
        lake.clock.advance(10)
        await lake.snapshots.commit(stored.id, Change("INSERT", add=(file("1", "x"),)))
        stored = lake.catalogue.require(NAME)
        assert (stored.ddl_time, stored.data_time) == (begin, begin + 10)
        lake.clock.advance(10)
        wider = dataclasses.replace(
            stored.table, columns=(*stored.table.columns, Column("b", parse_type("string"), "new"))
        )
        await lake.snapshots.commit(stored.id, Change("ALTER TABLE", table=wider))
        stored = lake.catalogue.require(NAME)
        assert (stored.ddl_time, stored.data_time) == (begin + 20, begin + 10)

    asyncio.run(run())
