"""Rules looked at: how each stands after the last period, and whom that is news for.

A rule is looked at once for each period that has ended since it was put, the last one only where the server was away
for several. How it stands and the alert that tells of it are written together, so that a kill between two of them can
neither lose an alert nor raise it twice.
"""

import asyncio
import json
import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from yunbox.kernel import ids
from yunbox.services.cloudmonitor.model import MINUTE_S
from yunbox.services.cloudmonitor.rule import COMPARED, FINE, KEEP, Alarm, Level, Rule
from yunbox.services.cloudmonitor.rules import ALARM, NO_DATA, OK, rule_of
from yunbox.services.cloudmonitor.series import GRACE_S, Wanted, containers, last_period, points
from yunbox.services.cloudmonitor.service import CloudMonitor, Work

_DAY_S = 86_400
_BACK_S = {"Yesterday": _DAY_S, "LastWeek": 7 * _DAY_S}
_STATE = "INSERT OR REPLACE INTO metric_states VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
_TOLD_OF = 31 * _DAY_S
"""How long alerts are kept."""
Values = Mapping[int, float]
"""A metric's values by the start of their period."""
Compared = Mapping[str, Values]
"""Those of all metrics that a rule compares, by their names."""


@dataclass(frozen=True)
class Standing:
    """How a rule stands on one bucket or project; ``told_as`` is what was told of it last, and ``told`` when."""

    state: str
    level: str
    value: float | None
    since: float
    told: float | None
    told_as: str
    period_start: float

    @property
    def name(self) -> str:
        """State and level in one word."""
        return f"{self.state}/{self.level}"


@dataclass(frozen=True)
class Looked:
    """What came of looking at a rule."""

    rule: Rule
    updated: float
    container: str
    before: Standing | None
    after: Standing
    news: bool


class Evaluation:
    """Looks at all rules whenever a minute has ended."""

    def __init__(self, service: CloudMonitor) -> None:
        self._service = service
        self._minute = -1

    async def look(self) -> None:
        """Look at the rules, if there is anything new to look at; counts are added up before."""
        service = self._service
        now = service.clock.time()
        await service.samples.flush()  # after the time is taken: what ended by then is counted
        minute = int(now - GRACE_S) // MINUTE_S
        if minute == self._minute:
            return
        for row in service.database.read("SELECT * FROM metric_rules WHERE enabled"):
            found = await asyncio.to_thread(self._looked, now, row)
            if found:
                await service.database.write(lambda db, found=found: _keep(Work(db, now, service), found))
        self._minute = minute

    def _looked(self, now: float, row: sqlite3.Row) -> list[Looked]:
        """What comes of one rule: nobody waits for the database longer than that takes."""
        service = self._service
        return service.database.look(lambda db: list(_looked(Work(db, now, service), row)))

    async def sweep(self) -> None:
        """Forget old alerts."""
        before = self._service.clock.time() - _TOLD_OF
        await self._service.database.write(lambda db: db.execute("DELETE FROM metric_alerts WHERE at < ?", (before,)))


def _looked(work: Work, row: sqlite3.Row) -> Iterator[Looked]:
    rule = rule_of(row)
    start = last_period(work, rule.period_s)
    if start + rule.period_s <= row["updated"]:
        return
    states = work.rows("SELECT * FROM metric_states WHERE rule_id = ?", rule.rule_id)
    standing = {state["container"]: Standing(*tuple(state)[2:]) for state in states}
    if standing and all(one.period_start >= start for one in standing.values()):
        return
    for container, values in _values(work, rule, start).items():
        before = standing.get(container)
        if before is None or before.period_start < start:
            yield _judged(work, rule, row, container, before, start, values)


def _values(work: Work, rule: Rule, start: int) -> dict[str, dict[str, dict[int, float]]]:
    """The values that a rule compares, of all that it is about."""
    namespace, metric = rule.metric
    named = rule.containers(work.service.account_id)
    names = containers(work, namespace, metric) if named is None else named
    metrics = rule.metrics
    found: dict[str, dict[str, dict[int, float]]] = {name: {one: {} for one in metrics} for name in names}
    most = max(alarm.times for alarm in rule.alarms.values())
    for back in {0, *_backs(rule)}:
        until = start - back
        for name, one in metrics.items():
            wanted = Wanted(namespace, one, rule.period_s, until - most * rule.period_s, until, names)
            for point in points(work, wanted, most * max(1, len(names))):
                found[point.container][name][point.start_s] = point.value
    return found


def _backs(rule: Rule) -> Iterator[int]:
    """How far back lies what the levels compare with, in seconds."""
    for alarm in rule.alarms.values():
        for _, level in alarm.parts:
            yield _back(level, rule.period_s)


