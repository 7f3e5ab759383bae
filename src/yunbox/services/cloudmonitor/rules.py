"""Alarm rules: made, changed, listed, switched on and off.

Source: the vendor's "PutResourceMetricRule", "PutResourceMetricRules", "DescribeMetricRuleList",
"DescribeMetricRuleCount", "DescribeMetricRuleTargets", "DeleteMetricRules", "EnableMetricRules" and
"DisableMetricRules" (Cms 2019-01-01).
"""

import json
import sqlite3
from dataclasses import dataclass
from typing import Annotated

from yunbox.kernel.errors import Conflict, InvalidArgument, KernelError, NotFound, Unsupported
from yunbox.kernel.rules import Choice
from yunbox.services.cloudmonitor.composite import Composite
from yunbox.services.cloudmonitor.rule import Level, Rule
from yunbox.services.cloudmonitor.service import (
    ABSENT,
    CODES,
    INVALID,
    PAGE,
    PAGE_SIZE,
    Body,
    Work,
    changes,
    paged,
    reads,
)

OK, ALARM, NO_DATA = "OK", "ALARM", "INSUFFICIENT_DATA"
STATES = (ALARM, NO_DATA, OK)
"""How a rule stands: as the worst of what it is about does."""
_RULES_MAX = 1000
_AT_ONCE_MAX = 100


@dataclass(frozen=True)
class NewRules:
    """Rules that are to be."""

    rules: tuple[Rule, ...]


@dataclass(frozen=True)
class Ids:
    """Rules that are to go."""

    id: tuple[str, ...]


@dataclass(frozen=True)
class RuleIds:
    """Rules that are to be switched."""

    rule_id: tuple[str, ...]


@dataclass(frozen=True)
class Which:
    """A rule."""

    rule_id: str


@dataclass(frozen=True)
class Target:
    """Where alerts are to be pushed beside the webhook."""

    id: str
    arn: str
    level: str = ""
    json_params: str = ""


@dataclass(frozen=True)
class NewTargets:
    """Targets that a rule is to have."""

    rule_id: str
    targets: tuple[Target, ...]


@dataclass(frozen=True)
class GoneTargets:
    """Targets that a rule is to lose."""

    rule_id: str
    target_ids: tuple[str, ...]


@dataclass(frozen=True)
class Some:
    """A page of rules."""

    rule_ids: str = ""
    rule_name: str = ""
    namespace: str = ""
    metric_name: str = ""
    dimensions: str = ""
    group_id: str = ""
    alert_state: Annotated[str, Choice(STATES)] | None = None
    enable_state: bool | None = None
    page: Annotated[int, PAGE] = 1
    page_size: Annotated[int, PAGE_SIZE] = 10


@dataclass(frozen=True)
class Counted:
    """Which rules are counted."""

    namespace: str = ""
    metric_name: str = ""


def _put(work: Work, rule: Rule) -> None:
    """Make a rule, or another of the one that has its id; how it stands begins anew."""
    rule.check(work.service.account_id)
    there = work.row("SELECT created FROM metric_rules WHERE id = ?", rule.rule_id)
    if there is None and work.count("SELECT count(*) FROM metric_rules") >= _RULES_MAX:
        raise Conflict(f"There are {_RULES_MAX} rules already.", code="LimitExceeded")
    sql = (
        "INSERT INTO metric_rules VALUES (?, ?, 1, ?, ?) ON CONFLICT (id) DO UPDATE SET"
        " rule = excluded.rule, updated = excluded.updated"
    )
    work.run(sql, rule.rule_id, rule.text, work.now, work.now)
    work.run("DELETE FROM metric_states WHERE rule_id = ?", rule.rule_id)


