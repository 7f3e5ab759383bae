"""Functions of texts and bytes that DuckDB has not, or has with other edges. Letters are those of the locale C."""

import base64
import hashlib
import re
from collections.abc import Callable

from yunbox.sql.hologres.natives.native import Native, lax, native
from yunbox.sql.hologres.natives.stopping import check, stoppable
from yunbox.wire.pgwire.report import PgError, failure
from yunbox.wire.pgwire.values.codec import Style
from yunbox.wire.pgwire.values.types import BY_NAME

_LOWER = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz")
_UPPER = str.maketrans("abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ")
_WORD = re.compile(r"[A-Za-z0-9]+")
_LENGTH_MAX = 1 << 28
_NAME = re.compile(r"[a-z_][a-z0-9_]*")
_FORMAT = re.compile(r"%(?:(\d+)\$)?(-)?(?:(\d+)|\*(?:(\d+)\$)?)?(.?)", re.DOTALL)


def lower(text: str) -> str:
    """A to Z only."""
    return text.translate(_LOWER)


def upper(text: str) -> str:
    """a to z only."""
    return text.translate(_UPPER)


def _initcap(text: str) -> str:
    return _WORD.sub(lambda found: upper(found[0][0]) + lower(found[0][1:]), text)


def _too_long() -> PgError:
    return failure("54000", "requested length too large")


