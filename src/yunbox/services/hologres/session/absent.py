"""The engine of a server that has none: every statement that needs one is refused."""

from collections.abc import Sequence
from typing import Any

from yunbox.services.hologres.session.ports import Context, Plan, Rows, Sink
from yunbox.wire.pgwire.report import PgError, failure


def _refused(text: str) -> PgError:
    word = text.split(maxsplit=1)[0].upper()[:63]
    return failure("0A000", f"{word} is not supported")


class Absent:
    """Refuses each statement by its first word."""

    async def plan(self, text: str, types: Sequence[int], context: Context) -> Plan:
        """Raises PgError 0A000."""
        raise _refused(text)

    async def start(self, plan: Plan, values: Sequence[Any], context: Context) -> Rows:
        """Raises PgError 0A000."""
        raise _refused(plan.tag)

    async def sink(
        self, table: Sequence[str], columns: Sequence[str], options: dict[str, Any], context: Context
    ) -> Sink:
        """Raises PgError 0A000."""
        raise _refused("COPY")
