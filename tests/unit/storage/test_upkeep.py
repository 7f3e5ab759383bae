"""Lifecycle and orphans."""

import asyncio
import dataclasses
import os
from pathlib import Path

import pytest

from tests.unit.storage.lake import NAME, TABLE, Lake, file
from yunbox.storage.tables.lifecycle import recycle
from yunbox.storage.tables.orphans import find_and_remove, remove_orphans
from yunbox.storage.tables.snapshots import Change

DAY_S = 24 * 3600


@pytest.fixture
def lake(tmp_path: Path):
    made = Lake(tmp_path)
    yield made
    made.database.close()


def test_old_partitions_go_and_the_table_stays(lake: Lake) -> None:
    async def run() -> None:
        stored = await lake.create()
        lived = dataclasses.replace(TABLE, lifecycle_days=3, properties={"lifecycle.disabled": "pt=kept"})
        stored = await lake.catalogue.update_table(stored, lived)
        add = (file("1", "old"), file("2", "kept"))
        await lake.snapshots.commit(stored.id, Change("INSERT", add=add))
        now = lake.clock.time()
        assert await recycle(lake.catalogue, lake.snapshots, now + 2 * DAY_S) == []
        assert await recycle(lake.catalogue, lake.snapshots, now + 4 * DAY_S) == ["p.t/pt=old"]
        assert list(lake.catalogue.partitions(NAME)) == [("kept",)]

    asyncio.run(run())


def test_a_table_without_partitions_goes_as_a_whole(lake: Lake) -> None:
    async def run() -> None:
        stored = await lake.create()
        plain = dataclasses.replace(TABLE, partition_columns=(), lifecycle_days=1)
        await lake.catalogue.update_table(stored, plain)
        assert await recycle(lake.catalogue, lake.snapshots, lake.clock.time() + 2 * DAY_S) == ["p.t"]
        assert lake.catalogue.stored(NAME) is None

    asyncio.run(run())


def test_orphans_go_and_everything_else_stays(lake: Lake) -> None:
    async def run() -> None:
        stored = await lake.create()
        await lake.snapshots.commit(stored.id, Change("INSERT", add=(file("live", "x"),)))
        root = Path(stored.location)
        names = ["pt=x/live.parquet", "pt=x/dead.parquet", "pt=x/orphan.parquet", "pt=x/new.parquet"]
        for name in names:
            (root / name).parent.mkdir(exist_ok=True)
            (root / name).write_bytes(b"x")
        folder = root.with_name("never_named")
        folder.mkdir()
        for path in (*(root / name for name in names[:3]), folder):
            os.utime(path, (1000, 1000))
        removed = remove_orphans(lake.catalogue, {str(root / names[1])}, before=2000)
        assert {path.name for path in removed} == {"orphan.parquet", "never_named"}
        assert sorted(path.name for path in root.rglob("*.parquet")) == ["dead.parquet", "live.parquet", "new.parquet"]

    asyncio.run(run())


def test_a_file_whose_commit_the_index_missed_is_no_orphan(lake: Lake) -> None:
    async def run() -> None:
        stored = await lake.create()
        root = Path(stored.location)
        for name in ("pt=x/part-1.parquet", "pt=x/part-00000-spark.parquet"):
            (root / name).parent.mkdir(exist_ok=True)
            (root / name).write_bytes(b"x")
            os.utime(root / name, (1000, 1000))
        lake.snapshots._write_log(stored, Change("INSERT", add=(file("part-1", "x"),)), [])
        assert await find_and_remove(lake.catalogue, lake.snapshots, set(), before=2000) == []
        assert lake.paths(stored) == ["pt=x/part-1.parquet"]

    asyncio.run(run())
