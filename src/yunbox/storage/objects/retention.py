"""Retention policies of buckets (WORM): what may become of one, and which objects it keeps as they are.

Whether an object may go is asked where records let their bytes go, inside the transaction, so nothing gets round it.
Sources: the vendor's pages "Bucket-level retention policy (BucketWorm)", "HTTP status code 409", and the tests of its
clients for Python, C++ and PHP.
"""

import secrets
from collections.abc import Callable

import msgspec

from yunbox.kernel.errors import Conflict, Forbidden, InvalidArgument, NotFound
from yunbox.storage.objects.model import SUSPENDED, Bucket, ObjectRecord, Worm

DAYS_MAX = 25_550
DAY_MS = 24 * 3600 * 1000
Edit = Callable[[Bucket, int], Bucket]
"""What becomes of a bucket at a time, in epoch milliseconds."""


class FileImmutable(Conflict):
    """A retention policy keeps the object as it is."""

    def __init__(self) -> None:
        super().__init__("The object you specified is immutable.", code="FileImmutable")


def in_force(bucket: Bucket, now_ms: int) -> Worm | None:
    """The policy of a bucket; one that was not locked within a day of its making is none."""
    worm = bucket.worm
    return worm if worm is not None and (worm.locked or now_ms - worm.created_ms < DAY_MS) else None


def check_mutable(bucket: Bucket, record: ObjectRecord, now_ms: int) -> None:
    """Raise FileImmutable for an object whose age has not passed the period yet. A delete marker holds nothing."""
    if bucket.worm is None or record.is_marker:
        return
    worm = in_force(bucket, now_ms)
    if worm is not None and now_ms - record.modified_ms <= worm.days * DAY_MS:
        raise FileImmutable


def policy(bucket: Bucket, now_ms: int, wanted: str | None = None) -> Worm:
    """The policy of a bucket, by its id where one is given. Raises NotFound."""
    worm = in_force(bucket, now_ms)
    if worm is None or wanted not in (None, worm.id):
        raise NotFound("The WORM Configuration does not exist.", code="NoSuchWORMConfiguration", bucket=bucket.name)
    return worm


def initiated(days: int) -> Edit:
    """Give a bucket a policy, in the place of one that is not locked."""

    def edit(bucket: Bucket, now_ms: int) -> Bucket:
        found = in_force(bucket, now_ms)
        if found is not None and found.locked:
            raise _locked()
        if bucket.versioning == SUSPENDED:
            raise _invalid("A bucket whose versioning is suspended cannot have a retention policy.")
        worm = Worm(secrets.token_hex(16).upper(), _checked(days), now_ms)
        return msgspec.structs.replace(bucket, worm=worm)

    return edit


def aborted(bucket: Bucket, now_ms: int) -> Bucket:
    """Take away a policy that is not locked."""
    if policy(bucket, now_ms).locked:
        raise _locked()
    return msgspec.structs.replace(bucket, worm=None)


def completed(wanted: str) -> Edit:
    """Lock a policy, for good."""

    def edit(bucket: Bucket, now_ms: int) -> Bucket:
        found = policy(bucket, now_ms, wanted)
        if found.locked:
            raise _locked()
        return msgspec.structs.replace(bucket, worm=msgspec.structs.replace(found, locked=True))

    return edit


def extended(wanted: str, days: int) -> Edit:
    """Give a locked policy a longer period."""

    def edit(bucket: Bucket, now_ms: int) -> Bucket:
        found = policy(bucket, now_ms, wanted)
        if not found.locked:
            raise _invalid("Only a policy that is locked can be extended.")
        if _checked(days) <= found.days:
            raise _invalid("The period can only become longer.")
        return msgspec.structs.replace(bucket, worm=msgspec.structs.replace(found, days=days))

    return edit


def versioned(status: str) -> Edit:
    """Set the versioning of a bucket; where a policy is in force, that stays as it is."""

    def edit(bucket: Bucket, now_ms: int) -> Bucket:
        if status != bucket.versioning and in_force(bucket, now_ms) is not None:
            raise _invalid("The bucket has a retention policy, and its versioning stays as it is.")
        return msgspec.structs.replace(bucket, versioning=status)

    return edit


def _checked(days: int) -> int:
    if not 1 <= days <= DAYS_MAX:
        raise _invalid(f"The period is 1 to {DAYS_MAX} days.")
    return days


def _locked() -> Forbidden:
    return Forbidden("The WORM Configuration is locked.", code="WORMConfigurationLocked")


def _invalid(why: str) -> InvalidArgument:
    return InvalidArgument(f"Invalid WORM Configuration. {why}", code="InvalidWORMConfiguration")
