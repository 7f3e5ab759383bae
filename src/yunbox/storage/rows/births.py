"""Since when rows are there, of tables that do not keep them for ever.

    births   the table's place for ages | the row's key    -> the number of its birth
    ages     the table's place for ages | that number      -> when it was, in microseconds | the row's key

Numbers are in the order of time, so the oldest rows are found at the beginning of ``ages``. Under the number 0 lies how
far the rows were looked through that are older than their table's rule.
"""

from collections.abc import Callable, Sequence

from yunbox.storage.rows.model import Relation

NUMBER = 8
PutAll = Callable[[str, list[bytes], list[bytes]], None]


def bear(put_all: PutAll, relation: Relation, keys: Sequence[bytes], first: int, now_us: int) -> None:
    """Write of rows that they are from now on. ``keys`` are without their table's prefix, ``first`` is a number that
    none has, nor any behind it."""
    if not keys:
        return
    prefix, when = relation.aging_prefix, now_us.to_bytes(8, "big")
    numbers = [number.to_bytes(NUMBER, "big") for number in range(first, first + len(keys))]
    put_all("births", [prefix + key for key in keys], numbers)
    put_all("ages", [prefix + number for number in numbers], [when + key for key in keys])
