"""A job's state on disk: epochs, each a transaction of what changed, the sources' offsets and what sinks are to get.

LMDB holds it, behind a journal. An epoch is written as one value behind the others, which costs few pages whatever the
keys are; now and then the epochs are merged into the table of all keys, and go. That is done by the epochs that follow,
some keys in each, so that none of them waits for all. A start reads the epochs that a kill has left and goes on so: how
long it takes does not depend on how much state there is.
"""

import time
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager, suppress
from itertools import takewhile
from pathlib import Path
from typing import Any

import msgspec

from yunbox.engine.stream.kept import LAST, Kept
from yunbox.engine.stream.overlay import Overlay
from yunbox.engine.stream.runs import Pair
from yunbox.kernel.errors import StorageFull
from yunbox.storage.journaled.environment import Journaled
from yunbox.storage.journaled.journal import EVERY_S
from yunbox.storage.journaled.recorded import Recorded

TABLES, _OWN = ("epochs", "state", "meta"), "meta"
READERS_MAX = 64
"""This process's, and those of a job's workers."""
_MERGE_S = 5.0
_MERGE_BYTES = 64 * 1024 * 1024
_MERGE_KEYS = 1_000
"""So many keys, or twice those of an epoch, are merged in its transaction."""
_MERGE_KEYS_MAX = 100_000
packed_pairs = msgspec.msgpack.Encoder().encode
pairs_of = msgspec.msgpack.Decoder(list[Pair]).decode
"""What is in an epoch's value."""
_encode = msgspec.msgpack.encode
_decode = msgspec.msgpack.decode


class _Merge:
    """What is being merged: the changes up to an epoch, one range of keys after another."""

    def __init__(self, overlay: Overlay, epoch: int) -> None:
        self.overlay, self.epoch = overlay, epoch
        self.place = b""
        """The keys before it are in the table."""
        self._stop: bytes | None = None

    def next(self, count: int) -> list[Pair]:
        """About so many changes: those that come next."""
        pairs, self._stop = self.overlay.some(self.place, LAST, count)
        return pairs

    @property
    def is_last(self) -> bool:
        """Whether none is left behind those that came next."""
        return self._stop is None

    def advance(self) -> None:
        """Those are in the table, and others are left."""
        assert self._stop is not None
        self.place = self._stop


