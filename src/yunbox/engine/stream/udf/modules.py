"""What users' files import as ``pyflink``: modules with classes of this package, which say what they have not.

The package itself is 300 MB and brings Java along, which a function here has no use for.
"""

import sys
from types import ModuleType
from typing import Any

from yunbox.engine.stream.udf import aggregates, pyflink, views

PACKAGE = "pyflink"


class _Module(ModuleType):
    """A module that says what it has not."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        raise ImportError(f"{self.__name__}.{name} is not here: what functions in Python are made with is")


def install() -> None:
    """Have ``pyflink`` be this for everything that is imported from now on."""
    if isinstance(sys.modules.get(PACKAGE), _Module):
        return
    viewed = {"ListView": views.ListView, "MapView": views.MapView}
    made = {
        "ScalarFunction": pyflink.ScalarFunction,
        "TableFunction": pyflink.TableFunction,
        "AggregateFunction": aggregates.AggregateFunction,
        "TableAggregateFunction": aggregates.TableAggregateFunction,
        "FunctionContext": pyflink.FunctionContext,
    }
    makers = {"udf": pyflink.udf, "udtf": pyflink.udtf, "udaf": aggregates.udaf, "udtaf": aggregates.udtaf}
    base = {
        "UserDefinedFunction": pyflink.UserDefinedFunction,
        "ImperativeAggregateFunction": aggregates.ImperativeAggregateFunction,
    }
    types, row = {"DataTypes": pyflink.DataTypes}, {"Row": pyflink.Row}
    modules: dict[str, dict[str, Any]] = {
        PACKAGE: {},
        f"{PACKAGE}.common": row,
        f"{PACKAGE}.common.types": row,
        f"{PACKAGE}.table": {**types, **row, **made, **makers, **viewed},
        f"{PACKAGE}.table.types": {**types, **row, "DataType": pyflink.DataType},
        f"{PACKAGE}.table.udf": {**made, **makers, **base},
        f"{PACKAGE}.table.data_view": viewed,
    }
    for name, names in modules.items():
        module = _Module(name)
        module.__path__ = []  # a package: what is below it and not here is said by name
        module.__dict__.update(names)
        sys.modules[name] = module
        above, _, last = name.rpartition(".")
        if above:
            setattr(sys.modules[above], last, module)
