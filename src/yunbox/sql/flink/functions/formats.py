"""Java's formats of times as DuckDB's, where there is one for each letter that a format uses."""

import re

from yunbox.sql.flink.expr import Expr, text_literal
from yunbox.sql.flink.functions.moments import PIECE, literal

_LETTERS = {
    "yyyy": "%Y", "uuuu": "%Y", "yy": "%y", "MM": "%m", "M": "%-m", "MMM": "%b", "MMMM": "%B", "dd": "%d",
    "d": "%-d", "HH": "%H", "H": "%-H", "hh": "%I", "h": "%-I", "mm": "%M", "m": "%-M", "ss": "%S", "s": "%-S",
    "SSS": "%g", "SSSSSS": "%f", "a": "%p", "E": "%a", "EEE": "%a", "EEEE": "%A", "DDD": "%j", "SSSSSSSSS": "%n",
}  # fmt: skip
_CERTAIN = re.compile(r"[^A-Za-z]*yyyy(?:[^A-Za-z]|MM(?!M)|dd(?!d)|HH(?!H)|mm(?!m)|ss(?!s)|SSS(?!S))*")
"""Formats whose texts are as long as they are, beginning with the year."""
_MARKED = "[]{}#"
"""Marks that Java reads something into."""


def strftime_format(java: str) -> str | None:
    """The format for strftime; None when DuckDB has no letter for one of Java's."""
    made, at = [], 0
    while at < len(java):
        found = PIECE.match(java, at)
        if found is None:
            return None
        piece = found.group()
        if found[1] is not None:
            made.append(literal(found).replace("%", "%%"))
        elif found[2]:
            letter = _LETTERS.get(piece)
            if letter is None:
                return None
            made.append(letter)
        elif any(one in piece for one in _MARKED):
            return None
        else:
            made.append(piece.replace("%", "%%"))
        at = found.end()
    return "".join(made)


def parsed_with(text: str, pattern: Expr) -> str:
    """SQL of the TIMESTAMP that a text is under a format; NULL when it is none."""
    return _parsed("yb_fl_parse_date", text, pattern)


def parsed_leniently(text: str, pattern: Expr) -> str:
    """As Java's older formats read it: no number is too short, too long or too large, and what follows is let be."""
    return _parsed("yb_fl_parse_leniently", text, pattern)


def _parsed(native: str, text: str, pattern: Expr) -> str:
    """DuckDB reads what is as long as its format, where all the letters' lengths are certain; the rest is Python's."""
    made = strftime_format(str(pattern.value)) if pattern.literal and pattern.value is not None else None
    slow = f"{native}({text}, {pattern.sql})"
    java = str(pattern.value)
    if made is None or "'" in java or not _CERTAIN.fullmatch(java):
        return slow
    certain = text_literal("".join("[0-9]" if one.isalpha() else re.escape(one) for one in java))
    quick = f"CASE WHEN regexp_full_match({text}, {certain}) THEN try_strptime({text}, {text_literal(made)}) END"
    return f"coalesce({quick}, {slow})"
