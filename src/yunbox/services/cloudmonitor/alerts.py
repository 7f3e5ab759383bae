"""Alerts: told to webhooks and to the audit trail, and listed.

Source: the vendor's "Use the alert callback feature" (a form by POST, three further tries, five seconds each),
"DescribeAlertLogList" and "DescribeAlertingMetricRuleResources" (Cms 2019-01-01).
"""

import asyncio
import json
import sqlite3
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import urlencode

from yunbox.identity.policy import ALLOW
from yunbox.kernel.errors import InvalidArgument, Unsupported
from yunbox.kernel.rules import Number
from yunbox.kernel.texts import whole_number
from yunbox.meter.journal import CONTROL, Event
from yunbox.services.cloudmonitor import dimensions
from yunbox.services.cloudmonitor.rule import LEVELS
from yunbox.services.cloudmonitor.rules import ALARM, NO_DATA, OK, rule_of
from yunbox.services.cloudmonitor.service import (
    INVALID,
    PAGE,
    PAGE_SIZE,
    Body,
    CloudMonitor,
    Work,
    metric_named,
    paged,
    reads,
)
from yunbox.wire import outgoing

_ATTEMPTS_MAX = 4
_AT_ONCE_MAX = 100
_CALLS_MAX = 4
"""Webhooks that are called at the same time: slow ones leave threads for the callbacks of uploads."""
_DAY_MS = 86_400_000
_HEADERS = {"Content-Type": f"{outgoing.FORM}; charset=utf-8", "User-Agent": "yunbox-cloudmonitor"}
_CALLED = {ALARM: "ALERT", OK: "OK", NO_DATA: "INSUFFICIENT_DATA"}
_EVENTS = {ALARM: "AlertTriggered", OK: "AlertResolved", NO_DATA: "AlertInsufficientData"}
WAITING, SENT, FAILED, NOBODY = "waiting", "sent", "failed", "nobody"


class Teller:
    """Tells of alerts that wait: those of a rule one after another, those of several rules at once."""

    def __init__(self, service: CloudMonitor) -> None:
        self._service = service
        self._calls = asyncio.Semaphore(_CALLS_MAX)

    async def tell(self) -> None:
        """Tell of what waits; what cannot be told is tried again the next time."""
        sql = "SELECT * FROM metric_alerts WHERE status = 'waiting' ORDER BY at, rowid LIMIT ?"
        rows = self._service.database.read(sql, _AT_ONCE_MAX)
        by_rule: defaultdict[str, list[sqlite3.Row]] = defaultdict(list)
        for row in rows:
            by_rule[row["rule_id"]].append(row)
        await asyncio.gather(*(self._tell_in_turn(of) for of in by_rule.values()))

    async def _tell_in_turn(self, rows: Sequence[sqlite3.Row]) -> None:
        for row in rows:
            alert = json.loads(row["alert"])
            if row["attempts"] == 0:
                self._service.journal.record(self._event(row, alert))
            status, answer = await self._sent(row, alert) if row["webhook"] else (NOBODY, "")
            if status == FAILED and row["attempts"] + 1 < _ATTEMPTS_MAX:
                status = WAITING
            await self._note(row["id"], status, answer)
            if status == WAITING:
                return

    async def _sent(self, row: sqlite3.Row, alert: dict[str, Any]) -> tuple[str, str]:
        body = urlencode(self._form(row, alert)).encode()
        try:
            async with self._calls:
                reply = await outgoing.post(row["webhook"], body, _HEADERS, self._service.reach)
        except outgoing.OutgoingError as error:
            return FAILED, str(error)[:200]
        return (SENT if 200 <= reply.status < 300 else FAILED), f"HTTP {reply.status}"

    async def _note(self, alert_id: str, status: str, answer: str) -> None:
        sql = "UPDATE metric_alerts SET status = ?, attempts = attempts + 1, answer = ? WHERE id = ?"
        await self._service.database.write(lambda db: db.execute(sql, (status, answer, alert_id)))

    def _form(self, row: sqlite3.Row, alert: dict[str, Any]) -> dict[str, str]:
        """What the webhook gets."""
        account = self._service.account_id
        namespace, metric = metric_named(alert["namespace"], alert["metric"])
        about = dimensions.shown(namespace, metric, account, alert["container"])
        value = alert["value"]
        return {
            "userId": account, "ruleId": row["rule_id"], "alertName": alert["name"],
            "alertState": _CALLED[alert["state"]], "triggerLevel": alert["level"] or alert["state"],
            "preTriggerLevel": alert["level_before"], "curValue": "" if value is None else f"{value:g}",
            "metricName": metric.name, "rawMetricName": metric.name, "metricProject": namespace.name,
            "namespace": namespace.name, "dimensions": dimensions.as_text(about), "expression": alert["expression"],
            "instanceName": alert["container"], "unit": metric.unit, "regionId": self._service.region,
            "lastTime": f"{max(0, int(row['at'] - alert['since']))}s", "timestamp": str(int(row["at"])),
        }  # fmt: skip

    def _event(self, row: sqlite3.Row, alert: dict[str, Any]) -> Event:
        """The entry of the audit trail."""
        about = alert["container"] or "all"
        return Event(
            time=row["at"], request_id=row["id"], service="cms", operation=_EVENTS[alert["state"]],
            principal="cms.aliyuncs.com", account_id=self._service.account_id, resources=[f"rule/{row['rule_id']}"],
            decision="allowed", code="OK", message=f"{alert['name']}: {alert['metric']} of {about} is {alert['value']}",
            plane=CONTROL, actions=[f"cms:{_EVENTS[alert['state']]}"], verdict=ALLOW,
        )  # fmt: skip


