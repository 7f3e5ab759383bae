"""What runs have done to partitions, for ``hologres.hg_partitioning_log``: the newest of them, in the order of time.

Source: the vendor's page "Dynamic partition management", "View logs for creating and purging child partitions".
"""

from collections.abc import Iterator

import msgspec

from yunbox.storage.rows.view import Change, View

RUNS_MAX = 10_000
_SEQUENCE = b"run"


class Run(msgspec.Struct, frozen=True):
    """One run: when it was due, when it was, which partitions it has made and dropped, and what went wrong."""

    table: str
    owner: str
    due_us: int
    ran_us: int
    made: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()
    failure: str = ""


def remember(change: Change, run: Run) -> None:
    """Keep a run, and forget the oldest one where there are enough."""
    number = change.next_number(_SEQUENCE)
    change.put("runs", number.to_bytes(8, "big"), msgspec.msgpack.encode(run))
    if number > RUNS_MAX:
        change.delete("runs", (number - RUNS_MAX).to_bytes(8, "big"))


def runs(view: View) -> Iterator[Run]:
    """What there was, the oldest first."""
    decode = msgspec.msgpack.Decoder(Run).decode
    return (decode(data) for _, data in view.prefixed("runs", b""))
