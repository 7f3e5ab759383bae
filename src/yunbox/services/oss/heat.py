"""Where the requests go: a ring of minutes that knows which partitions of which buckets are busy, and why.

It reads the journal's events with their places, so no operation knows of it. What it keeps is bounded: each minute
counts the busiest partitions and forgets the others now and then, and keeps a few keys of each. What was forgotten is
at most the ``error`` of that minute.
"""

import hashlib
import random
import re
from collections import Counter, deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from yunbox.kernel.call import Place
from yunbox.kernel.clock import Clock
from yunbox.kernel.texts import common_start
from yunbox.meter.journal import Event
from yunbox.services.oss.limits import ACCOUNT_FACTOR, CODES, PARTITION_QPS, Limits, partition_of

MINUTES = 15
PARTITIONS_MAX = 256
KEYS_MAX = 16
HASH_CHARACTERS = 4
_HOT_MAX = 10
_DIGITS = re.compile(r"\d+")
_HEX = re.compile(r"[0-9a-f]{4,}")
_SEQUENCE = re.compile(r"\d+$|\d+[^0-9a-zA-Z]|\d{6}")
"""How a number or a time begins, and hardly any hash."""


@dataclass
class Count:
    """The requests of one partition in one minute, and some of their keys."""

    requests: int = 0
    throttled: int = 0
    keys: list[str] = field(default_factory=list)

    def add(self, key: str, *, throttled: bool) -> None:
        """Count a request; every key has the same chance to be among those that are kept."""
        self.requests += 1
        self.throttled += throttled
        if len(self.keys) < KEYS_MAX:
            self.keys.append(key)
        elif (at := int(random.random() * self.requests)) < KEYS_MAX:  # noqa: S311 - a sample, not a secret
            self.keys[at] = key


@dataclass
class Minute:
    """One minute. ``error`` is the most that any partition which was forgotten can have had."""

    number: int
    counts: dict[tuple[str, str], Count] = field(default_factory=dict)
    error: int = 0
    totals: Counter[str] = field(default_factory=Counter)

    def add(self, bucket: str, key: str, *, throttled: bool) -> None:
        """Count a request."""
        place = bucket, partition_of(key)
        found = self.counts.get(place)
        if found is None:
            if len(self.counts) >= 2 * PARTITIONS_MAX:
                self._forget()
            found = self.counts[place] = Count()
        found.add(key, throttled=throttled)
        self.totals[bucket] += 1

    def _forget(self) -> None:
        busiest = sorted(self.counts.items(), key=lambda item: item[1].requests, reverse=True)
        self.error += busiest[PARTITIONS_MAX][1].requests
        self.counts = dict(busiest[:PARTITIONS_MAX])


