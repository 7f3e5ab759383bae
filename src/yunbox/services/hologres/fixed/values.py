"""Values that a fixed statement writes or looks for: parameters, constants, and the columns of a row at hand.

Types are PostgreSQL's: a value is taken as it is, or converted where PostgreSQL converts it by itself and exactly; with
any other conversion the statement is not fixed. Source: the PostgreSQL documentation, "Value Storage".
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Context as Arithmetic
from decimal import Decimal
from typing import Any

from yunbox.services.hologres.fixed.scope import NotFixed, Scope
from yunbox.sql.hologres.parser import tree
from yunbox.storage.rows.model import Column
from yunbox.wire.pgwire.report import failure
from yunbox.wire.pgwire.values.codec import Style
from yunbox.wire.pgwire.values.modifiers import format_type
from yunbox.wire.pgwire.values.reals import narrowed
from yunbox.wire.pgwire.values.types import BY_NAME, ELEMENTS

WHOLE = {21: 15, 23: 31, 20: 63}
"""The whole numbers, by OID."""
_TEXTS = frozenset((25, 1043, 1042))
_FLOATS = frozenset((700, 701))
_BOOL, _NUMERIC, _FLOAT4, _FLOAT8, _BPCHAR = 16, 1700, 700, 701, 1042
_EXACT = Arithmetic(prec=2000)
_WORDLESS = re.compile(r"[-+:./ 0-9]*", re.ASCII)


@dataclass(slots=True)
class Row:
    """What values are made of: the parameters, and in a change the present row and the one that was to be inserted.

    ``made`` is a statement, and what it has made of the parameters; ``keep`` says which of several rows of one key an
    upsert takes (``repeated.py``).
    """

    parameters: Sequence[Any]
    style: Style
    present: Sequence[Any] = ()
    excluded: Sequence[Any] = ()
    made: tuple[Any, ...] = ()
    keep: str = ""


Value = Callable[[Row], Any]


def value_for(node: tree.Node, column: Column, scope: Scope, *, key: bool = False) -> Value:
    """What a node is as a value of a column: to be stored, or with ``key`` to be compared with it. Raises NotFixed."""
    if isinstance(node, tree.Parameter):
        return _parameter(node.number, column, scope, key=key)
    if isinstance(node, tree.Cast):
        return _cast(node, column, scope, key=key)
    if isinstance(node, tree.Constant):
        return _constant(node, column, key=key)
    raise NotFixed


def change_for(node: tree.Node, column: Column, scope: Scope, *, excluded: bool) -> Value:
    """The same of an assignment, which may name columns, and add to them or take from them."""
    if isinstance(node, tree.ColumnRef):
        return _column(node, column, scope, excluded=excluded)
    if isinstance(node, tree.Operation) and node.symbol in ("+", "-") and node.left is not None and not node.schema:
        if column.type_oid not in WHOLE and column.type_oid != _NUMERIC:
            raise NotFixed
        left = _operand(node.left, column, scope, excluded=excluded)
        right = _operand(node.right, column, scope, excluded=excluded)
        return _sum(column, left, right, 1 if node.symbol == "+" else -1)
    return value_for(node, column, scope)


def _operand(node: tree.Node, column: Column, scope: Scope, *, excluded: bool) -> Value:
    """One side of a sum: of exactly the column's type, lest the sum be of another one."""
    if isinstance(node, tree.ColumnRef):
        return _column(node, column, scope, excluded=excluded)
    if isinstance(node, tree.Constant) and node.kind != "integer":
        raise NotFixed
    if isinstance(node, tree.Constant) and column.type_oid == 21:
        raise NotFixed  # smallint + integer is integer, which is narrowed only when it is stored
    if isinstance(node, tree.Parameter) and scope.parameter(node.number, column.type_oid) != column.type_oid:
        raise NotFixed
    return value_for(node, column, scope)


def _sum(column: Column, left: Value, right: Value, sign: int) -> Value:
    bits = WHOLE.get(column.type_oid)

    def value(row: Row) -> Any:
        first, second = left(row), right(row)
        if first is None or second is None:
            return None
        if bits is None:
            return _EXACT.add(first, second if sign > 0 else -second)
        return in_range(first + sign * second, column.type_oid)

    return value


def _column(node: tree.ColumnRef, column: Column, scope: Scope, *, excluded: bool) -> Value:
    found = scope.column(node, *(("excluded",) if excluded else ()))
    if found.type_oid != column.type_oid:
        raise NotFixed
    at = found.number - 1
    if excluded and len(node.names) == 2 and node.names[0] == "excluded":
        return lambda row: row.excluded[at]
    if excluded and len(node.names) == 1:
        raise NotFixed  # is it the table's or the other? PostgreSQL calls that ambiguous
    return lambda row: row.present[at]


