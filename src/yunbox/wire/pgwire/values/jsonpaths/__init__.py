"""SQL/JSON paths as clients write them: read to a tree, and written as PostgreSQL writes them.

Source: the PostgreSQL documentation, "The SQL/JSON Path Language". What a path finds is in ``sql/hologres``.
"""

from functools import lru_cache
from typing import TYPE_CHECKING

from yunbox.wire.pgwire.encoding import decoded
from yunbox.wire.pgwire.report import failure
from yunbox.wire.pgwire.values.codec import Plain

if TYPE_CHECKING:
    from yunbox.wire.pgwire.values.jsonpaths.tree import Path

_LETTERS_MAX, _KEPT_LETTERS_MAX = 1 << 20, 1 << 12


def path_of(text: str) -> "Path":
    """The path of a text. Raises PgError 42601, 22P02, 54000 and the like."""
    if len(text) <= _KEPT_LETTERS_MAX:
        return _kept(text)
    if len(text) > _LETTERS_MAX:
        raise failure("54000", f"a jsonpath of more than {_LETTERS_MAX} letters is not supported")
    return _parsed(text)


@lru_cache(512)
def _kept(text: str) -> "Path":
    return _parsed(text)


def _parsed(text: str) -> "Path":
    from yunbox.wire.pgwire.values.jsonpaths.parser import parsed  # a process that meets no path goes without

    try:
        return parsed(text)
    except RecursionError:
        raise failure("54001", "stack depth limit exceeded") from None


def _checked(text: str) -> str:
    path_of(text)
    return text


def _written(text: str) -> str:
    from yunbox.wire.pgwire.values.jsonpaths.writer import written

    return written(path_of(text))


def _unpacked(data: bytes) -> str:
    if data[:1] != b"\1":
        raise failure("XX000", f"unsupported jsonpath version number: {data[0] if data else 0}")
    return _checked(decoded(data[1:]))


JSONPATH = Plain(_written, _checked, lambda value: b"\1" + _written(value).encode(), _unpacked)
"""A path is in Python the text that it was given as: what PostgreSQL writes of one may be another's, or no path's."""
