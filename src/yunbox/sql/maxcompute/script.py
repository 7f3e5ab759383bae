"""Scripts into statements, before any parser runs: one pass over the text that respects quotes and comments."""

import re

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
_SETTING = re.compile(r"(?is)\s*set\s+([\w.\-]+)\s*=\s*(.*)\Z")


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


def parse_setting(statement: str) -> tuple[str, str] | None:
    """The name and value of one ``SET k=v`` statement, or None when it is something else."""
    match = _SETTING.match(strip_comments(statement))
    if not match:
        return None
    value = match.group(2).strip()
    if len(value) > 1 and value[0] == value[-1] and value[0] in "'\"":
        value = value[1:-1]
    return match.group(1), value