def _put_all(work: Work, new: NewRules) -> Body:
    """Make several; one that cannot be keeps none of the others from being."""
    if len(new.rules) > _AT_ONCE_MAX:
        raise InvalidArgument(f"Rules has 1 to {_AT_ONCE_MAX} rules.", code=INVALID)
    failed = []
    for rule in new.rules:
        try:
            _put(work, rule)
        except KernelError as error:
            code = error.code or CODES.get(type(error), (400, INVALID))[1]
            failed.append(
                {"RuleId": rule.rule_id, "Result": {"Code": code, "Message": error.message, "Success": False}}
            )
    return {"FailedListResult": {"Target": failed}} if failed else {}


def _delete(work: Work, given: Ids) -> None:
    """Rules that are not there are gone."""
    for rule_id in _some(given.id, "Id"):
        work.run("DELETE FROM metric_rules WHERE id = ?", rule_id)


def _enable(work: Work, given: RuleIds) -> None:
    _switch(work, given, on=True)


def _disable(work: Work, given: RuleIds) -> None:
    _switch(work, given, on=False)


def _switch(work: Work, given: RuleIds, *, on: bool) -> None:
    for rule_id in _some(given.rule_id, "RuleId"):
        find(work, rule_id)
        changed = work.run("UPDATE metric_rules SET enabled = ? WHERE id = ? AND enabled != ?", on, rule_id, on)
        if changed and not on:
            work.run("DELETE FROM metric_states WHERE rule_id = ?", rule_id)


def _some(ids: tuple[str, ...], name: str) -> tuple[str, ...]:
    if not 1 <= len(ids) <= _AT_ONCE_MAX:
        raise InvalidArgument(f"{name} has 1 to {_AT_ONCE_MAX} rules.", code=INVALID)
    return ids


def find(work: Work, rule_id: str) -> sqlite3.Row:
    """A rule. Raises NotFound."""
    row = work.row("SELECT * FROM metric_rules WHERE id = ?", rule_id)
    if row is None:
        raise NotFound(f"The rule {rule_id[:64]} does not exist.", code=ABSENT)
    return row


def _targets(work: Work, which: Which) -> Body:
    find(work, which.rule_id)
    return {"Targets": {"Target": []}}


def _put_targets(work: Work, new: NewTargets) -> Body:
    find(work, new.rule_id)
    raise Unsupported(
        "Alerts are pushed to no other service here: give the rule a Webhook.", code="UnsupportedOperation"
    )


def _delete_targets(work: Work, gone: GoneTargets) -> Body:
    find(work, gone.rule_id)
    raise NotFound(f"The rule has no target {', '.join(gone.target_ids)[:64]}.", code=ABSENT)


def _list(work: Work, some: Some) -> Body:
    ids = [part for part in some.rule_ids.split(",") if part]
    found = [
        (row, rule, state) for row, rule, state in _all(work)
        if (not ids or row["id"] in ids) and some.rule_name in rule.rule_name
        and some.namespace in ("", rule.namespace) and some.metric_name in ("", rule.metric_name)
        and some.alert_state in (None, state) and some.enable_state in (None, bool(row["enabled"]))
        and not some.group_id and _is_about(rule, some.dimensions)
    ]  # fmt: skip
    page = paged(found, some.page, some.page_size)
    return {"Code": 200, "Total": len(found), "Alarms": {"Alarm": [_shown(*one) for one in page]}}


def _count(work: Work, counted: Counted) -> Body:
    states = [
        (state, bool(row["enabled"])) for row, rule, state in _all(work)
        if counted.namespace in ("", rule.namespace) and counted.metric_name in ("", rule.metric_name)
    ]  # fmt: skip
    on = [state for state, enabled in states if enabled]
    return {
        "MetricRuleCount": {
            "Total": len(states), "Disable": len(states) - len(on), "Alarm": on.count(ALARM), "Ok": on.count(OK),
            "Nodata": on.count(NO_DATA),
        }
    }  # fmt: skip


