"""Answers: results as the bytes that MaxCompute's clients read."""

from email.utils import formatdate
from functools import lru_cache

from yunbox.wire.http import Response
from yunbox.wire.xml import Markup, document


def xml(root: Markup, *, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """An XML response."""
    return Response(status, {"Content-Type": "application/xml", **(headers or {})}, document(root))


def text(body: str, *, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """A plain-text response."""
    return Response(status, {"Content-Type": "text/plain; charset=utf-8", **(headers or {})}, body.encode())


def json_text(body: str, *, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """A response of JSON that is text already."""
    return Response(status, {"Content-Type": "application/json", **(headers or {})}, body.encode())


def http_date(epoch_s: float | None) -> str:
    """A time as RFC 822 has it; empty for None."""
    return "" if epoch_s is None else _date(int(epoch_s))


@lru_cache(maxsize=256)
def _date(epoch_s: int) -> str:
    return formatdate(epoch_s, usegmt=True)


def empty(status: int = 200, **headers: str) -> Response:
    """A response without a body."""
    return Response(status, dict(headers))
