"""Functions that DuckDB has no words for, in Python: character sets, digests, JSON's paths, Java's formats.

An engine makes them known to DuckDB (``NATIVES``) before the macros, with ``null_handling="special"``: they give NULL
for a NULL themselves, and where there is no answer. Templates call them by name, ``yb_fl_...``.
"""

import hashlib
import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import ROUND_DOWN, ROUND_HALF_UP, Context, Decimal, DivisionByZero
from typing import Any
from urllib.parse import quote_plus, unquote_plus, urlsplit

from yunbox.sql.flink.functions.jsonpaths import (
    json_exists,
    json_members,
    json_number,
    json_query,
    json_quoted,
    json_text,
    json_unquoted,
    json_value,
)
from yunbox.sql.flink.functions.moments import date_format, parse_date, parse_leniently, zone, zone_id

_CHARSETS = {"UTF-8": "utf-8", "UTF-16": "utf-16", "UTF-16LE": "utf-16-le", "UTF-16BE": "utf-16-be",
             "ISO-8859-1": "latin-1", "US-ASCII": "ascii"}  # fmt: skip
_DIGESTS = {224: "sha224", 256: "sha256", 384: "sha384", 512: "sha512"}
_CONVERSION = re.compile(r"%%|%n|%[-+ 0#,]*\d*(?:\.\d+)?[a-zA-Z]")
_NO_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
_WIDE = Context(prec=400)
_WORD = re.compile(r"[A-Za-z0-9]+")


@dataclass(frozen=True)
class Native:
    """One function: its name, what computes it, and its types in DuckDB. A volatile one is called for every row."""

    name: str
    compute: Callable[..., Any]
    params: tuple[str, ...]
    returns: str
    is_volatile: bool = False

    @property
    def function(self) -> Callable[..., Any]:
        """What DuckDB calls."""
        return self.compute


def _decode(data: bytes, charset: str) -> str | None:
    name = _CHARSETS.get(charset.upper())
    return data.decode(name, "replace") if name is not None else None


def _encode(text: str, charset: str) -> bytes | None:
    name = _CHARSETS.get(charset.upper())
    if name == "utf-16":
        return b"\xfe\xff" + text.encode("utf-16-be")
    return text.encode(name, "replace") if name is not None else None


def _sha2(text: str, bits: int) -> str | None:
    name = _DIGESTS.get(bits)
    if name is None:
        raise ValueError(f"Unsupported algorithm: SHA-{bits}")
    return hashlib.new(name, text.encode()).hexdigest()


def _initcap(text: str) -> str:
    return _WORD.sub(lambda found: found[0][0].upper() + found[0][1:].lower(), text)


def _scientific(value: float) -> str:
    """Outside 1e-3 to 1e7 as Java writes it: 1.0E10."""
    mantissa, _, exponent = f"{value!r}".partition("e")
    if not exponent:
        mantissa, _, exponent = _normal(value)
    return f"{mantissa if '.' in mantissa else mantissa + '.0'}E{int(exponent)}"


def _normal(value: float) -> tuple[str, str, str]:
    sign = "-" if value < 0 else ""
    digits, _, rest = f"{abs(value)!r}".partition(".")
    whole = digits.lstrip("0")
    if whole:
        point, figures = len(whole) - 1, (whole + rest).rstrip("0")
    else:
        point, figures = -(len(rest) - len(rest.lstrip("0")) + 1), rest.strip("0")
    return f"{sign}{figures[0]}.{figures[1:] or '0'}", "e", str(point)


def _parse_url(text: str, part: str, key: str) -> str | None:
    try:
        url = urlsplit(text)
    except ValueError:
        return None
    if not url.scheme:
        return None
    if part == "QUERY" and key:
        found = re.search(rf"(?:^|&){re.escape(key)}=([^&]*)", url.query)
        return found[1] if found else None
    file = url.path + (f"?{url.query}" if url.query else "")
    known = {
        "HOST": url.hostname, "PATH": url.path, "QUERY": url.query or None, "REF": url.fragment or None,
        "PROTOCOL": url.scheme, "FILE": file, "AUTHORITY": url.netloc,
        "USERINFO": url.netloc.rpartition("@")[0] or None,
    }  # fmt: skip
    return known.get(part)


