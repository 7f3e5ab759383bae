"""From a bound block to a finished ``Query``: SQL text, output columns, pruned scans."""

from typing import TYPE_CHECKING

from sqlglot import exp

from yunbox.schema.tables import Column, PartitionValues, Table
from yunbox.schema.types import DataType
from yunbox.sql.catalog import Catalog, Evaluator
from yunbox.sql.maxcompute.binder.expressions import ExpressionBinder
from yunbox.sql.maxcompute.binder.queries import QueryBinder
from yunbox.sql.maxcompute.binder.scope import Scope
from yunbox.sql.maxcompute.dialect import at, parse_expression, tokenize
from yunbox.sql.maxcompute.errors import SemanticError, UnsupportedSql
from yunbox.sql.maxcompute.expr import STRING, Expr
from yunbox.sql.maxcompute.pruning import Pruner
from yunbox.sql.maxcompute.relations import Block, ScanRelation, SelectBlock, SetBlock
from yunbox.sql.maxcompute.session import Session
from yunbox.sql.plans import Query, Scan

if TYPE_CHECKING:
    from yunbox.sql.maxcompute.statements.cursor import Cursor


class QueryPlanner:
    """Plans the queries inside one statement."""

    def __init__(self, catalog: Catalog, session: Session, evaluate: Evaluator | None = None) -> None:
        self.catalog = catalog
        self.session = session
        self.evaluate = evaluate

    def binder(self) -> QueryBinder:
        """A fresh binder."""
        return QueryBinder(self.catalog, self.session)

    def plan(self, node: exp.Expr, *, named: bool = False) -> Query:
        """Plan one query; where its columns become a table's each needs a name of its own."""
        binder = self.binder()
        block = binder.bind(node)
        twice = _ambiguous(block) if named else frozenset()
        if twice:
            raise SemanticError(f"column {min(twice)} is defined more than once", at(node))
        return self.finish(binder, block)

    def finish(self, binder: QueryBinder, block: Block) -> Query:
        """Write a bound block down and prune its scans."""
        types = [_written(of) for of in block.types]
        if any(of.name.startswith("interval_") for of in types):
            raise UnsupportedSql("an INTERVAL as a result column")
        sql = binder.renderer.block(block, types=types, exact=True)
        columns = tuple(Column(name, of) for name, of in zip(block.names, types, strict=True))
        return self.query(binder, block, sql, columns)

    def query(self, binder: QueryBinder, block: Block, sql: str, columns: tuple[Column, ...]) -> Query:
        """The plan of rendered SQL whose tables come from a block."""
        pruner = Pruner(self.catalog, self.evaluate, binder.relations)
        if any(scan.table.partition_columns for scan in binder.scans):
            pruner.block(block)
            for subquery in binder.subqueries:
                pruner.block(subquery)
        scans = tuple(_scan(scan, pruner) for scan in binder.scans if f'"{scan.token}"' in sql)
        names = tuple(binder.views), bool(block.order), tuple(binder.hints), tuple(binder.asked)
        return Query(sql, columns, scans, *names)

    def expression(self, text: str) -> Expr:
        """A constant expression, such as a column's default."""
        binder = self.binder()
        return ExpressionBinder(binder, Scope()).bind(parse_expression(text, tokenize(text)))

    def matching_partitions(self, table: Table, cursor: "Cursor", start: int, stop: int) -> list[PartitionValues]:
        """The partitions of a table that a filter expression, given as tokens, is true for."""
        binder, where = self.binder(), cursor.where()
        scan = binder.scan(table, table.name.name)
        scope = Scope(relations=[scan])
        tests = ExpressionBinder(binder, scope).conjuncts(parse_expression(cursor.text, cursor.tokens[start:stop]))
        loose = {name for test in tests for _, name in test.refs} - {
            column.name.lower() for column in table.partition_columns
        }
        if loose:
            raise SemanticError(f"column {min(loose)} is no partition column of {table.name}")
        if len({name for test in tests for _, name in test.refs}) > 1:
            raise SemanticError(
                "a partition filter may read one partition column: write a PARTITION (...) for each", where
            )
        pruner = Pruner(self.catalog, self.evaluate, binder.relations)
        pruner.block(SelectBlock(source=scan, where=tests))
        if not scan.has_predicate:
            raise UnsupportedSql("a partition filter that cannot be evaluated while planning")
        kept = scan.survivors or set()
        return [row for row in pruner.partitions(table.name) if row in kept]


def _ambiguous(block: Block) -> frozenset[str]:
    while isinstance(block, SetBlock):
        block = block.left
    return block.ambiguous if isinstance(block, SelectBlock) else frozenset()


def _written(of: DataType) -> DataType:
    """The type an output has in the result: a bare NULL is a STRING."""
    if of.name == "void":
        return STRING
    if of.children:
        return DataType(of.name, of.params, tuple(_written(child) for child in of.children), of.names)
    return of


def _scan(scan: ScanRelation, pruner: Pruner) -> Scan:
    columns = tuple(name for name in scan.columns if name in scan.needed)
    if not scan.table.partition_columns:
        return Scan(scan.token, scan.table, columns, None, 0, False)
    everything = pruner.partitions(scan.table.name)
    kept = scan.survivors if scan.survivors is not None else set(everything)
    return Scan(
        scan.token,
        scan.table,
        columns,
        tuple(row for row in everything if row in kept),
        len(everything),
        scan.has_predicate and scan.visited,
        " AND ".join(scan.filters),
    )
