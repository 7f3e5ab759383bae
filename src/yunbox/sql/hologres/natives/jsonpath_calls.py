"""What the functions of SQL/JSON paths do with a document.

Source: the PostgreSQL documentation, "The SQL/JSON Path Language". An error of what a path finds there ends a query, or
in silence what it finds; within a filter it makes the condition unknown. Others always reach the client.
"""

from collections.abc import Iterable, Iterator
from decimal import Decimal
from itertools import islice
from typing import Any

from yunbox.sql.hologres.natives.jsonpath_items import ItemError
from yunbox.sql.hologres.natives.jsonpath_moments import Moment
from yunbox.sql.hologres.natives.jsonpath_moments import written as moment_text
from yunbox.sql.hologres.natives.jsonpath_run import Run
from yunbox.sql.hologres.natives.patterns import pattern
from yunbox.wire.pgwire.report import failure
from yunbox.wire.pgwire.values.codec import Style
from yunbox.wire.pgwire.values.jsonpaths import JSONPATH, path_of
from yunbox.wire.pgwire.values.jsonpaths.tree import Node
from yunbox.wire.pgwire.values.jsons import parse, written


def _run(document: str, path: str, given: str | None, statement: int | None, *, throwing: bool) -> Run:
    variables = None if given is None else {} if given == "{}" else parse(given, Decimal)
    if given is not None and not isinstance(variables, dict):
        detail = 'Jsonpath parameters should be encoded as key-value pairs of "vars" object.'
        raise failure("22023", '"vars" argument is not an object', detail)
    return Run(path_of(path), parse(document, Decimal), variables, statement, throwing)


def _found(run: Run, silent: bool) -> list[Any]:
    """What a path finds; in silence what it finds before an error."""
    found: list[Any] = []
    try:
        found.extend(run.found())  # which keeps what came before an error
    except ItemError as error:
        if not silent:
            raise error.told from None
    except RecursionError:
        raise failure("54001", "stack depth limit exceeded") from None
    return found


def exists(document: str, path: str, given: str | None, silent: bool, statement: int | None) -> bool | None:
    """Whether a path finds anything; in silence NULL behind an error. Raises PgError."""
    run = _run(document, path, given, statement, throwing=not silent)
    try:
        return run.finds()
    except ItemError as error:
        if not silent:
            raise error.told from None
        return None
    except RecursionError:
        raise failure("54001", "stack depth limit exceeded") from None


def match(document: str, path: str, given: str | None, silent: bool, statement: int | None) -> bool | None:
    """What a predicate comes to. Raises PgError."""
    found = _found(_run(document, path, given, statement, throwing=not silent), silent)
    if len(found) == 1 and (found[0] is None or isinstance(found[0], bool)):
        return found[0]
    if not silent:
        raise failure("22038", "single boolean result is expected")
    return None


def query(document: str, path: str, given: str, silent: bool, statement: int | None) -> list[str]:
    """All items. Raises PgError."""
    found = _found(_run(document, path, given, statement, throwing=not silent), silent)
    return [_text(one) for one in found]


def query_array(document: str, path: str, given: str, silent: bool, statement: int | None) -> str:
    """All items as an array. Raises PgError."""
    return _text(_found(_run(document, path, given, statement, throwing=not silent), silent))


def query_first(document: str, path: str, given: str, silent: bool, statement: int | None) -> str | None:
    """The first item. Raises PgError."""
    found = _found(_run(document, path, given, statement, throwing=not silent), silent)
    return next(map(_text, islice(found, 1)), None)


def _text(value: Any) -> str:
    if isinstance(value, Moment):
        value = moment_text(value)
    elif isinstance(value, list):
        value = [moment_text(one) if isinstance(one, Moment) else one for one in value]
    return "".join(written(value))


def checked(text: str, _style: str) -> str:
    """A text that is a path. Raises PgError 42601, and 2201B for its regular expressions."""
    for node in _nodes(path_of(text).root):
        if node.kind == "like_regex":
            expression, flags = node.value
            if "q" not in flags:
                pattern(expression, "")
    return text


def shown(text: str) -> str:
    """A path as PostgreSQL writes it."""
    return JSONPATH.write(text, Style())


def _nodes(node: Node | None) -> Iterator[Node]:
    while node is not None:
        yield node
        inner: Iterable[Node | None] = node.args
        if node.kind == "[]":
            inner = (one for pair in node.value for one in pair)
        for one in inner:
            yield from _nodes(one)
        node = node.next


def finds(document: str, path: str, statement: int | None) -> bool | None:
    """What ``@?`` tells: an operator has no variables, and tells of no errors."""
    return exists(document, path, None, True, statement)


def matches(document: str, path: str, statement: int | None) -> bool | None:
    """What ``@@`` tells."""
    return match(document, path, None, True, statement)