def _regexp_extract(text: str, pattern: str, group: int) -> str | None:
    try:
        found = re.search(pattern, text)
        return found[group] if found is not None else None
    except (re.error, IndexError):
        return None


def _regexp_replace(text: str, pattern: str, put: str) -> str | None:
    try:
        return re.sub(pattern, lambda _: put, text)
    except re.error:
        return None


def _regexp(text: str, pattern: str) -> bool:
    try:
        return re.search(pattern, text) is not None
    except re.error:
        return False


def _regexp_count(text: str, pattern: str) -> int | None:
    try:
        return sum(1 for _ in re.finditer(pattern, text))
    except re.error:
        return None


def _regexp_instr(text: str, pattern: str) -> int | None:
    try:
        found = re.search(pattern, text)
    except re.error:
        return None
    return found.start() + 1 if found is not None else 0


def _regexp_extract_all(text: str, pattern: str, group: int) -> list[str | None] | None:
    try:
        reader = re.compile(pattern)
    except re.error:
        return None
    return [found[group] for found in reader.finditer(text)] if 0 <= group <= reader.groups else None


def _inet_aton(text: str) -> int | None:
    """An address of one to four numbers, the last of which fills what is left."""
    parts = text.split(".")
    if len(parts) > 4 or not all(one.isdecimal() for one in parts):
        return None
    numbers = [int(one) for one in parts]
    *first, last = numbers
    if any(one > 255 for one in first) or last >= 1 << 8 * (5 - len(numbers)):
        return None
    return sum(one << 8 * (3 - place) for place, one in enumerate(first)) + last


def _printf(pattern: str, values: list[str | None]) -> str | None:
    """Java's format with texts for values, which its letters say how to read."""
    rest = iter(values)

    def put(found: re.Match[str]) -> str:
        if found[0] in ("%%", "%n"):
            return "%" if found[0] == "%%" else "\n"
        value, letter = next(rest), found[0][-1]
        if value is None:
            return f"{found[0][:-1].replace(',', '')}s" % "null"
        if letter in "dxXo":
            return found[0].replace(",", "") % int(value)
        return found[0] % (float(value) if letter in "eEfgG" else value)

    try:
        return _CONVERSION.sub(put, pattern)
    except (StopIteration, TypeError, ValueError):
        return None


def _url_encode(text: str) -> str:
    return quote_plus(text, safe="*-._").replace("~", "%7E")


def _url_decode(text: str) -> str | None:
    if _NO_ESCAPE.search(text):
        return None
    try:
        return unquote_plus(text, errors="strict")
    except ValueError:
        return None


_OF_ARITY: tuple[Callable[[Callable[..., Any]], Callable[..., Any]], ...] = (
    lambda run: lambda: run(),
    lambda run: lambda a: run(a),
    lambda run: lambda a, b: run(a, b),
    lambda run: lambda a, b, c: run(a, b, c),
    lambda run: lambda a, b, c, d: run(a, b, c, d),
    lambda run: lambda a, b, c, d, e: run(a, b, c, d, e),
)
"""DuckDB counts a function's parameters: none may be a list of all."""


def _native(name: str, compute: Callable[..., Any], params: tuple[str, ...], returns: str) -> Native:
    def strict(*args: Any) -> Any:
        return None if None in args else compute(*args)

    return Native(name, _OF_ARITY[len(params)](strict), params, returns)


def _rounded(how: str) -> Callable[[float, int], float]:
    """A DOUBLE to so many digits of those that it is written with, as Java's BigDecimal has them."""

    def work(value: float, digits: int) -> float:
        if not math.isfinite(value):
            return value
        unit = Decimal(1).scaleb(-digits)
        return float(Decimal(repr(value)).quantize(unit, how, _WIDE))

    return work


_DIGITS = Context(prec=38, rounding=ROUND_HALF_UP)
_ALL_DIGITS = Context(prec=160, rounding=ROUND_HALF_UP)
_EXACT: dict[str, Callable[[Decimal, Decimal], Decimal]] = {
    "+": _ALL_DIGITS.add, "-": _ALL_DIGITS.subtract, "*": _ALL_DIGITS.multiply, "/": _DIGITS.divide,
    "%": _ALL_DIGITS.remainder,
}  # fmt: skip


