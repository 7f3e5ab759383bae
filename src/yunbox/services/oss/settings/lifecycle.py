"""Lifecycle rules: which objects they are about, and when something is due for one. Pure functions.

Rules run once a day at 00:00 UTC, which is 08:00 in Beijing. An action after N days is due at the first such moment
that lies at least N times 24 hours after the object was last changed, or stopped being the present version. When
several rules are due at once, deleting goes before a change of class, and the coldest class before the others.
Sources: the vendor's pages "Lifecycle rules based on the last modified time", "Priorities of lifecycle rules" and
"PutBucketLifecycle".
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from urllib.parse import quote

from yunbox.kernel.texts import common_start
from yunbox.services.oss.service import http_time
from yunbox.services.oss.settings.documents import DAYS_MAX
from yunbox.storage.objects.model import (
    APPENDABLE,
    NOT_OF_APPENDABLE,
    STORAGE_CLASSES,
    SYMLINK,
    Bucket,
    ObjectRecord,
    Upload,
)
from yunbox.storage.objects.sweeps import DELETE, EXPUNGE, Aged, Step
from yunbox.wire.xml import Node, parse_body

DAY_MS = 24 * 3600 * 1000


def midnight_after(time_ms: int) -> int:
    """The first moment of rules at or after a time."""
    return -(-time_ms // DAY_MS) * DAY_MS


@dataclass(frozen=True)
class When:
    """When an action is due: so many days after something, or on a date for what is older than that."""

    days: int = 0
    date_ms: int = 0

    def due_ms(self, since_ms: int) -> int | None:
        """When it is due for what has been so since a time; None for never."""
        if self.days:
            return midnight_after(since_ms + self.days * DAY_MS)
        return self.date_ms if since_ms < self.date_ms else None

    def newest_ms(self, now_ms: int) -> int:
        """How new something may be for the action to be due now."""
        return now_ms - self.days * DAY_MS if self.days else min(self.date_ms, now_ms)


@dataclass(frozen=True)
class Excluded:
    """What a rule leaves alone: keys with a prefix, objects with a tag, or those with both."""

    prefix: str
    tag: tuple[str, str] | None

    def matches(self, key: str, tags: Mapping[str, str]) -> bool:
        """Whether an object is left alone."""
        return key.startswith(self.prefix) and (self.tag is None or tags.get(self.tag[0]) == self.tag[1])


@dataclass(frozen=True)
class Rule:
    """One rule. ``larger_than`` and ``smaller_than`` are sizes in bytes, None for any size."""

    id: str
    prefix: str = ""
    tags: tuple[tuple[str, str], ...] = ()
    exceptions: tuple[Excluded, ...] = ()
    larger_than: int | None = None
    smaller_than: int | None = None
    expiration: When | None = None
    clears_markers: bool = False
    transitions: tuple[tuple[str, When], ...] = ()
    abort: When | None = None
    noncurrent_expiration: When | None = None
    noncurrent_transitions: tuple[tuple[str, When], ...] = ()

    def matches(self, key: str, record: ObjectRecord) -> bool:
        """Whether the rule is about an object."""
        if not key.startswith(self.prefix) or any(record.tags.get(name) != value for name, value in self.tags):
            return False
        if self.larger_than is not None and record.size <= self.larger_than:
            return False
        if self.smaller_than is not None and record.size >= self.smaller_than:
            return False
        return not any(exception.matches(key, record.tags) for exception in self.exceptions)

    @property
    def about_history(self) -> bool:
        """Whether earlier versions, or whether there are any, matter."""
        return bool(self.noncurrent_expiration or self.noncurrent_transitions or self.clears_markers)


@dataclass(frozen=True)
class Lifecycle:
    """The enabled rules of a bucket."""

    rules: tuple[Rule, ...]

    @property
    def about_history(self) -> bool:
        """Whether any rule asks for earlier versions."""
        return any(rule.about_history for rule in self.rules)

    @property
    def about_objects(self) -> bool:
        """Whether any rule asks for objects."""
        return self.about_history or any(rule.expiration or rule.transitions for rule in self.rules)

    @property
    def prefix(self) -> str:
        """What all keys that any rule is about begin with."""
        return common_start([rule.prefix for rule in self.rules])

    def newest_ms(self, now_ms: int) -> int:
        """How new a present object may be for anything to be due."""
        times = [when.newest_ms(now_ms) for rule in self.rules for when in _whens(rule)]
        return max(times, default=-1)

    def expiry(self, key: str, record: ObjectRecord) -> tuple[int, str] | None:
        """When a present object will be deleted, and the rule that says so."""
        found = [
            (due_ms, rule.id)
            for rule in self.rules
            if rule.expiration is not None
            and rule.matches(key, record)
            and (due_ms := rule.expiration.due_ms(record.modified_ms)) is not None
        ]
        return min(found, default=None)

    def decide(self, aged: Aged, now_ms: int) -> Step | None:
        """What is due for a version now, if anything."""
        actions = set(self._due(aged, now_ms))
        if not actions:
            return None
        removes = next((action for action in (DELETE, EXPUNGE) if action in actions), None)
        action = removes or max(actions, key=STORAGE_CLASSES.index)
        return Step(aged.key, aged.record, action)

    def _due(self, aged: Aged, now_ms: int) -> Iterator[str]:
        key, record = aged.key, aged.record
        for rule in self.rules:
            if aged.since_ms:
                if _matches_version(rule, key, record):
                    yield from _due_of_noncurrent(rule, aged, now_ms)
            elif record.is_marker:
                if rule.clears_markers and aged.alone and key.startswith(rule.prefix):
                    yield EXPUNGE
            elif rule.matches(key, record):
                yield from _due_of_present(rule, record, now_ms)

    def aborts(self, upload: Upload, now_ms: int) -> bool:
        """Whether an upload has been under way for too long. Tags are not asked: uploads have none yet."""
        return any(
            rule.abort is not None
            and upload.key.startswith(rule.prefix)
            and _is_due(rule.abort, upload.started_ms, now_ms)
            for rule in self.rules
        )


def _whens(rule: Rule) -> Iterator[When]:
    if rule.expiration is not None:
        yield rule.expiration
    yield from (when for _, when in rule.transitions)


def _is_due(when: When, since_ms: int, now_ms: int) -> bool:
    due_ms = when.due_ms(since_ms)
    return due_ms is not None and due_ms <= now_ms


def _due_of_present(rule: Rule, record: ObjectRecord, now_ms: int) -> Iterator[str]:
    if rule.expiration is not None and _is_due(rule.expiration, record.modified_ms, now_ms):
        yield DELETE
    for storage_class, when in rule.transitions:
        if _is_due(when, record.modified_ms, now_ms) and _may_become(record, storage_class):
            yield storage_class


def _due_of_noncurrent(rule: Rule, aged: Aged, now_ms: int) -> Iterator[str]:
    if rule.noncurrent_expiration is not None and _is_due(rule.noncurrent_expiration, aged.since_ms, now_ms):
        yield EXPUNGE
    for storage_class, when in rule.noncurrent_transitions:
        if _is_due(when, aged.since_ms, now_ms) and _may_become(aged.record, storage_class):
            yield storage_class


def _matches_version(rule: Rule, key: str, record: ObjectRecord) -> bool:
    """Whether a rule is about an earlier version; a delete marker among them has neither size nor tags."""
    return key.startswith(rule.prefix) if record.is_marker else rule.matches(key, record)


def _may_become(record: ObjectRecord, storage_class: str) -> bool:
    """Whether an object can get a class: it only ever gets colder, and not every kind can be archived."""
    if record.is_marker or record.kind == SYMLINK:
        return False
    if record.kind == APPENDABLE and not record.sealed_ms and storage_class in NOT_OF_APPENDABLE:
        return False
    return STORAGE_CLASSES.index(storage_class) > STORAGE_CLASSES.index(record.storage_class)


# -- from the document


def lifecycle_of(bucket: Bucket | None) -> Lifecycle | None:
    """The enabled rules of a bucket, if it has any."""
    document = bucket.settings.get("lifecycle") if bucket is not None else None
    found = parse_lifecycle(document) if document is not None else None
    return found if found is not None and found.rules else None


@lru_cache(maxsize=256)
def parse_lifecycle(document: str) -> Lifecycle:
    """The enabled rules of a document that was checked when it was put."""
    rules = list(parse_body(document.encode()).all("Rule"))
    found = [_rule(node) for node in rules if node.value("Status") == "Enabled"]
    return Lifecycle(tuple(rule for rule in found if rule is not None))


def _rule(node: Node) -> Rule | None:
    """A rule; None for one that was kept before its numbers were looked at, and cannot be obeyed."""
    try:
        return _readable(node)
    except (ValueError, OverflowError):
        return None


def _readable(node: Node) -> Rule:
    expiration, abort = node.find("Expiration"), node.find("AbortMultipartUpload")
    earlier = node.find("NoncurrentVersionExpiration")
    clears = expiration is not None and expiration.value("ExpiredObjectDeleteMarker").lower() == "true"
    return Rule(
        id=node.value("ID"),
        prefix=_prefix(node),
        tags=tuple(_tag(tag) for path in ("Tag", "Filter/Tag", "Filter/And/Tag") for tag in node.all(path)),
        exceptions=tuple(_excluded(item) for item in node.all("Filter/Not")),
        larger_than=_size(node, "ObjectSizeGreaterThan"),
        smaller_than=_size(node, "ObjectSizeLessThan"),
        expiration=_when(expiration) if expiration is not None and not clears else None,
        clears_markers=clears,
        transitions=tuple((item.value("StorageClass"), _when(item)) for item in node.all("Transition")),
        abort=_when(abort) if abort is not None else None,
        noncurrent_expiration=_when(earlier) if earlier is not None else None,
        noncurrent_transitions=tuple(
            (item.value("StorageClass"), _when(item)) for item in node.all("NoncurrentVersionTransition")
        ),
    )


def _prefix(node: Node) -> str:
    """The prefix as it is, spaces and all, wherever the dialect puts it."""
    found = (node.find(path) for path in ("Prefix", "Filter/Prefix", "Filter/And/Prefix"))
    return next((item.text for item in found if item is not None and item.text), "")


def _tag(node: Node) -> tuple[str, str]:
    return node.value("Key"), node.value("Value")


def _excluded(node: Node) -> Excluded:
    tag = node.find("Tag")
    return Excluded(node.value("Prefix"), _tag(tag) if tag is not None and tag.value("Key") else None)


def _size(node: Node, name: str) -> int | None:
    text = node.value(f"Filter/{name}") or node.value(f"Filter/And/{name}")
    return int(text) if text else None


def _when(node: Node) -> When:
    days = node.value("Days") or node.value("NoncurrentDays")
    if days:
        return When(days=min(int(days), DAYS_MAX))
    date = node.value("CreatedBeforeDate") or node.value("Date")
    return When(date_ms=int(datetime.fromisoformat(date).timestamp() * 1000))


# -- what a client is told


def expiration_header(bucket: Bucket, key: str, record: ObjectRecord) -> dict[str, str]:
    """When a rule will delete a present object; nothing when none will."""
    lifecycle = lifecycle_of(bucket) if "lifecycle" in bucket.settings else None
    found = lifecycle.expiry(key, record) if lifecycle is not None else None
    if found is None:
        return {}
    due_ms, rule = found
    return {"x-oss-expiration": f'expiry-date="{http_time(due_ms // 1000)}", rule-id="{quote(rule, safe=" ")}"'}