def _all(work: Work) -> list[tuple[sqlite3.Row, Rule, str]]:
    """All rules, the newest first, and how each stands."""
    states: dict[str, set[str]] = {}
    for row in work.rows("SELECT rule_id, state FROM metric_states"):
        states.setdefault(row["rule_id"], set()).add(row["state"])
    rows = work.rows("SELECT * FROM metric_rules ORDER BY created DESC, id")
    return [
        (row, rule_of(row), next((one for one in STATES if one in states.get(row["id"], ())), NO_DATA)) for row in rows
    ]


def rule_of(row: sqlite3.Row) -> Rule:
    """The rule of a row."""
    return Rule.of(row["rule"])


def _is_about(rule: Rule, dimensions: str) -> bool:
    return not dimensions or _plain(dimensions) in (_plain(rule.resources), *map(_plain, _each(rule.resources)))


def _each(text: str) -> list[str]:
    body = json.loads(text)
    return [json.dumps(one) for one in body] if isinstance(body, list) else []


def _plain(text: str) -> str:
    try:
        return json.dumps(json.loads(text), sort_keys=True)
    except (ValueError, RecursionError):
        raise InvalidArgument("Dimensions is JSON.", code=INVALID) from None


def _shown(row: sqlite3.Row, rule: Rule, state: str) -> Body:
    levels = {name.capitalize(): _level(level) for name, level in rule.escalations.levels.items()}
    found = rule.composite
    return ({"CompositeExpression": _several(found)} if found is not None else {}) | {
        "RuleId": rule.rule_id, "RuleName": rule.rule_name, "Namespace": rule.namespace, "MetricName": rule.metric_name,
        "Resources": rule.resources, "Dimensions": rule.resources, "Period": str(rule.period_s),
        "AlertState": state, "EnableState": bool(row["enabled"]), "ContactGroups": rule.contact_groups,
        "Webhook": rule.webhook, "EffectiveInterval": rule.effective_interval or "00:00-23:59",
        "NoEffectiveInterval": rule.no_effective_interval, "SilenceTime": rule.silence_time,
        "MailSubject": rule.email_subject, "NoDataPolicy": rule.no_data_policy, "SendOK": rule.send_ok,
        "Escalations": levels, "SourceType": "METRIC", "GroupId": "", "GroupName": "", "ProductCategory": "",
        "Labels": {"Labels": [{"Key": one.key, "Value": one.value} for one in rule.labels]},
        "GmtCreate": int(row["created"] * 1000), "GmtUpdate": int(row["updated"] * 1000),
    }  # fmt: skip


def _level(level: Level) -> Body:
    return {
        "Statistics": level.statistics, "ComparisonOperator": level.comparison_operator, "Threshold": level.threshold,
        "Times": level.times, "PreCondition": "",
    }  # fmt: skip


def _several(found: Composite) -> Body:
    conditions = [
        {
            "MetricName": one.metric_name, "ComparisonOperator": one.comparison_operator,
            "Threshold": str(one.threshold), "Statistics": one.statistics, "Period": str(one.period or found.period),
        }
        for one in found.expression_list
    ]  # fmt: skip
    return {
        "Level": found.level, "Times": found.times, "ExpressionListJoin": found.expression_list_join,
        "ExpressionRaw": found.expression_raw, "ExpressionList": {"ExpressionList": conditions},
    }  # fmt: skip


ROUTES = (
    changes("PutResourceMetricRule", Rule, _put),
    changes("PutResourceMetricRules", NewRules, _put_all),
    changes("DeleteMetricRules", Ids, _delete),
    changes("EnableMetricRules", RuleIds, _enable),
    changes("DisableMetricRules", RuleIds, _disable),
    changes("PutMetricRuleTargets", NewTargets, _put_targets),
    changes("DeleteMetricRuleTargets", GoneTargets, _delete_targets),
    reads("DescribeMetricRuleList", Some, _list),
    reads("DescribeMetricRuleCount", Counted, _count),
    reads("DescribeMetricRuleTargets", Which, _targets),
)
