"""The rows of RETURNING, which were computed before anything was written and are rendered when they are asked for."""

from collections.abc import Sequence

from yunbox.services.hologres.fixed.results import written
from yunbox.services.hologres.session.ports import Batch, Column
from yunbox.wire.pgwire.backend import data_row
from yunbox.wire.pgwire.datarows import Fields
from yunbox.wire.pgwire.report import Report
from yunbox.wire.pgwire.values.codec import Style


class Answered:
    """How many rows were changed, and the texts of what RETURNING gives of them under the standard settings."""

    notices: Sequence[Report] = ()

    def __init__(self, affected: int, columns: Sequence[Column] = (), rows: Sequence[Fields] = ()) -> None:
        self.affected = affected
        self._oids = [one.oid for one in columns]
        self._rows = rows
        self._at = 0

    async def take(self, rows_max: int, formats: Sequence[int], style: Style) -> Batch:
        """The next rows."""
        end = self._at + rows_max if rows_max else len(self._rows)
        taken = self._rows[self._at : end]
        self._at += len(taken)
        data = b"".join([data_row([written(*one, style) for one in zip(self._oids, row, formats, strict=True)])
                         for row in taken])  # fmt: skip
        return Batch(data, len(taken), self._at >= len(self._rows))

    def close(self) -> None:
        """There is nothing to let go of."""
