"""The metadata cache: what is known of remote objects and listings, for a while, and not beyond a write through us.

A write bumps the generation before it begins and after it ended: an answer that was asked for before or meanwhile may
be from before the write, so it is given to who asked and not kept.
"""

from collections import OrderedDict
from dataclasses import dataclass

from yunbox.kernel.clock import Clock
from yunbox.storage.objects.listing import Page, Query
from yunbox.storage.objects.model import ObjectRecord

_HEADS_MAX = 100_000
_ENTRIES_MAX = 500_000


@dataclass(frozen=True)
class Head:
    """A remote object: its record, and the ETag as the remote spells it."""

    record: ObjectRecord
    etag: str


@dataclass
class MetaCounts:
    """How often the cache knew."""

    head_hits: int = 0
    head_misses: int = 0
    list_hits: int = 0
    list_misses: int = 0


class MetaCache:
    """HEAD results, also those that say that nothing is there, and pages of listings."""

    def __init__(self, clock: Clock, ttl_s: float) -> None:
        self._clock = clock
        self._ttl_s = ttl_s
        self._heads: OrderedDict[str, tuple[float, Head | None]] = OrderedDict()
        self._pages: OrderedDict[Query, tuple[float, Page]] = OrderedDict()
        self._entries = 0
        self.generation = 0
        self.counts = MetaCounts()

    def head(self, key: str) -> tuple[bool, Head | None]:
        """Whether something is known of a key, and what."""
        found = self._heads.get(key)
        if found is None or found[0] <= self._clock.time():
            self.counts.head_misses += 1
            return False, None
        self.counts.head_hits += 1
        self._heads.move_to_end(key)
        return True, found[1]

    def keep_head(self, key: str, head: Head | None, generation: int) -> None:
        """Remember what a key is, unless something was written since it was asked for."""
        if generation != self.generation or self._ttl_s <= 0:
            return
        self._heads[key] = self._clock.time() + self._ttl_s, head
        self._heads.move_to_end(key)
        while len(self._heads) > _HEADS_MAX:
            self._heads.popitem(last=False)

    def page(self, query: Query) -> Page | None:
        """A page of a listing, if it is known."""
        found = self._pages.get(query)
        if found is None or found[0] <= self._clock.time():
            self.counts.list_misses += 1
            return None
        self.counts.list_hits += 1
        self._pages.move_to_end(query)
        return found[1]

    def keep_page(self, query: Query, page: Page, generation: int) -> None:
        """Remember a page, unless something was written since it was asked for."""
        if generation != self.generation or self._ttl_s <= 0:
            return
        self._forget_page(query)
        self._pages[query] = self._clock.time() + self._ttl_s, page
        self._entries += len(page) + 1
        while self._entries > _ENTRIES_MAX:
            self._forget_page(next(iter(self._pages)))

    def invalidate(self, *keys: str) -> None:
        """Forget keys, and every listing that may show them."""
        self.generation += 1
        for key in keys:
            self._heads.pop(key, None)
        for query in [query for query in self._pages if any(key.startswith(query.prefix) for key in keys)]:
            self._forget_page(query)

    def status(self) -> dict[str, int]:
        """How much is known."""
        return {"heads": len(self._heads), "pages": len(self._pages)}

    def _forget_page(self, query: Query) -> None:
        found = self._pages.pop(query, None)
        if found is not None:
            self._entries -= len(found[1]) + 1
