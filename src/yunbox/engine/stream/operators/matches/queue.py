"""The order in which a match is found before another that began with the same row: that of Java's priority queues.

Where two readings of the same rows end at once, the one that stands first in the queue is the match, and what is
skipped after it may be the other. So the queue is Java's, a binary heap whose equal entries move as there.
"""

from collections.abc import Callable
from typing import Protocol, TypeVar


class _Begun(Protocol):
    """What began with a row: ``seq`` is its number, and less than 0 where nothing has begun."""

    seq: int


Q = TypeVar("Q", bound=_Begun)
_LAST = 1 << 62


def rank(one: _Begun) -> int:
    """By what entries are ordered: the row that they began with; those that have not begun are last."""
    return one.seq if one.seq >= 0 else _LAST


def push(queue: list[Q], one: Q) -> None:
    """Add an entry."""
    queue.append(one)
    place = len(queue) - 1
    while place:
        above = (place - 1) >> 1
        if rank(one) >= rank(queue[above]):
            break
        queue[place] = queue[above]
        place = above
    queue[place] = one


def pop(queue: list[Q]) -> Q:
    """Take the first entry away."""
    first, last = queue[0], queue.pop()
    if queue:
        _sink(queue, 0, last)
    return first


def discard(queue: list[Q], is_gone: Callable[[Q], bool]) -> None:
    """Take entries away, whichever they are."""
    kept = [one for one in queue if not is_gone(one)]
    if len(kept) == len(queue):
        return
    queue[:] = kept
    for place in range((len(queue) >> 1) - 1, -1, -1):
        _sink(queue, place, queue[place])


def _sink(queue: list[Q], place: int, one: Q) -> None:
    half = len(queue) >> 1
    while place < half:
        child = 2 * place + 1
        if child + 1 < len(queue) and rank(queue[child]) > rank(queue[child + 1]):
            child += 1
        if rank(one) <= rank(queue[child]):
            break
        queue[place] = queue[child]
        place = child
    queue[place] = one
