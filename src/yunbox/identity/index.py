"""Statements by what their resources begin with: of a hundred policies only those few are judged that may apply.

The index leaves out only what surely does not match: a pattern ``acs:oss:*:*:bucket/folder/*`` needs ``:bucket/folder``
in the resource's name, followed by a slash or by nothing. What has no such beginning is always among the candidates,
and each candidate is judged in full.
"""

from collections.abc import Iterable, Sequence

from yunbox.identity.policy import Statement

_PARTS = 5
"""Of a name: ``acs``, the product, the region, the account, the resource; within projects there is no account."""


class StatementIndex:
    """Finds the statements that may be about a resource."""

    def __init__(self, statements: Sequence[Statement]) -> None:
        self.statements = tuple(statements)
        self._always: list[Statement] = []
        self._by_start: dict[str, list[Statement]] = {}
        for statement in statements:
            starts = [] if statement.not_resources else [_start(pattern) for pattern in statement.resources]
            if not starts or None in starts:
                self._always.append(statement)
                continue
            for start in dict.fromkeys(starts):
                self._by_start.setdefault(start or "", []).append(statement)
        self._depth = max((start.count("/") for start in self._by_start), default=0)

    def about(self, resources: Iterable[str]) -> list[Statement]:
        """The statements that may be about a resource, by its spellings; one may be there twice."""
        found = list(self._always)
        if self._by_start:
            for start in {start for resource in resources for start in self._starts(resource)}:
                found += self._by_start.get(start, ())
        return found

    def _starts(self, resource: str) -> list[str]:
        """What may stand behind a colon of a name: its whole rest, and that up to each of the first slashes."""
        found: list[str] = []
        colon = resource.find(":")
        while colon >= 0:
            rest = resource[colon + 1 :]
            found.append(rest)
            slash = rest.find("/")
            for _ in range(self._depth + 1):
                if slash < 0:
                    break
                found.append(rest[:slash])
                slash = rest.find("/", slash + 1)
            colon = resource.find(":", colon + 1)
        return found


def _start(pattern: str) -> str | None:
    """What a name must have behind one of its colons to match a pattern; None where that cannot be said."""
    parts = pattern.split(":", _PARTS - 1)
    if len(parts) < _PARTS - 1:
        return None
    rest = parts[-1]
    wild = min((at for at in (rest.find("*"), rest.find("?")) if at >= 0), default=-1)
    if wild < 0:
        return rest
    folder, slash, _ = rest[:wild].rpartition("/")
    return folder if slash else None
