"""MATCH_RECOGNIZE as a node of a plan: a pattern, what its variables want, and what is measured of each match."""

from dataclasses import dataclass
from typing import Literal

from yunbox.sql.flink.plans import AggregateCall, Bound, Order, Single
from yunbox.sql.flink.types import FlinkType


@dataclass(frozen=True)
class MatchRead:
    """What an expression of MATCH_RECOGNIZE reads: a column of the first or last row, or of one so many behind or
    before it, or an aggregate, of those that are mapped to a variable; "" is any."""

    function: Literal["FIRST", "LAST", "AGGREGATE"]
    variable: str
    type: FlinkType
    column: int = -1
    offset: int = 0
    call: AggregateCall | None = None


@dataclass(frozen=True)
class MatchVariable:
    """A variable of a pattern, of ``least`` to ``most`` rows in a row (None is any number): ``condition`` is an
    expression over its ``reads``, ``c0`` the first of them, and TRUE where it is empty."""

    name: str
    least: int
    most: int | None
    is_reluctant: bool
    condition: str = ""
    reads: tuple[MatchRead, ...] = ()


@dataclass(frozen=True)
class Match(Single):
    """MATCH_RECOGNIZE: rows that follow each other, by key and time, and what is measured of each match.

    The fields are the keys, then the measures, which are expressions over ``measure_reads``. ``skip_to`` is the
    variable of SKIP TO FIRST and LAST; ``within_ms`` is how long a match may take, 0 for ever.
    """

    partition_keys: tuple[int, ...]
    order: tuple[Order, ...]
    variables: tuple[MatchVariable, ...]
    measures: tuple[Bound, ...]
    measure_reads: tuple[MatchRead, ...]
    skip: Literal["NEXT ROW", "PAST LAST ROW", "FIRST", "LAST"] = "NEXT ROW"
    skip_to: str = ""
    within_ms: int = 0

    @property
    def updates(self) -> bool:
        """A match is never taken back."""
        return False

    @property
    def pattern(self) -> str:
        """As it is written."""
        return " ".join(f"{one.name}{_quantifier(one)}" for one in self.variables)


def _quantifier(one: MatchVariable) -> str:
    known = {(1, 1): "", (0, 1): "?", (0, None): "*", (1, None): "+"}
    text = known.get((one.least, one.most))
    if text is None:
        text = (
            f"{{{one.least}}}" if one.least == one.most else f"{{{one.least},{'' if one.most is None else one.most}}}"
        )
    return text + ("?" if one.is_reluctant else "")
