"""DELETE and UPDATE of Delta tables, planned as the rows their partitions hold afterwards."""

from yunbox.schema.tables import Column, Table
from yunbox.sql.maxcompute import operators
from yunbox.sql.maxcompute.binder.expressions import ExpressionBinder, choose
from yunbox.sql.maxcompute.binder.queries import QueryBinder
from yunbox.sql.maxcompute.binder.scope import Scope, column
from yunbox.sql.maxcompute.casts import cast, implicit
from yunbox.sql.maxcompute.dialect import parse_expression
from yunbox.sql.maxcompute.errors import SemanticError, UnsupportedSql
from yunbox.sql.maxcompute.expr import STRING, Expr, boolean
from yunbox.sql.maxcompute.queries import QueryPlanner
from yunbox.sql.maxcompute.relations import Output, ScanRelation, SelectBlock
from yunbox.sql.maxcompute.statements.cursor import Cursor
from yunbox.sql.maxcompute.statements.inserts import required, target
from yunbox.sql.maxcompute.statements.merges import parse_update_from, reads_another
from yunbox.sql.plans import Delete, Query, Update


class _Change:
    """The one table a DELETE or UPDATE works on, and the condition that says which rows."""

    def __init__(self, cursor: Cursor, planner: QueryPlanner) -> None:
        self.cursor = cursor
        self.planner = planner
        where = cursor.where()
        self.table = target(planner, cursor)
        if self.table.properties.get("transactional", "").lower() != "true":
            raise SemanticError(f"{self.table.name} is not transactional, its rows cannot be changed", where)
        name = self.table.name.name
        if not cursor.done and not cursor.peek("WHERE") and not cursor.peek("SET"):
            cursor.take("AS")
            name = cursor.name()
        self.binder: QueryBinder = planner.binder()
        self.scan: ScanRelation = self.binder.scan(self.table, name)
        self.expressions = ExpressionBinder(self.binder, Scope(relations=[self.scan]))
        self.tests: list[Expr] = []

    def expression(self, stop: int) -> Expr:
        """The expression from here to a token index."""
        cursor = self.cursor
        node = parse_expression(cursor.text, cursor.tokens[cursor.at : stop])
        cursor.at = stop
        return self.expressions.bind(node)

    def tuple(self, written: dict[str, Expr]) -> None:
        """``(a, b) = (x, y)``."""
        cursor, names = self.cursor, self.cursor.names()
        cursor.expect("=")
        if cursor.peek("(", "SELECT"):
            raise UnsupportedSql("UPDATE ... SET (...) = (SELECT ...)", cursor.where())
        cursor.expect("(")
        for place, name in enumerate(names):
            if place:
                cursor.expect(",")
            self.write(written, name, ")")
        cursor.expect(")")

    def assign(self, written: dict[str, Expr], name: str, *stop: str) -> None:
        """``= x`` behind the name of a column."""
        self.cursor.expect("=")
        self.write(written, name, *stop)

    def write(self, written: dict[str, Expr], name: str, *stop: str) -> None:
        """The value of a column, up to a comma or one of the words."""
        where, known = self.cursor.where(), _column(self.table, name)
        if known is None:
            raise SemanticError(f"column {name} cannot be resolved in {self.table.name}", where)
        if known.name in written:
            raise SemanticError(f"column {name} is set more than once", where)
        value = self.expression(self.cursor.until(",", *stop))
        written[known.name] = required(known, implicit(value, known.type, where))

    def condition(self) -> Expr:
        """The WHERE clause as one certain truth value."""
        if not self.cursor.take("WHERE"):
            self.cursor.end()
            return boolean(True)
        node = parse_expression(self.cursor.text, self.cursor.tokens[self.cursor.at :])
        self.cursor.at = len(self.cursor.tokens)
        self.tests = self.expressions.conjuncts(node)
        test = operators.logical("and", list(self.tests))
        return operators.is_boolean(test, True)

    def query(self, values: dict[str, Expr], kept: list[Expr]) -> Query:
        """The rows after the change, of the partitions that the condition can touch."""
        outputs = [Output(c.name, values.get(c.name) or column(self.scan, c.name)) for c in self.table.columns]
        outputs += [
            Output(part.name, cast(column(self.scan, part.name), STRING)) for part in self.table.partition_columns
        ]
        block = SelectBlock(outputs=outputs, source=self.scan, where=kept)
        sql = self.binder.renderer.block(block, exact=True)
        columns = [*self.table.columns, *[Column(part.name, STRING) for part in self.table.partition_columns]]
        touched = SelectBlock(outputs=outputs, source=self.scan, where=self.tests)
        return self.planner.query(self.binder, touched, sql, tuple(columns))


def parse_delete(cursor: Cursor, planner: QueryPlanner) -> Delete:
    """DELETE FROM t [WHERE condition]."""
    cursor.expect("DELETE", "FROM")
    change = _Change(cursor, planner)
    gone = change.condition()
    return Delete(change.table, change.query({}, [operators.negate(gone)]))


def parse_update(cursor: Cursor, planner: QueryPlanner) -> Update:
    """UPDATE t SET a = x, b = y [WHERE condition], SET (a, b) = (x, y), or with FROM and another table."""
    if reads_another(cursor):
        return parse_update_from(cursor, planner)
    cursor.expect("UPDATE")
    change = _Change(cursor, planner)
    cursor.expect("SET")
    written: dict[str, Expr] = {}
    if cursor.peek("("):
        change.tuple(written)
    else:
        change.assign(written, cursor.parts()[-1], "WHERE")
        while cursor.take(","):
            change.assign(written, cursor.parts()[-1], "WHERE")
    test = change.condition()
    values = {name: choose([test], [value, column(change.scan, name)]) for name, value in written.items()}
    return Update(change.table, change.query(values, []))


def _column(table: Table, name: str) -> Column | None:
    return next((one for one in table.columns if one.name.lower() == name), None)
