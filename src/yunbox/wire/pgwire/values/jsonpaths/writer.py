"""Paths as PostgreSQL writes them: keys in quotes, operators in parentheses where they need them."""

import re
from decimal import Decimal

from yunbox.wire.pgwire.values.codec import Style
from yunbox.wire.pgwire.values.jsonpaths.tree import ARITHMETIC, COMPARISONS, LEVEL_MAX, Node, Path
from yunbox.wire.pgwire.values.numbers import NUMERIC

_ESCAPED = re.compile(r'["\\\x00-\x1f]')
_SHORT = {"\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t", '"': '\\"', "\\": "\\\\"}
_BINARY = frozenset((*COMPARISONS, *ARITHMETIC, "&&", "||", "starts with"))
_STRENGTH = {"||": 0, "&&": 1, **dict.fromkeys((*COMPARISONS, "starts with"), 2), "+": 3, "-": 3, "*": 4, "/": 4,
             "%": 4, "+1": 5, "-1": 5}  # fmt: skip
_STRONGEST = 6


def written(path: Path) -> str:
    """A path's text."""
    return ("strict " if path.strict else "") + "".join(_parts(path.root, enclosed=True))


def _parts(node: Node | None, *, enclosed: bool = False) -> list[str]:
    """The parts of a node's text and of those behind it; ``enclosed`` in parentheses, if it is an operator."""
    made: list[str] = []
    first = True
    while node is not None:
        made += _own(node, enclosed or not first)
        node, first = node.next, False
    return made


def _own(node: Node, enclosed: bool) -> list[str]:
    kind = node.kind
    if kind in _BINARY:
        left, right = node.args
        return _closed([*_operand(left, node), f" {kind} ", *_operand(right, node)], enclosed)
    if kind in ("+1", "-1"):
        return _closed([kind[0], *_operand(node.args[0], node)], enclosed)
    if kind == "like_regex":
        pattern, flags = node.value
        behind = f' flag "{flags}"' if flags else ""
        return _closed([*_operand(node.args[0], node), f" like_regex {quoted(pattern)}{behind}"], enclosed)
    around = {"?": "?(", "!": "!(", "is unknown": "(", "exists": "exists ("}.get(kind)
    if around is not None:
        return [around, *_parts(node.args[0]), ") is unknown" if kind == "is unknown" else ")"]
    if kind == "scalar":
        return [_scalar(node)]
    if kind == "[]":
        return _subscript(node)
    return [_step(node)]


def _closed(parts: list[str], enclosed: bool) -> list[str]:
    return ["(", *parts, ")"] if enclosed else parts


def _operand(node: Node, of: Node) -> list[str]:
    return _parts(node, enclosed=_STRENGTH.get(node.kind, _STRONGEST) <= _STRENGTH.get(of.kind, _STRONGEST))


def _scalar(node: Node) -> str:
    value = node.value
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, Decimal):
        text = NUMERIC.write(value, Style())
        return f"({text})" if node.next is not None else text
    return "null" if value is None else "true" if value else "false"


def _subscript(node: Node) -> list[str]:
    made: list[str] = []
    for low, high in node.value:
        made += ["," if made else "[", *_parts(low), *([" to ", *_parts(high)] if high is not None else [])]
    return [*made, "]"]


def _step(node: Node) -> str:
    if node.kind == ".key":
        return f".{quoted(node.value)}"
    if node.kind == "$name":
        return f"${quoted(node.value)}"
    if node.kind == ".datetime()" and node.value is not None:
        return f".datetime({quoted(node.value)})"
    return _levels(*node.value) if node.kind == ".**" else node.kind


def _levels(low: int, high: int) -> str:
    if (low, high) == (0, LEVEL_MAX):
        return ".**"
    first, last = ("last" if one == LEVEL_MAX else str(one) for one in (low, high))
    return f".**{{{first}}}" if low == high else f".**{{{first} to {last}}}"


def quoted(text: str) -> str:
    """A text as JSON."""
    return '"' + _ESCAPED.sub(lambda found: _SHORT.get(found[0]) or f"\\u{ord(found[0]):04x}", text) + '"'
