"""What an engine finds wrong with a statement's data, before a service gives it its vendor's code and wording."""

from yunbox.kernel.errors import InvalidArgument, Throttled


class Overflow(InvalidArgument):
    """A value does not fit its type."""


class BadValue(InvalidArgument):
    """A value is not one of its type, or not one that a function takes."""


class MemoryShort(Throttled):
    """A statement needs more memory than a worker has."""
