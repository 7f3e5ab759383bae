"""Functions that DuckDB has no words for, in Python: character sets, digests, compression, numbers in other bases.

A worker makes them known to DuckDB (``NATIVES``), and templates call them by name, ``yb_...``. None of them is called
with a NULL: that is NULL at once. A ValueError fails the statement; its text has the vendor's code.
"""

import gzip
import hashlib
import json
import re
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import wraps
from typing import Any
from urllib.parse import quote_plus, unquote_plus

from yunbox.sql.maxcompute.errors import invalid
from yunbox.sql.maxcompute.functions import addresses
from yunbox.sql.maxcompute.functions.jsonpaths import found_at, stripped, walked
from yunbox.sql.maxcompute.functions.sketches import numeric_histogram, percentile_cont, percentiles_approx

CHARSETS = {
    "utf-8": "utf-8", "utf8": "utf-8", "utf-16": "utf-16", "utf-16le": "utf-16-le", "utf-16be": "utf-16-be",
    "iso-8859-1": "latin-1", "us-ascii": "ascii",
}  # fmt: skip
"""What ENCODE and DECODE take, by Python's names."""
MORE_CHARSETS = {**CHARSETS, "gb2312": "gb2312", "gbk": "gbk", "gb18030": "gb18030"}
"""What FROM_CHARSET, TO_CHARSET and IS_ENCODING take."""
MODES = {"NONE": "strict", "TRANSLIT": "replace", "IGNORE": "ignore"}
"""What becomes of a sign that a character set does not have."""
_DIGESTS = {0: "sha256", 224: "sha224", 256: "sha256", 384: "sha384", 512: "sha512"}
_GZIP_HEADER = bytes.fromhex("1f8b0800000000000003")  # no name, no time, made on Unix
_DIGITS = "0123456789ABCDEF"
_PROVINCES = (
    *range(11, 16),
    *range(21, 24),
    *range(31, 38),
    *range(41, 47),
    *range(50, 55),
    *range(61, 66),
    71,
    81,
    82,
    91,
)
_WORD = 1 << 64


@dataclass(frozen=True)
class Native:
    """One function: its name, what computes it, and its types in DuckDB."""

    name: str
    compute: Callable[..., Any]
    params: tuple[str, ...]
    returns: str

    @property
    def function(self) -> Callable[..., Any]:
        """What DuckDB calls, with the parameters of ``compute``; NULL of any NULL."""

        @wraps(self.compute)
        def called(*args: Any) -> Any:
            return None if None in args else self.compute(*args)

        return called


def _fail(text: str) -> bool:
    """Fail the statement. DuckDB's own error() counts as volatile, so no window could be ordered by what may fail."""
    raise ValueError(text)


def encoded(text: str, charset: str, mode: str) -> bytes:
    """A text's bytes in a character set; UTF-16 without an order has a mark and is big-endian, as in Java."""
    try:
        if charset == "utf-16":
            return b"\xfe\xff" + text.encode("utf-16-be", mode)
        return text.encode(charset, mode)
    except UnicodeEncodeError as error:
        raise invalid(f"{error.object[error.start]!r} is not in the character set {charset}") from None


def _decoded(data: bytes, charset: str, mode: str) -> str:
    if not data:
        raise invalid("the source is empty")
    return _read(data, charset, mode)


def _read(data: bytes, charset: str, mode: str) -> str:
    if charset == "utf-16" and data[:2] not in (b"\xfe\xff", b"\xff\xfe"):
        charset = "utf-16-be"
    try:
        return data.decode(charset, mode)
    except UnicodeDecodeError:
        raise invalid(f"the bytes are not in the character set {charset}") from None


def _fits(text: str, source: str, target: str) -> bool:
    try:
        text.encode(source)
        text.encode(target)
    except UnicodeEncodeError:
        return False
    return True


def _sha2(data: bytes, bits: int) -> str | None:
    digest = _DIGESTS.get(bits)
    return hashlib.new(digest, data).hexdigest() if digest else None