def _back(level: Level, period_s: int) -> int:
    _, than, before = level.comparison_operator.partition("Than")
    return _BACK_S.get(before, period_s if than and before == "LastPeriod" else 0)


def _judged(
    work: Work, rule: Rule, row: sqlite3.Row, container: str, before: Standing | None, start: int, values: Compared
) -> Looked:
    state, level = _state(rule, before, start, values)
    shown = next(iter(values.values())).get(start)
    is_same = before is not None and (before.state, before.level) == (state, level)
    since = before.since if before is not None and is_same else work.now
    told, told_as = (before.told, before.told_as) if before is not None else (None, "")
    after = Standing(state, level, shown, since, told, told_as, start)
    news = _is_news(rule, after, work.now)
    if news:
        after = Standing(state, level, shown, since, work.now, after.name, start)
    elif state == OK:  # that it recovered is not to be told, and what comes next is news again
        after = Standing(state, level, shown, since, told, "", start)
    return Looked(rule, row["updated"], container, before, after, news)


def _state(rule: Rule, before: Standing | None, start: int, values: Compared) -> tuple[str, str]:
    """How it stands, and at which level."""
    if not any(start in one for one in values.values()):
        if rule.no_data_policy == KEEP and before is not None:
            return before.state, before.level
        return (OK, "") if rule.no_data_policy == FINE else (NO_DATA, "")
    for name, alarm in rule.alarms.items():
        if all(_holds(alarm, rule.period_s, start - place * rule.period_s, values) for place in range(alarm.times)):
            return ALARM, name
    return OK, ""


def _holds(alarm: Alarm, period_s: int, start: int, values: Compared) -> bool:
    """Whether a period is such as raises an alarm."""
    found = (_exceeds(level, period_s, start, values[metric]) for metric, level in alarm.parts)
    return any(found) if alarm.is_any else all(found)


def _exceeds(level: Level, period_s: int, start: int, values: Values) -> bool:
    """Whether the value of a period is too much; where one to compare with is missing, it is not."""
    value = values.get(start)
    if value is None:
        return False
    plain = COMPARED.get(level.comparison_operator)
    if plain is not None:
        return plain.holds(value, level.limit)
    other = values.get(start - _back(level, period_s))
    if not other:
        return False
    change = (value - other) / abs(other) * 100
    return (change if level.comparison_operator.startswith("Greater") else -change) > level.limit


def _is_news(rule: Rule, now_is: Standing, now: float) -> bool:
    if not rule.tells_at(now):
        return False
    told = now_is.told_as
    if now_is.state == ALARM:
        return told != now_is.name or now_is.told is None or now - now_is.told >= rule.silence_time
    if now_is.state == NO_DATA:
        return rule.no_data_policy not in (KEEP, FINE) and told != now_is.name
    return rule.send_ok and told not in ("", now_is.name)


def _keep(work: Work, found: list[Looked]) -> None:
    """Write how rules stand and what is to be told, unless a rule was changed meanwhile."""
    for one in found:
        rule = one.rule
        sql = "SELECT 1 FROM metric_rules WHERE id = ? AND updated = ? AND enabled"
        if work.row(sql, rule.rule_id, one.updated) is None:
            continue
        after = one.after
        work.run(
            _STATE, rule.rule_id, one.container, after.state, after.level, after.value, after.since, after.told,
            after.told_as, after.period_start,
        )  # fmt: skip
        if one.news:
            alert = json.dumps(_alert(one))
            sql = "INSERT INTO metric_alerts VALUES (?, ?, ?, ?, ?, 'waiting', 0, '')"
            work.run(sql, ids.request_id(), work.now, rule.rule_id, alert, rule.webhook)
    for rule_id, start in {(one.rule.rule_id, one.after.period_start) for one in found}:
        # what was not looked at with the others is no more
        work.run("DELETE FROM metric_states WHERE rule_id = ? AND period_start < ?", rule_id, start)


def _alert(one: Looked) -> dict[str, object]:
    rule, after = one.rule, one.after
    heavy = one.before.level if one.before is not None else ""
    alarm = rule.alarms.get(after.level or heavy) or next(iter(rule.alarms.values()))
    return {
        "name": rule.rule_name, "namespace": rule.namespace, "metric": rule.metric_name, "container": one.container,
        "state": after.state, "level": after.level, "level_before": heavy, "value": after.value,
        "expression": alarm.expression, "times": alarm.times, "groups": list(rule.groups), "since": after.since,
        "period_start": after.period_start,
    }  # fmt: skip
