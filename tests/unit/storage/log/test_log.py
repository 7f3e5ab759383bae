"""A log: what is appended is read, after any end; what a crash tears is cut; what is old goes in whole segments."""

import asyncio
import errno
import os
import struct
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

import pytest

from yunbox.kernel.errors import StorageFull, Unavailable
from yunbox.storage.log.frame import HEADER, Origin, pack
from yunbox.storage.log.log import Log, Position
from yunbox.storage.log.segment import Segment
from yunbox.storage.log.store import LogStore


def table(records: Iterable[bytes]) -> tuple[bytes, bytes]:
    starts, at, parts = [], 0, []
    for record in records:
        starts.append(at)
        parts.append(record)
        at += len(record)
    return struct.pack(f"<{len(starts)}I", *starts), b"".join(parts)


def frame(first: int, time_ms: int, *records: bytes, mark: int = 0) -> bytes:
    return pack(first, time_ms, mark, *table(records))


def everything(log: Log, sequence: int = 0) -> list[tuple[int, int, bytes]]:
    return [
        (one.first + at, one.time_ms, bytes(record))
        for one in log.frames(sequence)
        for at, record in enumerate(one.records(max(sequence - one.first, 0)), max(sequence - one.first, 0))
    ]


def filled(folder: Path, frames: int = 20, *, segment_bytes: int = 1 << 20) -> Log:
    log = Log(folder, segment_bytes=segment_bytes)
    for at in range(frames):
        log.append([frame(log.end, 1000 + at, b"a%d" % at, b"", b"c" * at)])
    return log


def test_records_are_read_as_they_were_put(tmp_path: Path) -> None:
    with closing(filled(tmp_path / "l")) as log:
        whole = everything(log)
        assert [sequence for sequence, _, _ in whole] == list(range(60))
        assert whole[57:] == [(57, 1019, b"a19"), (58, 1019, b""), (59, 1019, b"c" * 19)]
        for sequence in (0, 1, 2, 3, 31, 59, 60):
            assert everything(log, sequence) == whole[sequence:]
        assert (log.first, log.end, log.last) == (0, 60, Position(59, 1019))


@pytest.mark.parametrize("segment_bytes", [1 << 20, 300])
def test_after_an_end_it_is_the_same(tmp_path: Path, segment_bytes: int) -> None:
    with closing(filled(tmp_path / "l", segment_bytes=segment_bytes)) as log:
        whole, end = everything(log), log.end
    with closing(Log(tmp_path / "l", segment_bytes=segment_bytes)) as log:
        assert (everything(log), log.end) == (whole, end)
        log.append([frame(end, 5000, b"more")])
        assert everything(log)[-1] == (end, 5000, b"more")


def test_the_end_is_told_to_other_processes(tmp_path: Path) -> None:
    with closing(filled(tmp_path / "l", 5)):
        assert struct.unpack("<Q", (tmp_path / "l" / "end").read_bytes()) == (15,)


def test_whatever_is_torn_is_cut_to_whole_frames(tmp_path: Path) -> None:
    with closing(filled(tmp_path / "l", 4)) as log:
        whole = everything(log)
    path = next((tmp_path / "l").glob("*.log"))
    data = path.read_bytes()
    ends = [0]
    while ends[-1] < len(data):
        ends.append(ends[-1] + HEADER.size + struct.unpack_from("<I", data, ends[-1] + 4)[0])
    for size in range(len(data)):
        path.write_bytes(data[:size])
        with closing(Log(tmp_path / "l")) as log:
            frames = sum(end <= size for end in ends) - 1
            assert everything(log) == whole[: 3 * frames], size
            assert path.stat().st_size == ends[frames]


def test_damage_ends_the_log_where_it_is(tmp_path: Path) -> None:
    with closing(filled(tmp_path / "l", 3)) as log:
        whole = everything(log)
    path = next((tmp_path / "l").glob("*.log"))
    data = path.read_bytes()
    second = HEADER.size + struct.unpack_from("<I", data, 4)[0]
    for at in (second, second + 5, second + 20, second + HEADER.size + 13):
        path.write_bytes(data[:at] + bytes((data[at] ^ 0x55,)) + data[at + 1 :])
        with closing(Log(tmp_path / "l")) as log:
            assert everything(log) == whole[:3]


