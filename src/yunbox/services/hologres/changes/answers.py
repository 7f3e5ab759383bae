"""The rows of RETURNING, which were computed before anything was written and are rendered when they are asked for."""

from collections.abc import Sequence

from yunbox.services.hologres.fixed.results import written
from yunbox.services.hologres.session.ports import Column
from yunbox.services.hologres.session.rows import Listed
from yunbox.wire.pgwire.backend import data_row
from yunbox.wire.pgwire.datarows import Fields
from yunbox.wire.pgwire.values.codec import Style


def answered(affected: int, columns: Sequence[Column] = (), rows: Sequence[Fields] = ()) -> Listed[Fields]:
    """How many rows were changed, and the texts of what RETURNING gives of them under the standard settings."""
    oids = [one.oid for one in columns]

    def render(taken: Sequence[Fields], formats: Sequence[int], style: Style) -> bytes:
        return b"".join([data_row([written(*one, style) for one in zip(oids, row, formats, strict=True)])
                         for row in taken])  # fmt: skip

    return Listed(rows, render, affected=affected)
