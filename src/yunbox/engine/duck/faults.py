"""DuckDB's errors as kernel errors with MaxCompute's codes and wording.

Source of the codes: the vendor's "Common SQL errors" pages.
"""

import duckdb

from yunbox.kernel.errors import Conflict, Internal, InvalidArgument, KernelError, StorageFull, Throttled

_OVERFLOW = "ODPS-0121145"
_BAD_VALUE = "ODPS-0121095"
_MEMORY = "ODPS-0010032"


def translate(failure: duckdb.Error) -> KernelError:
    """The kernel error that tells a user what a DuckDB error means for the statement."""
    text = str(failure).strip()
    first_line = text.splitlines()[0] if text else type(failure).__name__
    if "No space left" in text or "max_temp_directory_size" in text:
        return StorageFull(
            "The disk, or the spill space of the data folder, is full: free some space or make the statement smaller"
        )
    if "No files found that match" in text or "No such file or directory" in text:
        return Conflict("A table was dropped or overwritten while the statement read it: run the statement again")
    if "File name too long" in text:
        return InvalidArgument("The value of a partition column is too long for the name of a folder: shorten it")
    if isinstance(failure, duckdb.OutOfMemoryException):
        return Throttled(f"{_MEMORY}:The statement needs more memory than a worker has: {first_line}", code=_MEMORY)
    if isinstance(failure, duckdb.OutOfRangeException) or "overflow" in text.lower():
        return InvalidArgument(f"{_OVERFLOW}:Data overflow - {first_line}", code=_OVERFLOW)
    if isinstance(failure, duckdb.ConversionException | duckdb.InvalidInputException | duckdb.DataError):
        return InvalidArgument(f"{_BAD_VALUE}:Invalid argument - {first_line}", code=_BAD_VALUE)
    return Internal(f"{type(failure).__name__}: {text[:2000]}")
