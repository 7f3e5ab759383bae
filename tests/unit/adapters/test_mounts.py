"""Mounts as other parts of the house see them."""

import asyncio
from pathlib import Path

import pytest

from yunbox.adapters.remote.mounts import MOUNTS_SCHEMA, Mounts
from yunbox.kernel.clock import SystemClock
from yunbox.kernel.errors import Unavailable, Unsupported
from yunbox.storage.database import Database
from yunbox.storage.objects.model import REMOTE
from yunbox.storage.objects.store import ObjectStore
from yunbox.storage.objects.view import ObjectView


async def _remote_bucket(folder: Path) -> ObjectStore:
    store = ObjectStore(folder, SystemClock())
    store.start()
    await store.buckets.create("far", "1", settings={REMOTE: "oss://there/ at http://127.0.0.1:9"})
    return store


def test_sql_does_not_take_a_mounted_bucket_for_an_empty_one(tmp_path: Path) -> None:
    asyncio.run(_remote_bucket(tmp_path / "oss")).close()
    view = ObjectView(tmp_path / "oss")
    with pytest.raises(Unsupported, match="lie elsewhere"):
        list(view.objects("far", ""))
    with pytest.raises(Unsupported, match="lie elsewhere"):
        view.records("far", ["k"])


def test_a_lost_mount_is_no_empty_bucket_and_its_cache_goes(tmp_path: Path) -> None:
    store = asyncio.run(_remote_bucket(tmp_path / "oss"))
    (tmp_path / "cache" / "0123").mkdir(parents=True)
    database = Database(tmp_path / "meta.db", MOUNTS_SCHEMA)
    mounts = Mounts(database, store, SystemClock(), tmp_path / "cache")
    assert list((tmp_path / "cache").iterdir()) == []
    with pytest.raises(Unavailable, match="mount it again"):
        mounts.backend(store.buckets.get("far"))
    store.close()
    database.close()
