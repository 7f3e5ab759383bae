"""Rows that a session has itself: of SHOW, and of a cursor that is read on."""

from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from yunbox.services.hologres.session.ports import Batch, Column, Rows
from yunbox.wire.pgwire.backend import data_row
from yunbox.wire.pgwire.report import Report
from yunbox.wire.pgwire.values.codec import Style

T = TypeVar("T")
Render = Callable[[Sequence[T], Sequence[int], Style], bytes]
"""Makes DataRow messages of rows, in some formats and under some settings."""
TEXT_OID = 25


def texts(*names: str) -> tuple[Column, ...]:
    """Columns of texts."""
    return tuple(Column(name, TEXT_OID) for name in names)


class Listed(Generic[T]):
    """Rows that are all there, to be rendered when they are taken; ``affected`` says how many a statement changed."""

    def __init__(
        self, rows: Sequence[T], render: Render[T], *, affected: int = 0, notices: Sequence[Report] = ()
    ) -> None:
        self.affected = affected
        self.notices = notices
        self._rows = rows
        self._render = render
        self._at = 0

    async def take(self, rows_max: int, formats: Sequence[int], style: Style) -> Batch:
        """The next rows."""
        end = self._at + rows_max if rows_max else len(self._rows)
        taken = self._rows[self._at : end]
        self._at += len(taken)
        return Batch(self._render(taken, formats, style), len(taken), self._at >= len(self._rows))

    def close(self) -> None:
        """There is nothing to let go of."""


def listed_texts(
    rows: Sequence[Sequence[str | None]], *, notices: Sequence[Report] = (), affected: int = 0
) -> Listed[Sequence[str | None]]:
    """Rows of texts, which are the same in both formats."""
    return Listed(rows, _as_they_are, notices=notices, affected=affected)


def _as_they_are(rows: Sequence[Sequence[str | None]], formats: Sequence[int], style: Style) -> bytes:
    return b"".join(data_row([None if one is None else one.encode() for one in row]) for row in rows)


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
