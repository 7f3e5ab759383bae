"""Metrics and their points.

Source: the vendor's "DescribeMetricList", "DescribeMetricLast", "DescribeMetricTop", "DescribeMetricData",
"DescribeMetricMetaList" and "DescribeProjectMeta" (Cms 2019-01-01); the interval is open on the left, by OSS' page
"Access monitoring data".
"""

import base64
import json
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated

from yunbox.kernel.clock import stamped
from yunbox.kernel.errors import InvalidArgument, Unsupported
from yunbox.kernel.texts import whole_number
from yunbox.services.cloudmonitor import dimensions
from yunbox.services.cloudmonitor.catalogue import VALUE, Metric, Namespace, namespaces
from yunbox.services.cloudmonitor.model import CHINA
from yunbox.services.cloudmonitor.samples import KEPT_DAYS
from yunbox.services.cloudmonitor.series import Point, Wanted, last_period, points
from yunbox.services.cloudmonitor.service import (
    INVALID,
    PAGE,
    PAGE_SIZE,
    Body,
    Work,
    metric_named,
    paged,
    period_s,
    reads,
)

_DAY_S = 86_400
_LENGTH, _LENGTH_MAX = "1000", 1440
_LAST_MAX = 1000
_PERIODS = "60,300,900,3600"


@dataclass(frozen=True)
class Query:
    """Which points of a metric."""

    namespace: str
    metric_name: str
    period: str = "60"
    start_time: str = ""
    end_time: str = ""
    dimensions: str = ""
    next_token: str = ""
    length: str = _LENGTH
    express: str = ""


@dataclass(frozen=True)
class TopQuery:
    """Which points of a metric, in the order of their values."""

    namespace: str
    metric_name: str
    period: str = "60"
    start_time: str = ""
    end_time: str = ""
    dimensions: str = ""
    orderby: str = VALUE
    order_desc: str = "True"
    length: str = "10"
    express: str = ""


@dataclass(frozen=True)
class SomeMetrics:
    """A page of metrics."""

    namespace: str = ""
    metric_name: str = ""
    labels: str = ""
    page_number: Annotated[int, PAGE] = 1
    page_size: Annotated[int, PAGE_SIZE] = 30


@dataclass(frozen=True)
class SomeNamespaces:
    """A page of namespaces."""

    labels: str = ""
    page_number: Annotated[int, PAGE] = 1
    page_size: Annotated[int, PAGE_SIZE] = 30


def _list(work: Work, query: Query) -> Body:
    wanted = _wanted(work, query)
    length = _length(query.length)
    found = points(work, wanted, length + 1, _behind(query.next_token))
    shown = found[:length]
    body = _body(work, wanted, shown)
    return body | {"NextToken": _token(shown[-1])} if len(found) > length else body


def _data(work: Work, query: Query) -> Body:
    wanted = _wanted(work, query)
    return _body(work, wanted, points(work, wanted, _length(query.length)))


def _last(work: Work, query: Query) -> Body:
    """The last point of each bucket or project."""
    wanted = _wanted(work, query)
    behind = _behind(query.next_token)
    length = _length(query.length)
    found = points(work, _latest(work, wanted), length + 1, behind)
    body = _body(work, wanted, found[:length])
    return body | {"NextToken": _token(found[length - 1])} if len(found) > length else body


def _top(work: Work, query: TopQuery) -> Body:
    if query.orderby != VALUE:
        raise InvalidArgument(f"Orderby is {VALUE}, the statistic of this metric.", code=INVALID)
    if query.order_desc.lower() not in ("true", "false"):
        raise InvalidArgument("OrderDesc is True or False.", code=INVALID)
    wanted = _wanted(work, query)
    found = points(work, _latest(work, wanted), _LAST_MAX)
    found.sort(key=lambda point: (point.value, point.container), reverse=query.order_desc.lower() == "true")
    return _body(work, wanted, found[: _length(query.length)], ordered=True)


def _latest(work: Work, wanted: Wanted) -> Wanted:
    """Of what is wanted the last period alone."""
    until = int(wanted.until_s) // wanted.period_s * wanted.period_s
    start = min(until, last_period(work, wanted.period_s))
    return replace(wanted, after_s=max(wanted.after_s, start - 1))


