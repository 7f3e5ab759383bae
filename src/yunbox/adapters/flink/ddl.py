"""CREATE TABLE in its own words, with other options, a key and other keys of metadata: all else stays as it is."""

from collections.abc import Mapping

from yunbox.adapters.flink.tables import Mapped
from yunbox.sql.flink.parser.tokens import Token, tokens
from yunbox.sql.flink.statements.tree import CreateTable

_Edit = tuple[int, int, str]


def rewritten(table: CreateTable, mapped: Mapped) -> str:
    """The text of a table that has columns and options, as it is to be."""
    words = tokens(table.text)
    body, options = _parts(words)
    edits: list[_Edit] = [(*options, _options(mapped.options))]
    if mapped.primary_key:
        names = ", ".join(_name(one) for one in mapped.primary_key)
        edits.append((body[1] - 1, body[1] - 1, f", PRIMARY KEY ({names}) NOT ENFORCED"))
    for column in table.columns:
        if column.name in mapped.metadata:
            behind = [one for one in words if one.start > column.at.start]
            edits.append(_metadata(behind, mapped.metadata[column.name]))
    text = table.text
    for start, end, new in sorted(edits, reverse=True):
        text = text[:start] + new + text[end:]
    return text


def _parts(words: list[Token]) -> tuple[tuple[int, int], tuple[int, int]]:
    """Where the columns and the options stand, with their parentheses."""
    found: list[tuple[int, int]] = []
    depth = start = 0
    for before, word in zip([None, *words], words, strict=False):
        if word.kind != "mark" or word.text not in "()":
            continue
        if word.text == "(":
            if depth == 0:
                start = word.start
                is_part = not found or (before is not None and before.upper == "WITH")
            depth += 1
            continue
        depth -= 1
        if depth == 0 and is_part:
            found.append((start, word.end))
    body, options = found
    return body, options


def _metadata(words: list[Token], key: str) -> _Edit:
    """The key of a column of metadata, behind whose name these words stand."""
    at = next(at for at, word in enumerate(words) if word.upper == "METADATA")
    if words[at + 1].upper == "FROM":
        return words[at + 2].start, words[at + 2].end, f"'{key}'"
    return words[at].end, words[at].end, f" FROM '{key}'"


def _options(options: Mapping[str, str]) -> str:
    pairs = [f"  {_string(key)} = {_string(value)}" for key, value in options.items()]
    return "(\n" + ",\n".join(pairs) + "\n)"


def _string(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _name(text: str) -> str:
    return "`" + text.replace("`", "``") + "`"
