"""Any sequence of operations, compared with plain dictionaries; the store is opened again in between."""

import asyncio
import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

import hypothesis.strategies as st
from hypothesis import HealthCheck, settings
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, precondition, rule

from tests.unit.storage.objects.ledger import Ledger, Version, listed
from tests.unit.storage.objects.shelf import Shelf, data_of
from yunbox.storage.objects import packs
from yunbox.storage.objects.listing import Query
from yunbox.storage.objects.model import APPENDABLE, ObjectRecord
from yunbox.storage.objects.objects import NotAppendable
from yunbox.storage.objects.versions import version_id

LONG = "l" * 478
KEYS = ["a", "a/b", "a/c", "b--c", f"{LONG}é", f"{LONG}éa/1", f"{LONG}éa/{'m' * 490}", "中/文"]
PREFIXES = ["", "a", "a/", LONG, f"{LONG}éa/", "中"]
SIZES = st.sampled_from([0, 1, 5000, 65_536, 65_537, 150_000])
keys = st.sampled_from(KEYS)


class Store(RuleBasedStateMachine):
    """The store and the ledger, side by side."""

    uploads = Bundle("uploads")

    def __init__(self) -> None:
        super().__init__()
        self.pack_bytes = packs.PACK_BYTES_MAX
        packs.PACK_BYTES_MAX = 100_000
        self.folder = Path(tempfile.mkdtemp())
        self.shelf = Shelf(self.folder / "objects")
        self.ledger = Ledger()
        self.parts: dict[str, dict[int, tuple[str, bytes]]] = {}
        self.seed = 0

    def teardown(self) -> None:
        self.shelf.store.close()
        shutil.rmtree(self.folder)
        packs.PACK_BYTES_MAX = self.pack_bytes

    def fresh(self, size: int) -> bytes:
        self.seed += 1
        return data_of(size, self.seed)

    def keep(self, key: str, record: ObjectRecord, data: bytes) -> None:
        self.ledger.put(key, Version(version_id(record), data))

    def kind(self, key: str) -> str:
        return self.shelf.store.objects.get(self.shelf.bucket, key).kind

    # -- what is done

    @rule(state=st.sampled_from(["Enabled", "Suspended"]))
    def set_versioning(self, state: str) -> None:
        asyncio.run(self.shelf.versioning(state))
        self.ledger.versioning = state

    @rule(key=keys, size=SIZES)
    def put(self, key: str, size: int) -> None:
        data = self.fresh(size)
        self.keep(key, asyncio.run(self.shelf.put(key, data)), data)

    @rule(key=keys)
    def delete(self, key: str) -> None:
        marker = asyncio.run(self.shelf.delete(key))
        assert (marker is None) == (self.ledger.versioning == "")
        self.ledger.delete(key, version_id(marker) if marker else None)

    @precondition(lambda self: self.ledger.keys)
    @rule(data=st.data())
    def delete_version(self, data: Any) -> None:
        key, wanted = data.draw(st.sampled_from(self.ledger.all_versions))
        asyncio.run(self.shelf.delete(key, wanted))
        self.ledger.delete_version(key, wanted)

    @rule(key=keys, to=keys, kind=st.sampled_from(["Normal", APPENDABLE]))
    def copy(self, key: str, to: str, kind: str) -> None:
        data = self.ledger.present.get(key)
        if data is not None:
            self.keep(to, asyncio.run(self.shelf.copy(key, to, kind=kind)), data)

    @rule(key=keys, size=SIZES)
    def append(self, key: str, size: int) -> None:
        old = self.ledger.present.get(key)
        more = self.fresh(size)
        try:
            record = asyncio.run(self.shelf.append(key, len(old or b""), more))
        except NotAppendable:
            assert old is not None
            assert self.kind(key) != APPENDABLE
            return
        if old is None:
            self.keep(key, record, more)
        else:
            self.ledger.keys[key][0].data = old + more

    @rule(target=uploads, key=keys)
    def begin(self, key: str) -> tuple[str, str]:
        upload = asyncio.run(self.shelf.begin(key))
        self.parts[upload] = {}
        return key, upload

    @rule(upload=uploads, number=st.integers(1, 4), size=SIZES)
    def part(self, upload: tuple[str, str], number: int, size: int) -> None:
        if upload[1] in self.parts:
            data = self.fresh(size)
            etag = asyncio.run(self.shelf.part(*upload, number, data))
            self.parts[upload[1]][number] = etag, data

    @rule(upload=uploads, key=keys, number=st.integers(1, 4), data=st.data())
    def copy_part(self, upload: tuple[str, str], key: str, number: int, data: Any) -> None:
        whole = self.ledger.present.get(key)
        if upload[1] not in self.parts or not whole:
            return
        start = data.draw(st.integers(0, len(whole) - 1))
        length = data.draw(st.integers(1, len(whole) - start))
        bucket = self.shelf.bucket
        _, source = self.shelf.store.objects.open(bucket, key)
        part = asyncio.run(self.shelf.store.uploads.copy_part(bucket, *upload, number, source, start, length))
        source.close()
        self.parts[upload[1]][number] = part.etag, whole[start : start + length]

    @rule(upload=uploads)
    def complete(self, upload: tuple[str, str]) -> None:
        parts = self.parts.get(upload[1], {})
        large = [number for number in sorted(parts) if len(parts[number][1]) >= 100 * 1024]
        chosen = large or sorted(parts)[:1]
        if chosen:
            wanted = [(number, parts[number][0]) for number in chosen]
            record = asyncio.run(self.shelf.store.uploads.complete(self.shelf.bucket, *upload, wanted))
            self.keep(upload[0], record, b"".join(parts[number][1] for number in chosen))
            del self.parts[upload[1]]

    @rule(upload=uploads)
    def abort(self, upload: tuple[str, str]) -> None:
        if self.parts.pop(upload[1], None) is not None:
            asyncio.run(self.shelf.store.uploads.abort(self.shelf.bucket, *upload))

    @rule()
    def reclaim(self) -> None:
        asyncio.run(self.shelf.store.sweep())
        self.shelf.store.upkeep.reclaim()

    @rule()
    def open_again(self) -> None:
        self.shelf.reopen()

    # -- what must be so

    @rule(prefix=st.sampled_from(PREFIXES), delimiter=st.sampled_from(["", "/", "--", "éa"]), data=st.data())
    def listing(self, prefix: str, delimiter: str, data: Any) -> None:
        after = data.draw(st.sampled_from(["", *KEYS, "a/", f"{LONG}éa"]))
        query = Query(prefix, delimiter, after, data.draw(st.sampled_from([0, 1, 2, 1000])))
        page = asyncio.run(self.shelf.store.listing.page(self.shelf.bucket, query))
        found = [key for key, _ in page.entries], page.prefixes, page.truncated, page.last
        assert found == listed(list(self.ledger.present), query)
        assert [size for _, (_, _, size, _, _) in page.entries] == [len(self.ledger.present[key]) for key in found[0]]

    @rule(limit=st.sampled_from([1, 2, 1000]))
    def versions(self, limit: int) -> None:
        found: list[tuple[str, str]] = []
        key = wanted = ""
        while True:
            query = Query(after=key, limit=limit)
            page = asyncio.run(self.shelf.store.listing.versions(self.shelf.bucket, query, wanted))
            found += [(entry.key, entry.id) for entry in page.entries]
            if not page.truncated:
                break
            key, wanted = page.last_key, page.last_version
        assert found == self.ledger.all_versions

    @invariant()
    def contents(self) -> None:
        async def check() -> None:
            for key, versions in self.ledger.keys.items():
                for version in versions:
                    if version.data is not None:
                        assert await self.shelf.read(key, version.id) == version.data
            for key in KEYS:
                assert await self.shelf.find(key) == self.ledger.present.get(key)

        asyncio.run(check())

    @invariant()
    def totals(self) -> None:
        stat = self.shelf.stat
        assert (stat.objects, stat.versions, stat.bytes) == self.ledger.totals
        assert stat.uploads == len(self.parts)
        self.shelf.audit()


Store.TestCase.settings = settings(
    max_examples=int(os.environ.get("YUNBOX_EXAMPLES", "40")),
    stateful_step_count=30,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    derandomize="YUNBOX_EXAMPLES" not in os.environ,
)
TestStore = Store.TestCase
