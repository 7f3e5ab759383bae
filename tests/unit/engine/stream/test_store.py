"""The state of a job on disk: what was committed is read, whatever of it has been merged, also after a cut."""

import random
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from yunbox.engine.stream import store as stores
from yunbox.engine.stream.state import BagState, KeyedState
from yunbox.engine.stream.store import StateStore

Rows = dict[bytes, bytes | None]


def epochs(count: int, keys: int, seed: int = 3) -> Iterator[Rows]:
    """Changes of two steps: values are put, changed and taken away."""
    chance = random.Random(seed)
    for number in range(count):
        step = b"a/" if number % 3 else b"bc/"
        yield {
            step + f"{chance.randrange(keys):05}".encode(): None
            if chance.random() < 0.2
            else b"v" * chance.randrange(9)
            for _ in range(chance.randrange(40))
        }


def rows(store: StateStore) -> Rows:
    return {key: value for prefix in (b"a/", b"bc/") for key, value in store.scan(prefix)}


def rows_of(wanted: Rows, prefix: bytes) -> list[bytes]:
    return [key for key in wanted if key.startswith(prefix)]


def kept(wanted: Rows) -> Rows:
    return {key: value for key, value in wanted.items() if value is not None}


@pytest.fixture(autouse=True)
def merging_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stores, "_MERGE_S", 0.0)
    monkeypatch.setattr(stores, "_MERGE_KEYS", 3)


def test_a_read_gives_the_last_value_while_others_are_merged(tmp_path: Path) -> None:
    store, wanted, merging = StateStore(tmp_path), Rows(), 0
    for changes in epochs(300, 400):
        store.commit(changes.items(), {})
        wanted |= changes
        merging += store._merge is not None and store._merge.place > b""
        assert all(store.read(key) == wanted.get(key) for key in list(wanted)[-50:])
    assert merging > 50
    assert rows(store) == kept(wanted)
    store.merge()
    assert rows(store) == kept(wanted)
    assert store.size_bytes == sum(len(key) + len(value) for key, value in kept(wanted).items() if value is not None)
    store.close()


def test_a_start_finds_every_epoch_that_was_committed(tmp_path: Path) -> None:
    """The folder as it is behind each epoch is what a kill leaves, and without the first pages a loss of power."""
    store, wanted = StateStore(tmp_path / "job", checkpoints_every_s=1e6), Rows()
    for number, changes in enumerate(epochs(120, 60)):
        store.commit(changes.items(), {"sources": number})
        wanted |= changes
        if number % 7 == 0:
            copy = tmp_path / "copy"
            shutil.copytree(tmp_path / "job", copy)
            if number % 2:
                with (copy / "data.mdb").open("r+b") as file:
                    file.write(b"\xff" * 8192)  # they name pages that may not be on disk
            again = StateStore(copy)
            assert (again.epoch, again.meta("sources")) == (number + 1, number)
            assert rows(again) == kept(wanted), "though nothing of what the kill left is merged"
            assert all(again.has(prefix) == bool(rows_of(kept(wanted), prefix)) for prefix in (b"a/", b"bc/", b"bc/00"))
            again.merge()
            assert rows(again) == kept(wanted)
            assert sum(again.sizes.values()) == sum(len(k) + len(v or b"") for k, v in kept(wanted).items())
            again.close()
            shutil.rmtree(copy)
    store.close()


def test_no_epoch_waits_for_all_keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stores, "_MERGE_S", time.monotonic() * 2)
    store = StateStore(tmp_path)
    store.commit([(b"a/%05d" % at, b"v") for at in range(5_000)], {})
    monkeypatch.setattr(stores, "_MERGE_S", 0.0)
    store.commit([(b"a/x", b"v")], {})
    assert store._merge is not None and store._merge.place == b"a/00003"
    for _ in range(2_000):
        store.commit([(b"a/x", b"v")], {})
    assert len(rows(store)) == 5_001
    store.close()


@pytest.mark.parametrize("count", [1, 7, 10_000])
def test_some_keys_at_a_time(tmp_path: Path, count: int) -> None:
    """What is committed between two looks is seen behind the place where the next one goes on."""
    store, wanted, seen = StateStore(tmp_path), Rows(), Rows()
    for changes in epochs(50, 100):
        store.commit(changes.items(), {})
        wanted |= changes
    place: bytes | None = b"a/"
    while place is not None:
        found, place = store.some(b"a/", place, count=count)
        seen |= found
        if place is not None and not place.endswith(b"!"):
            change: Rows = {place: None, place + b"!": b"new", b"a/": b"before"}
            store.commit(change.items(), {})
            wanted |= change
    assert list(seen) == sorted(seen)
    assert {key: value for key, value in seen.items() if key != b"a/"} == {
        key: value for key, value in kept(wanted).items() if key.startswith(b"a/") and key != b"a/"
    }
    store.close()


def test_a_start_does_not_merge(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However much a kill has left, the epochs that follow merge it, some keys each."""
    monkeypatch.setattr(stores, "_MERGE_S", time.monotonic() * 2)
    store = StateStore(tmp_path)
    store.commit([(b"a/%05d" % at, b"v") for at in range(5_000)], {})
    store.close()
    again = StateStore(tmp_path)
    assert again._merge is not None and again._merge.place == b""
    assert again.read(b"a/00007") == b"v" and len(rows(again)) == 5_000
    again.commit([(b"a/00007", None)], {})
    assert again._merge is not None and again._merge.place == b"a/00003"
    again.close()
    third = StateStore(tmp_path)
    assert third.read(b"a/00007") is None and len(rows(third)) == 4_999
    third.close()


def test_memory_is_bounded_by_bytes(tmp_path: Path) -> None:
    """Few entries that are large fill it as many small ones do."""
    store = StateStore(tmp_path)
    for kind in (KeyedState, BagState):
        small, large = (kind(store, f"{kind.__name__}-{name}/".encode(), 1_000_000) for name in "sl")
        for state, text in ((small, "x"), (large, "x" * 10_000)):
            for at in range(100):
                state.put((at,), *(("n",) if isinstance(state, BagState) else ()), text)  # type: ignore[call-arg]
            store.commit(state.changes(), {})
            state.shrink()
        assert (small.is_whole, large.is_whole) == (True, False)
    store.close()
