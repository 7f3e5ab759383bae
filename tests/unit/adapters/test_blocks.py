"""The block cache: bounded, pinned, checked, and there again after a restart."""

from pathlib import Path

import pytest

from yunbox.adapters.remote.blocks import BlockCache, Place

SIZE = 1000
ROOM = 10 * 1200


def block(number: int) -> bytes:
    return bytes([number % 251]) * SIZE


@pytest.fixture
def cache(tmp_path: Path) -> BlockCache:
    return BlockCache(tmp_path, ROOM)


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_a_block_is_of_one_state_of_one_object(cache: BlockCache) -> None:
    cache.write(Place("k", "one"), 3, block(3))
    assert cache.read(Place("k", "one"), 3) == block(3)
    assert cache.read(Place("k", "two"), 3) is None
    assert cache.read(Place("k", "one"), 4) is None


def test_the_bound_holds_and_what_was_read_last_stays(cache: BlockCache, tmp_path: Path) -> None:
    for number in range(50):
        assert cache.write(Place("k", "e"), number, block(number))
        assert cache.read(Place("k", "e"), 0) == block(0)
        assert sum(path.stat().st_size for path in files(tmp_path)) <= ROOM
    assert cache.read(Place("k", "e"), 49) == block(49)
    assert cache.read(Place("k", "e"), 1) is None
    assert cache.counts.evicted > 30
    assert cache.status()["size_bytes"] == sum(path.stat().st_size for path in files(tmp_path))


def test_pinned_blocks_stay_until_they_are_unpinned(cache: BlockCache) -> None:
    cache.write(Place("keep/a", "e"), 0, block(7))
    cache.pin(("keep/",))
    for number in range(50):
        cache.write(Place("other", "e"), number, block(number))
    assert cache.read(Place("keep/a", "e"), 0) == block(7)
    assert cache.status()["pinned_blocks"] == 1
    cache.pin(("keep/", "other"))
    assert not cache.write(Place("third", "e"), 0, b"x" * SIZE * 5), "there is no room beside what is pinned"
    cache.pin(())
    assert cache.write(Place("third", "e"), 0, b"x" * SIZE * 5)


def test_a_restart_finds_the_blocks_in_the_order_of_their_use(cache: BlockCache, tmp_path: Path) -> None:
    import os

    for number in range(3):
        cache.write(Place("k", "e"), number, block(number))
    for path in files(tmp_path):
        os.utime(path, (1, 2 if path.name.endswith("-1") else 3))
    again = BlockCache(tmp_path, 2500)
    assert again.read(Place("k", "e"), 1) is None, "the oldest goes where the size became smaller"
    assert again.read(Place("k", "e"), 0) == block(0)
    assert again.read(Place("k", "e"), 2) == block(2)


@pytest.mark.parametrize("at", [0, 9, 14, 20, 30, -1])
def test_a_flipped_byte_is_noticed_and_the_block_dropped(cache: BlockCache, tmp_path: Path, at: int) -> None:
    cache.write(Place("k", "e"), 0, block(0))
    (path,) = files(tmp_path)
    data = bytearray(path.read_bytes())
    data[at] ^= 1
    path.write_bytes(data)
    assert cache.read(Place("k", "e"), 0) is None
    assert cache.counts.damaged == 1
    assert files(tmp_path) == []
    assert cache.status()["size_bytes"] == 0


def test_torn_blocks_and_strangers_are_cleared_away_at_the_start(cache: BlockCache, tmp_path: Path) -> None:
    cache.write(Place("k", "e"), 0, block(0))
    cache.write(Place("k", "e"), 1, block(1))
    whole, torn = sorted(files(tmp_path))
    torn.write_bytes(torn.read_bytes()[:-1])
    (tmp_path / ".123-0.tmp").write_bytes(b"half of a block")
    (tmp_path / "stranger").write_bytes(b"")
    again = BlockCache(tmp_path, ROOM)
    assert again.status()["blocks"] == 1
    assert files(tmp_path) == [whole]


def test_another_objects_file_under_the_name_is_not_taken(cache: BlockCache, tmp_path: Path) -> None:
    cache.write(Place("k", "e"), 0, block(0))
    (mine,) = files(tmp_path)
    cache.write(Place("other", "e"), 0, block(1))
    other = next(path for path in files(tmp_path) if path != mine)
    mine.write_bytes(other.read_bytes())
    assert cache.read(Place("k", "e"), 0) is None


def test_dropping_a_key_drops_all_its_states(cache: BlockCache, tmp_path: Path) -> None:
    cache.write(Place("k", "one"), 0, block(0))
    cache.write(Place("k", "two"), 1, block(0))
    cache.write(Place("kk", "one"), 0, block(0))
    cache.drop("k")
    assert len(files(tmp_path)) == 1
    assert cache.read(Place("kk", "one"), 0) == block(0)
