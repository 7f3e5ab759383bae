"""Indexes of vectors, as properties of tables: ``vectors`` (HGraph), and ``proxima_vectors`` of before.

What is said is checked and kept. Nothing is built of it: vectors are compared exactly here, so that an index could
change neither an answer nor its order. Sources: the vendor's pages "HGraph indexes" and "Proxima Graph indexes".
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from yunbox.storage.rows.model import Relation
from yunbox.wire.pgwire.report import PgError, failure

BYTES_MAX = 64 * 1024
"""The longest text of such a property."""
_EXTRA = "extra_columns"
_WHOLE_MAX = (1 << 31) - 1
_PRECISIONS = ("sq8", "sq8_uniform", "fp16", "fp32")
Test = Callable[[Any], bool]


def _whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value <= _WHOLE_MAX


def _one_of(*values: Any) -> Test:
    return lambda value: value in values


def _truth(value: Any) -> bool:
    return isinstance(value, bool)


def _names(value: Any) -> bool:
    return isinstance(value, str)


@dataclass(frozen=True, slots=True)
class _Kind:
    """What an index of some algorithm may be."""

    algorithm: str
    methods: tuple[str, ...]
    builder: Mapping[str, Test]
    others: tuple[str, ...] = ()
    """Further objects beside ``builder_params`` that are kept as they are."""


_KINDS = {
    "vectors": _Kind(
        "HGraph",
        ("Euclidean", "InnerProduct", "Cosine"),
        {
            "max_degree": _whole, "ef_construction": _whole, "use_reorder": _truth,
            "base_quantization_type": _one_of(*_PRECISIONS, "rabitq"),
            "precise_quantization_type": _one_of(*_PRECISIONS),
            "precise_io_type": _one_of("block_memory_io", "reader_io"),
            "graph_storage_type": _one_of("flat", "compressed"),
            "max_total_size_to_merge_mb": _whole, "build_thread_count": _whole, "builder_thread_count": _whole,
            _EXTRA: _names,
        },
    ),
    "proxima_vectors": _Kind(
        "Graph",
        ("SquaredEuclidean", "Euclidean", "InnerProduct"),
        {
            "min_flush_proxima_row_count": _whole, "min_compaction_proxima_row_count": _whole,
            "max_total_size_to_merge_mb": _whole,
        },
        ("searcher_init_params",),
    ),
}  # fmt: skip
PROPERTIES = frozenset(_KINDS)


def read_index(name: str) -> Callable[[str, Relation], str]:
    """What checks the text of such a property, which is kept as it is."""

    def read(value: str, relation: Relation) -> str:
        for column, index in _objects(name, value).items():
            _check_column(column, relation)
            _check_index(name, column, index, relation)
        return value

    return read


def _objects(name: str, value: str) -> dict[str, Any]:
    """The indexes by their columns; none is how they are removed. Raises PgError 22023."""
    if len(value) > BYTES_MAX:
        raise failure("54000", f'table property "{name}" has at most {BYTES_MAX} letters here')
    if not value.strip():
        return {}
    try:
        found = json.loads(value)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise _invalid(name, "it is no JSON object", "an object with the name of a column and what its index is")
    return found


def _check_column(name: str, relation: Relation) -> None:
    column = relation.by_name.get(name)
    if column is None:
        raise failure("42703", f'column "{name}" does not exist')
    if not column.length:
        raise failure(
            "22023", f'column "{name}" is none of vectors',
            hint=f"It is to be float4[] CHECK (array_ndims({name}) = 1 AND array_length({name}, 1) = N).",
        )  # fmt: skip


def _check_index(name: str, column: str, index: Any, relation: Relation) -> None:
    """Raises PgError 22023, 42703."""
    kind = _KINDS[name]
    if not isinstance(index, dict):
        raise _invalid(name, f'what it says of "{column}" is no JSON object', "algorithm, distance_method and so on")
    if index.get("algorithm") != kind.algorithm:
        raise _invalid(name, f'algorithm "{index.get("algorithm")}"', kind.algorithm)
    if index.get("distance_method") not in kind.methods:
        raise _invalid(name, f'distance_method "{index.get("distance_method")}"', ", ".join(kind.methods))
    for key, value in index.items():
        if key in ("algorithm", "distance_method"):
            continue
        if key not in ("builder_params", *kind.others):
            raise failure("22023", f'unrecognized parameter "{key}" in table property "{name}"')
        if not isinstance(value, dict):
            raise _invalid(name, f"{key} is no JSON object", "an object")
    for key, value in index.get("builder_params", {}).items():
        if key not in kind.builder:
            raise failure("22023", f'unrecognized parameter "{key}" in builder_params of table property "{name}"')
        if not kind.builder[key](value):
            raise _invalid(name, f"{key} = {json.dumps(value)[:64]}", "what the vendor's page says of it")
        if key == _EXTRA:
            _check_extra(value, relation)


def _check_extra(value: str, relation: Relation) -> None:
    """Columns that an index carries along: whole numbers. Raises PgError 42703, 22023."""
    for name in filter(None, (one.strip() for one in value.split(","))):
        column = relation.by_name.get(name)
        if column is None:
            raise failure("42703", f'column "{name}" does not exist')
        if column.type_oid not in (20, 21, 23):
            raise failure("22023", f'extra_columns takes columns of whole numbers, and "{name}" is none')


def check_orientation(found: Mapping[str, str], before: Mapping[str, str]) -> None:
    """Refuse indexes on a table that has rows alone. Raises PgError 22023."""
    every = {**before, **found}
    for name in PROPERTIES:
        if every.get("orientation") == "row" and every.get(name, "").strip() not in ("", "{}"):
            raise failure("22023", f'table property "{name}" is for tables of orientation column and row,column')


def renamed(properties: Mapping[str, str], name: str, to: str | None) -> dict[str, str]:
    """The properties of a table of which a column has another name, or is gone."""
    made = dict(properties)
    for key in PROPERTIES.intersection(properties):
        indexes = _objects(key, properties[key])
        found = {to if one == name else one: _with_extra(index, name, to) for one, index in indexes.items()
                 if to is not None or one != name}  # fmt: skip
        if found != indexes:
            made[key] = json.dumps(found)
    return made


def _with_extra(index: dict[str, Any], name: str, to: str | None) -> dict[str, Any]:
    """An index whose extra columns are those that there are."""
    builder = index.get("builder_params", {})
    listed = [one.strip() for one in builder.get(_EXTRA, "").split(",")]
    if name not in listed:
        return index
    kept = [to if one == name else one for one in listed if to is not None or one != name]
    return {**index, "builder_params": {**builder, _EXTRA: ",".join(map(str, kept))}}


def _invalid(name: str, what: str, wanted: str) -> PgError:
    return failure("22023", f'invalid value for table property "{name}": {what}', hint=f"It takes {wanted}.")