def _parameter(number: int, column: Column, scope: Scope, *, key: bool) -> Value:
    oid, at = scope.parameter(number, column.type_oid), number - 1
    convert = conversion(oid, column, key=key)
    if convert is None:
        return lambda row: row.parameters[at]

    def value(row: Row) -> Any:
        given = row.parameters[at]
        return None if given is None else convert(given)

    return value


def conversion(oid: int, column: Column, *, key: bool) -> Callable[[Any], Any] | None:
    """What makes a value of a type one of the column's; None where nothing is to be done. Raises NotFixed."""
    wanted = column.type_oid
    if oid == wanted:
        return None
    if oid in WHOLE and wanted in WHOLE:
        return None if key else lambda value: in_range(value, wanted)
    if not key and _elements(oid) in WHOLE and _elements(wanted) in WHOLE:
        return lambda value: _ranged_all(value, _elements(wanted))
    if oid in _TEXTS and wanted in _TEXTS and not (key and _BPCHAR in (oid, wanted)) and oid != _BPCHAR:
        return None
    if not key and oid in WHOLE and wanted == _NUMERIC:
        return Decimal
    if not key and oid in WHOLE and wanted == _FLOAT8:
        return float
    if oid == _FLOAT8 and wanted == _FLOAT4:
        return lambda value: narrowed([value])[0]
    if _elements(oid) == _FLOAT8 and _elements(wanted) == _FLOAT4:
        return narrowed
    raise NotFixed


def _elements(oid: int) -> int:
    """What an array is of; 0 for what is none."""
    found = ELEMENTS.get(oid)
    return found.oid if found is not None else 0


def _ranged_all(values: list[Any], oid: int) -> list[Any]:
    """An array of whole numbers as one of another size of them."""
    return [
        _ranged_all(one, oid) if isinstance(one, list) else None if one is None else in_range(one, oid)
        for one in values
    ]


def _cast(node: tree.Cast, column: Column, scope: Scope, *, key: bool) -> Value:
    written = node.type
    known = BY_NAME.get(written.names[-1])
    if known is None or written.modifiers or written.fields or written.set_of:
        raise NotFixed
    oid = known.array if written.dimensions else known.oid
    if isinstance(node.value, tree.Parameter):
        declared = scope.parameter(node.value.number, oid)
        is_narrowed = oid == column.type_oid and (_elements(declared), _elements(oid)) == (_FLOAT8, _FLOAT4)
        if declared != oid and not is_narrowed:
            raise NotFixed
        return _parameter(node.value.number, column, scope, key=key)
    if isinstance(node.value, tree.Constant) and node.value.kind == "string" and oid == column.type_oid:
        return _constant(node.value, column, key=key)
    if isinstance(node.value, tree.ArrayOf):
        return _array(node.value, oid, column)
    raise NotFixed


def _array(node: tree.ArrayOf, oid: int, column: Column) -> Value:
    """Constant numbers in ARRAY[...] that are cast to an array of floats, which the column is one of."""
    if oid != column.type_oid or _elements(oid) not in _FLOATS:
        raise NotFixed
    texts = [one.text for one in node.items if isinstance(one, tree.Constant) and one.kind in ("integer", "number")]
    if len(texts) < len(node.items) or not texts:
        raise NotFixed
    return _literal(column, "{" + ",".join(texts) + "}")


def _constant(node: tree.Constant, column: Column, *, key: bool) -> Value:
    text, oid = node.text, column.type_oid
    if node.kind == "null":
        return lambda row: None
    if node.kind == "string":
        return _literal(column, text)
    if node.kind == "boolean" and oid == _BOOL:
        truth = text == "true"
        return lambda row: truth
    if node.kind == "integer" and oid in WHOLE:
        number = int(text)
        return (lambda row: number) if key else lambda row: in_range(number, oid)
    if node.kind in ("integer", "number") and oid == _NUMERIC:
        exact = Decimal(text)
        return lambda row: exact
    if node.kind in ("integer", "number") and oid in _FLOATS:
        codec = column.type.codec
        return lambda row: codec.read(text, row.style)
    raise NotFixed


def _literal(column: Column, text: str) -> Value:
    """A text as a value. One without words means the same as long as the order of dates and the zone are the same."""
    codec = column.type.codec
    if column.type_oid in ELEMENTS or not _WORDLESS.fullmatch(text):
        return lambda row: codec.read(text, row.style)
    known: dict[tuple[Any, ...], Any] = {}

    def value(row: Row) -> Any:
        style = row.style
        at = style.order, style.intervals, style.zone
        if at not in known:
            known.clear()
            known[at] = codec.read(text, style)
        return known[at]

    return value


def in_range(value: int, oid: int) -> int:
    """A whole number as one of a type. Raises PgError 22003."""
    bits = WHOLE[oid]
    if not -(1 << bits) <= value < 1 << bits:
        raise failure("22003", f"{format_type(oid)} out of range")
    return value
