"""The cursors and prepared statements of a session, as rows of ``pg_cursors`` and ``pg_prepared_statements``.

Source: the PostgreSQL 11 documentation, "System Views".
"""

from collections.abc import Mapping
from typing import Any

from yunbox.services.hologres.session.portal import Portal, Prepared
from yunbox.wire.pgwire.values.codec import Style
from yunbox.wire.pgwire.values.types import TYPES

_TIMESTAMP = TYPES[1114].codec


def cursors_of(portals: Mapping[str, Portal]) -> list[dict[str, Any]]:
    """A row for each portal that has rows to give."""
    return [
        {
            "name": name, "statement": one.prepared.text, "is_holdable": one.hold, "is_scrollable": False,
            "is_binary": bool(one.formats) and all(one.formats), "creation_time": _moment(one.made_us),
        }
        for name, one in portals.items()
        if one.columns is not None
    ]  # fmt: skip


def prepared_of(prepared: Mapping[str, Prepared]) -> list[dict[str, Any]]:
    """A row for each statement that was prepared under a name."""
    return [
        {
            "name": name, "statement": one.text, "prepare_time": _moment(one.made_us), "from_sql": one.from_sql,
            "parameter_types": list(map(str, one.types)),
        }
        for name, one in prepared.items()
        if name
    ]  # fmt: skip


def _moment(at_us: int) -> str:
    return _TIMESTAMP.write(at_us, Style())
