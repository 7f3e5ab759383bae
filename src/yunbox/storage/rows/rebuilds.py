"""What rebuilds of tables have come to, for ``hologres.rebuild_progress``: the newest of a database.

Source: the vendor's page "REBUILD". A rebuild is of the process that does it; when that has died, another may go on.
"""

import time
from collections.abc import Iterator, Mapping

import msgspec

from yunbox.storage.rows.view import Change, View

_REBUILDS = b"rebuilds/"
REBUILDS_MAX = 1000
STEPS = (
    "prepare", "create_tmp_table", "get_src_table_snapshot", "insert", "set_readonly", "check_snapshot", "re-insert",
    "check_additional_child_table", "create_additional_child_table", "insert_additional_child_table", "swap",
)  # fmt: skip
"""The steps of each, by the names that the vendor's page has for them."""
DOING, DONE, SUSPENDED, FAILED = "doing", "done", "suspended", "error"


class Progress(msgspec.Struct, array_like=True, frozen=True):
    """How a step goes: nothing where it was not begun. Times are in microseconds since 1970."""

    status: str = ""
    begun_us: int = 0
    ended_us: int = 0
    message: str = ""


class Rebuild(msgspec.Struct, frozen=True):
    """A rebuild: of which table, as whom, by which statement under which settings, and how it goes.

    ``process`` is that which does it, by what tells it from all others (``staging.py``) and its number.
    """

    number: int
    oid: int
    user: str
    statement: str
    settings: Mapping[str, str]
    process: str
    pid: int
    state: str = DOING
    steps: Mapping[str, Progress] = {}

    def noted(self, step: str, status: str, message: str = "") -> "Rebuild":
        """The same with what has become of a step."""
        before, now_us = self.steps.get(step, Progress()), time.time_ns() // 1000
        made = Progress(status, before.begun_us or now_us, 0 if status == DOING else now_us, message)
        return msgspec.structs.replace(self, steps={**self.steps, step: made})


_load = msgspec.msgpack.Decoder(Rebuild).decode


def _key(view: View, number: int) -> bytes:
    return view.own + _REBUILDS + number.to_bytes(8, "big")


def rebuild_of(view: View, number: int) -> Rebuild | None:
    """A rebuild by its number."""
    data = view.get("meta", _key(view, number)) if 0 < number < 1 << 63 else None
    return _load(data) if data is not None else None


def rebuilds(view: View) -> Iterator[Rebuild]:
    """All that are known in a database, in their order."""
    for _, data in view.prefixed("meta", view.own + _REBUILDS):
        yield _load(data)


def put_rebuild(change: Change, rebuild: Rebuild) -> None:
    """Keep what a rebuild is now, and forget the oldest where there are enough."""
    change.put("meta", _key(change, rebuild.number), msgspec.msgpack.encode(rebuild))
    known = list(rebuilds(change))
    for one in known[: max(0, len(known) - REBUILDS_MAX)]:
        change.delete("meta", _key(change, one.number))
