"""MERGE INTO, rewritten into the one query that gives all rows of the target as they are afterwards.

Target and source meet in a FULL JOIN; each column becomes a CASE over the WHEN clauses in their order, and a
row that a clause deletes, or that no clause inserts, falls out of the WHERE. The plan is an Update.
"""

import dataclasses
from dataclasses import dataclass, field

from yunbox.schema.tables import Table
from yunbox.sql.maxcompute.dialect import parse_query
from yunbox.sql.maxcompute.errors import At, SemanticError, SqlError, UnsupportedSql
from yunbox.sql.maxcompute.queries import QueryPlanner
from yunbox.sql.maxcompute.statements.cursor import Cursor
from yunbox.sql.maxcompute.statements.inserts import fit, target
from yunbox.sql.plans import Query, Update

_HERE, _THERE, _ROW = "_yb_target", "_yb_source", "_yb_row"


@dataclass
class _Clause:
    """One WHEN: for rows that match or not, under a further condition; ``values`` by column, or a deletion."""

    matched: bool
    test: str
    values: dict[str, str] = field(default_factory=dict)
    deletes: bool = False


class _Merge:
    """The parts of the statement as text, so that the binder reads them in the query they end up in."""

    def __init__(self, cursor: Cursor, planner: QueryPlanner) -> None:
        self.cursor = cursor
        cursor.expect("MERGE", "INTO")
        self._into(planner, "USING")
        cursor.expect("USING")
        self.source, name = self._source()
        self.source_alias = self._alias("ON") or name
        cursor.expect("ON")
        self.on = self._text(self._when())
        self.clauses: list[_Clause] = []
        while not cursor.done:
            self.clauses.append(self._clause())
        if not self.clauses:
            raise cursor.failure("WHEN MATCHED or WHEN NOT MATCHED expected")

    def _into(self, planner: QueryPlanner, stop: str) -> None:
        """The target and its alias, up to a word."""
        cursor, start = self.cursor, self.cursor.at
        self.where = cursor.where()
        self.table: Table = target(planner, cursor)
        self.target = self._slice(start, cursor.at)
        if self.table.properties.get("transactional", "").lower() != "true":
            raise SemanticError(f"{self.table.name} is not transactional, its rows cannot be changed", self.where)
        self.alias = self._alias(stop) or self.table.name.name

    def _slice(self, start: int, end: int) -> str:
        if start >= end:
            raise self.cursor.failure("an expression expected")
        return self.cursor.text[self.cursor.tokens[start].start : self.cursor.tokens[end - 1].end + 1]

    def _text(self, end: int) -> str:
        found = self._slice(self.cursor.at, end)
        self.cursor.at = end
        return found

    def _alias(self, stop: str) -> str:
        if self.cursor.peek(stop):
            return ""
        self.cursor.take("AS")
        return self.cursor.name()

    def _source(self) -> tuple[str, str]:
        if self.cursor.peek("("):
            return self._text(self.cursor.until_close() + 1), "source"
        start = self.cursor.at
        name = self.cursor.parts()[-1]
        return self._slice(start, self.cursor.at), name

    def _when(self) -> int:
        """Where the next WHEN of the MERGE itself starts; a CASE has others."""
        cursor, index = self.cursor, self.cursor.at
        while index < len(cursor.tokens):
            following = cursor.word(index + 1)
            if cursor.word(index) == "WHEN" and (
                following == "MATCHED" or (following == "NOT" and cursor.word(index + 2) == "MATCHED")
            ):
                return index
            index += 1
        return index

    def _clause(self) -> _Clause:
        cursor = self.cursor
        cursor.expect("WHEN")
        matched = not cursor.take("NOT")
        cursor.expect("MATCHED")
        test = self._text(cursor.until("THEN")) if cursor.take("AND") else "TRUE"
        cursor.expect("THEN")
        if not matched:
            return _Clause(False, test, self._inserted())
        if cursor.take("DELETE"):
            return _Clause(True, test, deletes=True)
        cursor.expect("UPDATE")
        cursor.expect("SET")
        return _Clause(True, test, self._updated(self._when()))

    def _updated(self, end: int) -> dict[str, str]:
        found: dict[str, str] = {}
        while True:
            where, name = self.cursor.where(), self.cursor.parts()[-1]
            found[self._column(name, where)] = ""
            self.cursor.expect("=")
            found[self._column(name, where)] = self._text(min(self.cursor.until(","), end))
            if not self.cursor.take(","):
                return found

    def _column(self, name: str, where: At) -> str:
        for column in self.table.columns:
            if column.name.lower() == name:
                return name
        raise SemanticError(f"column {name} cannot be changed in {self.table.name}", where)

    def _inserted(self) -> dict[str, str]:
        cursor, where = self.cursor, self.cursor.where()
        cursor.expect("INSERT")
        names = [column.name.lower() for column in self.table.all_columns]
        if cursor.peek("("):
            names = cursor.names()
        cursor.expect("VALUES")
        close = cursor.until_close()
        cursor.expect("(")
        values: list[str] = []
        while cursor.at < close:
            values.append(self._text(min(cursor.until(","), close)))
            cursor.take(",")
        cursor.expect(")")
        if len(values) != len(names):
            raise SemanticError(f"{len(names)} columns are named and {len(values)} values given", where)
        return dict(zip(names, values, strict=True))

    def text(self) -> str:
        """The whole query."""
        t, s = self.alias, self.source_alias
        items = ", ".join(f"{self._value(column.name.lower())} AS `{column.name}`" for column in self.table.all_columns)
        return (
            f"SELECT {items} FROM (SELECT *, TRUE AS {_HERE}, row_number() OVER (PARTITION BY TRUE) AS {_ROW} "
            f"FROM {self.target}) `{t}` FULL OUTER JOIN (SELECT *, TRUE AS {_THERE} FROM {self.source}) `{s}` "
            f"ON {self.on} WHERE {self._kept()} QUALIFY {self._once()}"
        )

    def _value(self, name: str) -> str:
        own = f"`{self.alias}`.`{name}`"
        branches = f"WHEN {_THERE} IS NULL THEN {own}"
        for clause in self.clauses:
            side = f"{_HERE} AND {_THERE}" if clause.matched else f"{_HERE} IS NULL"
            value = clause.values.get(name, own if clause.matched else "NULL")
            branches += f" WHEN {side} AND ({clause.test}) THEN {value}"
        return f"CASE {branches} ELSE {own} END"

    def _kept(self) -> str:
        """Which rows stay: the first clause that holds for a row decides."""
        branches = f"WHEN {_THERE} IS NULL THEN TRUE"
        for clause in self.clauses:
            side = f"{_HERE} AND {_THERE}" if clause.matched else f"{_HERE} IS NULL"
            branches += f" WHEN {side} AND ({clause.test}) THEN {'FALSE' if clause.deletes else 'TRUE'}"
        return f"CASE {branches} WHEN {_HERE} IS NULL THEN FALSE ELSE TRUE END"

    def _once(self) -> str:
        return f"_yb_once({_HERE}, count(*) OVER (PARTITION BY {_ROW}))"


