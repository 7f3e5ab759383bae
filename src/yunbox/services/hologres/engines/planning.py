"""What plans a statement: from its text to the engine's SQL, its columns and its parameters."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from yunbox.engine.holo.messages import Files, Foreign, System
from yunbox.services.hologres.engines.reading import Reading
from yunbox.services.hologres.session.ports import Context, Plan
from yunbox.storage.rows.model import Relation
from yunbox.storage.rows.rights import Need

if TYPE_CHECKING:
    from yunbox.sql.hologres.plans import Change


@dataclass(frozen=True, slots=True)
class Changing:
    """A change of rows as it was planned, and the table whose rows they are."""

    made: "Change"
    target: Relation


@dataclass(slots=True, eq=False)
class Computed:
    """A plan's payload for the engine process: DuckDB's SQL, DuckDB's settings that it depends on, and the tables that
    it reads, by the names that it has for them. ``change`` is set for a statement that changes rows.

    It was made of ``text`` at ``now_us`` under settings and definitions of some version; ``is_lasting`` is whether
    another time would have made the same, None before anybody has looked. ``assigned`` are the
    settings that it sets. ``needs`` is what who runs it must be allowed to, and ``allowed`` under which definitions
    which role was found to be. ``system`` is set for one that asks the
    system catalogue, and ``system_reads`` has the SQL of each read of a system table by its name. ``foreign`` are its
    reads of foreign tables, and ``foreign_names`` what these are called here;
    ``into_parts`` is whether rows may go into a partitioned table.
    ``files`` are those of objects by their paths, and ``found`` the same with the keys that were there when it ran.
    """

    sql: str
    settings: dict[str, str] = field(default_factory=dict)
    reads: Mapping[str, Reading] = field(default_factory=dict)
    change: Changing | None = None
    text: str = ""
    now_us: int = 0
    settings_version: int = 0
    definitions: bytes = b""
    is_lasting: bool | None = None
    assigned: tuple[tuple[str, str, bool], ...] = ()
    needs: Sequence[Need] = ()
    allowed: tuple[bytes, str] | None = None
    system: System | None = None
    system_reads: Mapping[str, str] = field(default_factory=dict)
    foreign: tuple[Foreign, ...] = ()
    foreign_names: Mapping[str, str] = field(default_factory=dict)
    files: tuple[Files, ...] = ()
    found: tuple[Files, ...] = ()
    into_parts: bool = False

    @property
    def texts(self) -> tuple[object, ...]:
        """All SQL of the plan."""
        if self.change is None:
            return (self.sql,)
        made = self.change.made
        return (made.sql, made.conflict, made.returned)

    @property
    def is_kept(self) -> bool:
        """Whether the same text may have the same plan again: it neither sets anything nor asks the catalogue."""
        return not self.assigned and self.system is None


class Planner(Protocol):
    """Plans statements; the payload of what it gives is ``Computed``."""

    def plan(self, text: str, types: Sequence[int], context: Context, *, into_parts: bool = False) -> Plan:
        """What a statement is. Raises PgError."""
        ...

    def repeated(self, plan: Plan, context: Context) -> Plan | None:
        """A plan of before for the same text once more; None where that would be another one now. Raises PgError."""
        ...

    def renew(self, plan: Plan, context: Context) -> None:
        """Have a plan of before be one for now. Raises PgError."""
        ...
