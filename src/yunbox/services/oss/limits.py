"""How many requests a second OSS takes before it answers 503, for those who want to meet that at home.

OSS keeps the index of a bucket in partitions, by the order of keys. Keys that begin alike lie in one partition, which
takes about 2,000 requests a second; an account may have 10,000, if they fall on several. Here the partition of a key
is the beginning of its first path segment. Traffic beyond the bandwidth is refused too, once it has got a second
ahead. Sources: the vendor's pages "Limits", "HTTP status code 503", 0026-00000028 and 0004-00000302.
"""

import math
import time
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterable, Sequence

from yunbox.kernel.call import Place
from yunbox.kernel.errors import Throttled
from yunbox.meter.journal import Event

PARTITION_CHARACTERS = 4
PARTITION_QPS = 2000.0
ACCOUNT_FACTOR = 5
BYTES_S_MAINLAND = 10e9 / 8
BYTES_S_ELSEWHERE = 5e9 / 8
PARTITION_CODE = "PartitionQpsLimitted"
"""Spelled as the vendor spells it."""
ACCOUNT_CODE = "TotalQpsLimitExceeded"
CODES = (PARTITION_CODE, ACCOUNT_CODE, "UploadTrafficRateLimitExceeded", "DownloadTrafficRateLimitExceeded")
_BURST_S = 1.0
_KEPT_MAX = 20_000


def partition_of(key: str) -> str:
    """The partition of a key: the first characters of its first path segment."""
    return key.partition("/")[0][:PARTITION_CHARACTERS]


class Pace:
    """How far each of many is ahead of its rate, as a time; those that have waited longest are forgotten first.

    One that is not ahead needs no memory, so forgetting it changes nothing.
    """

    def __init__(self, rate_s: float, now: Callable[[], float]) -> None:
        self.rate_s = rate_s
        self._now = now
        self._ahead: OrderedDict[object, float] = OrderedDict()

    def wait_s(self, name: object) -> float:
        """How long until another may come; 0 for at once."""
        return max(self._ahead.get(name, 0.0) - self._now() - _BURST_S, 0.0)

    def take(self, name: object, amount: float = 1.0) -> None:
        """Count what has come."""
        now = self._now()
        self._ahead[name] = max(self._ahead.get(name, 0.0), now) + amount / self.rate_s
        self._ahead.move_to_end(name)
        while self._ahead and (len(self._ahead) > _KEPT_MAX or next(iter(self._ahead.values())) <= now):
            self._ahead.popitem(last=False)

    def __len__(self) -> int:
        return len(self._ahead)


class Limits:
    """The limits of every account of a region. Times are of the machine's own clock: a test that moves time waits."""

    def __init__(
        self,
        partition_qps: float = PARTITION_QPS,
        bytes_s: float = BYTES_S_MAINLAND,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self.partition_qps = partition_qps
        self.account_qps = partition_qps * ACCOUNT_FACTOR
        self._partitions = Pace(partition_qps, now)
        self._accounts = Pace(self.account_qps, now)
        self._traffic = Pace(bytes_s, now)

    def check(self, account_id: str, places: Iterable[tuple[str, str]], *, uploads: bool = False) -> None:
        """Count a request that touches some keys of buckets. Raises Throttled with the vendor's code."""
        partitions = Counter((bucket, partition_of(key)) for bucket, key in places)
        direction = "Upload" if uploads else "Download"
        if wait_s := self._traffic.wait_s((account_id, direction)):
            raise throttled(f"{direction}TrafficRateLimitExceeded", f"Please reduce your {direction.lower()} traffic.",
                            wait_s)  # fmt: skip
        if wait_s := self._accounts.wait_s(account_id):
            raise throttled(ACCOUNT_CODE, "Max total qps limit is exceeded.", wait_s, "0004-00000302")
        if wait_s := max((self._partitions.wait_s(place) for place in partitions), default=0.0):
            text = "Too many requests for keys that begin alike: spread them over several prefixes."
            raise throttled(PARTITION_CODE, text, wait_s, "0026-00000028")
        self._accounts.take(account_id, max(partitions.total(), 1))
        for place, count in partitions.items():
            self._partitions.take(place, count)

    def record(self, event: Event, _places: Sequence[Place]) -> None:
        """Count the bytes of a call that has ended; a reader of the journal."""
        if event.service == "oss":
            if event.uploaded_bytes:
                self._traffic.take((event.account_id, "Upload"), event.uploaded_bytes)
            if event.downloaded_bytes:
                self._traffic.take((event.account_id, "Download"), event.downloaded_bytes)


def throttled(code: str, message: str, wait_s: float, ec: str = "") -> Throttled:
    """The error of a limit, with the whole seconds after which a retry may pass."""
    return Throttled(message, code=code, retry_after_s=max(math.ceil(wait_s), 1), ec=ec)


def limits_of(text: str, region: str) -> Limits | None:
    """The limits that an option names: ``off``, ``real``, or the requests a second of one partition."""
    if text == "off":
        return None
    bytes_s = BYTES_S_MAINLAND if region.startswith("cn-") else BYTES_S_ELSEWHERE
    return Limits(PARTITION_QPS if text == "real" else float(text), bytes_s)
