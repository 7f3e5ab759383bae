"""UTF-8, the one encoding that is spoken, and what PostgreSQL says of bytes that are none."""

from yunbox.wire.pgwire.report import PgError, failure


def decoded(data: bytes) -> str:
    """The text of bytes. Raises PgError 22021 for what is no UTF-8, or has a zero byte, which no text has."""
    try:
        text = data.decode()
    except UnicodeDecodeError as found:
        raise _invalid(data, found.start) from None
    if "\0" in text:
        raise _invalid(data, data.index(0))
    return text


def _invalid(data: bytes, at: int) -> PgError:
    """It names the bytes of the character that begins there."""
    wrong = " ".join(f"0x{byte:02x}" for byte in data[at : at + _width(data[at])])
    return failure("22021", f'invalid byte sequence for encoding "UTF8": {wrong}')


def _width(first: int) -> int:
    """How many bytes a character has that begins so."""
    return 4 if 0xF0 <= first < 0xF8 else 3 if 0xE0 <= first < 0xF0 else 2 if 0xC0 <= first < 0xE0 else 1