def _compressed(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    body = packer.compress(data) + packer.flush()
    return _GZIP_HEADER + body + struct.pack("<II", zlib.crc32(data), len(data) & 0xFFFFFFFF)


def _decompressed(data: bytes) -> bytes:
    try:
        return gzip.decompress(data)
    except (OSError, EOFError, zlib.error):
        raise invalid("the bytes are not compressed by gzip") from None


def _based(text: str, source: int, target: int, hive: bool) -> str | None:
    """conv(): what is after a point is cut; a negative number has no value, or 0 in Hive mode."""
    whole = text.strip().partition(".")[0].upper()
    if source not in (2, 8, 10, 16) or target not in (2, 8, 10, 16):
        return None
    digits = whole.removeprefix("-")
    if not digits or any(digit not in _DIGITS[:source] for digit in digits):
        return None
    if whole != digits:
        return "0" if hive else None
    number = int(digits, source)
    return _written(number, target) if number < _WORD else None


def _written(number: int, base: int) -> str:
    return {2: f"{number:b}", 8: f"{number:o}", 10: f"{number}", 16: f"{number:X}"}[base]


def _signed(number: int) -> int:
    number &= 0xFFFFFFFF
    return number - (1 << 32) if number >= 1 << 31 else number


def _hash_text(text: str) -> int:
    value = 0
    for byte in text.encode():
        value = (value * 31 + byte - (256 if byte > 127 else 0)) & 0xFFFFFFFF
    return _signed(value)


def _hash_long(number: int) -> int:
    bits = number & (_WORD - 1)
    return _signed(bits ^ (bits >> 32))


def _hash_double(number: float) -> int:
    return _hash_long(0 if number == 0 else struct.unpack("<q", struct.pack("<d", number))[0])


def _hash_all(values: list[int | None]) -> int:
    total = 0
    for value in values:
        total = total * 31 + (value or 0)
    return _signed(total)


def _pairs(text: str, outer: str, inner: str, policy: str) -> dict[str, str | None]:
    """str_to_map(): both separators are patterns. Of a key that comes twice the last counts, or none may."""
    made: dict[str, str | None] = {}
    for part in _split(outer, text):
        key, *rest = _split(inner, part, 1)
        if key in made and policy == "exception":
            raise invalid(f"duplicate key {key} in function str_to_map")
        made[key] = rest[0] if rest else None
    return made


def _split(pattern: str, text: str, most: int = 0) -> list[str]:
    if not pattern:
        return [text]
    try:
        return re.split(pattern, text, maxsplit=most)
    except re.error as error:
        raise invalid(f"{pattern!r} is no regular expression: {error}") from None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        raise ValueError
    return made


def _json_escaped(text: str, path: str) -> str | None:
    """get_json_object() as it once was: keys sorted, texts escaped, no key twice and nothing beyond 16 bits."""
    try:
        if any(ord(char) > 0xFFFF for char in text):
            return None
        found = walked(json.loads(text, object_pairs_hook=_once, parse_float=Decimal), path)
    except (ValueError, KeyError, IndexError, TypeError):
        return None
    if found is None:
        return None
    written = json.dumps(found, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=float)
    return written[1:-1] if isinstance(found, str) else written


def _url_encoded(text: str, charset: str) -> str:
    return quote_plus(text, safe="*-._", encoding=charset, errors="replace").replace("~", "%7E")


def _url_decoded(text: str, charset: str) -> str:
    return unquote_plus(text, encoding=charset, errors="replace")


def _idcard(number: str) -> tuple[date, bool] | None:
    """The day of birth and whether the holder is a man; None unless the province, the day and the check are right."""
    text = f"{number[:6]}19{number[6:]}" if len(number) == 15 else number[:17]
    if len(number) not in (15, 18) or not (text.isascii() and text.isdigit()) or int(text[:2]) not in _PROVINCES:
        return None
    if len(number) == 18:
        total = sum(int(digit) << (17 - i) for i, digit in enumerate(text))
        if "10X98765432"[total % 11] != number[17].upper():
            return None
    try:
        return date(int(text[6:10]), int(text[10:12]), int(text[12:14])), int(text[16]) % 2 == 1
    except ValueError:
        return None


def _idcard_birthday(number: str) -> date | None:
    found = _idcard(number)
    return found[0] if found else None


def _idcard_sex(number: str) -> str | None:
    found = _idcard(number)
    return ("M" if found[1] else "F") if found else None


_WEIGHED = "STRUCT(x DOUBLE, w DOUBLE)[]"
_TEXT, _BYTES, _LONG, _FLAG = "VARCHAR", "BLOB", "BIGINT", "BOOLEAN"
NATIVES = (
    Native("yb_fail", _fail, (_TEXT,), _FLAG),
    Native("yb_encode", encoded, (_TEXT, _TEXT, _TEXT), _BYTES),
    Native("yb_decode", _read, (_BYTES, _TEXT, _TEXT), _TEXT),
    Native("yb_from_charset", _decoded, (_BYTES, _TEXT, _TEXT), _TEXT),
    Native("yb_is_encoding", _fits, (_TEXT, _TEXT, _TEXT), _FLAG),
    Native("yb_sha2", _sha2, (_BYTES, _LONG), _TEXT),
    Native("yb_compress", _compressed, (_BYTES,), _BYTES),
    Native("yb_decompress", _decompressed, (_BYTES,), _BYTES),
    Native("yb_conv", _based, (_TEXT, _LONG, _LONG, _FLAG), _TEXT),
    Native("yb_hash_text", _hash_text, (_TEXT,), "INTEGER"),
    Native("yb_hash_long", _hash_long, (_LONG,), "INTEGER"),
    Native("yb_hash_double", _hash_double, ("DOUBLE",), "INTEGER"),
    Native("yb_hash_all", _hash_all, ("INTEGER[]",), "INTEGER"),
    Native("yb_ip", addresses.packed, (_TEXT, _FLAG), _BYTES),
    Native("yb_ip_text", addresses.shown, (_BYTES,), _TEXT),
    Native("yb_ip_mask", addresses.mask, (_LONG, _LONG, _FLAG), _BYTES),
    Native("yb_ip_number", addresses.number, (_BYTES,), _LONG),
    Native("yb_json_at", found_at, (_TEXT, _TEXT), _TEXT),
    Native("yb_json_stripped", stripped, (_TEXT, _FLAG, _FLAG, _TEXT), _TEXT),
    Native("yb_json_escaped", _json_escaped, (_TEXT, _TEXT), _TEXT),
    Native("yb_url_encode", _url_encoded, (_TEXT, _TEXT), _TEXT),
    Native("yb_url_decode", _url_decoded, (_TEXT, _TEXT), _TEXT),
    Native("yb_idcard_birthday", _idcard_birthday, (_TEXT,), "DATE"),
    Native("yb_idcard_sex", _idcard_sex, (_TEXT,), _TEXT),
    Native("yb_numeric_histogram", numeric_histogram, (_WEIGHED, _LONG), "MAP(DOUBLE, DOUBLE)"),
    Native("yb_percentiles_approx", percentiles_approx, (_WEIGHED, "DOUBLE[]", _LONG), "DOUBLE[]"),
    Native("yb_percentile_cont", percentile_cont, ("DOUBLE[]", "DOUBLE"), "DOUBLE"),
    Native("yb_pairs", _pairs, (_TEXT, _TEXT, _TEXT, _TEXT), "MAP(VARCHAR, VARCHAR)"),
)
"""Every native function."""
