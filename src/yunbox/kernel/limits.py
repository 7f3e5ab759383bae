"""Bounds on what a client may send or keep, in one place so that none is forgotten and all can be read.

Where the vendor documents a limit, that is the number; the rest keep one machine healthy.
"""

import re

from yunbox.kernel.errors import InvalidArgument

NAME_LENGTH_MAX = 128
COMMENT_LENGTH_MAX = 1024
COLUMNS_MAX = 1200
PARTITION_COLUMNS_MAX = 6
PARTITION_VALUE_LENGTH_MAX = 255
PARTITIONS_MAX = 60_000
SQL_TEXT_BYTES_MAX = 2 * 1024 * 1024
BODY_BYTES_MAX = 8 * 1024 * 1024
"""Of a request that is not a stream."""
OPENAPI_BODY_BYTES_MAX = 2 * 1024 * 1024
RESOURCE_BYTES_MAX = 2 * 1024 * 1024 * 1024
BLOCK_BYTES_MAX = 100 * 1024 * 1024 * 1024
BLOCKS_MAX = 20_000
RESULT_CSV_ROWS_MAX = 10_000
RESULT_INLINE_ROWS_MAX = 256
"""Of a result that goes into the answer to the POST; a larger one is turned into CSV only when it is asked for."""
URL_LENGTH_MAX = 64 * 1024
CLOCK_SKEW_S_MAX = 15 * 60

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)


def is_column_name(name: str) -> bool:
    """Whether a column can have this name: letters of any script, digits and underscores."""
    return re.fullmatch(r"\w+", name) is not None and len(name.encode()) <= NAME_LENGTH_MAX


def check_name(name: str, what: str) -> str:
    """Return an identifier in lower case, or raise InvalidArgument.

    Names become folder names, so only ASCII letters, digits and underscores pass.
    """
    if len(name) > NAME_LENGTH_MAX or not _NAME.fullmatch(name):
        raise InvalidArgument(
            f"Invalid {what} name {name[:NAME_LENGTH_MAX]!r}: use 1 to {NAME_LENGTH_MAX} letters, digits "
            "and underscores, not starting with a digit"
        )
    return name.lower()
