"""Scripts into statements, before any parser runs: one pass over the text that respects quotes and comments."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

_PIECES = re.compile(
    r"""--[^\n]*                      # line comment
      | /\*.*?(?:\*/|\Z)              # block comment or hint
      | '(?:\\.|[^\\'])*(?:'|\Z)      # string
      | "(?:\\.|[^\\"])*(?:"|\Z)
      | `[^`]*(?:`|\Z)                # quoted name
      | ;
    """,
    re.VERBOSE | re.DOTALL,
)
_REMEMBERED_LENGTH_MAX = 4096
_SETTING = re.compile(r"(?is)\s*set\s+([\w.\-]+)\s*=\s*(.*)\Z")


def pieces(text: str) -> Iterator[re.Match[str]]:
    """The comments, strings, quoted names and semicolons of a text; the last may lack its end."""
    return _PIECES.finditer(text)


def split_script(text: str) -> list[str]:
    """The statements of a script, without their semicolons and without those that say nothing."""
    statements: list[str] = []
    start = 0
    for match in _PIECES.finditer(text):
        if match.group() == ";":
            statements.append(text[start : match.start()])
            start = match.end()
    statements.append(text[start:])
    return [statement.strip() for statement in statements if not is_blank(statement)]


def is_blank(text: str) -> bool:
    """Whether a text is only space and comments."""
    return not strip_comments(text).strip()


def strip_comments(text: str) -> str:
    """The text with each comment, not each hint, replaced by a space."""

    def replace(match: re.Match[str]) -> str:
        piece = match.group()
        comment = piece.startswith("--") or (piece.startswith("/*") and not piece.startswith("/*+"))
        return " " if comment else piece

    return _PIECES.sub(replace, text)


def leading_settings(text: str) -> tuple[dict[str, str], str]:
    """The ``SET k=v;`` statements a script starts with, and the rest of it."""
    settings: dict[str, str] = {}
    statements = split_script(text)
    while statements and (pair := parse_setting(statements[0])):
        settings[pair[0]] = pair[1]
        del statements[0]
    return settings, ";\n".join(statements)


@dataclass(frozen=True)
class Step:
    """A part of a script: settings that hold from here on, then a statement; its text is empty where there is none."""

    settings: tuple[tuple[str, str], ...]
    text: str = ""


def steps(script: str) -> tuple[Step, ...]:
    """A script in the order in which it runs. Short ones come again and again, and are read once."""
    return _steps_again(script) if len(script) <= _REMEMBERED_LENGTH_MAX else _steps(script)


@lru_cache(maxsize=256)
def _steps_again(script: str) -> tuple[Step, ...]:
    return _steps(script)


def _steps(script: str) -> tuple[Step, ...]:
    settings, body = leading_settings(script)
    found = [Step(tuple(settings.items()))]
    for text in split_script(body):
        settings, rest = leading_settings(text + ";")
        found.append(Step(tuple(settings.items()), text if rest.strip().strip(";") else ""))
    return tuple(found)


def parse_setting(statement: str) -> tuple[str, str] | None:
    """The name and value of one ``SET k=v`` statement, or None when it is something else."""
    match = _SETTING.match(strip_comments(statement))
    if not match:
        return None
    value = match.group(2).strip()
    if len(value) > 1 and value[0] == value[-1] and value[0] in "'\"":
        value = value[1:-1]
    return match.group(1), value
