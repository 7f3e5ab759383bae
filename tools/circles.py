"""Import circles: files of which each imports the next, in the end the first. `./yunbox check` finds them.

An import under ``TYPE_CHECKING`` or inside a function counts as any other: whoever reads one file of a circle has to
read them all.
"""

import ast
from collections.abc import Collection, Iterator
from pathlib import Path

Graph = dict[str, set[str]]

ALLOWED = {
    "yunbox.sql.maxcompute.binder": 11,  # a query is made of expressions, and an expression of queries
}
"""Packages in which a circle of so many files may be: the binder's recursion, and nothing else."""


def import_graph(source: Path) -> Graph:
    """Which module of a source folder imports which of the others."""
    modules = {_name(path.relative_to(source)): path for path in source.rglob("*.py")}
    return {name: set(_imports(path, modules.keys())) - {name} for name, path in modules.items()}


def _name(path: Path) -> str:
    parts = path.with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _imports(path: Path, modules: Collection[str]) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in modules)
        elif isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                below = f"{node.module}.{alias.name}"
                yield from [name for name in (below, node.module) if name in modules][:1]


def circles(graph: Graph) -> list[list[str]]:
    """The sets of modules that reach one another, by Tarjan's algorithm."""
    number: dict[str, int] = {}
    lowest: dict[str, int] = {}
    stack: list[str] = []
    found: list[list[str]] = []

    def visit(name: str) -> None:
        number[name] = lowest[name] = len(number)
        stack.append(name)
        for other in graph[name]:
            if other not in number:
                visit(other)
            if other in stack:
                lowest[name] = min(lowest[name], lowest[other])
        if lowest[name] == number[name]:
            at = stack.index(name)
            found.append(sorted(stack[at:]))
            del stack[at:]

    for name in graph:
        if name not in number:
            visit(name)
    return [group for group in found if len(group) > 1]


def import_circles(source: Path) -> list[str]:
    """Circles that are not allowed, in words."""
    return [f"{len(group)} files: {', '.join(group)}" for group in circles(import_graph(source)) if not _allowed(group)]


def _allowed(group: list[str]) -> bool:
    return any(
        len(group) <= most and all(name.startswith(f"{package}.") for name in group)
        for package, most in ALLOWED.items()
    )
