"""Aggregate functions: what DuckDB works out of each batch, how that is added to what was known, and what comes of it.

An accumulator is a list of physical values, so that it can be kept; ``parts`` are the SQL of its values over a batch,
and ``merge`` adds one list to another. Rows that go count negative, by the factor ``sg``. What cannot be told from sums
alone, such as the least value once rows may go, is told by a bag of all values (``needs_bag``).
"""

import math
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal
from functools import cached_property
from typing import Any

from yunbox.engine.stream.batch import encoded
from yunbox.engine.stream.state import decimal
from yunbox.engine.stream.texts import nested
from yunbox.kernel.errors import InvalidArgument, Unsupported
from yunbox.sql.flink.functions.jsonpaths import json_key, json_members
from yunbox.sql.flink.plans import AggregateCall
from yunbox.sql.flink.types import FlinkType

Parts = list[Any]
_WIDE = Context(prec=80, rounding=ROUND_HALF_UP)
_INTEGERS = {"TINYINT": 8, "SMALLINT": 16, "INT": 32, "BIGINT": 64}
_ORDERED = ("FIRST_VALUE", "LAST_VALUE", "LISTAGG", "STRING_AGG", "ARRAY_AGG")
_SPREADS = {"VAR_POP": (0, False), "VAR_SAMP": (1, False), "VARIANCE": (1, False), "STDDEV_POP": (0, True),
            "STDDEV_SAMP": (1, True), "STDDEV": (1, True)}  # fmt: skip
_JSON = {f"JSON_{what}AGG_{word}_ON_NULL": what for what in ("OBJECT", "ARRAY") for word in ("NULL", "ABSENT")}
_CAST = re.compile(r"CAST\(|'| AS (?:DECIMAL\(\d+,\d+\)|DOUBLE|FLOAT|INTEGER|BIGINT)\)")
_CONSTANTS = re.compile(r"[\d.,eE+\-\s\[\]]+")
OF_EXTREMES = ("MIN", "MAX")
OF_BAGS = (*OF_EXTREMES, "COLLECT", "PERCENTILE")
"""What is told of all values that are there, once they are kept one by one."""
_OF_OVER = ("LAG", "ROW_NUMBER")
KNOWN = frozenset((*_ORDERED, *_SPREADS, *_JSON, "COUNT", "SUM", "SUM0", "$SUM0", "AVG", *OF_BAGS))


def counted(condition: str = "", *, retracts: bool) -> str:
    """The SQL of how many rows of a group there are for which something holds; rows that go count negative."""
    if not retracts:
        return f"COUNT(*) FILTER (WHERE {condition})" if condition else "COUNT(*)"
    return f"COALESCE(CAST(SUM(CASE WHEN {condition or 'TRUE'} THEN sg END) AS BIGINT), 0)"