def _padded(left: bool) -> Callable[[str, int, str, int | None], str]:
    def run(text: str, length: int, fill: str, statement: int | None) -> str:
        length = max(length, 0)
        if length > _LENGTH_MAX:
            raise _too_long()
        check(statement, length)
        if len(text) >= length or not fill:
            return text[:length]
        pad = (fill * (-(-(length - len(text)) // len(fill))))[: length - len(text)]
        return pad + text if left else text + pad

    return run


def _repeated(text: str, count: int, statement: int | None) -> str:
    if len(text) * max(count, 0) > _LENGTH_MAX:
        raise _too_long()
    check(statement, len(text) * count)
    return text * max(count, 0)


def _substring_bytes(data: bytes, start: int, length: int) -> bytes:
    if length < 0:
        raise failure("22011", "negative substring length not allowed")
    return data[max(start - 1, 0) : max(start - 1 + length, 0)]


def _overlay(text: str, part: str, start: int, length: int) -> str:
    if start <= 0:
        raise failure("22011", "negative substring length not allowed")
    if start + length >= 1 << 31:
        raise failure("22003", "integer out of range")
    return text[: start - 1] + part + text[max(start - 1 + length, 0) :]


def _split_part(text: str, separator: str, number: int) -> str:
    if not number:
        raise failure("22023", "field position must not be zero")
    parts = text.split(separator) if separator else [text]
    place = number - 1 if number > 0 else len(parts) + number
    return parts[place] if text and 0 <= place < len(parts) else ""


def _translated(text: str, source: str, target: str) -> str:
    table: dict[int, str | None] = {}
    for at, letter in enumerate(source):
        table.setdefault(ord(letter), target[at] if at < len(target) else None)
    return text.translate(table)


def _code(text: str) -> int:
    return ord(text[0]) if text else 0


def _letter(code: int) -> str:
    if code < 0:
        raise failure("22023", "character number must be positive")
    if code == 0:
        raise failure("54000", "null character not permitted")
    if code > 0x10FFFF:
        raise failure("54000", f"requested character too large for encoding: {code}")
    if 0xD800 <= code < 0xE000:
        raise failure("54000", f"requested character not valid for encoding: {code}")
    return chr(code)


def quote_ident(text: str) -> str:
    """An identifier as SQL needs it."""
    from yunbox.sql.hologres.parser import keywords

    plain = _NAME.fullmatch(text) and keywords.is_column_name(text) and keywords.is_function_name(text)
    return text if plain else '"' + text.replace('"', '""') + '"'


def quote_literal(text: str) -> str:
    """A literal as SQL needs it."""
    doubled = text.replace("'", "''")
    return "E'" + doubled.replace("\\", "\\\\") + "'" if "\\" in text else f"'{doubled}'"


def _quote_nullable(text: str | None) -> str:
    return "NULL" if text is None else quote_literal(text)


def _hash(name: str) -> Callable[[bytes], bytes]:
    return lambda data: hashlib.new(name, data).digest()


def _md5(data: bytes) -> str:
    return hashlib.md5(data, usedforsecurity=False).hexdigest()


def _encode(data: bytes, kind: str) -> str:
    kind = kind.lower()
    if kind == "hex":
        return data.hex()
    if kind == "base64":
        text = base64.b64encode(data).decode()
        return "\n".join(text[at : at + 76] for at in range(0, len(text), 76))
    if kind == "escape":
        return "".join("\\\\" if one == 92 else f"\\{one:03o}" if one == 0 or one > 127 else chr(one) for one in data)
    raise failure("22023", f'unrecognized encoding: "{kind}"')


def _decode(text: str, kind: str) -> bytes:
    kind = kind.lower()
    if kind == "hex":
        return _from_hex(text)
    if kind == "base64":
        return _from_base64(text)
    if kind == "escape":
        from yunbox.wire.pgwire.values.texts import Bytea

        return Bytea._unescaped(text.encode())
    raise failure("22023", f'unrecognized encoding: "{kind}"')


def _from_hex(text: str) -> bytes:
    digits = re.sub(r"[ \t\n\r]", "", text)
    wrong = re.search(r"[^0-9A-Fa-f]", digits)
    if wrong:
        raise failure("22023", f'invalid hexadecimal digit: "{wrong[0]}"')
    if len(digits) % 2:
        raise failure("22023", "invalid hexadecimal data: odd number of digits")
    return bytes.fromhex(digits)


def _from_base64(text: str) -> bytes:
    letters = re.sub(r"[ \t\n\r]", "", text)
    wrong = re.search(r"[^A-Za-z0-9+/=]", letters)
    if wrong:
        raise failure("22023", f'invalid symbol "{wrong[0]}" found while decoding base64 sequence')
    try:
        return base64.b64decode(letters, validate=True)
    except ValueError:
        hint = "Input data is missing padding, is truncated, or is otherwise corrupted."
        raise failure("22023", "invalid base64 end sequence", hint=hint) from None


def _bit_of_byte(data: bytes, place: int) -> int:
    if not 0 <= place < len(data) * 8:
        raise failure("2202E", f"index {place} out of valid range, 0..{len(data) * 8 - 1}")
    return data[place // 8] >> place % 8 & 1


def _byte(data: bytes, place: int) -> int:
    if not 0 <= place < len(data):
        raise failure("2202E", f"index {place} out of valid range, 0..{len(data) - 1}")
    return data[place]


def _position_bytes(data: bytes, part: bytes) -> int:
    return data.find(part) + 1


def _trim_bytes(side: str) -> Callable[[bytes, bytes], bytes]:
    return {"both": bytes.strip, "left": bytes.lstrip, "right": bytes.rstrip}[side]


def _charset(name: str) -> str:
    found = name.lower().replace("-", "").replace("_", "")
    known = {"utf8": "utf-8", "unicode": "utf-8", "latin1": "latin-1", "iso88591": "latin-1", "sqlascii": "ascii",
             "gbk": "gbk", "gb18030": "gb18030", "eucjp": "euc_jp", "sjis": "shift_jis", "win1252": "cp1252",
             "big5": "big5", "euckr": "euc_kr", "win1251": "cp1251"}  # fmt: skip
    if found not in known:
        raise failure("22023", f'invalid encoding name "{name}"')
    return known[found]


def _convert_to(text: str, name: str) -> bytes:
    try:
        return text.encode(_charset(name))
    except UnicodeEncodeError:
        raise failure("22P05", f'character has no equivalent in encoding "{name.upper()}"') from None


def _convert_from(data: bytes, name: str) -> str:
    try:
        made = data.decode(_charset(name))
    except UnicodeDecodeError:
        raise failure("22021", f'invalid byte sequence for encoding "{name.upper()}"') from None
    if "\0" in made:
        raise failure("22021", f'invalid byte sequence for encoding "{name.upper()}": 0x00')
    return made


# -- LIKE


def like(text: str, pattern: str, folded: bool) -> bool:
    """Whether a text is like a pattern of LIKE, or of ILIKE."""
    if folded:
        text, pattern = lower(text), lower(pattern)
    parts, at = [], 0
    while at < len(pattern):
        letter = pattern[at]
        if letter == "\\":
            at += 1
            if at >= len(pattern):
                return _unended("".join(parts), text)
            parts.append(re.escape(pattern[at]))
        else:
            parts.append({"%": ".*", "_": "."}.get(letter) or re.escape(letter))
        at += 1
    return re.fullmatch("".join(parts), text, re.DOTALL) is not None


def _unended(before: str, text: str) -> bool:
    """A pattern that ends with an escape matches nothing, and is wrong where it is reached."""
    if re.match(f"{before}(?=.)", text, re.DOTALL):
        raise failure("22025", "LIKE pattern must not end with escape character")
    return False


def _like_escape(pattern: str, escape: str) -> str:
    """A pattern with another escape as one with a backslash."""
    if len(escape) > 1:
        raise failure("22025", "invalid escape string", "", "Escape string must be empty or one character.")
    if escape == "\\":
        return pattern
    if not escape:
        return pattern.replace("\\", "\\\\")
    parts, escaped = [], False
    for letter in pattern:
        if letter == escape and not escaped:
            parts.append("\\")
            escaped = True
        elif letter == "\\":
            parts.append("\\" if escaped else "\\\\")
            escaped = False
        else:
            parts.append(letter)
            escaped = False
    return "".join(parts)


# -- format()


def _format(pattern: str, values: list[str | None], statement: int | None) -> str:
    parts, last, place = [], 0, 0
    for found in _FORMAT.finditer(pattern):
        parts.append(pattern[last : found.start()])
        last = found.end()
        number, minus, width, star, kind = found.groups()
        if kind == "%":
            parts.append("%")
            continue
        if not kind:
            raise failure("22023", "unterminated format() type specifier",
                          hint='For a single "%" use "%%".')  # fmt: skip
        if "*" in found[0]:
            place = int(star) if star else place + 1
            wide = _argument(values, place)
            size = 0 if wide is None else BY_NAME["int4"].codec.read(wide, Style())
            minus, width = "-" if size < 0 else minus, str(abs(size))
        if kind not in "sIL":
            raise failure("22023", f'unrecognized format() type specifier "{kind}"', hint='For a single "%" use "%%".')
        if number == "0":
            raise failure("22023", "format specifies argument 0, but arguments are numbered from 1")
        place = int(number) if number else place + 1
        text = _formatted(kind, _argument(values, place))
        wanted = int(width or 0)
        if wanted > _LENGTH_MAX:
            raise _too_long()
        check(statement, wanted)
        parts.append(text.ljust(wanted) if minus else text.rjust(wanted))
    return "".join(parts) + pattern[last:]


def _argument(values: list[str | None], place: int) -> str | None:
    if place > len(values):
        raise failure("22023", "too few arguments for format()")
    return values[place - 1]


def _formatted(kind: str, value: str | None) -> str:
    if kind == "L":
        return _quote_nullable(value)
    if kind == "I":
        if value is None:
            raise failure("22004", "null values cannot be formatted as an SQL identifier")
        return quote_ident(value)
    return value or ""


# -- arrays of texts


def _to_array(text: str | None, separator: str | None, null: str | None) -> list[str | None] | None:
    if text is None:
        return None
    if not text:
        return []
    whole = list(text) if separator is None else [text]
    parts = text.split(separator) if separator else whole
    return [None if null is not None and part == null else part for part in parts]


def _joined(items: list[str | None], separator: str, null: str | None) -> str:
    shown = (null if item is None else item for item in items)
    return separator.join(item for item in shown if item is not None)


def _bits(name: str) -> Callable[[str, str], str]:
    def run(left: str, right: str) -> str:
        if len(left) != len(right):
            word = {"&": "AND", "|": "OR", "#": "XOR"}[name]
            raise failure("22026", f"cannot {word} bit strings of different sizes")
        a, b = int(left or "0", 2), int(right or "0", 2)
        made = a & b if name == "&" else a | b if name == "|" else a ^ b
        return f"{made:0{len(left)}b}" if left else ""

    return run


def _bits_fitted(value: str, typmod: int, fixed: bool, explicit: bool) -> str:
    from yunbox.wire.pgwire.values.modifiers import fitted

    return str(fitted(1560 if fixed else 1562, typmod, value, explicit=explicit))


def _shifted_bits(value: str, places: int) -> str:
    if places >= 0:
        return (
            (value[places:] + "0" * min(places, len(value)))[: len(value)] if places < len(value) else "0" * len(value)
        )
    return ("0" * min(-places, len(value)) + value)[: len(value)]


def _bits_of(value: int, length: int) -> str:
    return f"{value & (1 << length) - 1:0{length}b}"


def _integer_of_bits(value: str, bits: int) -> int:
    if len(value) > bits:
        raise failure("22003", f"{'integer' if bits == 32 else 'bigint'} out of range")
    made = int(value or "0", 2)
    return made - (1 << bits) if made >> bits - 1 else made


_T, _I = "VARCHAR", "INTEGER"
NATIVES: tuple[Native, ...] = (
    native("hg_lower_any", lower, _T, _T),
    native("hg_upper_any", upper, _T, _T),
    native("hg_initcap", _initcap, _T, _T),
    native("hg_cut_name", lambda text: text.encode()[:63].decode("utf-8", "ignore"), _T, _T),
    stoppable("hg_lpad", _padded(True), "VARCHAR; INTEGER; VARCHAR", _T),
    stoppable("hg_rpad", _padded(False), "VARCHAR; INTEGER; VARCHAR", _T),
    stoppable("hg_repeat", _repeated, "VARCHAR; INTEGER", _T),
    native("hg_substring_bytes", _substring_bytes, "BLOB; INTEGER; INTEGER", "BLOB"),
    native("hg_overlay", _overlay, "VARCHAR; VARCHAR; INTEGER; INTEGER", _T),
    native("hg_split_part", _split_part, "VARCHAR; VARCHAR; INTEGER", _T),
    native("hg_translate", _translated, "VARCHAR; VARCHAR; VARCHAR", _T),
    native("hg_ascii", _code, _T, _I),
    native("hg_chr", _letter, _I, _T),
    native("hg_quote_ident", quote_ident, _T, _T),
    native("hg_quote_literal", quote_literal, _T, _T),
    lax("hg_quote_nullable", _quote_nullable, _T, _T),
    *(native(f"hg_{name}", _hash(name), "BLOB", "BLOB") for name in ("sha224", "sha256", "sha384", "sha512")),
    native("hg_md5", _md5, "BLOB", _T),
    native("hg_encode", _encode, "BLOB; VARCHAR", _T),
    native("hg_decode", _decode, "VARCHAR; VARCHAR", "BLOB"),
    native("hg_get_bit", _bit_of_byte, "BLOB; BIGINT", _I),
    native("hg_get_byte", _byte, "BLOB; INTEGER", _I),
    native("hg_position_bytes", _position_bytes, "BLOB; BLOB", _I),
    native("hg_btrim_bytes", _trim_bytes("both"), "BLOB; BLOB", "BLOB"),
    native("hg_ltrim_bytes", _trim_bytes("left"), "BLOB; BLOB", "BLOB"),
    native("hg_rtrim_bytes", _trim_bytes("right"), "BLOB; BLOB", "BLOB"),
    native("hg_convert_to", _convert_to, "VARCHAR; VARCHAR", "BLOB"),
    native("hg_convert_from", _convert_from, "BLOB; VARCHAR", _T),
    native("hg_like", like, "VARCHAR; VARCHAR; BOOLEAN", "BOOLEAN"),
    native("hg_like_escape", _like_escape, "VARCHAR; VARCHAR", _T),
    stoppable("hg_format", _format, "VARCHAR; VARCHAR[]", _T),
    lax("hg_to_array", _to_array, "VARCHAR; VARCHAR; VARCHAR", "VARCHAR[]"),
    lax("hg_join", lambda items, separator, null: None if items is None or separator is None
        else _joined(items, separator, null), "VARCHAR[]; VARCHAR; VARCHAR", _T),
    native("hg_bit_and", _bits("&"), "VARCHAR; VARCHAR", _T),
    native("hg_bit_or", _bits("|"), "VARCHAR; VARCHAR", _T),
    native("hg_bit_xor", _bits("#"), "VARCHAR; VARCHAR", _T),
    native("hg_fit_bits", _bits_fitted, "VARCHAR; INTEGER; BOOLEAN; BOOLEAN", _T),
    native("hg_shift_bits", _shifted_bits, "VARCHAR; INTEGER", _T),
    native("hg_shift_bits_right", lambda value, places: _shifted_bits(value, -places), "VARCHAR; INTEGER", _T),
    native("hg_bits_of", _bits_of, "BIGINT; INTEGER", _T),
    native("hg_int_of_bits", _integer_of_bits, "VARCHAR; INTEGER", "BIGINT"),
)  # fmt: skip
"""Functions of texts."""