class StateStore(Kept):
    """One job's. A single thread uses it."""

    def __init__(self, folder: Path, *, checkpoints_every_s: float = EVERY_S) -> None:
        self._kept = Journaled(folder, TABLES, _OWN, readers_max=READERS_MAX, checkpoints_every_s=checkpoints_every_s)
        super().__init__(self._kept.env, self._kept.tables)
        self._recent = Overlay()
        self._merge: _Merge | None = None
        self._merged_at = time.monotonic()
        self.epoch = 0
        self.merged = 0
        """The epochs up to this one are in the table of all keys."""
        self.written_bytes = 0
        self.sizes: dict[str, int] = {}
        """The bytes of each step's keys and values, by the step's name, as of the last merge."""
        self._recover()

    # -- reading

    def _overlays(self) -> tuple[Overlay, ...]:
        """What is not in the table yet, the latest last."""
        merge = self._merge
        return (self._recent,) if merge is None else (merge.overlay, self._recent)

    def meta(self, name: str) -> Any:
        """What was written beside the state, by its name; None if nothing was."""
        with self._env.begin(self._tables["meta"]) as txn:
            found = txn.get(name.encode())
            return None if found is None else _decode(found)

    @property
    def size_bytes(self) -> int:
        """The bytes of all keys and values; what came since the last merge counts as new."""
        return sum(self.sizes.values()) + sum(overlay.size_bytes for overlay in self._overlays())

    # -- writing

    def commit(self, changes: Iterable[tuple[bytes, bytes | None]], meta: dict[str, Any]) -> int:
        """End an epoch: on disk when it returns its number. Raises StorageFull, and then nothing has changed."""
        pairs = list(changes)
        epoch = self.epoch + 1
        blob = packed_pairs(pairs) if pairs else b""
        self._begin_merge()
        merged = self._merge.next(max(_MERGE_KEYS, 2 * len(pairs))) if self._merge is not None else []
        with self._writing() as made:
            if pairs:
                made.put("epochs", epoch.to_bytes(8, "big"), blob)
            sizes = self._merged(made, merged) if merged else self.sizes
            for name, value in {**meta, "epoch": epoch}.items():
                made.put(_OWN, name.encode(), _encode(value))
        self.epoch, self.sizes = epoch, sizes
        if pairs:
            self._recent.update(pairs, len(blob))
        self.written_bytes += len(blob)
        self._advance(merged)
        if self._recent.size_bytes > _MERGE_BYTES:
            with suppress(StorageFull):  # the epoch is there; the next one finds the disk full, or room
                self.merge()
        return epoch

    def merge(self) -> None:
        """Bring all that the epochs changed into the table of all keys."""
        for _ in range(2):  # what is being merged, and what came since that began
            self._begin_merge(is_due=True)
            while self._merge is not None:
                pairs = self._merge.next(_MERGE_KEYS_MAX)
                with self._writing() as made:
                    sizes = self._merged(made, pairs)
                self.sizes = sizes
                self._advance(pairs)

    @contextmanager
    def _writing(self) -> Generator[Recorded]:
        """A transaction, which is on disk behind the block. Raises StorageFull, and then nothing has changed."""
        with self._kept.attempt(), self._env.begin(write=True) as txn:
            yield self._kept.begin(txn)
            self._kept.journal.end(txn)

    def _begin_merge(self, *, is_due: bool = False) -> None:
        if self._merge is not None or not self._recent:
            return
        if is_due or time.monotonic() - self._merged_at > _MERGE_S:
            self._merge, self._recent = _Merge(self._recent, self.epoch), Overlay(is_asked=self._recent.is_asked)

    def _merged(self, made: Recorded, pairs: list[Pair]) -> dict[str, int]:
        """Bring some changes into the table; the bytes of each step with them. The last ones take the epochs away."""
        assert self._merge is not None
        with made.txn.cursor(self._tables["state"]) as cursor:
            sizes = self._resized(cursor, pairs)
        kept = [(key, value) for key, value in pairs if value is not None]
        made.put_all("state", [key for key, _ in kept], [value for _, value in kept])
        for key, value in pairs:
            if value is None:
                made.delete("state", key)
        made.put(_OWN, b"sizes", _encode(sizes))
        if self._merge.is_last:
            last = self._merge.epoch.to_bytes(8, "big")
            with made.txn.cursor(self._tables["epochs"]) as cursor:
                merged = list(takewhile(lambda key: key <= last, map(bytes, cursor.iternext(values=False))))
            for key in merged:
                made.delete("epochs", key)
        return sizes

    def _advance(self, pairs: list[Pair]) -> None:
        """Those changes are merged, on disk."""
        if self._merge is not None and pairs:
            if self._merge.is_last:
                self.merged, self._merge, self._merged_at = self._merge.epoch, None, time.monotonic()
            else:
                self._merge.advance()

    def _resized(self, cursor: Any, pairs: list[Pair]) -> dict[str, int]:
        """The bytes of each step once some pairs are in the table."""
        sizes = dict(self.sizes)
        for step, size in _sizes(cursor.getmulti([key for key, _ in pairs])):
            sizes[step] = sizes.get(step, 0) - size
        for step, size in _sizes(pair for pair in pairs if pair[1] is not None):
            sizes[step] = sizes.get(step, 0) + size
        return sizes

    def copy(self, folder: Path) -> None:
        """Write all there is to another folder, on disk when it returns: a savepoint."""
        self.merge()
        folder.mkdir(parents=True, mode=0o700)
        self._env.copy(str(folder), compact=True)

    def close(self) -> None:
        """Let go of it."""
        self._kept.close()

    def _recover(self) -> None:
        self.epoch = self.meta("epoch") or 0
        self.sizes = self.meta("sizes") or {}
        with self._env.begin(self._tables["epochs"]) as txn, txn.cursor() as cursor:
            for _, blob in cursor:
                self._recent.update(pairs_of(blob), len(blob))
        self.merged = 0 if self._recent else self.epoch
        self._begin_merge(is_due=True)


def _sizes(pairs: Iterable[tuple[bytes, Any]]) -> Iterator[tuple[str, int]]:
    """The bytes of some keys and values, which are in order, by their step."""
    prefix, total = b"", 0
    for key, value in pairs:
        if not prefix or not key.startswith(prefix):
            if prefix:
                yield prefix[:-1].decode(), total
            prefix, total = key[: key.index(b"/") + 1], 0
        total += len(key) + len(value)
    if prefix:
        yield prefix[:-1].decode(), total
