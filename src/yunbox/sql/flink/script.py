"""Scripts into statements: one pass over the text that respects strings, quoted names and comments.

A statement set, ``BEGIN STATEMENT SET; INSERT ...; END;`` or ``EXECUTE STATEMENT SET BEGIN ... END;``, is one.
"""

import re

_PIECES = re.compile(
    r"""--[^\n]*                        # line comment
      | //[^\n]*
      | /\*.*?(?:\*/|\Z)                # block comment or hint
      | '(?:[^']|'')*(?:'|\Z)           # string
      | `(?:[^`]|``)*(?:`|\Z)           # quoted name
      | ;
      | [^\W\d][\w$]*                   # a word
    """,
    re.VERBOSE | re.DOTALL,
)
_BEGIN = (
    ("BEGIN", "STATEMENT", "SET"),
    ("EXECUTE", "STATEMENT", "SET", "BEGIN"),
    ("EXPLAIN", "STATEMENT", "SET", "BEGIN"),
    ("EXPLAIN", "EXECUTE", "STATEMENT", "SET", "BEGIN"),
)


def split_script(text: str) -> list[str]:
    """The statements of a script with their comments, without their semicolons; those that say nothing are left out."""
    found: list[str] = []
    start, words, inside = 0, [], False
    for match in _PIECES.finditer(text):
        piece = match.group()
        if piece == ";":
            if inside and (len(words) < 1 or words[-1] != "END"):
                words.append(";")
                continue
            found.append(text[start : match.start()])
            start, words, inside = match.end(), [], False
        elif piece[0] not in "-/'`":
            words.append(piece.upper())
            inside = inside or any(tuple(words[: len(one)]) == one for one in _BEGIN)
        elif piece[0] in "'`":
            words.append(piece)
    found.append(text[start:])
    return [one.strip() for one in found if not is_blank(one)]


def is_blank(text: str) -> bool:
    """Whether a text is only space and comments."""
    return not strip_comments(text).strip()


def strip_comments(text: str) -> str:
    """The text with each comment, not each hint, replaced by a space."""

    def replace(match: re.Match[str]) -> str:
        piece = match.group()
        comment = piece.startswith(("--", "//")) or (piece.startswith("/*") and not piece.startswith("/*+"))
        return " " if comment else piece

    return _PIECES.sub(replace, text)


def is_complete(text: str) -> bool:
    """Whether a client may send what it has: it ends with a semicolon outside strings, comments and statement sets."""
    last = split_script(f"{text}\nx")[-1]
    return strip_comments(last).strip() == "x" and not is_blank(text)
