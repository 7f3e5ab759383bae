"""What PostgreSQL calls a column of a result that was given no name."""

from yunbox.sql.hologres.parser.tree import (
    ArrayOf,
    Call,
    Case,
    Cast,
    Collate,
    ColumnRef,
    Field,
    Moment,
    Node,
    Query,
    Row,
    Select,
    SetOperation,
    Slice,
    Special,
    Subquery,
    Subscript,
    Values,
)

UNNAMED = "?column?"
_CERTAIN, _WEAK, _NONE = 2, 1, 0


def name_of(node: Node) -> str:
    """The name of an expression's column."""
    return _figured(node)[1] or UNNAMED


def _figured(node: Node) -> tuple[int, str]:
    """A name, and how sure it is: a cast's own name gives way to that of what it casts."""
    if isinstance(node, ColumnRef):
        return _CERTAIN, node.names[-1]
    if isinstance(node, Call):
        return _CERTAIN, node.names[-1]
    if isinstance(node, Special | Moment):
        return _CERTAIN, node.name
    if isinstance(node, ArrayOf):
        return _CERTAIN, "array"
    if isinstance(node, Row):
        return _CERTAIN, "row"
    if isinstance(node, Field):
        return (_CERTAIN, node.name) if node.name != "*" else _figured(node.value)
    if isinstance(node, Subscript | Slice | Collate):
        return _figured(node.value)
    if isinstance(node, Cast):
        found = _figured(node.value)
        return found if found[0] > _WEAK else (_WEAK, node.type.names[-1])
    if isinstance(node, Case):
        found = _figured(node.otherwise) if node.otherwise is not None else (_NONE, "")
        return found if found[0] > _WEAK else (_WEAK, "case")
    if isinstance(node, Subquery):
        return _of_subquery(node)
    return _NONE, ""


def _of_subquery(node: Subquery) -> tuple[int, str]:
    if node.use != "scalar":
        return _CERTAIN, node.use
    query: Query = node.query
    while isinstance(query, SetOperation):
        query = query.left
    if isinstance(query, Values):
        return _CERTAIN, "column1"
    if isinstance(query, Select) and query.targets:
        target = query.targets[0]
        return _CERTAIN, target.name or name_of(target.value)
    return _NONE, ""