def _decimal(symbol: str, left: str, right: str, precision: int, scale: int) -> str | None:
    """Arithmetic of DECIMALs as Java's BigDecimal has it; none where the result has too many digits."""
    try:
        made = _EXACT[symbol](Decimal(left), Decimal(right))
    except DivisionByZero:
        raise ValueError("Division by zero") from None
    found = made.quantize(Decimal(1).scaleb(-scale), ROUND_HALF_UP, _ALL_DIGITS)
    return f"{found:f}" if found.adjusted() < precision - scale or not found else None


NATIVES = (
    _native("yb_fl_decimal", _decimal, ("VARCHAR", "VARCHAR", "VARCHAR", "INTEGER", "INTEGER"), "VARCHAR"),
    _native("yb_fl_round", _rounded(ROUND_HALF_UP), ("DOUBLE", "INTEGER"), "DOUBLE"),
    _native("yb_fl_truncate", _rounded(ROUND_DOWN), ("DOUBLE", "INTEGER"), "DOUBLE"),
    _native("yb_fl_decode", _decode, ("BLOB", "VARCHAR"), "VARCHAR"),
    _native("yb_fl_encode", _encode, ("VARCHAR", "VARCHAR"), "BLOB"),
    _native("yb_fl_sha2", _sha2, ("VARCHAR", "INTEGER"), "VARCHAR"),
    _native("yb_fl_initcap", _initcap, ("VARCHAR",), "VARCHAR"),
    _native("yb_fl_scientific", _scientific, ("DOUBLE",), "VARCHAR"),
    _native("yb_fl_parse_url", _parse_url, ("VARCHAR", "VARCHAR", "VARCHAR"), "VARCHAR"),
    _native("yb_fl_regexp_extract", _regexp_extract, ("VARCHAR", "VARCHAR", "INTEGER"), "VARCHAR"),
    _native("yb_fl_regexp_replace", _regexp_replace, ("VARCHAR", "VARCHAR", "VARCHAR"), "VARCHAR"),
    _native("yb_fl_regexp", _regexp, ("VARCHAR", "VARCHAR"), "BOOLEAN"),
    _native("yb_fl_regexp_count", _regexp_count, ("VARCHAR", "VARCHAR"), "INTEGER"),
    _native("yb_fl_regexp_instr", _regexp_instr, ("VARCHAR", "VARCHAR"), "INTEGER"),
    _native("yb_fl_regexp_extract_all", _regexp_extract_all, ("VARCHAR", "VARCHAR", "INTEGER"), "VARCHAR[]"),
    _native("yb_fl_inet_aton", _inet_aton, ("VARCHAR",), "BIGINT"),
    _native("yb_fl_printf", _printf, ("VARCHAR", "VARCHAR[]"), "VARCHAR"),
    _native("yb_fl_url_encode", _url_encode, ("VARCHAR",), "VARCHAR"),
    _native("yb_fl_url_decode", _url_decode, ("VARCHAR",), "VARCHAR"),
    _native("yb_fl_json_value", json_value, ("VARCHAR", "VARCHAR"), "VARCHAR"),
    _native("yb_fl_json_query", json_query, ("VARCHAR",) * 5, "VARCHAR"),
    _native("yb_fl_json_exists", json_exists, ("VARCHAR", "VARCHAR"), "VARCHAR"),
    _native("yb_fl_json_text", json_text, ("VARCHAR",), "VARCHAR"),
    _native("yb_fl_json_number", json_number, ("VARCHAR",), "VARCHAR"),
    _native("yb_fl_json_members", json_members, ("VARCHAR[]",), "VARCHAR"),
    _native("yb_fl_json_quote", json_quoted, ("VARCHAR",), "VARCHAR"),
    _native("yb_fl_json_unquote", json_unquoted, ("VARCHAR",), "VARCHAR"),
    _native("yb_fl_zone", zone, ("VARCHAR",), "VARCHAR"),
    _native("yb_fl_zone_id", zone_id, ("VARCHAR",), "VARCHAR"),
    _native("yb_fl_parse_leniently", parse_leniently, ("VARCHAR", "VARCHAR"), "TIMESTAMP"),
    _native("yb_fl_date_format", date_format, ("TIMESTAMP", "VARCHAR"), "VARCHAR"),
    _native("yb_fl_parse_date", parse_date, ("VARCHAR", "VARCHAR"), "TIMESTAMP"),
)
