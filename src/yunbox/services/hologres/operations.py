"""What a session does, as the spine sees it: connecting, and statements by their kind.

The vendor's RAM has rights on instances and none on statements: those are granted in SQL (``definitions/grants``). Who
may read the instance may connect to it: ``hologram:GetInstance`` on ``instance/...``, as its pages spell it.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Protocol

from yunbox.kernel.call import Access, Call, Charge, Operation, Shape

_CHARGE = Charge(group="hologres://")
"""Which instance it is, its gateways say (``metering``)."""


class Instance(Protocol):
    """What operations run on: whatever serves an instance of an account."""

    @property
    def account_id(self) -> str:
        """Whose instance it is."""

    @property
    def instance_id(self) -> str:
        """Which of the account's."""


@dataclass(slots=True, eq=False)
class Work:
    """What is to be done, once it is allowed."""

    run: Callable[[Call[Any]], Awaitable[Any]]


async def _run(_instance: Instance, call: Call[Work]) -> Any:
    return await call.params.run(call)


def _touches(instance: Instance, _work: Work) -> tuple[Access, ...]:
    return (Access("hologram:GetInstance", f"instance/{instance.instance_id}", instance.account_id),)


def _operation(name: str, *, is_data: bool = True) -> Operation[Any, Work, Any]:
    return Operation("hologres", name, Work, _run, _touches, Shape.SESSION, charge=_CHARGE, is_data=is_data)


CONNECT = _operation("Connect", is_data=False)
_OTHER = _operation("Execute")
_NAMES = (
    "Select", "Insert", "Update", "Delete", "Copy", "Set", "Reset", "Show", "Discard", "Begin", "Commit", "Rollback",
    "Savepoint", "Release", "Prepare", "Refresh", "Deallocate", "Declare", "Fetch", "Move", "Close", "Explain",
    "Listen",
)  # fmt: skip
_STATEMENTS = {name.upper(): _operation(name) for name in _NAMES}
_DEFINITIONS = {
    name.upper(): _operation(name, is_data=False) for name in ("Create", "Alter", "Drop", "Grant", "Revoke", "Rebuild")
}
_QUERIES = dict.fromkeys(("WITH", "VALUES", "TABLE", "("), _STATEMENTS["SELECT"])
_BY_WORD = {**_STATEMENTS, **_DEFINITIONS, **_QUERIES}


def operation_of(tag: str) -> Operation[Any, Work, Any]:
    """The operation of a statement, by the word that it, or its tag, begins with."""
    return _BY_WORD.get(tag.partition(" ")[0], _OTHER)


OPERATIONS = (CONNECT, _OTHER, *_STATEMENTS.values(), *_DEFINITIONS.values())
