"""What runs have done to partitions, for ``hologres.hg_partitioning_log``: the newest of them, in the order of time.

Source: the vendor's page "Dynamic partition management", "View logs for creating and purging child partitions".
"""

from collections.abc import Iterator

import msgspec

from yunbox.storage.rows.model import FIRST_DATABASE
from yunbox.storage.rows.view import Change, View

RUNS_MAX = 10_000
_SEQUENCE = b"run"


class Run(msgspec.Struct, frozen=True):
    """One run: when it was due, when it was, which partitions it has made and dropped, what went wrong, and in which
    database that was."""

    table: str
    owner: str
    due_us: int
    ran_us: int
    made: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()
    failure: str = ""
    database: int = FIRST_DATABASE


def remember(change: Change, run: Run) -> None:
    """Keep a run, and forget the oldest one where there are enough."""
    number = change.next_number(_SEQUENCE)
    made = msgspec.structs.replace(run, database=change.database)
    change.put("runs", number.to_bytes(8, "big"), msgspec.msgpack.encode(made))
    if number > RUNS_MAX:
        change.delete("runs", (number - RUNS_MAX).to_bytes(8, "big"))


def runs(view: View) -> Iterator[Run]:
    """What there was in the database, the oldest first."""
    decode = msgspec.msgpack.Decoder(Run).decode
    found = (decode(data) for _, data in view.prefixed("runs", b""))
    return (one for one in found if one.database == view.database)
