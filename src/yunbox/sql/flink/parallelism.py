"""Parallelism: how many processes a session asks for, and which steps of a plan can be shared out among them by key.

A step is shared out by columns that its key has, and by those only that do not change when a row is replaced: what is
said of a row then comes out of one process, in its order. Where a replaced row had another key than the one in its
place, the two would come out of different processes, and a table that is written by key could be told of the new row
before the old one goes. A real Flink sorts that out in front of the sink; here such a step works in one process.

Source: "Parallel Execution" and "Configuration" (``parallelism.default``, ``table.exec.resource.default-parallelism``)
of Flink 2.x, and what its ExecutionConfig says of a number that is none.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from yunbox.sql.flink.errors import ValidationFailed
from yunbox.sql.flink.matches import Match
from yunbox.sql.flink.plans import (
    Aggregate,
    AssignWatermark,
    BatchOver,
    Filter,
    IntervalJoin,
    Job,
    Join,
    LookupJoin,
    Node,
    Normalize,
    Over,
    Project,
    Rank,
    Source,
    TemporalJoin,
    Union,
    Unnest,
    WindowJoin,
    WindowTable,
    walk,
)

OF_JOB, OF_TABLES = "parallelism.default", "table.exec.resource.default-parallelism"
KEYS = (OF_TABLES, OF_JOB)
"""The first one counts if it says a number."""
PARALLELISM_MAX = 16
"""All processes of a job are on one machine."""
GROUPS = 128
"""Of keys, each of which is one process's: Flink's default of a job's maximum parallelism."""
_DEFAULT, _UNKNOWN = -1, -2
_INT_MAX = 2**31 - 1
_PLACE = re.compile(r"c(\d+)")
_WHOLE = ("TINYINT", "SMALLINT", "INT", "BIGINT")
_BY_LENGTH = ("DECIMAL", "CHAR", "BINARY")
"""Whose values look as their parameters say."""
Columns = tuple[int, ...]


def parallelism(settings: Mapping[str, str]) -> int:
    """How many processes work on what can be shared out. Raises ValidationFailed."""
    asked = [_number(key, settings[key]) for key in KEYS if settings.get(key)]
    return next((one for one in asked if one > 0), 1)


def without_wrong(settings: Mapping[str, str]) -> dict[str, str]:
    """Settings without a parallelism that would be refused: those of a job that was submitted when it had no effect."""
    kept = {}
    for key, value in settings.items():
        try:
            check(key, value)
        except ValidationFailed:
            continue
        kept[key] = value
    return kept


def check(key: str, value: str) -> None:
    """Raises ValidationFailed where a setting is no parallelism."""
    if key in KEYS and value:
        _number(key, value)


def _number(key: str, value: str) -> int:
    text = value.strip()
    if not re.fullmatch(r"[+-]?[0-9]{1,10}", text) or not -_INT_MAX - 1 <= int(text) <= _INT_MAX:
        raise ValidationFailed(f"Could not parse value '{value}' for key '{key}'.")
    number = int(text)
    if number > PARALLELISM_MAX:
        raise ValidationFailed(
            f"'{key}' = '{value}': a job has at most {PARALLELISM_MAX} processes here, all of them on this machine. "
            "`yunbox flink run --backend flink` gives the same file to a Flink cluster."
        )
    if key == OF_JOB and number < 1 and number not in (_DEFAULT, _UNKNOWN):
        raise ValidationFailed(
            "Parallelism must be at least one, or ExecutionConfig.PARALLELISM_DEFAULT (use system default)."
        )
    return number


@dataclass(frozen=True)
class Sharing:
    """How a step is shared out: by which columns of each of its inputs, and which of the ``width`` values of its key
    those are."""

    columns: tuple[Columns, ...]
    places: Columns
    width: int


def sharing(node: Node, *, batch: bool = False) -> Sharing | None:
    """How a step is shared out; None where it works in one process."""
    kept = [(place, pair) for place, pair in _key(node) if _is_equal(node, pair) and (batch or _stay(node, pair))]
    if not kept:
        return None
    columns = tuple(zip(*(pair for _, pair in kept), strict=True))
    return Sharing(columns, tuple(place for place, _ in kept), _width(node))


def shared(job: Job) -> list[Node]:
    """The steps of a job that are shared out."""
    return [node for node in _steps(job) if sharing(node, batch=job.batch) is not None]


def kept_together(job: Job) -> list[Node]:
    """The steps of a job that have a key by which they cannot be shared out."""
    return [node for node in _steps(job) if _key(node) and sharing(node, batch=job.batch) is None]


def _steps(job: Job) -> list[Node]:
    return list({id(node): node for sink in job.sinks for node in walk(sink.input)}.values())


def _key(node: Node) -> list[tuple[int, Columns]]:
    """The columns that are equal for all rows that are worked on together: the place of each in the step's key, and
    in each of its inputs."""
    match node:
        case Aggregate():
            columns, window = node.keys, node.window
        case Rank():
            columns, window = node.partition_keys, node.window
        case Normalize():
            columns, window = node.keys, None
        case Over() | BatchOver() | Match():
            columns, window = node.partition_keys, None
        case WindowTable() if node.kind == "SESSION":
            columns, window = node.partition_keys, None
        case Join() if node.null_aware:
            return []
        case Join() | IntervalJoin() | WindowJoin() | TemporalJoin():
            return list(enumerate(node.keys))
        case _:
            return []
    return [(place, (at,)) for place, at in enumerate(columns) if at not in (window or ())]


def _width(node: Node) -> int:
    """How many values a step's key has."""
    match node:
        case Aggregate() | Normalize() | Join() | IntervalJoin() | WindowJoin() | TemporalJoin():
            return len(node.keys)
        case Rank() | Over() | BatchOver() | Match() | WindowTable():
            return len(node.partition_keys)
    return 0


def _is_equal(node: Node, pair: Columns) -> bool:
    """Whether equal values of both sides of a join look alike."""
    first, *others = (one.fields[at].type for one, at in zip(node.inputs, pair, strict=True))
    return all(
        (one.root == first.root and (one.params == first.params or one.root not in _BY_LENGTH))
        or {one.root, first.root} <= {*_WHOLE}
        for one in others
    )


def _stay(node: Node, pair: Columns) -> bool:
    return all(_stays(one, at) for one, at in zip(node.inputs, pair, strict=True))


def _stays(node: Node, column: int) -> bool:
    """Whether a row that replaces another has the same value in a column."""
    if not node.updates:
        return True
    match node:
        case Project():
            place = _PLACE.fullmatch(node.expressions[column].sql)
            return place is not None and _stays(node.input, int(place[1]))
        case Filter() | AssignWatermark() | WindowTable() | Unnest() | LookupJoin():
            return column < len(node.input.fields) and _stays(node.input, column)
        case Aggregate():
            return column < len(node.keys)
        case Normalize():
            return column in node.keys
        case Rank():
            return column in node.partition_keys
        case Join():
            return _stays_in_join(node, column)
        case TemporalJoin():
            return column < len(node.left.fields) and _stays(node.left, column)
        case Union():
            return all(_stays(one, column) for one in node.parts)
        case Source():
            return node.columns[column].name in node.table.primary_key
    return False


def _stays_in_join(node: Join, column: int) -> bool:
    """A side that may be missing is NULL then."""
    width = len(node.left.fields)
    if column < width:
        return node.kind not in ("RIGHT", "FULL") and _stays(node.left, column)
    return node.kind in ("INNER", "RIGHT") and _stays(node.right, column - width)
