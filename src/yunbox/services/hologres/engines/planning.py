"""What plans a statement: from its text to the engine's SQL, its columns and its parameters."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from yunbox.services.hologres.session.ports import Context, Plan
from yunbox.storage.rows.model import Relation


@dataclass(slots=True, eq=False)
class Computed:
    """A plan's payload for the engine process: DuckDB's SQL, DuckDB's settings that it depends on, and the tables that
    it reads.

    It was made of ``text`` at ``now_us`` under settings and definitions of some version; ``is_lasting`` is whether
    another time would have made the same, None before anybody has looked.
    """

    sql: str
    settings: dict[str, str] = field(default_factory=dict)
    reads: tuple[Relation, ...] = ()
    text: str = ""
    now_us: int = 0
    settings_version: int = 0
    definitions: bytes = b""
    is_lasting: bool | None = None


class Planner(Protocol):
    """Plans statements; the payload of what it gives is ``Computed``."""

    def plan(self, text: str, types: Sequence[int], context: Context) -> Plan:
        """What a statement is. Raises PgError."""
        ...

    def renew(self, plan: Plan, context: Context) -> None:
        """Have a plan of before be one for now. Raises PgError."""
        ...
