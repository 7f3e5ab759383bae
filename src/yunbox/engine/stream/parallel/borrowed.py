"""A job's state as one of its workers reads it: the files are the job's own process's, which alone writes them.

What the worker has handed over is not in the table of all keys at once, so it keeps that itself until it is told so.
Only what is of its own keys is right here: of others it knows what was on disk when it began.
"""

from collections.abc import Sequence
from pathlib import Path

from yunbox.engine.stream.kept import Kept
from yunbox.engine.stream.overlay import Overlay
from yunbox.engine.stream.runs import Pair
from yunbox.engine.stream.store import READERS_MAX, TABLES, pairs_of
from yunbox.storage.environment import Tables, opened


class BorrowedState(Kept):
    """One worker's."""

    def __init__(self, folder: Path, epoch: int) -> None:
        env = opened(folder, tables=len(TABLES), readers_max=READERS_MAX, readonly=True)
        super().__init__(env, Tables(env, TABLES, create=False))
        self._recent = Overlay()
        self._sealed: Overlay | None = Overlay()
        self._sealed_epoch = self._epoch = epoch
        with env.begin(self._tables["epochs"]) as txn, txn.cursor() as cursor:
            for _, blob in cursor:
                self._sealed.update(pairs_of(blob), len(blob))

    def _overlays(self) -> tuple[Overlay, ...]:
        return (self._recent,) if self._sealed is None else (self._sealed, self._recent)

    def hand_over(self, pairs: Sequence[Pair], size_bytes: int, epoch: int, merged: int) -> None:
        """Remember what is to be written with an epoch, and forget what was in the table before that."""
        if self._sealed is not None and merged >= self._sealed_epoch:
            self._sealed = None
        if self._sealed is None and self._recent:
            self._sealed, self._sealed_epoch = self._recent, self._epoch
            self._recent = Overlay(is_asked=self._recent.is_asked)
        if pairs:
            self._recent.update(pairs, size_bytes)
            self._epoch = epoch

    def close(self) -> None:
        """Let go of it."""
        self._env.close()
