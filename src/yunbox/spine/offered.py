"""A vendor's operations beside the routes that a service has: which are offered, as values and as a page."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple


class Status(NamedTuple):
    """An operation; ``offered`` is ``yes``, ``partly`` or ``no``."""

    area: str
    operation: str
    offered: str
    note: str

    @property
    def values(self) -> dict[str, str]:
        """The same as plain values."""
        return self._asdict()


def statuses(areas: Mapping[str, str], partly: Mapping[str, str], there: Iterable[str]) -> list[Status]:
    """Of the operations by area, their names separated by spaces; ``partly`` has a note for those offered in part."""
    known = set(there)
    return [_status(area, name, partly, known) for area, names in areas.items() for name in names.split()]


def _status(area: str, name: str, partly: Mapping[str, str], there: set[str]) -> Status:
    if name not in there:
        return Status(area, name, "no", "")
    return Status(area, name, "partly" if name in partly else "yes", partly.get(name, ""))


def page(title: str, service: str, code: str, found: Sequence[Status], beside: Mapping[str, str], *more: str) -> str:
    """The coverage page of a service as Markdown; an operation that is not offered answers with ``code``.

    ``more`` lines come behind the table, ``beside`` is what is no operation, and what happens to it.
    """
    counts = {word: sum(one.offered == word for one in found) for word in ("yes", "partly", "no")}
    lines = [
        f"# Coverage: {title}",
        "",
        f"Made by `yunbox coverage --service {service}`; a test keeps this page and the code the same.",
        f"{counts['yes']} operations are offered, {counts['partly']} in part, {counts['no']} not; one that is not "
        f"answers {code} and names itself.",
        "",
        "| area | operation | offered | note |",
        "|---|---|---|---|",
        *(f"| {' | '.join(one)} |" for one in found),
        "",
        *more,
        "| beside the operations | |",
        "|---|---|",
        *(f"| {what} | {happens} |" for what, happens in beside.items()),
    ]
    return "\n".join(lines) + "\n"
