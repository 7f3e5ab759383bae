"""An alarm rule: what is looked at, when it is too much, and who is told. As requests have it, and as it is kept.

Source: the vendor's "PutResourceMetricRule" (Cms 2019-01-01).
"""

import operator
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, NamedTuple

import msgspec

from yunbox.kernel.errors import InvalidArgument, Unsupported
from yunbox.kernel.rules import Choice, Number, Text
from yunbox.services.cloudmonitor import dimensions
from yunbox.services.cloudmonitor.catalogue import VALUE, Metric, Namespace
from yunbox.services.cloudmonitor.composite import ANY, Composite, Expression, composite
from yunbox.services.cloudmonitor.model import CHINA
from yunbox.services.cloudmonitor.service import INVALID, metric_named, period_s
from yunbox.wire.outgoing import BadAddress, check_url

CRITICAL, WARN, INFO = "CRITICAL", "WARN", "INFO"
LEVELS = (CRITICAL, WARN, INFO)
"""The heaviest first."""
KEEP, INSUFFICIENT, FINE = "KEEP_LAST_STATE", "INSUFFICIENT_DATA", "OK"
"""What may be made of there being no point."""
SILENCE_S = 86_400
ALWAYS = "00:00-23:59"
_TIMES = (1, 2, 3, 5, 10, 15, 30, 60, 90, 120, 180)
_DAYS = ["Yesterday", "LastWeek", "LastPeriod"]


class Comparison(NamedTuple):
    """A comparison with the threshold itself, and how alerts show it."""

    sign: str
    holds: Callable[[float, float], bool]


COMPARED = {
    "GreaterThanOrEqualToThreshold": Comparison(">=", operator.ge),
    "GreaterThanThreshold": Comparison(">", operator.gt),
    "LessThanOrEqualToThreshold": Comparison("<=", operator.le),
    "LessThanThreshold": Comparison("<", operator.lt),
    "NotEqualToThreshold": Comparison("!=", operator.ne),
    "EqualToThreshold": Comparison("==", operator.eq),
}
_OPERATORS = (*COMPARED, *(f"{side}Than{before}" for before in _DAYS for side in ("Greater", "Less")))
_CLOCK = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)-([01]?\d|2[0-3]):([0-5]\d)")


@dataclass(frozen=True)
class Level:
    """When an alarm of one level is raised: a value compared with a threshold, so many periods in a row."""

    statistics: str | None = None
    comparison_operator: Annotated[str, Choice(_OPERATORS)] = "GreaterThanOrEqualToThreshold"
    threshold: str | None = None
    times: int = 3

    @property
    def limit(self) -> float:
        """The threshold as a number."""
        return float(self.threshold or "nan")

    @property
    def expression(self) -> str:
        """The comparison as alerts show it."""
        plain = COMPARED.get(self.comparison_operator)
        return f"${self.statistics}{plain.sign if plain else self.comparison_operator}{self.threshold}"


@dataclass(frozen=True)
class Escalations:
    """The levels of a rule."""

    critical: Level | None = None
    warn: Level | None = None
    info: Level | None = None

    @property
    def levels(self) -> dict[str, Level]:
        """Those that there are, the heaviest first."""
        found = zip(LEVELS, (self.critical, self.warn, self.info), strict=True)
        return {name: level for name, level in found if level is not None}


@dataclass(frozen=True)
class Alarm:
    """What raises an alarm of a level: metrics that are too much, so many periods in a row; all at once, or any."""

    level: str
    times: int
    parts: tuple[tuple[str, Level], ...]
    is_any: bool = False

    @property
    def expression(self) -> str:
        """The comparison as alerts show it."""
        if len(self.parts) == 1:
            return self.parts[0][1].expression
        shown = (f"@{metric}.{one.expression}" for metric, one in self.parts)
        return (" || " if self.is_any else " && ").join(shown)


@dataclass(frozen=True)
class Label:
    """A tag of a rule."""

    key: Annotated[str, Text(128, 1)]
    value: Annotated[str, Text(256)] = ""


