"""How many requests a second OSS takes before it answers 503, for those who want to meet that at home.

OSS keeps the index of a bucket in partitions, by the order of keys. Keys that begin alike lie in one partition, which
takes about 2,000 requests a second; an account may have 10,000, if they fall on several. Here the partition of a key
is the beginning of its first path segment. Traffic beyond the bandwidth is refused too, once it has got a second
ahead. Sources: the vendor's pages "Limits", "HTTP status code 503", 0026-00000028 and 0004-00000302.
"""

import math
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence

from yunbox.kernel.call import Place
from yunbox.kernel.errors import Throttled
from yunbox.kernel.pace import Pace
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


def partition_of(key: str) -> str:
    """The partition of a key: the first characters of its first path segment."""
    return key.partition("/")[0][:PARTITION_CHARACTERS]


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
