"""Rows that a session has itself: of SHOW, and of a cursor that is read on."""

from collections.abc import Sequence

from yunbox.services.hologres.session.ports import Batch, Column, Rows
from yunbox.wire.pgwire.backend import data_row
from yunbox.wire.pgwire.values.codec import Style

TEXT_OID = 25


def texts(*names: str) -> tuple[Column, ...]:
    """Columns of texts."""
    return tuple(Column(name, TEXT_OID) for name in names)


class Texts:
    """Rows of texts, which are the same in both formats."""

    affected = 0
    notices = ()

    def __init__(self, rows: Sequence[Sequence[str | None]]) -> None:
        self._rows = rows
        self._at = 0

    async def take(self, rows_max: int, formats: Sequence[int], style: Style) -> Batch:
        """The next rows."""
        end = self._at + rows_max if rows_max else len(self._rows)
        taken = self._rows[self._at : end]
        self._at += len(taken)
        data = b"".join(data_row([None if one is None else one.encode() for one in row]) for row in taken)
        return Batch(data, len(taken), self._at >= len(self._rows))

    def close(self) -> None:
        """There is nothing to let go of."""


class Further:
    """The next rows of a cursor, and at most so many; None is all."""

    affected = 0
    notices = ()

    def __init__(self, cursor: Rows, count: int | None) -> None:
        self._cursor = cursor
        self._left = count

    async def take(self, rows_max: int, formats: Sequence[int], style: Style) -> Batch:
        """The next of them."""
        if self._left == 0:
            return Batch(b"", 0, True)
        wanted = min((one for one in (rows_max, self._left) if one), default=0)
        batch = await self._cursor.take(wanted, formats, style)
        if self._left is not None:
            self._left -= batch.count
        return Batch(batch.data, batch.count, batch.is_last or self._left == 0)

    def close(self) -> None:
        """The cursor stays where it is."""
