"""The monitoring service: asks every part of the server for its metrics, for those who may see them."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from yunbox.kernel.call import Access, Call, Operation
from yunbox.spine.house import Source
from yunbox.spine.path import Spine

if TYPE_CHECKING:
    from prometheus_client.core import Metric


@dataclass(frozen=True)
class Monitor:
    """What the monitoring service is built on."""

    spine: Spine
    account_id: str
    sources: Sequence[Source]


async def _get_metrics(service: Monitor, call: Call[None]) -> bytes:
    from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest

    families = [family for source in service.sources for family in source()]
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Families(families))
    ProcessCollector(registry=registry)
    return await asyncio.to_thread(generate_latest, registry)


class _Families:
    """Metrics that were collected already, as the registry wants to collect them."""

    def __init__(self, families: list["Metric"]) -> None:
        self._families = families

    def collect(self) -> list["Metric"]:
        return self._families


def _touches(service: Monitor, _params: None) -> list[Access]:
    return [Access("cms:DescribeMetricList", "*", service.account_id)]


GET_METRICS: Operation[Monitor, None, bytes] = Operation("monitor", "GetMetrics", type(None), _get_metrics, _touches)
"""All metrics. The right is that of CloudMonitor's call for the same purpose."""
