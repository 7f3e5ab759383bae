"""Statements that go on behind the session that asked for them, or that nobody has asked for now: what they see, and
who has them be identified, counted and logged as all others are."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from yunbox.services.hologres.session.ports import Context
from yunbox.wire.pgwire.settings.session import Settings

SETTINGS = ("timezone", "datestyle", "intervalstyle", "search_path", "extra_float_digits")
"""What rows and expressions may depend on: kept as it was in the session that asked for such a statement."""
Do = Callable[[int], Awaitable[int | None]]
"""Does what a statement is to do, under a process id that others may stop it by; how many rows it has changed."""


@dataclass(frozen=True, slots=True)
class Unattended:
    """Such a statement: its number among all, its text and its tag, as which role and in which database it runs."""

    number: int
    text: str
    tag: str
    user: str
    database: str


class Background(Protocol):
    """Has such statements run."""

    async def run(self, statement: Unattended, do: Do) -> None:
        """Run one to its end. Raises what it fails of, and PgError 57014 and 57P01 where somebody has stopped it."""
        ...


def unattended(user: str, given: Mapping[str, str], now_us: int, pid: int) -> Context:
    """In whose name such a statement runs, under which settings, and what time it is to it, in µs since 2000."""
    settings = Settings({}, ())
    for name, value in given.items():
        settings.assign(name, value, False)
    shown = {name: settings.show(name) for name in SETTINGS}
    return Context(
        user, "", pid, "", settings.show("search_path"), settings.style, now_us, now_us, settings={**shown, **given},
        session_user=user,
    )  # fmt: skip
