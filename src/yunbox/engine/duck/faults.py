"""DuckDB's errors as kernel errors."""

import re

import duckdb

from yunbox.engine.duck.failures import BadValue, MemoryShort, Overflow, Unplannable
from yunbox.kernel.errors import Conflict, Internal, InvalidArgument, KernelError, StorageFull

_TOO_LARGE = re.compile("with value (.+) can't be cast because the value is out of range")
_OWN = re.compile(
    "^(?:Invalid Input|Conversion) Error: (Python exception occurred while executing the UDF: [A-Za-z]+: )?"
)
"""What DuckDB puts before the text of error(), or of a failure in Python, which is a dialect's own."""
_CODED = re.compile(r"ODPS-\d{7}:")
"""A dialect's own functions say themselves which error a value is."""

_UNPLANNED = (
    duckdb.BinderException,
    duckdb.CatalogException,
    duckdb.ParserException,
    duckdb.NotImplementedException,
    duckdb.InternalException,
)


def translate(failure: duckdb.Error) -> KernelError:
    """The kernel error that tells a user what a DuckDB error means for the statement."""
    text = str(failure).strip()
    first_line = text.splitlines()[0] if text else type(failure).__name__
    if (coded := _CODED.search(first_line)) is not None:
        return BadValue(first_line[coded.start() :])
    if "No space left" in text or "max_temp_directory_size" in text:
        return StorageFull(
            "The disk, or the spill space of the data folder, is full: free some space or make the statement smaller"
        )
    if "No files found that match" in text or "No such file or directory" in text:
        return Conflict("A table was dropped or overwritten while the statement read it: run the statement again")
    if "File name too long" in text:
        return InvalidArgument("The value of a partition column is too long for the name of a folder: shorten it")
    if isinstance(failure, duckdb.OutOfMemoryException):
        return MemoryShort(f"The statement needs more memory than a worker has: {first_line}")
    if "More than one row returned by a subquery" in text:
        return BadValue("a subquery that stands for one value gave more than one row")
    if "JSON path error" in text:
        return BadValue(first_line.partition(": ")[2])
    if "Could not cast value" in text and "DECIMAL" in text:
        return Overflow(_OWN.sub("", first_line))
    if "invalid perl operator" in text:
        return Unplannable("look-around in a regular expression is not supported by Yunbox")
    if "Unknown TimeZone" in text:
        return BadValue(first_line.partition(": ")[2])
    if isinstance(failure, duckdb.OutOfRangeException) or "overflow" in text.lower():
        return Overflow(first_line.partition(": ")[2] or first_line)
    if (found := _TOO_LARGE.search(text)) is not None:
        return Overflow(f"the value {found[1]} is out of range")
    if isinstance(failure, duckdb.InvalidInputException | duckdb.ConversionException | duckdb.DataError):
        return BadValue(_OWN.sub("", first_line))
    if isinstance(failure, _UNPLANNED):
        return Unplannable("this combination of functions and types cannot be planned by Yunbox", duckdb=text[:2000])
    return Internal(f"{type(failure).__name__}: {text[:2000]}")


def of_python(failure: Exception) -> Exception:
    """A failure that is none of ours, such as a day before year 1, which Python's calendar does not have."""
    if isinstance(failure, ValueError | OverflowError) and "year" in str(failure):
        return Overflow("a date or time is not between the years 0001 and 9999")
    return failure
