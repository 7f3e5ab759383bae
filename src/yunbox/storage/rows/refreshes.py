"""When dynamic tables were refreshed: the last refresh of each, by whom, and what refreshes of a database came to.

Source: the vendor's page "System tables of Dynamic Table", for ``hologres.hg_dynamic_table_refresh_history``.
"""

from collections.abc import Iterator
from itertools import takewhile

import msgspec

from yunbox.storage.rows.view import Change, View

_LAST, _DONE, _SEQUENCE = b"refresh/", b"refreshed/", b"refreshed_last"
KEPT_MAX = 10_000
KEPT_US = 30 * 86_400_000_000
SUCCESS, FAILED = "SUCCESS", "FAILED"


class Refresh(msgspec.Struct, array_like=True, frozen=True):
    """The last refresh of a table: when it began, and which process is at it; none once it has ended."""

    began_us: int = 0
    process: str = ""


class Refreshed(msgspec.Struct, frozen=True):
    """A refresh that has ended, with what it failed of, if it did. Times are in microseconds since 1970."""

    number: int
    schema: str
    table: str
    owner: str
    began_us: int
    ended_us: int
    status: str
    message: str = ""


_load_last = msgspec.msgpack.Decoder(Refresh).decode
_load_done = msgspec.msgpack.Decoder(Refreshed).decode


def last_refresh(view: View, oid: int) -> Refresh:
    """The last refresh of a table."""
    data = view.get("meta", view.own + _LAST + oid.to_bytes(4, "big"))
    return _load_last(data) if data is not None else Refresh()


def put_refresh(change: Change, oid: int, refresh: Refresh) -> None:
    """Know which refresh of a table is the last."""
    change.put("meta", change.own + _LAST + oid.to_bytes(4, "big"), msgspec.msgpack.encode(refresh))


def forget_refresh(change: Change, oid: int) -> None:
    """A table is gone."""
    change.delete("meta", change.own + _LAST + oid.to_bytes(4, "big"))


def remember(change: Change, refreshed: Refreshed) -> None:
    """Keep what a refresh has come to, and forget those that are old or too many."""
    prefix = change.own + _DONE
    number = change.next_number(change.own + _SEQUENCE)
    change.put("meta", prefix + number.to_bytes(8, "big"), msgspec.msgpack.encode(refreshed))
    if number > KEPT_MAX:
        change.delete("meta", prefix + (number - KEPT_MAX).to_bytes(8, "big"))
    oldest_us = refreshed.ended_us - KEPT_US
    old = takewhile(lambda entry: _load_done(entry[1]).began_us < oldest_us, change.prefixed("meta", prefix))
    for key in [key for key, _ in old]:
        change.delete("meta", key)


def refreshes(view: View) -> Iterator[Refreshed]:
    """Those of a database, in their order."""
    for _, data in view.prefixed("meta", view.own + _DONE):
        yield _load_done(data)
