"""MaxCompute's data types as DDL, table-schema JSON and tunnel sessions spell them.

Source: the vendor's "Data type editions" page (type system 2.0).
"""

from functools import lru_cache

from yunbox.schema.type_text import read_type
from yunbox.schema.types import DataType


@lru_cache(maxsize=4096)
def parse_type(text: str) -> DataType:
    """Parse a type name such as ``decimal(10,2)`` or ``map<string,array<bigint>>``.

    Raises InvalidArgument when the text is no MaxCompute type or a parameter is out of its range.
    """
    return read_type(text, owner="MaxCompute")