@dataclass(frozen=True)
class Rule:
    """A rule as it is asked for, and kept."""

    rule_id: Annotated[str, Text(128, 1)]
    rule_name: Annotated[str, Text(128, 1)]
    namespace: str
    metric_name: str
    resources: str
    contact_groups: str = ""
    webhook: str = ""
    effective_interval: str = ALWAYS
    no_effective_interval: str = ""
    silence_time: Annotated[int, Number(300, 7 * SILENCE_S)] = SILENCE_S
    period: str = ""
    interval: str = ""
    email_subject: Annotated[str, Text(512)] = ""
    escalations: Escalations = Escalations()
    no_data_policy: Annotated[str, Choice((KEEP, INSUFFICIENT, FINE))] = KEEP
    composite_expression: str = ""
    prometheus: str = ""
    labels: tuple[Label, ...] = ()
    send_ok: bool = True

    @property
    def period_s(self) -> int:
        """How long the periods are that it looks at."""
        found = self.composite
        return period_s((found.period if found is not None else "") or self.period or "60")

    @property
    def composite(self) -> Composite | None:
        """What is said of several metrics, if that is. Raises InvalidArgument, Unsupported."""
        return composite(self.composite_expression)

    @property
    def alarms(self) -> dict[str, Alarm]:
        """What raises alarms, by their levels: the heaviest first."""
        found = self.composite
        if found is None:
            levels = self.escalations.levels.items()
            return {name: Alarm(name, level.times, ((self.metric_name, level),)) for name, level in levels}
        parts = tuple((one.metric_name, _level(one, found)) for one in found.expression_list)
        return {found.level: Alarm(found.level, found.times, parts, found.expression_list_join == ANY)}

    @property
    def metrics(self) -> dict[str, Metric]:
        """What is compared, by name. Raises NotFound."""
        names = {name: None for alarm in self.alarms.values() for name, _ in alarm.parts}
        return {name: metric_named(self.namespace, name)[1] for name in names}

    @property
    def groups(self) -> tuple[str, ...]:
        """The contact groups."""
        return tuple(name.strip() for name in self.contact_groups.split(",") if name.strip())

    @property
    def metric(self) -> tuple[Namespace, Metric]:
        """What it looks at."""
        return metric_named(self.namespace, self.metric_name)

    def containers(self, account_id: str) -> list[str] | None:
        """What it is about; None for all there are."""
        return dimensions.read(self.resources, "Resources", *self.metric, account_id)

    def tells_at(self, now: float) -> bool:
        """Whether somebody may be told at a time of day."""
        if self.no_effective_interval and _within(self.no_effective_interval, now):
            return False
        return _within(self.effective_interval or ALWAYS, now)

    def check(self, account_id: str) -> None:
        """Raise InvalidArgument, NotFound or Unsupported for what the rule cannot be."""
        if self.prometheus.strip() not in ("", "{}"):
            raise Unsupported("Prometheus is not offered here: a rule has Escalations.", code="UnsupportedOperation")
        self.containers(account_id)
        if not self.resources.strip():
            raise InvalidArgument('Resources names what the rule is about, all by [{"resource":"_ALL"}].', code=INVALID)
        period_s(self.period or "60")
        _ = self.period_s
        for text, name in (
            (self.effective_interval, "EffectiveInterval"), (self.no_effective_interval, "NoEffectiveInterval"),
        ):  # fmt: skip
            if text and not _CLOCK.fullmatch(text):
                raise InvalidArgument(f"{name} is written HH:MM-HH:MM, not {text[:32]}.", code=INVALID)
        self._check_alarms()
        self._check_webhook()

    def _check_alarms(self) -> None:
        levels = self.escalations.levels
        if bool(levels) == (self.composite is not None):
            raise InvalidArgument(
                "Escalations names a level, Critical, Warn or Info, or CompositeExpression says when: one of them.",
                code=INVALID,
            )
        for name, level in levels.items():
            _check_level(f"Escalations.{name.capitalize()}", level)
        if levels:
            return
        namespace, own = self.metric
        for level, alarm in self.alarms.items():
            if level not in LEVELS:
                raise InvalidArgument(f"CompositeExpression.Level is one of {', '.join(LEVELS)}.", code=INVALID)
            for name, part in alarm.parts:
                _check_level(f"CompositeExpression {name}", part)
        if {namespace.dimension_of(one) for one in self.metrics.values()} != {namespace.dimension_of(own)}:
            raise InvalidArgument("CompositeExpression compares metrics of the same resources.", code=INVALID)

    def _check_webhook(self) -> None:
        if not self.webhook:
            return
        try:
            check_url(self.webhook)
        except BadAddress:
            raise InvalidArgument("Webhook is no http or https URL.", code=INVALID) from None

    @property
    def text(self) -> bytes:
        """The rule as it is kept."""
        return msgspec.json.encode(self)

    @staticmethod
    def of(text: str | bytes) -> "Rule":
        """The rule that was kept."""
        return msgspec.json.decode(text, type=Rule)


def _level(one: Expression, of: Composite) -> Level:
    """A condition of several, as one of a rule that has only that."""
    return Level(one.statistics.removeprefix("$"), one.comparison_operator, str(one.threshold), of.times)


def _check_level(name: str, level: Level) -> None:
    if level.statistics != VALUE:
        raise InvalidArgument(f"{name}.Statistics is {VALUE}, the statistic of the metric.", code=INVALID)
    if level.comparison_operator not in _OPERATORS:
        raise InvalidArgument(f"{name}.ComparisonOperator is one of {', '.join(_OPERATORS)}.", code=INVALID)
    try:
        number = float(level.threshold or "")
    except ValueError:
        number = float("nan")
    if number != number or abs(number) == float("inf"):
        raise InvalidArgument(f"{name}.Threshold is a number.", code=INVALID)
    if level.times not in _TIMES:
        raise InvalidArgument(f"{name}.Times is one of {', '.join(map(str, _TIMES))}.", code=INVALID)


def _within(interval: str, now: float) -> bool:
    """Whether a time is within an interval of the day in the vendor's own zone; one may go beyond midnight."""
    found = _CLOCK.fullmatch(interval)
    if found is None:
        return True
    since, until = int(found[1]) * 60 + int(found[2]), int(found[3]) * 60 + int(found[4])
    at = datetime.fromtimestamp(now, CHINA)
    minute = at.hour * 60 + at.minute
    return since <= minute <= until if since <= until else minute >= since or minute <= until
