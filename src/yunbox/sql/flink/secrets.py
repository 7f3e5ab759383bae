"""Secrets in options: those whose name says that nobody should see them, wherever they stand - in what is shown, in
the text of a statement, or in an error that repeats a piece of one."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

MASK = "******"
_SECRET = re.compile(
    r"secret|password|passwd|pwd|token|credential|basic-auth|auth-params|jaas|http-headers|accesskey"
    r"|(?:access|api|account|service|private|encryption|signing|shared|master)[-._]?key|(?:^|[-._])key$",
    re.IGNORECASE,
)
_NO_SECRET = re.compile(
    r"access[-_]?key[-_.]?id$|token\.(?:enabled|endpoint|url)|(?:primary|sort|partition|distribution|routing|row|hash|cluster(?:ing)?|null|message|metadata)"
    r"[-._]?key$",
    re.IGNORECASE,
)
_PAIR = re.compile(r"(?P<key>'(?:[^']|'')+'|[\w.-]+)(?P<is>\s*=\s*)(?P<value>'(?:[^']|'')*(?:'|$)|[^\s,;()']+)")
_LENGTH_MIN = 4
"""Shorter ones are no secrets, and would be found in any text."""


def is_secret(key: str) -> bool:
    """Whether the name of an option says that its value is one."""
    return _SECRET.search(key) is not None and _NO_SECRET.search(key) is None


def masked(key: str, value: str) -> str:
    """An option's value, unless nobody should see it."""
    return MASK if is_secret(key) else value


def masked_options(options: Mapping[str, str]) -> dict[str, str]:
    """Options as they may be seen."""
    return {key: masked(key, value) for key, value in options.items()}


def masked_text(text: str) -> str:
    """A statement as it may be seen: its options in WITH, in hints and in SET are masked."""

    def shown(found: re.Match[str]) -> str:
        return f"{found['key']}{found['is']}'{MASK}'" if is_secret(found["key"].strip("'")) else found[0]

    return _PAIR.sub(shown, text)


def secrets_of(*sources: str | Mapping[str, Any]) -> frozenset[str]:
    """The secrets that stand in statements, and in options, also deep inside a document."""
    found = {value for source in sources for value in _values(source)}
    return frozenset(value for value in found if len(value) >= _LENGTH_MIN)


def without(text: str, secrets: frozenset[str]) -> str:
    """A text in which no secret is left."""
    for value in sorted(secrets, key=len, reverse=True):
        text = text.replace(value, MASK)
    return text


def _values(source: Any) -> Iterator[str]:
    if isinstance(source, str):
        for found in _PAIR.finditer(source):
            if is_secret(found["key"].strip("'")):
                value = found["value"]
                yield value.strip("'").replace("''", "'") if value.startswith("'") else value
    elif isinstance(source, Mapping):
        for key, value in source.items():
            if isinstance(value, str) and is_secret(str(key)):
                yield value
            else:
                yield from _values(value)
    elif isinstance(source, list | tuple):
        for one in source:
            yield from _values(one)
