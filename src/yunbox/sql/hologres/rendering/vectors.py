"""Distances of vectors. All of them are exact, also those that are called approximate: an index of the vendor's may
miss neighbours, and this never does.

DuckDB adds up numbers of four bytes as such, many at a time. A squared distance is made of eight bytes, so that the
root that it takes and loses again is not seen. What is called cosine distance is the cosine, as with the vendor, whose
page sorts it from above. Source: the vendor's pages "HGraph indexes" and "Proxima Graph indexes".
"""

from yunbox.sql.hologres.catalogue.vectors import APPROXIMATE, DISTANCES
from yunbox.sql.hologres.errors import unsupported
from yunbox.sql.hologres.rendering.registry import RENDERINGS, Call

_SQUARED = "CAST(list_distance(CAST({0} AS DOUBLE[]), CAST({1} AS DOUBLE[])) ** 2 AS FLOAT)"
_WAYS = {
    "squared_euclidean": _SQUARED,
    "euclidean": "list_distance({0}, {1})",
    "inner_product": "list_inner_product({0}, {1})",
    "cosine": "list_cosine_similarity({0}, {1})",
}


def _distance(call: Call) -> str:
    name = call.function.name
    if name in APPROXIMATE:
        _check_sought(call)
    way = name.removeprefix("pm_").removeprefix("approx_").removesuffix("_distance")
    return call.fill(_WAYS[way])


def _check_sought(call: Call) -> None:
    """An index finds what is near to one vector that is known beforehand. Raises PgError 0A000."""
    column, sought = call.args
    if column.is_fixed:
        raise unsupported(f"{call.function.name} of constants alone", column.at)
    if not sought.is_fixed or "SELECT" in sought.sql:  # what a subquery gives is known only when it runs
        raise unsupported(f"{call.function.name} whose second argument is no constant", sought.at)


for _name in DISTANCES:
    RENDERINGS[f"{_name}(_float4,_float4)"] = _distance
