"""What a binder has beside a tree: the catalogue, the session's settings, and the text that errors point into."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from yunbox.sql.flink.catalog import Catalog, Function
from yunbox.sql.flink.errors import NotSensible, UnsupportedSql, ValidationFailed
from yunbox.sql.flink.functions.registry import Settings
from yunbox.sql.flink.parser.tree import Call, Hint, Node, Query
from yunbox.sql.flink.plans import UserFunction
from yunbox.sql.flink.types import FlinkType

MODE, TTL, ZONE = "execution.runtime-mode", "table.exec.state.ttl", "table.local-time-zone"
_DURATION = re.compile(r"\s*(\d+)\s*([a-zA-Zµ]*)\s*")
_UNIT_MS = {
    "": 1, "ms": 1, "milli": 1, "millis": 1, "millisecond": 1, "milliseconds": 1, "s": 1000, "sec": 1000, "secs": 1000,
    "second": 1000, "seconds": 1000, "m": 60_000, "min": 60_000, "minute": 60_000, "minutes": 60_000,
    "h": 3_600_000, "hour": 3_600_000, "hours": 3_600_000, "d": 86_400_000, "day": 86_400_000, "days": 86_400_000,
}  # fmt: skip


def duration_ms(text: str) -> int:
    """A duration as Flink's options have it, such as ``1 h``."""
    found = _DURATION.fullmatch(text)
    if found is None or found[2].lower() not in _UNIT_MS:
        raise ValidationFailed(f"Could not parse value '{text}' as a duration, such as '1 h' or '30 min'.")
    return int(found[1]) * _UNIT_MS[found[2].lower()]


class UserFunctions:
    """What users' functions take and give, which who loads them knows, and those that a statement has called."""

    def __init__(self, find: Callable[[Function], UserFunction | None]) -> None:
        self.find = find
        self.called: dict[str, UserFunction] = {}

    def use(self, function: Function, given: Sequence[FlinkType]) -> UserFunction | None:
        """A function that is called with such types; None when it is none of Python's."""
        found = self.find(function)
        if found is not None and found.params is None:
            found = replace(found, params=tuple(given))
        if found is not None:
            self.called[found.duckdb] = found
        return found


@dataclass(frozen=True)
class Context:
    """Where a query is bound. ``queries`` are those of WITH; ``hints`` are of the SELECT that is being bound."""

    catalog: Catalog
    settings: Mapping[str, str]
    text: str = ""
    queries: Mapping[str, tuple[Query, tuple[str, ...], "Context"]] = field(default_factory=dict)
    hints: tuple[Hint, ...] = ()
    views: tuple[str, ...] = ()
    top: bool = True
    user_functions: "UserFunctions | None" = None

    @property
    def batch(self) -> bool:
        """Whether the query reads to the present end and finishes."""
        return self.settings.get(MODE, "streaming").lower() == "batch"

    @property
    def ttl_ms(self) -> int:
        """How long state lives that no hint is about; 0 for ever."""
        return duration_ms(self.settings.get(TTL, "0"))

    @property
    def functions(self) -> Settings:
        """What of the session functions depend on."""
        zone = self.settings.get(ZONE, "UTC")
        return Settings(zone, self.batch, self.catalog.current_catalog, self.catalog.current_database)

    def user_aggregate(self, node: Node) -> UserFunction | None:
        """The aggregate function of a user's that a call is of, if it is one."""
        if not isinstance(node, Call) or self.user_functions is None:
            return None
        function = self.catalog.function(node.path)
        found = self.user_functions.find(function) if function is not None else None
        return found if found is not None and found.is_aggregate else None

    def error(self, reason: str, node: Node) -> ValidationFailed:
        """The statement makes no sense at a place."""
        return ValidationFailed(reason, self.text, node.at)

    def refuse(self, construct: str, node: Node) -> UnsupportedSql:
        """Flink has it, the engine has not."""
        return UnsupportedSql(construct, self.text, node.at)

    def cannot(self, reason: str) -> NotSensible:
        """Flink does not plan it either."""
        return NotSensible(reason)

    def inner(self) -> "Context":
        """For what stands inside the query."""
        return replace(self, top=False, hints=())
