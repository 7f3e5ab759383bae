"""Queries that depend on nothing but their text and settings are planned once.

Whether one does is not guessed from its text: planning is watched, and a plan for which the catalogue, the clock, the
user or a constant's value was looked at is made anew each time.
"""

from collections import OrderedDict
from collections.abc import Hashable, Sequence
from datetime import datetime
from typing import Any

from yunbox.schema.tables import PartitionValues, Table, TableName
from yunbox.sql.catalog import Catalog, Evaluator
from yunbox.sql.maxcompute import planner
from yunbox.sql.maxcompute.plans import Plan
from yunbox.sql.maxcompute.session import Session
from yunbox.sql.plans import Query

_KEPT_MAX = 256
_TEXT_LENGTH_MAX = 4096
_kept: OrderedDict[Hashable, Query] = OrderedDict()


def plan(text: str, catalog: Catalog, session: Session, evaluator: Evaluator | None = None) -> Plan:
    """Plan one statement, or find the plan it had."""
    if len(text) > _TEXT_LENGTH_MAX:
        return planner.plan(text, catalog, session, evaluator)
    key = (text, session.project, session.schema, session.timezone, tuple(session.settings.items()))
    found = _kept.get(key)
    if found is not None:
        _kept.move_to_end(key)
        return found
    looks = _Looks()
    made = planner.plan(text, _Catalog(catalog, looks), _watched(session, looks), evaluator and looks.at(evaluator))
    if isinstance(made, Query) and not looks.happened:
        _kept[key] = made
        if len(_kept) > _KEPT_MAX:
            _kept.popitem(last=False)
    return made


class _Looks:
    """Whether anything was looked at that may be different next time."""

    def __init__(self) -> None:
        self.happened = False

    def at(self, evaluator: Evaluator) -> Evaluator:
        def evaluate(sql: str) -> list[tuple[Any, ...]]:
            self.happened = True
            return evaluator(sql)

        return evaluate


class _Catalog:
    """A catalogue that notes when it is asked."""

    def __init__(self, catalog: Catalog, looks: _Looks) -> None:
        self._catalog = catalog
        self._looks = looks

    def _asked(self) -> Catalog:
        self._looks.happened = True
        return self._catalog

    def table(self, name: TableName) -> Table | None:
        return self._asked().table(name)

    def partitions(self, name: TableName) -> Sequence[PartitionValues]:
        return self._asked().partitions(name)

    def function_exists(self, project: str, name: str) -> bool:
        return self._asked().function_exists(project, name)

    def newest_partition(self, name: TableName) -> PartitionValues | None:
        return self._asked().newest_partition(name)


class _Watched(Session):
    """A session that notes when its clock or its user is looked at."""

    _looks: _Looks

    @property
    def now(self) -> datetime:  # type: ignore[override]
        self._looks.happened = True
        return self.__dict__["now"]

    @property
    def user(self) -> str:  # type: ignore[override]
        self._looks.happened = True
        return self.__dict__["user"]


def _watched(session: Session, looks: _Looks) -> Session:
    watched = object.__new__(_Watched)
    watched.__dict__.update(session.__dict__, _looks=looks)
    return watched
