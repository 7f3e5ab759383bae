"""How a call is rendered: a table from PostgreSQL's functions, by name and argument types, to templates.

In a template ``{0}`` is the first argument, ``{*}`` all of them, ``{style}`` the session's settings as a text,
``{names}`` where its names are looked up, ``{statement}`` the number of the statement. A numeric argument is its text
there, and so is a numeric result. ``@sum(...)`` is an aggregate of DuckDB. What no template says is a function of the
``Call``.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from yunbox.sql.hologres.catalogue.functions import Function
from yunbox.sql.hologres.catalogue.types import NUMERIC
from yunbox.sql.hologres.expr import Expr, build, quoted
from yunbox.sql.hologres.natives.stopping import STATEMENT
from yunbox.sql.hologres.rendering.depth import ONCE, is_deep, repeats
from yunbox.sql.hologres.rendering.numerics import free
from yunbox.sql.hologres.session import Session

CORE = "\x01"
"""Marks an aggregate of DuckDB in SQL, which gets the DISTINCT, ORDER BY, FILTER and OVER of the call."""


@dataclass(frozen=True)
class Call:
    """A call whose arguments have their final types; ``distinct`` is said to an aggregate."""

    function: Function
    args: tuple[Expr, ...]
    returns: int
    session: Session
    distinct: bool = False

    def __getitem__(self, at: int) -> str:
        """An argument's SQL; a numeric's text."""
        value = self.args[at]
        return free(value) if value.type == NUMERIC else value.sql

    def all(self, start: int = 0) -> str:
        """All arguments from one on, with commas."""
        return ", ".join(self[at] for at in range(start, len(self.args)))

    def fill(self, template: str) -> str:
        """A template with its arguments; of a strict function those count too that it does not name."""
        made = _PLACE.sub(lambda found: self._put(found[1]), template.replace("@", CORE))
        unnamed = " AND ".join(f"{one} IS NOT NULL" for one in self._unnamed(_PLACE.findall(template)))
        return f"CASE WHEN {unnamed} THEN {made} END" if unnamed else made

    def _unnamed(self, places: list[str]) -> list[str]:
        """Arguments of a strict function that may be NULL and have no place in its template."""
        if not self.function.strict or "*" in places:
            return []
        return [self[at] for at, one in enumerate(self.args)
                if str(at) not in places and (one.is_null or not one.is_constant)]  # fmt: skip

    def _put(self, name: str) -> str:
        if name.isdigit():
            return self[int(name)]
        if name == "statement":
            return STATEMENT
        return self.all() if name == "*" else quoted(self.session.token if name == "style" else self.session.names)


Rendering = str | Callable[[Call], str | Expr]
RENDERINGS: dict[str, Rendering] = {}
"""By ``Function.key``."""
_QUERY = "SELECT "
_PLACE = re.compile(r"\{(\d+|\*|style|names|statement)\}")
_LAMBDA = re.compile(r"\blambda \w+|\bFOR \w+ IN ")


def templates(text: str) -> None:
    """Add a table of ``name(types) = template``, one a line."""
    for line in text.strip().splitlines():
        key, found, template = line.strip().partition(" = ")
        if found and not key.startswith("#"):
            RENDERINGS[key.strip()] = template.strip()


def rendered(*keys: str) -> Callable[[Callable[[Call], str | Expr]], Callable[[Call], str | Expr]]:
    """Let a function render these."""

    def add(function: Callable[[Call], str | Expr]) -> Callable[[Call], str | Expr]:
        for key in keys:
            RENDERINGS[key] = function
        return function

    return add


def each(pattern: str, template: Rendering, names: Iterable[tuple[str, ...]]) -> None:
    """One rendering for many functions: ``{a}``, ``{b}`` and so on are filled in."""
    for values in names:
        key, made = pattern, template
        for letter, value in zip("abcd", values, strict=False):
            key = key.replace(f"{{{letter}}}", value)
            made = made.replace(f"{{{letter}}}", value) if isinstance(made, str) else made
        RENDERINGS[key] = made


def render(call: Call) -> Expr | None:
    """A call as DuckDB's SQL; None when nothing renders it."""
    how = RENDERINGS.get(call.function.key)
    if how is None:
        return None
    made = (_bound_once(how, call) if is_deep(call) else None) or _rendered(how, call)
    if any(_QUERY in one.sql for one in call.args) and _LAMBDA.search(made.sql):
        return _bound_once(how, call, always=True) or made
    return made


def _rendered(how: Rendering, call: Call) -> Expr:
    made = call.fill(how) if isinstance(how, str) else how(call)
    return made if isinstance(made, Expr) else build(made, call.returns, call.args)


def _bound_once(how: Rendering, call: Call, *, always: bool = False) -> Expr | None:
    """A call whose arguments are those of a lambda, and so are planned once; None where they are anyway.

    ``always`` where an argument has a query in it: DuckDB takes none within a lambda, but takes the lambda's argument.
    """
    bound = {at: one for at, one in enumerate(call.args) if not one.is_constant}
    inner = replace(call, args=tuple(replace(one, sql=f"{ONCE}.a{at}", scaled=None) if at in bound else one
                                     for at, one in enumerate(call.args)))  # fmt: skip
    made = _rendered(how, inner)
    if made.fields or CORE in made.sql or not (always or repeats(made.sql, len(bound))):
        return None
    items = ", ".join(f"'a{at}': {one.sql}" for at, one in bound.items())
    return replace(made, sql=f"list_transform([{{{items}}}], lambda {ONCE}: {made.sql})[1]")