# -- operations


@dataclass(frozen=True)
class SomeLogs:
    """A page of alerts; times are milliseconds since the epoch."""

    start_time: str = ""
    end_time: str = ""
    last_min: str = ""
    rule_id: str = ""
    rule_name: str = ""
    namespace: str = ""
    metric_name: str = ""
    level: str = ""
    contact_group: str = ""
    search_key: str = ""
    group_by: str = ""
    page_number: Annotated[int, PAGE] = 1
    page_size: Annotated[int, PAGE_SIZE] = 10


@dataclass(frozen=True)
class Alerting:
    """A page of what raises alarms now."""

    rule_id: str = ""
    namespace: str = ""
    dimensions: str = ""
    group_id: str = ""
    alert_before_time: str = ""
    page: Annotated[int, PAGE] = 1
    page_size: Annotated[int, Number(1, 100)] = 10


def _logs(work: Work, some: SomeLogs) -> Body:
    if some.group_by:
        raise Unsupported("GroupBy is not offered here: leave it out.", code="UnsupportedOperation")
    if some.level and some.level.upper() not in (*LEVELS, "OK"):
        raise InvalidArgument(f"Level is one of {', '.join(LEVELS)} and OK.", code=INVALID)
    until = _ms(some.end_time, work.now * 1000, "EndTime")
    after = _ms(some.start_time, until - _DAY_MS, "StartTime")
    if some.last_min:
        after = until - _ms(some.last_min, 0, "LastMin") * 60_000
    sql = "SELECT * FROM metric_alerts WHERE at >= ? AND at <= ? ORDER BY at DESC, rowid DESC"
    rows = [(row, json.loads(row["alert"])) for row in work.rows(sql, after / 1000, until / 1000)]
    found = [
        (row, alert) for row, alert in rows
        if some.rule_id in ("", row["rule_id"]) and some.rule_name in ("", alert["name"])
        and some.namespace in ("", alert["namespace"]) and some.metric_name in ("", alert["metric"])
        and some.level.upper() in ("", alert["level"] or alert["state"])
        and (not some.contact_group or some.contact_group in alert["groups"])
        and some.search_key in f"{alert['name']} {alert['metric']} {alert['container']}"
    ]  # fmt: skip
    page = paged(found, some.page_number, some.page_size)
    shown = [_log(work, row, alert) for row, alert in page]
    return {"PageNumber": some.page_number, "PageSize": some.page_size, "AlertLogList": shown}


