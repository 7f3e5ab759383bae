"""A job's functions in Python as DuckDB's: loaded in the job's process, opened before its first row."""

from collections.abc import Callable, Sequence
from typing import Any

from yunbox.engine.stream.udf.aggregates import WrappedAggregate
from yunbox.engine.stream.udf.aggregators import Aggregator, aggregator
from yunbox.engine.stream.udf.loading import Loaded, folders_of, load
from yunbox.sql.flink.catalog import Function
from yunbox.sql.flink.functions.natives import Native
from yunbox.sql.flink.plans import Job, UserFunction


class Functions:
    """The functions of one job. ``find`` is what a Planner asks."""

    def __init__(self, folders: Sequence[str]) -> None:
        self._folders = folders
        self._loaded: dict[str, Loaded] = {}
        self._aggregators: dict[str, Aggregator] = {}

    @classmethod
    def of(cls, job: Job) -> "Functions":
        """Those of a job."""
        return cls(folders_of(job.settings))

    def find(self, function: Function) -> UserFunction | None:
        """What a function takes and gives; None for one that is not in Python. Raises ValidationFailed."""
        if function.language != "PYTHON":
            return None
        return self._load(function.class_name).told(function.name)

    def natives(self, job: Job, zone: str) -> list[Native]:
        """What DuckDB is to know for a job. Raises ValidationFailed."""
        for source in {one.source for one in job.functions}:
            self._load(source).open(job.settings)
        self._aggregators = {one.duckdb: self._aggregator(one, zone) for one in job.functions if one.is_aggregate}
        made = [self._native(one, zone) for one in job.functions if not one.is_aggregate]
        return [*made, *(one.native for one in self._aggregators.values())]

    def aggregator(self, function: UserFunction) -> Aggregator:
        """What works an aggregate function of the job's out, once ``natives`` has it."""
        return self._aggregators[function.duckdb]

    def close(self) -> None:
        """Behind the last row."""
        for one in self._loaded.values():
            one.close()

    def _load(self, source: str) -> Loaded:
        if source not in self._loaded:
            self._loaded[source] = load(source, self._folders)
        return self._loaded[source]

    def _aggregator(self, function: UserFunction, zone: str) -> Aggregator:
        wrapped = self._load(function.source).wrapped
        assert isinstance(wrapped, WrappedAggregate)
        return aggregator(function, wrapped, zone)

    def _native(self, function: UserFunction, zone: str) -> Native:
        compute: Callable[..., Any] = self._load(function.source).callable(function.params or (), zone)
        params = tuple(one.in_python for one in function.params or ())
        return Native(function.duckdb, compute, params, function.returns.in_python, is_volatile=function.volatile)
