"""Masked columns: what a statement reads in their place, so that nothing in it ever sees the values themselves.

Source: the vendor's page "Data masking". Columns that are no text are masked as NULL.
"""

from yunbox.sql.hologres.catalog import Column
from yunbox.sql.hologres.catalogue.types import TEXT, VARCHAR, duck_type
from yunbox.sql.hologres.expr import quoted


def masked(sql: str, column: Column) -> str:
    """A column's SQL as who asks sees it."""
    if not column.mask:
        return sql
    if column.type not in (TEXT, VARCHAR):
        return f"CAST(NULL AS {duck_type(column.type)})"
    return f"hg_masked({quoted(column.mask)}, {sql})"
