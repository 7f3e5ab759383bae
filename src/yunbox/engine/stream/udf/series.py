"""The rows of a group as Series of pandas, for functions that are made with ``func_type='pandas'``.

pandas is the user's: who has such functions has it. Whole numbers with a NULL among them are doubles, as what PyFlink
has from Arrow is.
"""

from collections.abc import Sequence
from decimal import Decimal
from numbers import Real
from typing import Any

from yunbox.engine.stream.udf.values import INTEGERS
from yunbox.sql.flink.types import FlinkType

_KINDS = {
    "TINYINT": "int8", "SMALLINT": "int16", "INT": "int32", "BIGINT": "int64", "BOOLEAN": "bool", "FLOAT": "float32",
    "DOUBLE": "float64", "CHAR": "str", "VARCHAR": "str", "TIMESTAMP": "datetime64[us]",
}  # fmt: skip


def needed() -> None:
    """Raises ImportError where pandas is not there."""
    try:
        import pandas  # noqa: F401
    except ImportError as error:
        raise ImportError("func_type='pandas' needs pandas: pip install pandas") from error


def of(values: Sequence[Any], of: FlinkType) -> Any:
    """Values of a type as a Series."""
    import pandas

    kind = _KINDS.get(of.root, "object")
    if kind == "str":
        return pandas.Series(list(values), dtype=None if values else "object")
    if None in values and of.root in (*INTEGERS, "BOOLEAN"):
        kind = "object" if of.root == "BOOLEAN" else "float64"
    return pandas.Series(list(values), dtype=kind)


def plain(value: Any, of: FlinkType) -> Any:
    """What a function gave, as one that takes rows would: NaN is NULL, and numbers of NumPy are Python's."""
    import pandas

    value = value.item() if hasattr(value, "item") and not hasattr(value, "to_pydatetime") else value
    if value is None or (pandas.api.types.is_scalar(value) and pandas.isna(value)):
        return None
    if hasattr(value, "to_pydatetime"):
        return value.to_pydatetime()
    if of.root in INTEGERS and isinstance(value, Real | Decimal) and value == int(value):
        return int(value)
    return value.tolist() if hasattr(value, "tolist") else value
