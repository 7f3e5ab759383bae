"""What a path is made of: nodes, each with what it works on and the one that goes on from it."""

from dataclasses import dataclass
from typing import Any

COMPARISONS = ("==", "!=", "<", ">", "<=", ">=")
ARITHMETIC = ("+", "-", "*", "/", "%")
PREDICATES = frozenset((*COMPARISONS, "&&", "||", "!", "is unknown", "exists", "starts with", "like_regex"))
"""Kinds of nodes that are true, false or unknown."""
METHODS = ("type", "size", "abs", "floor", "ceiling", "double", "keyvalue")
LEVEL_MAX = (1 << 32) - 1
"""``last`` as a level of ``.**``."""


@dataclass(slots=True)
class Node:
    """A step. ``kind`` is as the path language writes it: ``$``, ``.key``, ``[*]``, ``.size()``, ``?``, ``&&`` ...

    ``args`` are its operands, and ``value`` what it is of: a constant, a key, a variable's name, levels, flags.
    A subscript is ``[]``, whose ``value`` has a node, or a pair of them, for each of its parts.
    """

    kind: str
    value: Any = None
    args: tuple["Node", ...] = ()
    next: "Node | None" = None


@dataclass(frozen=True, slots=True)
class Path:
    """A path, and whether it is strict of what is not there."""

    root: Node
    strict: bool
