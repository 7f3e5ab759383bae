"""DuckDB's errors as kernel errors."""

import re
from collections.abc import Callable

import duckdb

from yunbox.engine.duck.failures import BadValue, MemoryShort, Overflow, Unplannable
from yunbox.kernel.errors import Conflict, Internal, InvalidArgument, KernelError, StorageFull

_TOO_LARGE = re.compile("with value (.+) can't be cast because the value is out of range")
_PAST_TYPE = re.compile(r"[Oo]verflow (?:in|on) (\w+)|Could not cast value (\S+) to (DECIMAL\([\d,]+\))")
"""The calculation that left its type, or the value and the DECIMAL that it does not fit."""
_OWN = re.compile("^[A-Z][A-Za-z ]* Error: (Python exception occurred while executing the UDF: [A-Za-z]+: )?")
"""What DuckDB puts before its own texts, those of error(), and those of a failure in Python."""
_OF_ARROW = "C Data interface error: "
_KINDS = {"Out of Range Error": duckdb.OutOfRangeException, "Conversion Error": duckdb.ConversionException}
_CODED = re.compile(r"ODPS-\d{7}:")
"""A dialect's own functions say themselves which error a value is."""

_Made = Callable[[str], KernelError]
_BY_TEXT: list[tuple[str, _Made]] = [
    (r"No space left|max_temp_directory_size", lambda told: StorageFull(
        "The disk, or the spill space of the data folder, is full: free some space or make the statement smaller")),
    (r"No files found that match|No such file or directory", lambda told: Conflict(
        "A table was dropped or overwritten while the statement read it: run the statement again")),
    (r"File name too long", lambda told: InvalidArgument(
        "The value of a partition column is too long for the name of a folder: shorten it")),
    (r"^Out of Memory", lambda told: MemoryShort(f"The statement needs more memory than a worker has: {told}")),
    (r"More than one row returned by a subquery", lambda told: BadValue(
        "a subquery that stands for one value gave more than one row")),
    (r"Like pattern must not end with escape", lambda told: BadValue(
        "a pattern of LIKE ends with its escape character")),
    (r"invalid perl operator", lambda told: Unplannable(
        "look-around in a regular expression is not supported by Yunbox")),
    (r"JSON path error|Unknown TimeZone", BadValue),
    (r"^Out of Range|[Oo]verflow|Could not cast value .* to DECIMAL", Overflow),
    (r"Type \w+ with value \S+ can't be cast because the value is out of range", Overflow),
    (r"^(Invalid Input|Conversion|Data) ", BadValue),
    (r"^(Binder|Catalog|Parser|Not implemented|INTERNAL) ", lambda told: Unplannable(
        "this combination of functions and types cannot be planned by Yunbox", duckdb=told)),
]  # fmt: skip
"""What DuckDB says, in order: the first that is found in its text counts."""


def translate(failure: duckdb.Error) -> KernelError:
    """The kernel error that tells a user what a DuckDB error means for the statement."""
    text = str(failure).strip()
    first_line = text.splitlines()[0] if text else type(failure).__name__
    if (coded := _CODED.search(first_line)) is not None:
        return BadValue(first_line[coded.start() :])
    if (large := _TOO_LARGE.search(text)) is not None:
        return Overflow(f"the value {large[1]} is out of range")
    if (past := _PAST_TYPE.search(first_line)) is not None:
        does, value, of = past.groups()
        return Overflow(
            f"the value {value} does not fit {of}" if of else f"the result of {does.lower()} is out of range"
        )
    told = _OWN.sub("", first_line)
    made = next((make for pattern, make in _BY_TEXT if re.search(pattern, first_line)), None)
    return made(told) if made is not None else Internal(f"{type(failure).__name__}: {text[:2000]}")


def of_stream(failure: Exception) -> Exception:
    """What DuckDB raised, where a stream of Arrow's passes on its text alone."""
    told = str(failure)
    if isinstance(failure, duckdb.Error) or not told.startswith(_OF_ARROW):
        return failure
    text = told.removeprefix(_OF_ARROW)
    made = next((of for start, of in _KINDS.items() if text.startswith(start)), duckdb.Error)
    return made(text)


def of_python(failure: Exception) -> Exception:
    """A failure that is none of ours, such as a day before year 1, which Python's calendar does not have."""
    if isinstance(failure, ValueError | OverflowError) and "year" in str(failure):
        return Overflow("a date or time is not between the years 0001 and 9999")
    return failure
