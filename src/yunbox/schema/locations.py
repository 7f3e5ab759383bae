"""Where rows lie that are no table of ours: what external tables, LOAD and UNLOAD name as a location."""

from dataclasses import dataclass


@dataclass(frozen=True)
class ExternalSource:
    """Where the rows of an external table lie: ``oss://bucket/folder/``, in which format, and how that is written."""

    location: str
    format: str
    options: tuple[tuple[str, str], ...] = ()


def split_location(location: str) -> tuple[str, str]:
    """Bucket and prefix of ``oss://bucket/folder/``."""
    bucket, _, prefix = location.removeprefix("oss://").partition("/")
    return bucket, prefix