def test_zeros_behind_the_end_are_no_frames(tmp_path: Path) -> None:
    with closing(filled(tmp_path / "l", 3)) as log:
        whole = everything(log)
    path = next((tmp_path / "l").glob("*.log"))
    path.write_bytes(path.read_bytes() + bytes(10_000))
    with closing(Log(tmp_path / "l")) as log:
        assert everything(log) == whole


def test_a_lost_index_is_made_again(tmp_path: Path) -> None:
    with closing(filled(tmp_path / "l", segment_bytes=300)) as log:
        whole = everything(log)
    for number, index in enumerate(sorted((tmp_path / "l").glob("*.index"))):
        index.unlink() if number % 2 else index.write_bytes(index.read_bytes()[:-3])
    with closing(Log(tmp_path / "l")) as log:
        assert everything(log) == whole


def test_large_frames(tmp_path: Path) -> None:
    with closing(Log(tmp_path / "l")) as log:
        for at in range(4):
            log.append([frame(log.end, at, bytes(700_000), b"x")])
        assert [len(record) for _, _, record in everything(log, 3)] == [1, 700_000, 1, 700_000, 1]


def test_times(tmp_path: Path) -> None:
    with closing(filled(tmp_path / "l", segment_bytes=300)) as log:
        assert log.at_time(0) == Position(0, 1000)
        assert log.at_time(1007) == Position(21, 1007)
        assert log.at_time(9999) == Position(60, 0)
        assert (log.time_of(21), log.time_of(23), log.time_of(60)) == (1007, 1007, 0)
        assert (log.stamp(5), log.stamp(5000)) == (1019, 5000)  # time does not go back


def test_old_segments_go(tmp_path: Path) -> None:
    with closing(filled(tmp_path / "l", segment_bytes=300)) as log:
        size = log.size_bytes
        freed = log.expire(1010)
        log.release()
        assert freed == size - log.size_bytes > 0
        assert 0 < log.first <= 30 and everything(log, log.first)[-1][0] == 59
        log.expire(5000)
        log.release()
        assert (log.first, log.end, log.last, log.size_bytes) == (60, 60, None, 0)
        log.append([frame(60, 6000, b"new")])
    with closing(Log(tmp_path / "l")) as log:
        assert everything(log, 60) == [(60, 6000, b"new")]  # sequences go on


def test_no_more_is_kept_than_may_be(tmp_path: Path) -> None:
    bytes_max, sizes = 4000, []
    with closing(Log(tmp_path / "l", bytes_max=bytes_max)) as log:
        for at in range(200):
            log.append([frame(log.end, 1000 + at, b"x" * 50)])
            sizes.append(log.size_bytes)
        assert max(sizes) <= bytes_max < 1.3 * min(sizes[100:])
        kept = everything(log, log.first)
        assert [sequence for sequence, _, _ in kept] == list(range(log.first, 200))
        log.append([frame(200, 2000, b"y" * 2 * bytes_max)])
        assert everything(log, log.first) == [(200, 2000, b"y" * 2 * bytes_max)], "what comes at once is kept"
        log.append([frame(201, 2000, b"z")])
        assert everything(log, log.first) == [(201, 2000, b"z")]
        log.release()


def test_what_is_kept_is_the_same_after_a_restart_and_less_with_another_bound(tmp_path: Path) -> None:
    with closing(Log(tmp_path / "l", bytes_max=4000)) as log:
        for at in range(200):
            log.append([frame(log.end, 1000 + at, b"x" * 50)])
        first = log.first
    with closing(Log(tmp_path / "l", bytes_max=4000)) as log:
        assert (log.first, log.end, log.shrink()) == (first, 200, 0)
    with closing(Log(tmp_path / "l", bytes_max=2000)) as log:
        assert log.shrink() > 0
        log.release()
        assert log.size_bytes <= 2000 and first < log.first < log.end == 200
    with closing(Log(tmp_path / "l")) as log:
        assert log.shrink() == 0


def test_reading_goes_on_in_what_is_removed(tmp_path: Path) -> None:
    with closing(filled(tmp_path / "l", segment_bytes=300)) as log:
        reader = log.frames(0)
        next(reader)
        log.expire(5000)
        assert sum(one.count for one in reader) == 57


def test_a_segment_that_began_long_ago_is_ended(tmp_path: Path) -> None:
    with closing(filled(tmp_path / "l")) as log:
        log.roll(500)
        assert len(list(log.folder.glob("*.log"))) == 1
        log.roll(1001)
        assert len(list(log.folder.glob("*.log"))) == 2


# -- the store