def _log(work: Work, row: sqlite3.Row, alert: dict[str, Any]) -> Body:
    namespace, metric = metric_named(alert["namespace"], alert["metric"])
    about = dimensions.shown(namespace, metric, work.service.account_id, alert["container"])
    level = alert["level"] or alert["state"]
    told = [{"url": row["webhook"], "code": row["status"], "message": row["answer"]}] if row["webhook"] else []
    return {
        "LogId": row["id"], "RuleId": row["rule_id"], "RuleName": alert["name"], "Namespace": namespace.name,
        "MetricName": metric.name, "Product": namespace.description, "AlertTime": str(int(row["at"] * 1000)),
        "Level": level, "LevelChange": f"{alert['level_before'] or OK}->{level}", "EventName": "",
        "InstanceId": alert["container"], "InstanceName": alert["container"], "GroupId": "", "GroupName": "",
        "Dimensions": [{"Key": key, "Value": value} for key, value in about.items()],
        "Escalation": {"Expression": alert["expression"], "Level": level, "Times": alert["times"]},
        "ContactGroups": alert["groups"], "WebhookList": told, "SendStatus": _SEND[row["status"]],
        "Message": json.dumps({"curValue": alert["value"]}),
        "ExtendedInfo": [], "ContactMailList": [], "ContactSMSList": [], "ContactDingList": [],
        "ContactOnCallList": [], "ContactALIIWWList": [], "DingdingWebhookList": [], "SendResultList": [],
    }  # fmt: skip


_SEND = {WAITING: "3", SENT: "0", FAILED: "1", NOBODY: "2"}
"""The vendor's numbers: told, not told, nobody to tell; one more for what is still being told."""


def _alerting(work: Work, some: Alerting) -> Body:
    before = _ms(some.alert_before_time, work.now * 1000 + 1, "AlertBeforeTime") / 1000
    sql = (
        "SELECT s.*, r.rule, r.enabled FROM metric_states s JOIN metric_rules r ON r.id = s.rule_id"
        " WHERE s.state = ? AND s.since <= ? ORDER BY s.since DESC, s.rule_id, s.container"
    )
    found = [
        row for row in work.rows(sql, ALARM, before)
        if some.rule_id in ("", row["rule_id"]) and some.namespace in ("", rule_of(row).namespace)
        and not some.group_id and (not some.dimensions or row["container"] in _named(work, row, some.dimensions))
    ]  # fmt: skip
    page = paged(found, some.page, some.page_size)
    return {"Code": 200, "Total": len(found), "Resources": {"Resource": [_resource(work, row) for row in page]}}


def _named(work: Work, row: sqlite3.Row, text: str) -> list[str]:
    namespace, metric = rule_of(row).metric
    found = dimensions.read(text, "Dimensions", namespace, metric, work.service.account_id)
    return [row["container"]] if found is None else found


def _resource(work: Work, row: sqlite3.Row) -> Body:
    rule = rule_of(row)
    namespace, metric = rule.metric
    about = dimensions.shown(namespace, metric, work.service.account_id, row["container"])
    alarm = rule.alarms[row["level"]]
    level = alarm.parts[0][1]
    number = LEVELS.index(row["level"]) + 2
    escalation = {
        "Level": number, "Expression": alarm.expression, "ComparisonOperator": level.comparison_operator,
        "Threshold": level.threshold, "Times": level.times, "PreCondition": "", "Tag": "",
    }  # fmt: skip
    return {
        "RuleId": rule.rule_id, "RuleName": rule.rule_name, "Namespace": rule.namespace, "MetricName": rule.metric_name,
        "Resource": dimensions.as_text(about), "Dimensions": json.dumps(about), "Level": number,
        "Threshold": level.threshold, "Statistics": level.statistics, "MetricValues": json.dumps(row["value"]),
        "Enable": str(bool(row["enabled"])).lower(), "StartTime": str(int(row["since"] * 1000)),
        "LastAlertTime": str(int((row["told"] or 0) * 1000)), "LastModifyTime": str(int(row["since"] * 1000)),
        "RetryTimes": str(level.times), "GroupId": "", "ProductCategory": "", "Escalation": {"Resource": [escalation]},
    }  # fmt: skip


def _ms(text: str, default: float, name: str) -> float:
    if not text:
        return default
    number = whole_number(text)
    if number is None:
        raise InvalidArgument(f"{name} is a number.", code=INVALID)
    return float(number)


ROUTES = (
    reads("DescribeAlertLogList", SomeLogs, _logs),
    reads("DescribeAlertingMetricRuleResources", Alerting, _alerting),
)
