"""BYTEA, BIT and VARBIT: single bits and bytes, and parts of them.

Source: the PostgreSQL documentation, "Binary String Functions and Operators" and "Bit String Functions and Operators".
"""

from yunbox.sql.hologres.natives.native import Native, native
from yunbox.sql.hologres.natives.texts import like
from yunbox.wire.pgwire.report import failure


def _checked_place(place: int, count: int) -> None:
    if not 0 <= place < count:
        raise failure("2202E", f"index {place} out of valid range, 0..{count - 1}")


def _checked_bit(bit: int) -> None:
    if bit not in (0, 1):
        raise failure("22023", "new bit must be 0 or 1")


def _with_bit(data: bytes, place: int, bit: int) -> bytes:
    _checked_place(place, len(data) * 8)
    _checked_bit(bit)
    made = bytearray(data)
    made[place // 8] = made[place // 8] & ~(1 << place % 8) | bit << place % 8
    return bytes(made)


def _with_byte(data: bytes, place: int, byte: int) -> bytes:
    _checked_place(place, len(data))
    return data[:place] + bytes((byte & 255,)) + data[place + 1 :]


def _checked_bit_place(bits: str, place: int) -> None:
    if not 0 <= place < len(bits):
        raise failure("2202E", f"bit index {place} out of valid range (0..{len(bits) - 1})")


def _bit(bits: str, place: int) -> int:
    _checked_bit_place(bits, place)
    return int(bits[place])


def _with_bit_of_bits(bits: str, place: int, bit: int) -> str:
    _checked_bit_place(bits, place)
    _checked_bit(bit)
    return bits[:place] + str(bit) + bits[place + 1 :]


def _part_of_bits(bits: str, start: int, length: int) -> str:
    if length < 0:
        raise failure("22011", "negative substring length not allowed")
    return bits[max(start - 1, 0) : max(start - 1 + length, 0)]


def _overlaid(data: bytes, part: bytes, start: int, length: int) -> bytes:
    if start <= 0:
        raise failure("22011", "negative substring length not allowed")
    if start + length >= 1 << 31:
        raise failure("22003", "integer out of range")
    return data[: start - 1] + part + data[max(start - 1 + length, 0) :]


def _like(data: bytes, pattern: bytes) -> bool:
    return like(data.decode("latin-1"), pattern.decode("latin-1"), False)


NATIVES: tuple[Native, ...] = (
    native("hg_set_bit", _with_bit, "BLOB; BIGINT; INTEGER", "BLOB"),
    native("hg_set_byte", _with_byte, "BLOB; INTEGER; INTEGER", "BLOB"),
    native("hg_bit_count", lambda data: int.from_bytes(data, "big").bit_count(), "BLOB", "BIGINT"),
    native("hg_bit_of_bits", _bit, "VARCHAR; INTEGER", "INTEGER"),
    native("hg_set_bit_of_bits", _with_bit_of_bits, "VARCHAR; INTEGER; INTEGER", "VARCHAR"),
    native("hg_substring_bits", _part_of_bits, "VARCHAR; INTEGER; INTEGER", "VARCHAR"),
    native("hg_like_bytes", _like, "BLOB; BLOB", "BOOLEAN"),
    native("hg_overlay_bytes", _overlaid, "BLOB; BLOB; INTEGER; INTEGER", "BLOB"),
)
"""Functions of bits and bytes."""
