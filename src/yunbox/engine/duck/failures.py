"""What an engine finds wrong with a statement's data, before a service gives it its vendor's code and wording."""

from yunbox.kernel.errors import InvalidArgument, Throttled, Unsupported


class Overflow(InvalidArgument):
    """A value does not fit its type."""


class BadValue(InvalidArgument):
    """A value is not one of its type, or not one that a function takes."""


class BadPartition(InvalidArgument):
    """A value of a partition column names no partition."""


class Unplannable(Unsupported):
    """DuckDB has no plan for what a dialect wrote. The text says no more: what DuckDB found is in ``details``."""


class MemoryShort(Throttled):
    """A statement needs more memory than a worker has."""
