"""Which partitions a query can need: predicates flow from every WHERE and ON down to the scans they bound.

A predicate is evaluated over one partition with everything that is no partition column unknown. The partition
goes only when the predicate is then certainly not true, so a mixed condition such as
``dt = '1' and a > 2 or dt = '3'`` prunes as far as it safely can. A predicate may pass

* through a projection, a DISTINCT and both sides of a set operation;
* through GROUP BY when it reads group keys, and a window when it reads keys all windows partition by;
* never through LIMIT or a table function's own columns;
* to both sides of an inner join; to the NULL-supplying side of an outer join only when it rejects NULLs.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from yunbox.schema.tables import PartitionValues, TableName
from yunbox.schema.types import DataType
from yunbox.sql.catalog import Catalog, Evaluator
from yunbox.sql.maxcompute.expr import Expr, Ref, quote, text_literal
from yunbox.sql.maxcompute.predicates import UNKNOWN, Compiler, Value
from yunbox.sql.maxcompute.relations import (
    Block,
    CteRelation,
    DerivedRelation,
    From,
    Join,
    Lateral,
    Relation,
    ScanRelation,
    SelectBlock,
    SetBlock,
    relations_of,
)

_VISITS_MAX = 64
_SEPARATOR = chr(31)
_BATCH_MAX = 20_000


Lineage = dict[Ref, Expr]


@dataclass(frozen=True)
class _Predicate:
    expr: Expr
    lineage: Lineage = field(default_factory=dict)


class Pruner:
    """Prunes every scan of one statement."""

    def __init__(self, catalog: Catalog, evaluate: Evaluator | None, relations: Sequence[Relation]) -> None:
        self.catalog = catalog
        self.relations = relations
        self.evaluate = evaluate
        self._partitions: dict[TableName, Sequence[PartitionValues]] = {}
        self._constants: dict[str, Value] = {}

    def partitions(self, name: TableName) -> Sequence[PartitionValues]:
        """The partitions of a table, read once."""
        if name not in self._partitions:
            self._partitions[name] = self.catalog.partitions(name)
        return self._partitions[name]

    def block(self, block: Block, incoming: Sequence[_Predicate] = ()) -> None:
        """Prune below a block, given predicates on its outputs."""
        if block.limit is not None or block.offset is not None:
            incoming = ()
        if isinstance(block, SetBlock):
            right = block.operator.startswith(("UNION", "INTERSECT", "EXCEPT"))
            self.block(block.left, incoming)
            self.block(block.right, _shifted(incoming, block) if right else ())
            return
        assert isinstance(block, SelectBlock)
        kept = [one for one in incoming if _passes(one, block)]
        kept += [_Predicate(test) for test in block.where]
        if block.group_sql is not None and not block.grouping_sets:
            kept += [_Predicate(t) for t in block.having if not t.aggregate and not t.window]
        self._source(block.source, kept)

    def _source(self, source: From | None, predicates: list[_Predicate]) -> None:
        if isinstance(source, Join):
            self._join(source, predicates)
        elif isinstance(source, Lateral):
            self._source(source.source, predicates)
        elif isinstance(source, ScanRelation):
            self._scan(source, predicates)
        elif isinstance(source, DerivedRelation):
            self.block(source.block, _entering(predicates, source, source.block))
        elif isinstance(source, CteRelation):
            source.cte.visits += 1
            passed = _entering(predicates, source, source.cte.block)
            self.block(source.cte.block, passed if source.cte.visits < _VISITS_MAX else ())

    def _join(self, join: Join, predicates: list[_Predicate]) -> None:
        on = [_Predicate(test) for test in join.on]
        left, right = predicates, predicates
        if join.kind in ("left", "full"):
            right = [one for one in predicates if self._rejects(one, join.right)]
        if join.kind in ("right", "full"):
            left = [one for one in predicates if self._rejects(one, join.left)]
        if join.kind == "semi":
            left, right = predicates + on, on
        elif join.kind == "anti":
            right = on
        elif join.kind in ("inner", "cross"):
            left, right = predicates + on, predicates + on
        elif join.kind == "left":
            right = right + on
        elif join.kind == "right":
            left = left + on
        self._source(join.left, list(left))
        self._source(join.right, list(right))

    def _rejects(self, predicate: _Predicate, side: From) -> bool:
        """Whether the predicate is certainly not true when every column of a side is NULL."""
        numbers = {relation.number for relation in relations_of(side)}

        def lookup(ref: Ref) -> Callable[[PartitionValues], Value]:
            value = None if ref[0] in numbers else UNKNOWN
            return lambda row: value

        compiled = Compiler(lookup, self._constant, self._batch_off).compile(predicate.expr)
        found = compiled(())
        return found is not UNKNOWN and found is not True

    def _constant(self, expr: Expr) -> Value:
        """The value of a constant expression, or UNKNOWN when nothing can evaluate it."""
        if self.evaluate is None:
            return UNKNOWN
        if expr.sql not in self._constants:
            rows = self.asked(f"SELECT {expr.sql}")
            self._constants[expr.sql] = rows[0][0] if rows else UNKNOWN
        return self._constants[expr.sql]

    def asked(self, sql: str) -> list[tuple[Any, ...]]:
        """What the evaluator answers; nothing when the query fails, for running it will say why."""
        assert self.evaluate is not None
        try:
            return self.evaluate(sql)
        except Exception:
            return []

    def _batch_off(self, expr: Expr) -> Callable[[PartitionValues], Value] | None:
        return None

    def _scan(self, scan: ScanRelation, predicates: list[_Predicate]) -> None:
        table = scan.table
        if not table.partition_columns:
            return
        names = [column.name.lower() for column in table.partition_columns]
        rows = self.partitions(table.name)
        found: set[PartitionValues] = set(rows)
        used: list[str] = []
        for predicate in predicates:
            compiler = _ScanCompiler(self, scan, names, predicate.lineage, rows)
            test = compiler.compile(predicate.expr)
            if not compiler.reads_partitions:
                if compiler.certain and test(()) is not True and test(()) is not UNKNOWN:
                    found = set()
                continue
            if compiler.blind:
                continue
            answers = [(row, test(row)) for row in rows]
            kept = {row for row, answer in answers if answer is True or answer is UNKNOWN}
            if len(kept) < len(answers) or all(answer is not UNKNOWN for _, answer in answers):
                used.append(readable(predicate.expr))
            found &= kept
        scan.has_predicate = scan.has_predicate and (bool(used) or not found)
        scan.filters += [text for text in used if text not in scan.filters]
        scan.survivors = found if scan.survivors is None else scan.survivors | found
        scan.visited = True


class _ScanCompiler(Compiler):
    """Compiles a predicate for one scan, following columns through subqueries to partition columns."""

    def __init__(
        self, pruner: Pruner, scan: ScanRelation, names: list[str], lineage: Lineage, rows: Sequence[PartitionValues]
    ) -> None:
        super().__init__(self._lookup, pruner._constant, self._batch)
        self.pruner = pruner
        self.scan = scan
        self.names = names
        self.lineage = lineage
        self.rows = rows
        self.reads_partitions = False

    def _lookup(self, ref: Ref) -> Callable[[PartitionValues], Value]:
        number, name = ref
        if number == self.scan.number and name in self.names:
            self.reads_partitions = True
            return _reader(self.names.index(name), self.scan.columns[name])
        if ref in self.lineage:
            return self.compile(self.lineage[ref])
        return lambda row: UNKNOWN

    def _origin(self, ref: Ref) -> int | None:
        while ref in self.lineage:
            inner = self.lineage[ref]
            if inner.op != "column":
                return None
            (ref,) = inner.refs
        if ref[0] == self.scan.number and ref[1] in self.names:
            return self.names.index(ref[1])
        return None

    def _batch(self, expr: Expr) -> Callable[[PartitionValues], Value] | None:
        """Evaluate an opaque expression of partition columns once for each distinct value it can see."""
        refs = sorted(expr.refs)
        origins = [self._origin(ref) for ref in refs]
        if self.pruner.evaluate is None or not refs or None in origins or expr.volatile or expr.subquery:
            return None
        indexes = [index for index in origins if index is not None]
        keys = sorted({tuple(row[i] for i in indexes) for row in self.rows})
        if len(keys) > _BATCH_MAX or not keys:
            return None
        answers = _column(expr, refs, indexes, keys, self)
        if len(answers) != len(keys):
            return None
        self.reads_partitions = True
        table = dict(zip(keys, answers, strict=True))
        return lambda row: table[tuple([row[i] for i in indexes])]


def _column(
    expr: Expr,
    refs: list[Ref],
    indexes: list[int],
    keys: list[tuple[str, ...]],
    compiler: _ScanCompiler,
) -> list[Value]:
    sql = expr.sql
    columns = [f"v{i}" for i in range(len(refs))]
    types = [compiler.scan.columns[compiler.names[index]].duckdb for index in indexes]
    by_relation: dict[str, list[str]] = {}
    for ref, column, of in zip(refs, columns, types, strict=True):
        alias = compiler.pruner.relations[ref[0]].alias
        by_relation.setdefault(alias, []).append(f'CAST(r."{column}" AS {of}) AS {quote(ref[1])}')
    laterals = "".join(
        f", LATERAL (SELECT {', '.join(items)}) AS {quote(alias)}" for alias, items in by_relation.items()
    )
    found = compiler.pruner.asked(f"SELECT {sql} FROM ({_rows(columns, keys)}) AS r{laterals} ORDER BY r.n")
    return [row[0] for row in found]


def _rows(columns: list[str], keys: list[tuple[str, ...]]) -> str:
    """A relation of the keys, numbered by ``n``.

    One literal a column, split by the engine, parses ten times as fast as ten thousand VALUES do.
    """
    if any(_SEPARATOR in part for key in keys for part in key):
        rows = ", ".join(f"({n}, {', '.join(text_literal(part) for part in key)})" for n, key in enumerate(keys))
        names = ", ".join(f'"{name}"' for name in ("n", *columns))
        return f"SELECT * FROM (VALUES {rows}) AS v({names})"
    lists = [
        f"unnest(string_split({text_literal(_SEPARATOR.join(key[i] for key in keys))}, chr(31))) AS {quote(column)}"
        for i, column in enumerate(columns)
    ]
    return f"SELECT unnest(range({len(keys)})) AS n, {', '.join(lists)}"


def _reader(index: int, of: DataType) -> Callable[[PartitionValues], Value]:
    if of.is_text:
        return lambda row: row[index]
    if of.is_integer:
        return lambda row: int(row[index])
    if of.name == "date":
        return lambda row: date.fromisoformat(row[index])
    return lambda row: UNKNOWN


def _entering(predicates: Iterable[_Predicate], relation: Relation, block: Block) -> list[_Predicate]:
    """Predicates on a relation, with the relation's columns traced to the block's first SELECT."""
    first = block
    while isinstance(first, SetBlock):
        first = first.left
    assert isinstance(first, SelectBlock)
    names = block.names
    made: list[_Predicate] = []
    for one in predicates:
        if not any(number == relation.number for number, _ in _leaves(one)):
            continue
        lineage = dict(one.lineage)
        for name, of, output in zip(names, block.types, first.outputs, strict=True):
            lineage[relation.number, name] = output.expr if output.expr.type == of else _hidden(of)
        made.append(_Predicate(one.expr, lineage))
    return made


def _leaves(predicate: _Predicate) -> set[Ref]:
    """The columns a predicate comes down to."""
    found: set[Ref] = set()
    stack = list(predicate.expr.refs)
    while stack:
        ref = stack.pop()
        if ref in predicate.lineage:
            stack += predicate.lineage[ref].refs
        else:
            found.add(ref)
    return found


def _shifted(predicates: Sequence[_Predicate], block: SetBlock) -> list[_Predicate]:
    """The predicates that entered the left side of a set operation, traced to its right side instead."""
    left, right = _first(block.left), _first(block.right)
    triples = zip(left.outputs, right.outputs, block.types, strict=True)
    swap = {id(a.expr): b.expr if b.expr.type == of else _hidden(of) for a, b, of in triples}
    return [
        _Predicate(one.expr, {ref: swap.get(id(expr), expr) for ref, expr in one.lineage.items()}) for one in predicates
    ]


def _hidden(of: DataType) -> Expr:
    """Stands for an output that is converted on its way out: nothing is known of it."""
    return Expr("NULL", of, volatile=True)


def _first(block: Block) -> SelectBlock:
    while isinstance(block, SetBlock):
        block = block.left
    assert isinstance(block, SelectBlock)
    return block


def _passes(predicate: _Predicate, block: SelectBlock) -> bool:
    """Whether a predicate on a block's outputs may be applied to the block's rows already."""
    mine = {id(output.expr) for output in block.outputs}
    read = [expr for ref, expr in _used(predicate) if id(expr) in mine]
    if any(expr.volatile or expr.aggregate or expr.window or expr.subquery for expr in read):
        return False
    if block.qualify and not block.windows:
        return False
    if block.aggregated:
        if block.group_sql is None or block.grouping_sets:
            return False
        keys = {key.sql for key in block.keys}
        return all(expr.constant or expr.sql in keys for expr in read)
    return all(expr.sql in keys for keys in block.windows for expr in read if not expr.constant)


def _used(predicate: _Predicate) -> list[tuple[Ref, Expr]]:
    found: list[tuple[Ref, Expr]] = []
    stack = list(predicate.expr.refs)
    while stack:
        ref = stack.pop()
        expr = predicate.lineage.get(ref)
        if expr is not None:
            found.append((ref, expr))
            stack += expr.refs
    return found


def readable(expr: Expr) -> str:
    """A predicate for people: no quotes around names and no outer parentheses."""
    text = expr.sql.replace('"', "")
    return text[1:-1] if text.startswith("(") and text.endswith(")") else text
