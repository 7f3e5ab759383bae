"""What of sqlglot's grammar a dialect reads: the walk that finds what it does not.

sqlglot reads many dialects at once, so a clause of another database parses, and whoever does not look for it answers
without it. A dialect therefore has a table of the nodes and, of each, the arguments that it reads (decision 15).
"""

from collections.abc import Mapping

from sqlglot import exp

Read = Mapping[type[exp.Expr], frozenset[str]]
_EMPTY = (None, False, "")


def table(by_name: Mapping[str, str]) -> dict[type[exp.Expr], frozenset[str]]:
    """A table from the names of classes and, for each, its arguments separated by spaces."""
    return {getattr(exp, name): frozenset(args.split()) for name, args in by_name.items()}


def unread(tree: exp.Expr, read: Read) -> tuple[exp.Expr, str] | None:
    """The first node that is not in the table, with "", or whose argument is not; None when all is read.

    The inside of a hint is text, whatever sqlglot makes of it.
    """
    stack = [tree]
    while stack:
        node = stack.pop()
        known = read.get(type(node))
        if known is None:
            return node, ""
        for key, value in node.args.items():
            if value in _EMPTY or value == []:
                continue
            if key not in known:
                return node, key
            if isinstance(value, exp.Expr):
                stack.append(value)
            elif isinstance(value, list) and type(node) is not exp.Hint:
                stack += [child for child in value if isinstance(child, exp.Expr)]
    return None
