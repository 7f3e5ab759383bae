"""Listings, compared with those of a sorted list of keys."""

import asyncio
import itertools

import pytest

from tests.unit.storage.objects import ledger
from tests.unit.storage.objects.shelf import Shelf
from yunbox.kernel.errors import InvalidArgument
from yunbox.storage.objects import listing
from yunbox.storage.objects.listing import Page, Query, VersionPage
from yunbox.storage.objects.versions import NULL_ID, version_id

L = "L" * 470
KEYS = [
    "a", "a/", "a/b", "a/b/c", "a//", "ab", "a--b", "a--b--c", "xab", "xabc", "xaab", "b/1", "b/2", "b/3/4", "中文/1",
    "中文/2", "中/文", "z", "😀/😀", f"{L}/x", f"{L}/{'y' * 200}/1", f"{L}/{'y' * 200}/2", f"{L}{'/' * 20}", f"{L}zz",
]  # fmt: skip
PREFIXES = ["", "a", "a/", "xa", "x", "b/", "中", "中文/", L, f"{L}/", f"{L}/{'y' * 100}", "none"]
DELIMITERS = ["", "/", "--", "ab", "文", "y" * 150 + "/"]
LIMITS = [0, 1, 3, 1000]


def answer(page: Page) -> tuple[list[str], list[str], bool, str]:
    return [key for key, _ in page.entries], page.prefixes, page.truncated, page.last


async def fill(shelf: Shelf) -> None:
    await asyncio.gather(*(shelf.put(key, key.encode()) for key in KEYS))


def test_every_query_answers_like_a_sorted_list(shelf: Shelf) -> None:
    async def run() -> None:
        await fill(shelf)
        bucket = shelf.bucket
        afters = ["", "a", "a/", "a/b", "a0", "xab", "xaab", "b/", "中文/1", f"{L}/", f"{L}/z", "zzz"]
        for prefix, delimiter, after, limit in itertools.product(PREFIXES, DELIMITERS, afters, LIMITS):
            query = Query(prefix, delimiter, after, limit)
            assert answer(await shelf.store.listing.page(bucket, query)) == ledger.listed(KEYS, query), query

    asyncio.run(run())


@pytest.mark.parametrize("limit", [1, 2, 5])
def test_paging_shows_everything_once(shelf: Shelf, limit: int) -> None:
    async def pages(query: Query) -> tuple[list[str], list[str]]:
        entries: list[str] = []
        prefixes: list[str] = []
        while True:
            page = await shelf.store.listing.page(shelf.bucket, query)
            entries += [key for key, _ in page.entries]
            prefixes += page.prefixes
            assert len(page) == query.limit or not page.truncated
            if not page.truncated:
                return entries, prefixes
            query = Query(query.prefix, query.delimiter, page.last, query.limit)

    async def run() -> None:
        await fill(shelf)
        for prefix, delimiter in itertools.product(PREFIXES, DELIMITERS):
            whole = ledger.listed(KEYS, Query(prefix, delimiter, "", 1000))
            assert await pages(Query(prefix, delimiter, "", limit)) == whole[:2]

    asyncio.run(run())


def test_delete_markers_are_passed_over_in_slices(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing, "_SLICE", 3)

    async def run() -> None:
        await shelf.versioning("Enabled")
        keys = [f"{L}{'m' * 20}{number:03}" for number in range(50)]
        for key in keys:
            await shelf.put(key, b"")
        for key in keys:
            if not key.endswith("7"):
                await shelf.delete(key)
        alive = [key for key in keys if key.endswith("7")]
        for query in (Query(), Query(limit=3), Query(limit=5), Query(after=alive[2], limit=2), Query(L, "7", "", 2)):
            assert answer(await shelf.store.listing.page(shelf.bucket, query)) == ledger.listed(alive, query)

    asyncio.run(run())


async def all_versions(shelf: Shelf, query: Query) -> tuple[list[tuple[str, str]], list[str]]:
    entries: list[tuple[str, str]] = []
    prefixes: list[str] = []
    page = VersionPage(truncated=True)
    while page.truncated:
        after = Query(query.prefix, query.delimiter, page.last_key, query.limit)
        page = await shelf.store.listing.versions(shelf.bucket, after, page.last_version)
        assert len(page) <= query.limit
        entries += [(entry.key, entry.id) for entry in page.entries]
        prefixes += page.prefixes
    return entries, prefixes


def test_versions_are_paged_through_keys_and_versions(shelf: Shelf) -> None:
    made: dict[str, list[str]] = {key: [] for key in ("a", "a/b", "a/c", "b", f"{L}{'n' * 300}")}

    async def run() -> None:
        await shelf.put("b", b"null")
        made["b"].insert(0, NULL_ID)
        await shelf.versioning("Enabled")
        for number in range(5):
            for key in made:
                record = await shelf.delete(key) if number == 3 else await shelf.put(key, b"x")
                assert record is not None
                made[key].insert(0, version_id(record))
        expected = [(key, wanted) for key, ids in made.items() for wanted in ids]
        expected.sort(key=lambda pair: pair[0].encode())
        for limit in (1, 2, 3, 7, 1000):
            assert await all_versions(shelf, Query(limit=limit)) == (expected, [])
            rolled = [pair for pair in expected if not pair[0].startswith("a/")]
            assert await all_versions(shelf, Query("", "/", "", limit)) == (rolled, ["a/"])
            inside = [pair for pair in expected if pair[0].startswith("a/")]
            assert await all_versions(shelf, Query("a/", "/", "", limit)) == (inside, [])

    asyncio.run(run())


def test_paging_goes_on_after_a_version_that_is_gone(shelf: Shelf) -> None:
    async def run() -> None:
        await shelf.versioning("Enabled")
        ids = [version_id(await shelf.put("k", b"")) for _ in range(5)]
        page = await shelf.store.listing.versions(shelf.bucket, Query(limit=2))
        await shelf.delete("k", page.last_version)
        rest = await shelf.store.listing.versions(shelf.bucket, Query(after="k", limit=9), page.last_version)
        assert [entry.id for entry in rest.entries] == ids[2::-1]
        with pytest.raises(InvalidArgument):
            await shelf.store.listing.versions(shelf.bucket, Query(after="k"), "junk")
        nothing = await shelf.store.listing.versions(shelf.bucket, Query(limit=0))
        assert (len(nothing), nothing.truncated) == (0, False)

    asyncio.run(run())


def test_buckets_are_paged_by_owner(shelf: Shelf) -> None:
    async def run() -> None:
        for number in range(5):
            await shelf.store.buckets.create(f"c{number}", str(number % 2))
        page = shelf.store.buckets.page
        assert ([bucket.name for bucket in page(account_id="0", limit=2)[0]]) == ["c0", "c2"]
        assert page(account_id="0", limit=2)[1]
        assert [bucket.name for bucket in page(account_id="0", marker="c2")[0]] == ["c4"]
        assert [bucket.name for bucket in page(account_id="1", prefix="c")[0]] == ["c1", "c3"]

    asyncio.run(run())