def compose(*records: bytes):
    return lambda _first, _time_ms: table(records)


def test_many_writers_get_sequences_of_their_own(tmp_path: Path) -> None:
    async def run() -> None:
        with closing(LogStore(tmp_path / "logs")) as store:
            store.start()
            logs = [store.log(f"1/{at}") for at in range(3)]
            appends = [store.append(logs[at % 3], compose(b"%d" % at, b"x"), 10) for at in range(300)]
            found = await asyncio.gather(*appends)
            for at, log in enumerate(logs):
                assert sorted(one.sequence for one in found[at::3]) == list(range(0, 200, 2))
                assert [record for _, _, record in everything(log)][::2] == [b"%d" % n for n in range(at, 300, 3)]

    asyncio.run(run())


def test_what_cannot_be_composed_fails_alone(tmp_path: Path) -> None:
    def broken(_first: int, _time_ms: int) -> tuple[bytes, bytes]:
        raise ValueError("no")

    async def run() -> None:
        with closing(LogStore(tmp_path / "logs")) as store:
            store.start()
            log = store.log("1/0")
            works = [store.append(log, one, 1) for one in (compose(b"a"), broken, compose(b"b"))]
            outcomes = await asyncio.gather(*works, return_exceptions=True)
            assert isinstance(outcomes[1], ValueError)
            assert [record for _, _, record in everything(log)] == [b"a", b"b"]

    asyncio.run(run())


@pytest.mark.parametrize("what", ["pwrite", "fdatasync"])
def test_a_full_disk_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str) -> None:
    async def run() -> None:
        with closing(LogStore(tmp_path / "logs")) as store:
            store.start()
            log = store.log("1/0")
            await store.append(log, compose(b"before"), 1)
            real = getattr(os, what)
            failures = [OSError(errno.ENOSPC, "full")]

            def full(*words):
                if failures:
                    if what == "pwrite":
                        real(words[0], bytes(words[1])[:9], words[2])  # some of it was written
                    raise failures.pop()
                return real(*words)

            monkeypatch.setattr(os, what, full)
            with pytest.raises(StorageFull):
                await store.append(log, compose(b"lost"), 1)
            monkeypatch.undo()
            assert await store.append(log, compose(b"after"), 1) == Position(1, log.last.time_ms)
            assert [record for _, _, record in everything(log)] == [b"before", b"after"]
        with closing(Log(tmp_path / "logs" / "1" / "0")) as log:
            assert [record for _, _, record in everything(log)] == [b"before", b"after"]

    asyncio.run(run())


def test_what_comes_behind_a_deletion_fails(tmp_path: Path) -> None:
    async def run() -> None:
        with closing(LogStore(tmp_path / "logs")) as store:
            store.start()
            log = store.log("7/0")
            await store.append(log, compose(b"x"), 1)
            await store.delete("7")
            assert list(store.folders()) == []
            with pytest.raises(Unavailable):
                await store.append(log, compose(b"y"), 1)
            assert store.log("7/0").end == 0

    asyncio.run(run())


def test_an_empty_segment_is_where_it_was_left(tmp_path: Path) -> None:
    folder = tmp_path / "l"
    folder.mkdir()
    Segment.create(folder, 17).close()
    with closing(Log(folder)) as log:
        assert (log.first, log.end) == (17, 17)


@pytest.mark.parametrize("without_index", [False, True])
def test_what_producers_sent_outlives_an_end(tmp_path: Path, without_index: bool) -> None:
    """Also when the segments that have it are sealed, and their indexes lost."""
    with closing(Log(tmp_path / "l", segment_bytes=400)) as log:
        for at in range(12):
            log.append([pack(log.end, 1000 + at, 0, *table([b"v" * 9, b"w"]), Origin(at % 2, 0, at // 2 * 2))])
        kept = {producer: list(log.sent(producer)) for producer in (0, 1, 2)}
        assert [one.origin for one in kept[1]] == [Origin(1, 0, at) for at in range(2, 12, 2)]
        assert (kept[1][-1].first, kept[1][-1].behind, kept[2]) == (22, 12, [])
    if without_index:
        for path in (tmp_path / "l").glob("*.index"):
            path.unlink()
    with closing(Log(tmp_path / "l", segment_bytes=400)) as log:
        again = {producer: list(log.sent(producer)) for producer in (0, 1, 2)}
    assert all(again[one] and kept[one][-len(again[one]) :] == again[one] for one in (0, 1))
    assert without_index or again == kept
