"""The OIDs of what belongs to a relation: derived from its own, so that they are the same after every start.

Those of relations are counted from 16,384 on, and within a transaction block have their highest bit set
(``storage/rows/draft.py``). Bits 27 to 29 say what an OID is of; a default's has bit 30, and its column's number in it.
"""

_KIND_BITS = 27
_OWN = (1 << _KIND_BITS) - 1
_BLOCK = 1 << 31
_DEFAULTS = 1 << 30
_COLUMNS_MAX = 1600
_INDEX, _CONSTRAINT, _ROW, _ROWS, _, _RULE = range(1, 7)


def _of(kind: int, oid: int) -> int:
    return oid & _BLOCK | kind << _KIND_BITS | oid & _OWN


def index_oid(relation: int) -> int:
    """The index of a primary key."""
    return _of(_INDEX, relation)


def constraint_oid(relation: int) -> int:
    """The constraint of a primary key."""
    return _of(_CONSTRAINT, relation)


def row_type_oid(relation: int) -> int:
    """The type of a relation's rows."""
    return _of(_ROW, relation)


def rows_type_oid(relation: int) -> int:
    """The type of arrays of those."""
    return _of(_ROWS, relation)


def rule_oid(relation: int) -> int:
    """The rule of a view."""
    return _of(_RULE, relation)


def default_oid(relation: int, column: int) -> int:
    """The default of a column."""
    return relation & _BLOCK | _DEFAULTS | ((relation & _OWN) * _COLUMNS_MAX + column) % _DEFAULTS


def check_oid(relation: int, column: int) -> int:
    """The check of a column; it is numbered as its default would be, among constraints."""
    return default_oid(relation, column)


def relation_of(index: int) -> int | None:
    """The relation whose primary key's index has this OID; None for what is no such index."""
    if index & _DEFAULTS or (index & ~_BLOCK) >> _KIND_BITS != _INDEX:
        return None
    return index & _BLOCK | index & _OWN


def row_type_of(rows: int) -> int | None:
    """The type of rows of which this is the type of arrays; None for what is no such type."""
    if rows & _DEFAULTS or (rows & ~_BLOCK) >> _KIND_BITS != _ROWS:
        return None
    return row_type_oid(rows & _BLOCK | rows & _OWN)