def _metrics(_work: Work, some: SomeMetrics) -> Body:
    _check_labels(some.labels)
    found = [
        (namespace, metric)
        for namespace in namespaces().values() if some.namespace in ("", namespace.name)
        for metric in namespace.metrics.values() if some.metric_name in ("", metric.name)
    ]  # fmt: skip
    page = paged(found, some.page_number, some.page_size)
    return {"TotalCount": str(len(found)), "Resources": {"Resource": [_described(*one) for one in page]}}


def _namespaces(_work: Work, some: SomeNamespaces) -> Body:
    _check_labels(some.labels)
    found = list(namespaces().values())
    page = paged(found, some.page_number, some.page_size)
    shown = [{"Namespace": one.name, "Description": one.description, "Labels": "[]"} for one in page]
    return {
        "Total": str(len(found)), "PageNumber": str(some.page_number), "PageSize": str(some.page_size),
        "Resources": {"Resource": shown},
    }  # fmt: skip


def _described(namespace: Namespace, metric: Metric) -> Body:
    return {
        "Namespace": namespace.name, "MetricName": metric.name, "Description": metric.description, "Unit": metric.unit,
        "Statistics": VALUE, "Dimensions": dimensions.listed(namespace, metric), "Periods": _PERIODS, "Labels": "[]",
    }  # fmt: skip


def _check_labels(text: str) -> None:
    if text.strip() not in ("", "[]"):
        raise Unsupported("Metrics have no labels here: leave Labels out.", code="UnsupportedOperation")


def _wanted(work: Work, query: Query | TopQuery) -> Wanted:
    namespace, metric = metric_named(query.namespace, query.metric_name)
    if query.express.strip() not in ("", "{}"):
        raise Unsupported("Express is not offered here: leave it out.", code="UnsupportedOperation")
    until = _time(query.end_time, "EndTime") if query.end_time else work.now
    after = _time(query.start_time, "StartTime") if query.start_time else until - _DAY_S
    if after >= until or until - after > KEPT_DAYS * _DAY_S:
        raise InvalidArgument(f"StartTime lies before EndTime, and at most {KEPT_DAYS} days before it.", code=INVALID)
    account = work.service.account_id
    named = dimensions.read(query.dimensions, "Dimensions", namespace, metric, account)
    return Wanted(namespace, metric, period_s(query.period), after, until, named)


def _body(work: Work, wanted: Wanted, found: list[Point], *, ordered: bool = False) -> Body:
    account = work.service.account_id
    shown = [
        ({"order": place} if ordered else {})
        | {"timestamp": point.start_s * 1000}
        | dimensions.shown(wanted.namespace, wanted.metric, account, point.container)
        | {VALUE: _number(point.value)}
        for place, point in enumerate(found, 1)
    ]
    return {"Period": str(wanted.period_s), "Datapoints": json.dumps(shown, separators=(",", ":"))}


def _number(value: float) -> float | int:
    return int(value) if value == int(value) else value


def _time(text: str, name: str) -> float:
    """Seconds since the epoch: from milliseconds, UTC's stamp, or a date in the vendor's own zone."""
    number = whole_number(text)
    if number is not None:
        return number / 1000
    try:
        if text.endswith("Z"):
            return stamped(text)
        return datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=CHINA).timestamp()
    except ValueError:
        raise InvalidArgument(
            f"{name} is a number of milliseconds or written YYYY-MM-DDThh:mm:ssZ, not {text[:64]}.", code=INVALID
        ) from None


def _length(text: str) -> int:
    number = whole_number(text, 0)
    if not 1 <= number <= _LENGTH_MAX:
        raise InvalidArgument(f"Length is 1 to {_LENGTH_MAX}.", code=INVALID)
    return number


def _token(point: Point) -> str:
    return base64.urlsafe_b64encode(f"{point.start_s}/{point.container}".encode()).decode()


def _behind(token: str) -> tuple[int, str] | None:
    if not token:
        return None
    try:
        start, _, container = base64.urlsafe_b64decode(token).decode().partition("/")
        return int(start), container
    except ValueError:
        raise InvalidArgument("NextToken is none of ours.", code=INVALID) from None


ROUTES = (
    reads("DescribeMetricList", Query, _list),
    reads("DescribeMetricLast", Query, _last),
    reads("DescribeMetricData", Query, _data),
    reads("DescribeMetricTop", TopQuery, _top),
    reads("DescribeMetricMetaList", SomeMetrics, _metrics),
    reads("DescribeProjectMeta", SomeNamespaces, _namespaces),
)
