"""Blink's rows byte by byte, as the classes in the vendor's client lay them out."""

import pytest

from yunbox.wire.pgwire.binary_rows import array_of, batch_of, field_of, is_sent, row_of
from yunbox.wire.pgwire.report import PgError


def nothing() -> object:
    raise AssertionError("its text is enough")


def test_fields_lie_in_eight_bytes_each_and_what_is_longer_behind_them() -> None:
    made = row_of([1, None, -1, b"seven..", b"eight..."])
    assert made[:8] == (1 << (1 + 8)).to_bytes(8, "little")
    assert made[8:16] == (1).to_bytes(8, "little")
    assert made[16:24] == bytes(8)
    assert made[24:32] == b"\xff" * 8
    assert made[32:40] == b"seven..\x87"
    assert made[40:48] == ((48 << 32) | 8).to_bytes(8, "little")
    assert made[48:] == b"eight..."


def test_a_row_of_many_fields_has_more_bits() -> None:
    assert len(row_of([None] * 56)) == 8 + 56 * 8
    assert len(row_of([None] * 57)) == 16 + 57 * 8
    assert row_of([None] * 57)[8] == 1


def test_arrays() -> None:
    assert array_of([1, -2, None], 4) == bytes((3, 0, 0, 0, 4, 0, 0, 0, 1, 0, 0, 0, 254, 255, 255, 255)) + bytes(8)
    assert array_of([], 4) == bytes(8)
    texts = array_of([b"a", b"eight..."], 8)
    assert texts[8:16] == b"a" + bytes(6) + b"\x81"
    assert texts[16:] == ((24 << 32) | 8).to_bytes(8, "little") + b"eight..."


def test_an_array_never_lies_in_the_field_itself() -> None:
    made = row_of([array_of([], 4)])
    assert made[8:] == ((16 << 32) | 8).to_bytes(8, "little") + bytes(8)


def test_a_batch() -> None:
    made = batch_of(3, [b"x" * 8, b"y" * 8])
    assert made[:16] == bytes(15)[:8] + (3).to_bytes(8, "big")
    heads = [int.from_bytes(made[at : at + 4], "little") for at in range(16, 32, 4)]
    assert heads == [0, 2, 16, 24]
    assert made[32:] == b"x" * 8 + b"y" * 8
    assert batch_of(1, [])[16:] == bytes(8)


def test_numerics_are_whole_numbers() -> None:
    assert field_of(1700, 2, b"-1.5", nothing) == (-150).to_bytes(16, "little", signed=True)
    assert field_of(1700, 0, b"7", nothing) == (7).to_bytes(16, "little")
    with pytest.raises(PgError):
        field_of(1700, 2, b"NaN", nothing)


def test_what_is_not_read_is_not_sent() -> None:
    assert is_sent(23)
    assert not is_sent(1266)
