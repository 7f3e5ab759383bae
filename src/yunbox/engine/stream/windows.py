"""Windows of time: which of them a row is in, as SQL, and when each is over.

A window's bounds are TIMESTAMPs of the session's time zone where the time is a TIMESTAMP_LTZ; a watermark is in
milliseconds since the epoch, or what a TIMESTAMP would be if it were UTC. ``Clock`` knows the way from one to another.
"""

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from yunbox.engine.stream.duck import Fragment
from yunbox.kernel.errors import InvalidArgument
from yunbox.sql.flink.plans import Node, Single, WindowTable

_EPOCH = datetime(1970, 1, 1)
_US = timedelta(microseconds=1)


class Clock:
    """When a window is over, by the watermark or by the processing time."""

    def __init__(self, *, zone: str, is_local: bool, is_processing: bool) -> None:
        self.is_processing = is_processing
        self._zone = ZoneInfo(zone) if is_local and zone.upper() != "UTC" else None

    def end_ms(self, end_us: int) -> int:
        """The last millisecond of a window whose end is given in physical form."""
        if self._zone is None:
            return end_us // 1000 - 1
        return _instant(self._zone, end_us) - 1

    def local_us(self, instant_us: int) -> int:
        """The time of day of an instant."""
        if self._zone is None:
            return instant_us
        moment = (_EPOCH + timedelta(microseconds=instant_us)).replace(tzinfo=UTC).astimezone(self._zone)
        return (moment.replace(tzinfo=None) - _EPOCH) // _US

    @classmethod
    def of(cls, node: Node, zone: str) -> "Clock":
        """That of the windows in a node's rows."""
        table = _table(node)
        if table is None:
            return cls(zone=zone, is_local=False, is_processing=False)
        column = table.input.fields[table.column]
        is_processing = column.time == "proctime"
        return cls(zone=zone, is_local=column.type.root == "TIMESTAMP_LTZ", is_processing=is_processing)


@lru_cache(4096)
def _instant(zone: ZoneInfo, local_us: int) -> int:
    """The milliseconds since the epoch of a time of day somewhere."""
    moment = (_EPOCH + timedelta(microseconds=local_us)).replace(tzinfo=zone)
    return (moment.astimezone(UTC).replace(tzinfo=None) - _EPOCH) // (_US * 1000)


def _table(node: Node) -> WindowTable | None:
    """The window table-valued function that a node's windows come from."""
    pending = [node]
    while pending:
        one = pending.pop()
        if isinstance(one, WindowTable):
            return one
        pending.extend(one.inputs if isinstance(one, Single) else one.inputs[:1])
    return None


def assigned(node: WindowTable) -> Fragment:
    """The rows of TUMBLE, HOP and CUMULATE: each once for each of its windows."""
    if node.kind == "SESSION":
        raise InvalidArgument("The windows of a SESSION are not known from a row alone")
    width = len(node.input.fields)
    of = node.input.fields[node.column]
    local = f"CAST(c{node.column} AS TIMESTAMP)" if of.type.root == "TIMESTAMP_LTZ" else f"c{node.column}"
    columns = ", ".join([*(f"c{at}" for at in range(width)), "op"])
    bounds = {"TUMBLE": _tumble, "HOP": _hop, "CUMULATE": _cumulate}[node.kind](node)
    end = f"make_timestamp(we * 1000) AS c{width + 1}"
    last = _window_time(node, "make_timestamp((we - 1) * 1000)")

    def fragment(inner: str) -> str:
        times = f"SELECT *, fl_ms({local}) AS ms FROM ({inner}) WHERE c{node.column} IS NOT NULL"
        windows = f"SELECT {columns}, {bounds} FROM ({times})"
        start = f"make_timestamp(ws * 1000) AS c{width}"
        named = ", ".join([*(f"c{at}" for at in range(width)), start, end, f"{last} AS c{width + 2}", "op"])
        return f"SELECT {named} FROM ({windows})"

    return fragment


def _window_time(node: WindowTable, local: str) -> str:
    """window_time has the type of the time that was given."""
    of = node.fields[len(node.input.fields) + 2].type
    return f"CAST({local} AS {of.duckdb})"


def _floor(value: str, size: int, offset: int) -> str:
    """The greatest multiple of a size, moved by an offset, that is not above a value."""
    return f"({value} - ((({value} - {offset}) % {size}) + {size}) % {size})"


def _tumble(node: WindowTable) -> str:
    start = _floor("ms", node.size_ms, node.offset_ms)
    return f"{start} AS ws, {start} + {node.size_ms} AS we"


def _hop(node: WindowTable) -> str:
    last = _floor("ms", node.slide_ms, node.offset_ms)
    starts = f"UNNEST(range({last}, ms - {node.size_ms}, -{node.slide_ms}))"
    return f"{starts} AS ws, ws + {node.size_ms} AS we"


def _cumulate(node: WindowTable) -> str:
    start = _floor("ms", node.size_ms, node.offset_ms)
    first = f"({start} + ((ms - {start}) // {node.slide_ms} + 1) * {node.slide_ms})"
    return f"{start} AS ws, UNNEST(range({first}, {start} + {node.size_ms} + 1, {node.slide_ms})) AS we"