class _UpdateFrom(_Merge):
    """``UPDATE t SET a = x FROM s WHERE c``: a MERGE of which nothing is inserted."""

    def __init__(self, cursor: Cursor, planner: QueryPlanner) -> None:
        self.cursor = cursor
        cursor.expect("UPDATE")
        self._into(planner, "SET")
        cursor.expect("SET")
        self.clauses = [_Clause(True, "TRUE", self._updated(_from(cursor)))]
        cursor.expect("FROM")
        self.source, name = self._source()
        self.source_alias = (not cursor.done and not cursor.peek(",") and self._alias("WHERE")) or name
        if not cursor.done and not cursor.peek("WHERE"):
            raise UnsupportedSql("UPDATE ... FROM several tables", cursor.where())
        self.on = self._text(len(cursor.tokens)) if cursor.take("WHERE") else "TRUE"


def _from(cursor: Cursor) -> int:
    """Where FROM stands outside parentheses, other than in IS DISTINCT FROM; the end if nowhere."""
    start = cursor.at
    try:
        while (index := cursor.until("FROM")) < len(cursor.tokens) and cursor.word(index - 1) == "DISTINCT":
            cursor.at = index + 1
        return index
    finally:
        cursor.at = start


def reads_another(cursor: Cursor) -> bool:
    """Whether an UPDATE has a FROM before its WHERE."""
    return _from(cursor) < cursor.until("WHERE")


def parse_update_from(cursor: Cursor, planner: QueryPlanner) -> Update:
    """``UPDATE t SET a = x FROM s WHERE c``, as the vendor's page "UPDATE" has it."""
    return _planned(_UpdateFrom(cursor, planner), planner)


def parse_merge(cursor: Cursor, planner: QueryPlanner) -> Update:
    """``MERGE INTO t USING s ON c WHEN [NOT] MATCHED [AND c] THEN UPDATE SET ... | DELETE | INSERT ... VALUES ...``."""
    return _planned(_Merge(cursor, planner), planner)


def _planned(merge: _Merge, planner: QueryPlanner) -> Update:
    binder = planner.binder()
    try:
        block = binder.bind(parse_query(merge.text()))
    except SqlError as error:
        error.move(merge.where)  # its place is one of the query that the statement became
        raise
    dynamic = [column.name.lower() for column in merge.table.partition_columns]
    query = fit(planner, binder, block, merge.table, None, dynamic, merge.where)
    return Update(merge.table, _target_first(query, merge.table))


def _target_first(query: Query, table: Table) -> Query:
    """The target's scan goes first and counts as restricted: a MERGE has to see all of it."""
    mine = [dataclasses.replace(s, has_partition_predicate=True) for s in query.scans if s.table.name == table.name]
    others = [scan for scan in query.scans if scan.table.name != table.name]
    return dataclasses.replace(query, scans=(*mine, *others))
