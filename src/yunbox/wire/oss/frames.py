"""The frames of SelectObject's answers.

Each is a version byte, three bytes of type, the payload's length, a checksum of the head that no client reads, the
payload and its CRC-32. Source: the vendor's page SelectObject, and the readers in oss2 and alibabacloud-oss-v2.
"""

import struct
import zlib

_VERSION = 1
_DATA, _END, _CSV_META, _JSON_META = 0x800001, 0x800005, 0x800006, 0x800007


def data_frame(offset: int, data: bytes) -> bytes:
    """A piece of the result; ``offset`` is how far the object was read."""
    return _frame(_DATA, struct.pack(">Q", offset) + data)


def end_frame(scanned_bytes: int, status: int, error: str = "") -> bytes:
    """The end of a result; an error is ``Code.Message``."""
    return _frame(_END, struct.pack(">QQI", scanned_bytes, scanned_bytes, status) + error.encode())


def meta_frame(scanned_bytes: int, splits: int, rows: int, columns: int | None) -> bytes:
    """What is known of an object; JSON has no ``columns``."""
    payload = struct.pack(">QQIIQ", scanned_bytes, scanned_bytes, 200, splits, rows)
    if columns is None:
        return _frame(_JSON_META, payload)
    return _frame(_CSV_META, payload + struct.pack(">I", columns))


def _frame(kind: int, payload: bytes) -> bytes:
    head = struct.pack(">II", _VERSION << 24 | kind, len(payload))
    return head + struct.pack(">I", zlib.crc32(head)) + payload + struct.pack(">I", zlib.crc32(payload))