@dataclass(frozen=True)
class Function:
    """One call, made ready. ``width`` is how many values its accumulator has."""

    call: AggregateCall
    retracts: bool

    def __post_init__(self) -> None:
        """Raises Unsupported for a function that is not among those here."""
        if self.is_user:
            return
        if self.call.function not in KNOWN and self.call.function not in _OF_OVER:
            raise Unsupported(f"The aggregate function {self.call.function} needs the Flink backend")
        if self.name == "PERCENTILE":
            _ = self.percentages  # what it cannot be asked for is refused before the first row

    @property
    def name(self) -> str:
        """In capitals."""
        return "SUM0" if self.call.function == "$SUM0" else self.call.function

    @property
    def is_user(self) -> bool:
        """Whether it is a function of a user's, which has nothing of what is here but its call."""
        return self.call.user is not None

    @property
    def is_summed(self) -> bool:
        """Whether DuckDB works its accumulator out of a batch."""
        return not (self.is_user or self.needs_bag or self.needs_list)

    @property
    def needs_bag(self) -> bool:
        """Whether all values must be known, with how often each is there."""
        if self.is_user or self.needs_list:
            return False
        return (
            self.call.distinct
            or self.name in ("COLLECT", "PERCENTILE")
            or (self.retracts and self.name in ("MIN", "MAX"))
        )

    @property
    def needs_list(self) -> bool:
        """Whether the values must be known in the order in which they came."""
        return self.name in ("ARRAY_AGG", "LISTAGG", "STRING_AGG", *_JSON) or (self.retracts and self.name in _ORDERED)

    @property
    def argument(self) -> str:
        """The SQL of the first argument, NULL where the filter does not hold."""
        sql = self.call.arguments[0].sql
        return f"(CASE WHEN {self.call.filter} THEN {sql} END)" if self.call.filter else sql

    @property
    def type(self) -> FlinkType:
        """That of the first argument."""
        return self.call.arguments[0].type

    @property
    def zero(self) -> Parts:
        """The accumulator of no rows."""
        match self.name:
            case "COUNT":
                return [0]
            case "SUM" | "SUM0" | "AVG":
                return [None, 0]
            case name if name in _SPREADS:
                return [0.0, 0.0, 0]
            case "MIN" | "MAX" | "FIRST_VALUE" | "LAST_VALUE" if not self.needs_list:
                return [None]
        return [[]] if self.needs_list else [None]

    # -- of a batch

    def parts(self) -> list[str]:
        """The SQL of its accumulator over the rows of a group."""
        if not self.is_summed:
            return []
        match self.name:
            case "COUNT":
                return [self._count()]
            case "SUM" | "SUM0" | "AVG":
                return [self._sum(), self.present]
            case name if name in _SPREADS:
                value = f"CAST({self.argument} AS DOUBLE)"
                return [
                    f"COALESCE(SUM({value} * sg), 0)",
                    f"COALESCE(SUM({value} * {value} * sg), 0)",
                    counted(f"{value} IS NOT NULL", retracts=self.retracts),
                ]
            case "MIN" | "MAX":
                return [encoded(f"{self.name}({self.argument})", self.type)]
        which = "FIRST" if self.name == "FIRST_VALUE" else "LAST"
        return [encoded(f"{which}({self.argument}) FILTER (WHERE {self.argument} IS NOT NULL)", self.type)]

    def _count(self) -> str:
        conditions = [self.call.filter] if self.call.filter else []
        conditions += [f"{one.sql} IS NOT NULL" for one in self.call.arguments]
        return counted(" AND ".join(conditions), retracts=self.retracts)

    @property
    def present(self) -> str:
        """The SQL of how many rows of a group have an argument."""
        return counted(f"{self.argument} IS NOT NULL", retracts=self.retracts)

    def _sum(self) -> str:
        root = self.type.root
        if root in _INTEGERS:
            return f"CAST(SUM(CAST({self.argument} AS BIGINT) * sg) AS VARCHAR)"  # it may be wider than 64 bits
        if root == "DECIMAL":
            return f"CAST(SUM(CAST({self.argument} AS DECIMAL(38,{self.type.params[1]})) * sg) AS VARCHAR)"
        return f"SUM(CAST({self.argument} AS DOUBLE) * sg)"

    # -- adding up

    def merge(self, into: Parts, more: Sequence[Any]) -> None:
        """Add an accumulator to another, whose rows came before."""
        match self.name:
            case "COUNT":
                into[0] += more[0]
            case "SUM" | "SUM0" | "AVG":
                into[0] = self._added(into[0], more[0])
                into[1] += more[1]
            case name if name in _SPREADS:
                for at in range(3):
                    into[at] += more[at]
            case "MIN" | "MAX":
                into[0] = self.extreme(into[0], more[0])
            case "FIRST_VALUE" if not self.needs_list:
                into[0] = more[0] if into[0] is None else into[0]
            case "LAST_VALUE" if not self.needs_list:
                into[0] = into[0] if more[0] is None else more[0]
            case _:
                into[0] = [*into[0], *more[0]]

    def add(self, into: Parts, value: Any, sign: int) -> None:
        """Add one value, or take it away."""
        match self.name:
            case "COUNT":
                into[0] += sign
            case "SUM" | "SUM0" | "AVG":
                self.merge(into, (self._times(value, sign), sign))
            case name if name in _SPREADS:
                self.merge(into, (float(value) * sign, float(value) ** 2 * sign, sign))
            case _ if self.needs_list:
                self.extend(into, value, sign)
            case "MIN" | "MAX" | "FIRST_VALUE" | "LAST_VALUE" if sign > 0:
                self.merge(into, (value,))
            case _:
                raise InvalidArgument(f"{self.name} takes no single values")

    def extend(self, into: Parts, value: Any, sign: int) -> None:
        """Add one value to a list of them in their order, or take its first away; where each counts once its last, as
        its place is where it came."""
        values = into[0]
        if sign > 0:
            values.append(value)
        elif value in values and self.call.distinct:
            del values[len(values) - 1 - values[::-1].index(value)]
        elif value in values:
            values.remove(value)

    def _times(self, value: Any, sign: int) -> Any:
        if self.type.root in _INTEGERS:
            return int(value) * sign
        return decimal(value) * sign if self.type.root == "DECIMAL" else value * sign

    def _added(self, old: Any, new: Any) -> Any:
        if new is None or old is None:
            return old if new is None else self._number(new)
        if self.type.root == "DECIMAL":
            return _WIDE.add(decimal(old), decimal(new))
        return self._number(self._number(old) + self._number(new))

    def _number(self, value: Any) -> Any:
        """What is kept of a sum: whole numbers wrap around as the service's do."""
        if self.type.root in _INTEGERS:
            return _wrapped(int(value), 64)
        return decimal(value) if self.type.root == "DECIMAL" else value

    def extreme(self, old: Any, new: Any) -> Any:
        """The lesser or greater of two values; None is none."""
        if old is None or new is None:
            return new if old is None else old
        first, second = self.comparable(old), self.comparable(new)
        return new if (second < first if self.name == "MIN" else second > first) else old

    def comparable(self, value: Any) -> Any:
        """A physical value as one that can be compared."""
        return decimal(value) if self.type.root == "DECIMAL" else value

    # -- results

    def value(self, parts: Parts) -> Any:
        """The result, in physical form."""
        match self.name:
            case "COUNT":
                return parts[0]
            case "SUM" | "SUM0" | "AVG":
                return self._total(parts[0], parts[1])
            case name if name in _SPREADS:
                spread = self._spread(*parts)
                return None if spread is None else self._written(spread)
        return self._of_list(parts[0]) if self.needs_list else parts[0]

    def _total(self, total: Any, count: int) -> Any:
        root = self.call.type.root
        if count == 0:
            return self._written(0) if self.name == "SUM0" else None
        total = self._number(total)
        if self.name != "AVG":
            return _wrapped(int(total), _INTEGERS[root]) if root in _INTEGERS else self._written(total)
        if root in _INTEGERS:
            return int(abs(total) // count) * (1 if total >= 0 else -1)
        if root == "DECIMAL":
            return self._written(_WIDE.divide(decimal(total), Decimal(count)))
        return float(total) / count

    def _written(self, total: Any) -> Any:
        if self.call.type.root != "DECIMAL":
            return total
        precision, scale = self.call.type.params
        rounded = _WIDE.quantize(decimal(total), Decimal(1).scaleb(-scale))
        return None if len(rounded.as_tuple().digits) > precision else f"{rounded:f}"

    def _spread(self, total: float, squares: float, count: int) -> float | None:
        less, root = _SPREADS[self.name]
        if count - less <= 0:
            return None
        spread = max((squares - total * total / count) / (count - less), 0.0)
        return math.sqrt(spread) if root else spread

    def _of_list(self, values: list[Any]) -> Any:
        if self.name in _JSON:
            return _json_object(values) if _JSON[self.name] == "OBJECT" else f"[{','.join(values)}]"
        if not values:
            return None
        if self.call.distinct:
            values = list(dict.fromkeys(values))
        match self.name:
            case "FIRST_VALUE":
                return values[0]
            case "LAST_VALUE":
                return values[-1]
            case "ARRAY_AGG":
                return "[" + ",".join(_json(value, self.type) for value in values) + "]"
        separator = self.call.arguments[1].sql[1:-1].replace("''", "'") if len(self.call.arguments) > 1 else ","
        return separator.join(values)

    def of_bag(self, bag: dict[Any, int]) -> Any:
        """The result of one of OF_BAGS over all values that are there."""
        values = [value for value, count in bag.items() if count > 0]
        if not values:
            return "[]" if self.name == "COLLECT" else None
        if self.name == "PERCENTILE":
            numbers = sorted(float(value) for value in values for _ in range(1 if self.call.distinct else bag[value]))
            found = [_percentile(numbers, one) for one in self.percentages]
            return found[0] if self.call.type.root != "ARRAY" else _encoded(found)
        if self.name == "COLLECT":
            return "[" + ",".join(_json(value, self.type) for value, n in bag.items() for _ in range(n)) + "]"
        pick: Callable[..., Any] = min if self.name == "MIN" else max
        return pick(values, key=self.comparable)

    @cached_property
    def percentages(self) -> list[float]:
        """What PERCENTILE is asked for. Raises Unsupported for what is no constant, InvalidArgument beyond 0 and 1."""
        constant = _CAST.sub("", self.call.arguments[1].sql)
        if not _CONSTANTS.fullmatch(constant) or len(self.call.arguments) > 2:
            raise Unsupported("PERCENTILE by a column, or with frequencies, needs the Flink backend")
        found = [float(one) for one in constant.strip("[]").split(",")]
        for one in found:
            if not 0 <= one <= 1:
                raise InvalidArgument(f"Percentage of PERCENTILE should be between [0.0, 1.0], but was '{one}'.")
        return found


def _percentile(numbers: list[float], share: float) -> float:
    """Between the two nearest, as far from each as the share says. Places count from one: so doubles round as there."""
    place = (len(numbers) - 1) * share + 1
    low, high = math.floor(place), math.ceil(place)
    if low == high:
        return numbers[low - 1]
    return (high - place) * numbers[low - 1] + (place - low) * numbers[high - 1]


def _encoded(values: list[float]) -> str:
    return "[" + ",".join(map(repr, values)) + "]"


def _json_object(members: list[str]) -> str:
    """An object of members such as ``"a":1``, by their keys. Raises InvalidArgument for a key that is there twice."""
    for key, count in Counter(map(json_key, members)).items():
        if count > 1:
            raise InvalidArgument(
                f"Key '{key}' is already present. Duplicate keys are not allowed in JSON_OBJECTAGG. Please ensure "
                "that keys are unique."
            )
    return json_members(members)


def _json(value: Any, of: FlinkType) -> str:
    """A physical value within a list that is JSON text."""
    import msgspec

    if value is None or of.root in ("ARRAY", "MAP", "ROW", "MULTISET", "DECIMAL"):
        return "null" if value is None else str(value)
    return msgspec.json.encode(nested(value, of)).decode()


def _wrapped(value: int, bits: int) -> int:
    half = 1 << (bits - 1)
    return value if -half <= value < half else (value + half) % (1 << bits) - half
