"""The snappy framing format, read chunk by chunk: no library reads it in pieces and with a bound.

    kind, 1 byte | size of what follows, 3 bytes little-endian | what follows

A stream begins with chunk 0xff, which says ``sNaPpY``; 0x00 is a checksum and a compressed block, 0x01 a checksum
and a plain block, 0x80 to 0xfe may be skipped, and no other kind may be. A block has at most 64 KiB of plain
bytes. Nothing marks the end of a stream: one that is cut between two chunks is found out by the footer of the
records, or of the Arrow framing, that it carries.
"""

from collections.abc import Iterator

from crc32c import crc32c

from yunbox.kernel.errors import InvalidArgument

BLOCK_BYTES_MAX = 65_536
_PACKED_BYTES_MAX = 32 + BLOCK_BYTES_MAX + BLOCK_BYTES_MAX // 6
_HEAD_BYTES = 4
_CRC_BYTES = 4
_PACKED, _PLAIN, _SKIPPED_FROM, _NAME = 0x00, 0x01, 0x80, 0xFF
_MAGIC = b"sNaPpY"
_SIZES = {
    _PACKED: range(_CRC_BYTES + 1, _CRC_BYTES + _PACKED_BYTES_MAX + 1),
    _PLAIN: range(_CRC_BYTES, _CRC_BYTES + BLOCK_BYTES_MAX + 1),
    _NAME: range(len(_MAGIC), len(_MAGIC) + 1),
}


def damaged(how: str) -> InvalidArgument:
    """Return the error for a compressed body that ``how``."""
    return InvalidArgument(f"the compressed body {how}", code="MalformedDataStream")


class SnappyReader:
    """Takes a framed stream in pieces and gives its blocks."""

    def __init__(self) -> None:
        self._held = bytearray()
        self._named = False

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Yield the plain bytes of every block that is complete."""
        self._held += data
        at = 0
        while (end := self._end_of_chunk(at)) <= len(self._held):
            plain = self._read(self._held[at], bytes(self._held[at + _HEAD_BYTES : end]))
            at = end
            if plain:
                yield plain
        del self._held[:at]

    def finish(self) -> Iterator[bytes]:
        """Check that the stream ends between chunks; there is nothing left to give."""
        if self._held or not self._named:
            raise damaged("is cut short")
        return iter(())

    def _end_of_chunk(self, at: int) -> int:
        head = self._held[at : at + _HEAD_BYTES]
        if len(head) < _HEAD_BYTES:
            return len(self._held) + 1
        kind, size = head[0], int.from_bytes(head[1:], "little")
        first = not self._named and kind != _NAME
        if first or size not in _SIZES.get(kind, range(size + 1 if kind >= _SKIPPED_FROM else 0)):
            raise damaged("is damaged")
        return at + _HEAD_BYTES + size

    def _read(self, kind: int, content: bytes) -> bytes:
        if kind == _NAME:
            self._named = True
            if content != _MAGIC:
                raise damaged("is damaged")
        if kind >= _SKIPPED_FROM:
            return b""
        checksum, block = content[:_CRC_BYTES], content[_CRC_BYTES:]
        plain = block if kind == _PLAIN else _unpack(block)
        if _masked(crc32c(plain)) != int.from_bytes(checksum, "little"):
            raise damaged("is damaged")
        return plain


def _unpack(block: bytes) -> bytes:
    from cramjam import DecompressionError, snappy

    try:
        if snappy.decompress_raw_len(block) <= BLOCK_BYTES_MAX:
            return bytes(snappy.decompress_raw(block))
    except DecompressionError:
        pass
    raise damaged("is damaged")


def _masked(crc: int) -> int:
    """A checksum as the format stores it, so that a stream inside a stream does not check itself."""
    return (((crc >> 15) | (crc << 17)) + 0xA282EAD8) & 0xFFFFFFFF
