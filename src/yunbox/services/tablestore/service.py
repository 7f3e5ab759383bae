"""What Tablestore's operations run on, and how one is declared.

An instance is a name that requests have in a header: it comes into being with its first table, and rights say who may
make one there. Rows are small state, such as locks, and lie in the one database: a change is on disk before its answer.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from yunbox.kernel.call import Access, Call, Operation
from yunbox.kernel.clock import Clock
from yunbox.kernel.errors import InvalidArgument
from yunbox.storage.database import Database, Transaction


class OfTable(Protocol):
    """What a request asks of a table."""

    @property
    def table(self) -> str:
        """Its name."""


A = TypeVar("A", bound=OfTable)
TABLES_MAX = 64
"""Of an instance, as the vendor has it."""
_INSTANCE = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{1,14}[A-Za-z0-9])")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,254}")


@dataclass(frozen=True)
class Tablestore:
    """The account's instances."""

    database: Database
    account_id: str
    clock: Clock


@dataclass(frozen=True)
class On(Generic[A]):
    """What is asked of a table in an instance."""

    instance: str
    asked: A


Work = Callable[[Transaction, str, A], bytes]
"""Within one transaction: the instance and what is asked, to the message of the answer."""


def reads(name: str, work: Work[Any], *, of_rows: bool = False) -> Operation[Tablestore, On[Any], bytes]:
    """An operation that reads."""

    async def run(service: Tablestore, call: Call[On[Any]]) -> bytes:
        params = call.params
        return service.database.look(
            lambda db: work(Transaction(db, service.clock.time()), params.instance, params.asked)
        )

    return Operation("tablestore", name, On, run, _touching(name), reads=True, is_data=of_rows)


def changes(name: str, work: Work[Any], *, of_rows: bool = False) -> Operation[Tablestore, On[Any], bytes]:
    """An operation that changes something."""

    async def run(service: Tablestore, call: Call[On[Any]]) -> bytes:
        params = call.params
        return await service.database.write(
            lambda db: work(Transaction(db, service.clock.time()), params.instance, params.asked)
        )

    return Operation("tablestore", name, On, run, _touching(name), is_data=of_rows)


def check_instance(name: str) -> str:
    """The name of an instance. Raises InvalidArgument."""
    if not _INSTANCE.fullmatch(name):
        raise InvalidArgument(
            f"Invalid instance name: {name[:64]!r}; it has 3 to 16 letters, digits and hyphens. Terraform takes what "
            "is before the first dot of the endpoint's host: write 127.0.0.1, and not localhost."
        )
    return name


def check_name(name: str, what: str) -> None:
    """The name of a table or of a column. Raises InvalidArgument."""
    if not _NAME.fullmatch(name):
        raise InvalidArgument(f"Invalid {what} name: {name[:64]!r}.")


def _touching(name: str) -> Callable[[Tablestore, On[Any]], tuple[Access, ...]]:
    def touches(service: Tablestore, params: On[Any]) -> tuple[Access, ...]:
        where = f"instance/{params.instance}/table/{params.asked.table or '*'}"
        return (Access(f"ots:{name}", where, service.account_id),)

    return touches
