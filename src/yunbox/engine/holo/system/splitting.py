"""Names within texts, as ``regclass`` and its kin read them: with dots between, folded where they are not quoted."""

import re

from yunbox.wire.pgwire.report import failure

_PART = re.compile(r'\s*(?:"((?:[^"]|"")+)"|([^\s."][^\s.]*))\s*')
_LETTERS_MAX = 63


def split(text: str) -> tuple[str, ...]:
    """The parts of a name. Raises PgError 42602 and 42601."""
    found, at = [], 0
    while True:
        part = _PART.match(text, at)
        if part is None:
            raise failure("42602", "invalid name syntax")
        found.append(part[1].replace('""', '"') if part[1] else part[2].lower())
        at = part.end()
        if at == len(text):
            break
        if text[at] != ".":
            raise failure("42602", "invalid name syntax")
        at += 1
    if len(found) > 3:
        raise failure("42601", f"improper relation name (too many dotted names): {text}")
    return tuple(one.encode()[:_LETTERS_MAX].decode("utf-8", "ignore") for one in found)
