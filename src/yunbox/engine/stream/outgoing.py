"""What a sink is to get in an epoch: batches as they came out of the graph, or rows; and how they lie in the outbox.

Most sinks take rows. One that takes arrays gets the batches, and then nobody makes a tuple of any row. In the outbox
arrays lie as their bytes.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from yunbox.engine.stream.batch import Array, Batch, Change
from yunbox.engine.stream.poison import PoisonRecord


class Outgoing:
    """The changes of an epoch for one sink."""

    def __init__(self, batches: Sequence[Batch] = (), changes: Sequence[Change] | None = None) -> None:
        self.batches = [batch for batch in batches if batch.size]
        self._changes = changes

    def __len__(self) -> int:
        return len(self._changes) if self._changes is not None else sum(batch.size for batch in self.batches)

    @property
    def is_columnar(self) -> bool:
        """Whether it is batches."""
        return self._changes is None

    def changes(self) -> Sequence[Change]:
        """The same as kinds and rows."""
        if self._changes is not None:
            return self._changes
        return [change for batch in self.batches for change in batch.changes()]

    def check(self, required: Sequence[tuple[int, str]]) -> None:
        """Raise PoisonRecord for a NULL where the table takes none, as Flink's default has it."""
        for at, column in required:
            if any(_has_null(batch, at) for batch in self.batches):
                raise PoisonRecord(
                    f"Column '{column}' is NOT NULL, however, a null value is being written into it. You can set job "
                    "configuration 'table.exec.sink.not-null-enforcer'='DROP' to suppress this exception"
                )

    @property
    def kept(self) -> Any:
        """What MessagePack can say of it."""
        if self._changes is not None:
            return self._changes
        return {"batches": [_kept(batch) for batch in self.batches]}

    @staticmethod
    def of(kept: Any) -> "Outgoing":
        """What was kept."""
        if isinstance(kept, dict):
            return Outgoing([_batch(*one) for one in kept["batches"]])
        return Outgoing(changes=[(kind, tuple(row)) for kind, row in kept])


def _has_null(batch: Batch, at: int) -> bool:
    """Whether a column of the rows that come has a NULL."""
    array = batch.columns[at]
    if isinstance(array, np.ma.MaskedArray):
        nulls: Array = np.ma.getmaskarray(array)
    elif array.dtype == object:
        nulls = np.array([value is None for value in array.tolist()], bool)
    else:
        return False
    return bool((nulls & (batch.signs() > 0)).any())


def _kept(batch: Batch) -> list[Any]:
    kinds = None if batch.kinds is None else batch.kinds.tobytes()
    return [batch.size, kinds, [_kept_column(array) for array in batch.columns]]


def _kept_column(array: Array) -> list[Any]:
    if array.dtype == object:
        return ["", array.tolist(), None]
    if isinstance(array, np.ma.MaskedArray):
        return [array.dtype.str, array.filled(0).tobytes(), np.ma.getmaskarray(array).tobytes()]
    return [array.dtype.str, array.tobytes(), None]


def _batch(size: int, kinds: bytes | None, columns: Sequence[Sequence[Any]]) -> Batch:
    found = None if kinds is None else np.frombuffer(kinds, np.int8)
    return Batch(tuple(_column(*one) for one in columns), size, found)


def _column(dtype: str, values: Any, mask: bytes | None) -> Array:
    if not dtype:
        made: Array = np.empty(len(values), object)
        made[:] = values
        return made
    array = np.frombuffer(values, np.dtype(dtype))
    return array if mask is None else np.ma.MaskedArray(array, np.frombuffer(mask, bool))
