"""Lambda arguments: what types their parameters have, which depends on the function they are given to."""

from typing import TYPE_CHECKING

from sqlglot import exp

from yunbox.schema.types import DataType
from yunbox.sql.maxcompute.casts import cast, common_type
from yunbox.sql.maxcompute.dialect import at
from yunbox.sql.maxcompute.errors import ArgumentTypeWrong, SemanticError
from yunbox.sql.maxcompute.expr import Expr

if TYPE_CHECKING:
    from yunbox.sql.maxcompute.binder.expressions import ExpressionBinder

_REDUCE = ("array_reduce", "reduce", "aggregate")
_COUNTS = {
    "transform": (1, 2), "filter": (1, 2), "any_match": (1,), "all_match": (1,), "array_sort": (2,), "zip_with": (2,),
    "map_filter": (2,), "transform_keys": (2,), "transform_values": (2,), "map_zip_with": (3,),
}  # fmt: skip
"""How many parameters a function takes that is given to another; the second one of some is an index."""


def arguments(binder: "ExpressionBinder", nodes: list[exp.Expr], name: str) -> list[Expr]:
    """The bound arguments of a call of which some are lambdas."""
    plain = [None if isinstance(node, exp.Lambda) else binder.bind(node) for node in nodes]
    if name in _REDUCE and len(nodes) in (3, 4):
        return _reduce(binder, nodes, plain)
    types = _parameters(name, [value.type for value in plain if value is not None])
    made: list[Expr] = []
    for node, value in zip(nodes, plain, strict=True):
        if value is not None:
            made.append(value)
        elif isinstance(node, exp.Lambda):
            _check_count(node, _COUNTS.get(name, (1, 2)), name)
            made.append(binder.lambda_(node, types))
    return made


def _check_count(node: exp.Lambda, allowed: tuple[int, ...], name: str) -> None:
    if len(node.expressions) not in allowed:
        told = " or ".join(map(str, allowed))
        raise ArgumentTypeWrong(
            f"the function given to {name} takes {told} parameters, not {len(node.expressions)}", at(node)
        )


def _parameters(name: str, given: list[DataType]) -> list[DataType]:
    if name == "array_sort" and given and given[0].children:
        return [given[0].children[0]] * 2
    if name == "map_zip_with" and len(given) == 2 and all(of.name == "map" for of in given):
        return [common_type([given[0].children[0], given[1].children[0]]), given[0].children[1], given[1].children[1]]
    if name == "transform_keys" and given and given[0].is_text:  # what becomes of keys that come twice
        given = given[1:]
    return [inner for of in given for inner in (of.children or (of,))]


def _reduce(binder: "ExpressionBinder", nodes: list[exp.Expr], plain: list[Expr | None]) -> list[Expr]:
    """The state starts with the second argument's type and widens to what the merge gives back."""
    array, start = plain[0], plain[1]
    if array is None or start is None or array.type.name != "array" or not isinstance(nodes[2], exp.Lambda):
        raise SemanticError("reduce needs an array, a start value and a function of two parameters")
    _check_count(nodes[2], (2,), "reduce")
    if len(nodes) == 4 and isinstance(nodes[3], exp.Lambda):
        _check_count(nodes[3], (1,), "reduce")
    element = array.type.children[0]
    merge = binder.lambda_(nodes[2], [start.type, element])
    state = common_type([start.type, merge.type.children[0]])
    if state != start.type:
        start = cast(start, state)
        merge = binder.lambda_(nodes[2], [state, element])
    finish = (
        nodes[3] if len(nodes) == 4 else exp.Lambda(this=exp.Identifier(this="_"), expressions=[exp.to_identifier("_")])
    )
    if not isinstance(finish, exp.Lambda):
        raise SemanticError("the last argument of reduce must be a function")
    return [array, start, merge, binder.lambda_(finish, [state])]
