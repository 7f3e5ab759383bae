"""What the colder storage classes bill at least: a size for each object, and days that each is kept.

Sources: the vendor's pages "Storage fees" (objects below 64 KB count as 64 KB) and "How am I charged for the storage
usage of objects that are stored for less than the minimum storage duration?" (IA and Archive count from the last
change of the object, the two cold archives from when the object got that class).
"""

from yunbox.storage.objects.model import ObjectRecord

BILLED_BYTES_MIN = 64 * 1024
MINIMUM_DAYS = {"IA": 30, "Archive": 60, "ColdArchive": 180, "DeepColdArchive": 180}
DAY_MS = 24 * 3600 * 1000
_SINCE_THE_CLASS = ("ColdArchive", "DeepColdArchive")


def billed_bytes(record: ObjectRecord) -> int:
    """The size that an object's storage is billed for."""
    if record.storage_class in MINIMUM_DAYS:
        return max(record.size, BILLED_BYTES_MIN)
    return record.size


def early_byte_days(record: ObjectRecord, now_ms: int) -> float:
    """What is still billed of an object that goes now, or gets another class: its size for the days that are left."""
    days = MINIMUM_DAYS.get(record.storage_class)
    if days is None or record.is_marker:
        return 0.0
    since_ms = record.modified_ms
    if record.storage_class in _SINCE_THE_CLASS:
        since_ms = max(since_ms, record.class_since_ms)
    return max(days - (now_ms - since_ms) / DAY_MS, 0.0) * billed_bytes(record)
