"""Answers in XML, which the RPC style gives where nobody asks for JSON."""

from typing import Any

from yunbox.wire.xml import Markup, document, element


def answer(root: str, body: dict[str, Any]) -> bytes:
    """A body as XML: objects are elements within elements, and each item of a list an element of its own."""
    return document(element(root, *_children(body)))


def _children(body: dict[str, Any]) -> list[Markup]:
    return [made for name, value in body.items() for made in _elements(name, value)]


def _elements(name: str, value: Any) -> list[Markup]:
    if isinstance(value, list | tuple):
        return [made for item in value for made in _elements(name, item)]
    if isinstance(value, dict):
        return [element(name, *_children(value))]
    if value is None:
        return []
    return [element(name, str(value).lower() if isinstance(value, bool) else value)]
