"""What most calls are about - a bucket, an object, a version of one - as plain values, and where their load falls."""

from dataclasses import dataclass
from typing import Protocol

from yunbox.kernel.call import Place


@dataclass(frozen=True, slots=True)
class OnBucket:
    """A call about one bucket."""

    bucket: str


@dataclass(frozen=True, slots=True)
class OnObject:
    """A call about one object."""

    bucket: str
    key: str


@dataclass(frozen=True, slots=True)
class OnVersion:
    """A call about one object, or one version of it."""

    bucket: str
    key: str
    version: str | None = None


class NamesBucket(Protocol):
    """Parameters that name a bucket."""

    @property
    def bucket(self) -> str:
        """The bucket's name."""


class NamesObject(Protocol):
    """Parameters that name an object."""

    @property
    def bucket(self) -> str:
        """The bucket's name."""

    @property
    def key(self) -> str:
        """The object's key."""


def at_bucket(params: NamesBucket) -> tuple[Place, ...]:
    """The load of a call falls on a bucket."""
    return (Place(params.bucket),)


def at_object(params: NamesObject) -> tuple[Place, ...]:
    """The load of a call falls on an object."""
    return (Place(params.bucket, params.key),)


def nowhere(params: object) -> tuple[Place, ...]:
    """The load of a call falls on no bucket."""
    return ()