class Heat:
    """The last minutes of all buckets."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._minutes: deque[Minute] = deque(maxlen=MINUTES)
        self._since_s = clock.time()

    def record(self, event: Event, places: Sequence[Place]) -> None:
        """Count a call at each of the keys it was about, which may be a thousand; a reader of the journal."""
        if event.service != "oss" or _is_wide(event):
            return
        minute = self._minute(int(event.time // 60))
        for bucket, key in places if len(places) == 1 else set(places):
            if key:
                minute.add(bucket, key, throttled=event.code in CODES)

    def _minute(self, number: int) -> Minute:
        if not self._minutes or self._minutes[-1].number < number:
            self._minutes.append(Minute(number))
        return self._minutes[-1]

    def report(self, bucket: str, minutes: int, limits: Limits | None) -> dict[str, Any]:
        """What was busy in a bucket in the last minutes, as plain values."""
        now = self._clock.time()
        kept = [minute for minute in self._minutes if minute.number > int(now // 60) - minutes]
        window_s = max(now - max(self._since_s, (int(now // 60) - minutes + 1) * 60), 1.0)
        requests = sum(minute.totals[bucket] for minute in kept)
        partition_qps = limits.partition_qps if limits is not None else PARTITION_QPS
        merged = _merged(bucket, kept)
        hot = sorted(merged.items(), key=lambda item: (item[1].throttled, item[1].requests), reverse=True)[:_HOT_MAX]
        return {
            "bucket": bucket,
            "minutes": minutes,
            "window_s": round(window_s, 3),
            "requests": requests,
            "requests_s": round(requests / window_s, 3),
            "throttled": sum(count.throttled for count in merged.values()),
            "error": sum(minute.error for minute in kept),
            "limits": {
                "enforced": limits is not None,
                "partition_qps": partition_qps,
                "account_qps": partition_qps * ACCOUNT_FACTOR,
            },
            "hot": [_entry(partition, count, requests, window_s, partition_qps) for partition, count in hot],
            "by_minute": [{"time": minute.number * 60, "requests": minute.totals[bucket]} for minute in kept],
        }


def _is_wide(event: Event) -> bool:
    """Whether a call was about a bucket or a folder as a whole, such as a listing: it falls on no key."""
    first = event.resources[0] if event.resources else ""
    return bool(first) and ("/" not in first or first.endswith("*"))


def _merged(bucket: str, minutes: Iterable[Minute]) -> dict[str, Count]:
    found: dict[str, Count] = {}
    for minute in minutes:
        for (name, partition), count in minute.counts.items():
            if name == bucket:
                merged = found.setdefault(partition, Count())
                merged.requests += count.requests
                merged.throttled += count.throttled
                merged.keys += count.keys
    return found


def _entry(partition: str, count: Count, requests: int, window_s: float, partition_qps: float) -> dict[str, Any]:
    pattern, sequential = pattern_of(count.keys)
    prefix = pattern.partition("<")[0].rpartition("/")
    entry: dict[str, Any] = {
        "prefix": prefix[0] + prefix[1],
        "partition": partition,
        "requests": count.requests,
        "requests_s": round(count.requests / window_s, 3),
        "share": round(count.requests / requests, 4) if requests else 0.0,
        "throttled": count.throttled,
        "throttled_share": round(count.throttled / count.requests, 4),
        "pattern": pattern,
        "sequential": sequential,
        "examples": count.keys[:3],
    }
    if sequential or count.throttled:
        entry["layout"] = _layout(count.keys[0], partition_qps)
    return entry


def _layout(key: str, partition_qps: float) -> dict[str, Any]:
    """What spreading the keys by a hash would do."""
    return {
        "rule": f"md5(key)[:{HASH_CHARACTERS}]/key",
        "example": hashed(key),
        "partitions_now": 1,
        "partitions_after": 16**HASH_CHARACTERS,
        "qps_max_now": partition_qps,
        "qps_max_after": partition_qps * ACCOUNT_FACTOR,
        "loses": "A listing by the old prefix, as keys of one folder lie under 65,536 prefixes.",
    }


def hashed(key: str) -> str:
    """A key in the hashed layout."""
    return f"{_digest(key)}/{key}"


def unhashed(key: str) -> str | None:
    """The key that a key of the hashed layout was made from; None for one that is not of it."""
    head, _, rest = key.partition("/")
    return rest if rest and head == _digest(rest) else None


def _digest(key: str) -> str:
    return hashlib.md5(key.encode(), usedforsecurity=False).hexdigest()[:HASH_CHARACTERS]


def pattern_of(keys: list[str]) -> tuple[str, bool]:
    """What most of some keys have in common, such as ``logs/2026-11-25-<sequence>``, and whether they are in sequence.

    Keys are alike when they differ in their numbers only.
    """
    shapes = Counter(_DIGITS.sub("#", key) for key in keys)
    shape, most = shapes.most_common(1)[0]
    alike = {key for key in keys if _DIGITS.sub("#", key) == shape}
    if most * 2 <= len(keys):
        alike = set(keys)
    if len(alike) == 1:
        return next(iter(alike)), False
    head = common_start(alike)
    head = head.rstrip("0123456789") if any(key[len(head) :][:1].isdigit() for key in alike) else head
    rests = [key[len(head) :] for key in alike]
    tail = common_start([rest[::-1] for rest in rests])[::-1].lstrip("0123456789")
    if any(len(rest) <= len(tail) for rest in rests):
        tail = ""
    middles = [rest[: len(rest) - len(tail)] for rest in rests]
    if all(_SEQUENCE.match(middle) for middle in middles):
        return f"{head}<sequence>{tail}", True
    kind = "hash" if all(_HEX.fullmatch(middle) for middle in middles) else "name"
    return f"{head}<{kind}>{tail}", False
