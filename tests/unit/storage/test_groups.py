"""Who writes at the same time shares a flush: also those who come back one by one from the one before."""

import queue
import threading

from yunbox.storage.groups import Groups, Item

FLUSH_S = 1000.0
"""What a flush takes by the clock of these tests, so that a group waits for minutes if it waits at all."""


class Store:
    """Groups whose commits say how many items they had; ``now`` is the clock."""

    def __init__(self) -> None:
        self.now = 0.0
        self.sizes: queue.SimpleQueue[int] = queue.SimpleQueue()
        self.groups: Groups[Item] = Groups(
            "test", self._commit, items_max=100, bytes_max=1 << 20, clock=lambda: self.now
        )

    def _commit(self, group: list[Item]) -> None:
        self.now += FLUSH_S
        self.sizes.put(len(group))

    def submit(self, count: int) -> None:
        for _ in range(count):
            self.groups.submit(Item(_told))


def _told(result: object, failure: BaseException | None) -> None:
    """Nobody waits."""


def test_many_who_were_answered_are_waited_for() -> None:
    store = Store()
    store.submit(16)
    store.groups.start()
    assert store.sizes.get(timeout=60) == 16
    store.submit(1)
    threading.Timer(0.2, lambda: store.submit(15)).start()
    assert store.sizes.get(timeout=60) == 16, "the first of them did not go alone"
    store.groups.close()


def test_a_wait_ends_with_the_store() -> None:
    store = Store()
    store.submit(16)
    store.groups.start()
    assert store.sizes.get(timeout=60) == 16
    store.submit(2)
    store.groups.close()
    assert store.sizes.get(timeout=60) == 2


def test_few_writers_are_not_kept_waiting() -> None:
    store = Store()
    store.submit(7)
    store.groups.start()
    assert store.sizes.get(timeout=60) == 7
    for _ in range(3):
        store.submit(1)
        assert store.sizes.get(timeout=60) == 1
    store.groups.close()
