"""Which metrics there are, and how each is made of calls.

Those of OSS are the vendor's, by its page "Monitoring metrics of OSS" (namespace ``acs_oss_dashboard``). What other
services do is told under names of our own, ``yunbox_<service>``: theirs are of processors and nodes that are not here.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from yunbox.services.cloudmonitor.model import (
    DENIED,
    FAILED,
    NOT_FOUND,
    OK,
    OTHER,
    OUTCOMES,
    Sums,
)

VALUE = "Value"
"""The one statistic: each point is a value of its period."""
Measure = Callable[[Sums, float], float]
"""The value of a period of so many seconds from what happened in it."""


@dataclass(frozen=True)
class Metric:
    """A metric; ``operations`` and ``outcomes`` are those of the calls that it is made of, all where none is named.

    One ``whole`` is of the account and has no dimension beside it.
    """

    name: str
    unit: str
    description: str
    measure: Measure
    operations: frozenset[str] = frozenset()
    outcomes: frozenset[str] = frozenset()
    whole: bool = False

    def takes(self, operation: str) -> bool:
        """Whether the metric is made of calls of an operation."""
        return not self.operations or operation in self.operations


@dataclass(frozen=True)
class Namespace:
    """The metrics of a service, and the dimension by which they are told apart, if by any; ``ends`` is the operation by
    which one of that dimension ends."""

    name: str
    description: str
    service: str
    dimension: str
    metrics: Mapping[str, Metric]
    ends: str = ""

    def dimension_of(self, metric: Metric) -> str:
        """What tells a metric's points apart; nothing for one of the account as a whole."""
        return "" if metric.whole else self.dimension


def _calls(sums: Sums, _period_s: float) -> float:
    return sums.calls


def _sent(sums: Sums, _period_s: float) -> float:
    return sums.downloaded_bytes


def _received(sums: Sums, _period_s: float) -> float:
    return sums.uploaded_bytes


def _scanned(sums: Sums, _period_s: float) -> float:
    return sums.scanned_bytes


def _sent_bps(sums: Sums, period_s: float) -> float:
    return sums.downloaded_bytes * 8 / period_s


def _received_bps(sums: Sums, period_s: float) -> float:
    return sums.uploaded_bytes * 8 / period_s


def _mean_ms(sums: Sums, _period_s: float) -> float:
    return round(sums.latency_ms / sums.calls, 3) if sums.calls else 0.0


def _most_ms(sums: Sums, _period_s: float) -> float:
    return sums.latency_ms_max


def _share(outcomes: frozenset[str], of_none: float) -> Measure:
    """How many of a hundred calls ended so; ``of_none`` where there were no calls."""

    def measure(sums: Sums, _period_s: float) -> float:
        count = sum(sums.outcomes.get(outcome, 0) for outcome in outcomes)
        return round(100 * count / sums.calls, 4) if sums.calls else of_none

    return measure


_VALID = frozenset(OUTCOMES) - {FAILED}
"""Requests that were served as they should be: those that failed by their client's fault too."""


def _oss() -> list[Metric]:
    metrics = [
        Metric("TotalRequestCount", "Count", "Requests", _calls),
        Metric("ValidRequestCount", "Count", "Valid requests", _calls, outcomes=_VALID),
        Metric("Availability", "%", "Availability", _share(_VALID, 100)),
        Metric("RequestValidRate", "%", "Share of valid requests", _share(_VALID, 100)),
        Metric("SuccessCount", "Count", "Successful requests", _calls, outcomes=frozenset((OK,))),
        Metric("SuccessRate", "%", "Share of successful requests", _share(frozenset((OK,)), 100)),
        Metric("IntranetSend", "bytes", "Traffic out on the internal network", _sent),
        Metric("IntranetRecv", "bytes", "Traffic in on the internal network", _received),
        Metric("IntranetSendBandwidth", "bps", "Bandwidth out on the internal network", _sent_bps),
        Metric("IntranetRecvBandwidth", "bps", "Bandwidth in on the internal network", _received_bps),
    ]
    for name, outcome, what in (
        ("ServerError", FAILED, "that the server failed"),
        ("AuthorizationError", DENIED, "that were not authorised"),
        ("ResourceNotFoundError", NOT_FOUND, "for what is not there"),
        ("ClientOtherError", OTHER, "with other faults of the client"),
    ):
        only = frozenset((outcome,))
        metrics.append(Metric(f"{name}Count", "Count", f"Requests {what}", _calls, outcomes=only))
        metrics.append(Metric(f"{name}Rate", "%", f"Share of requests {what}", _share(only, 0)))
    for name in _COUNTED:
        of = frozenset((_OPERATIONS.get(name, name),))
        metrics.append(Metric(f"{name}Count", "Count", f"Successful {name}", _calls, of, frozenset((OK,))))
    for name in _TIMED:
        of = frozenset((name,))
        for side in ("E2eLatency", "ServerLatency"):
            metrics.append(Metric(f"{name}{side}", "Milliseconds", f"Mean latency of {name}", _mean_ms, of))
            metrics.append(Metric(f"Max{name}{side}", "Milliseconds", f"Longest latency of {name}", _most_ms, of))
    return metrics + [
        Metric(f"User{one.name}", one.unit, f"{one.description}, of all buckets", one.measure, one.operations,
               one.outcomes, whole=True)
        for one in metrics if one.name in _OF_ACCOUNT
    ]  # fmt: skip


_COUNTED = (
    "GetObject", "HeadObject", "PutObject", "PostObject", "AppendObject", "CopyObject", "UploadPart", "UploadPartCopy",
    "DeleteObject", "DeleteObjects",
)  # fmt: skip
_OPERATIONS = {"DeleteObjects": "DeleteMultipleObjects"}
"""Operations that have another name than their metric."""
_TIMED = (
    "GetObject", "HeadObject", "PutObject", "PostObject", "AppendObject", "CopyObject", "UploadPart", "UploadPartCopy",
)  # fmt: skip
_OF_ACCOUNT = (
    "Availability", "RequestValidRate", "TotalRequestCount", "ValidRequestCount", "IntranetSend", "IntranetRecv",
)  # fmt: skip


def _ours() -> list[Metric]:
    return [
        Metric("CallCount", "Count", "Calls", _calls),
        Metric("ErrorCount", "Count", "Calls that failed", _calls, outcomes=frozenset(OUTCOMES) - {OK}),
        Metric("ErrorRate", "%", "Share of calls that failed", _share(frozenset(OUTCOMES) - {OK}, 0)),
        Metric("Latency", "Milliseconds", "Mean latency", _mean_ms),
        Metric("MaxLatency", "Milliseconds", "Longest latency", _most_ms),
        Metric("UploadedBytes", "bytes", "Bytes that came", _received),
        Metric("DownloadedBytes", "bytes", "Bytes that went", _sent),
        Metric("ScannedBytes", "bytes", "Bytes that statements read", _scanned),
    ]


def _named(metrics: Sequence[Metric]) -> dict[str, Metric]:
    return {metric.name: metric for metric in metrics}


@cache
def namespaces() -> dict[str, Namespace]:
    """All there are, by name."""
    ours = _named(_ours())
    found = [
        Namespace("acs_oss_dashboard", "OSS", "oss", "BucketName", _named(_oss()), "DeleteBucket"),
        Namespace("yunbox_maxcompute", "MaxCompute", "odps", "project", ours),
        Namespace("yunbox_hologres", "Hologres", "hologres", "", ours),
        Namespace("yunbox_datahub", "DataHub", "datahub", "project", ours, "DeleteProject"),
    ]
    return {one.name: one for one in found}
