"""DuckDB's errors as PostgreSQL's: by what its text says, as it has no numbers for them."""

import re

import duckdb

from yunbox.wire.pgwire.report import Report

_CODED = re.compile(r"\b(PG[0-9A-Z]{5}): ?(.*)", re.DOTALL)
"""What a function of our own says: its SQLSTATE, and the message."""
_NO_SPACE = "No space left|Disk quota exceeded"
_BY_TEXT = (
    (r"Could not convert string", "22P02", "invalid input syntax"),
    (r"argument can not contain NULL values", "22004", "a vector with NULL among its elements has no distance"),
    (r"Out of Memory|could not allocate|bad allocation", "53200", "out of memory"),
    (r"No files found that match|No such file or directory|Cannot open file .*\.parquet", "HV000",
     "a table of MaxCompute was dropped or changed while the statement read it"),
    (r"No magic bytes|too small to be a Parquet|[Pp]arquet file .*(corrupt|invalid)", "HV000",
     "an object is no Parquet file that can be read"),
    (rf"{_NO_SPACE}|max_temp_directory_size", "53100", "could not write to file: No space left on device"),
    (r"[Dd]ivision by zero", "22012", "division by zero"),
    (r"More than one row returned by a subquery", "21000",
     "more than one row returned by a subquery used as an expression"),
    (r"^Out of Range|[Oo]verflow|out of range", "22003", "value out of range"),
)  # fmt: skip
_BEYOND = re.compile(r"out of range|overflow|cast decimal value", re.IGNORECASE)
_OUT_OF_RANGE = (
    (r"\bINT16\b|of -32768 /|abs\(-32768\)", "22003", "smallint out of range"),
    (r"\bINT32\b|of -2147483648 /|abs\(-2147483648\)", "22003", "integer out of range"),
    (r"\bU?INT64\b|of -9223372036854775808 /|abs\(-92", "22003", "bigint out of range"),
    (r"\bUINT32\b", "22003", "OID out of range"),
    (r"DECIMAL|HUGEINT|INT128", "0A000", "numeric values of more than 38 digits are not supported"),
    (r"(?i)interval.*(out of range|overflow)|(out of range|overflow).*interval", "22008", "interval out of range"),
    (r"(?i)timestamp.*(out of range|overflow)|(out of range|overflow).*timestamp", "22008", "timestamp out of range"),
    (r"(?i)date.*(out of range|overflow)|(out of range|overflow).*date", "22008", "date out of range"),
)  # fmt: skip
"""What a value is out of range of, where DuckDB says it."""
_LENGTHS = re.compile(r"list dimensions must be equal, got left length '(\d+)' and right length '(\d+)'")
_OTHER_LENGTHS = (
    "The size of two array must be the same in DistanceFunction, size of left array: {}, size of right array: {}"
)
"""What two vectors are told that have not as many dimensions. Source: the vendor's page "Proxima Graph indexes"."""
_DETAIL_LETTERS_MAX = 500


def is_disk_full(error: duckdb.Error) -> bool:
    """Whether there was no room for what was to be written."""
    return re.search(_NO_SPACE, str(error)) is not None


def report_of(error: duckdb.Error) -> Report:
    """What a client is told."""
    text = str(error).strip()
    coded = _CODED.search(text)
    if coded is not None:
        return Report("ERROR", coded[1][2:], coded[2].splitlines()[0])
    lengths = _LENGTHS.search(text)
    if lengths is not None:
        return Report("ERROR", "22000", _OTHER_LENGTHS.format(*lengths.groups()))
    is_beyond = isinstance(error, duckdb.OutOfRangeException | duckdb.ConversionException) and _BEYOND.search(text)
    beyond = _OUT_OF_RANGE if is_beyond else ()
    for pattern, sqlstate, message in (*beyond, *_BY_TEXT):
        if re.search(pattern, text):
            return Report("ERROR", sqlstate, message)
    if isinstance(error, duckdb.ConversionException):
        return Report("ERROR", "22P02", text.splitlines()[0].removeprefix("Conversion Error: "))
    if isinstance(error, duckdb.InterruptException):
        return Report("ERROR", "57014", "canceling statement due to user request")
    return Report("ERROR", "XX000", "the engine could not run the statement", detail=text[:_DETAIL_LETTERS_MAX])
