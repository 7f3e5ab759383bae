"""Properties of tables that name columns: they follow a column that is renamed, and lose one that is dropped.

Source: the vendor's pages "Set table properties" and "ALTER TABLE". By a key of a table its rows lie where they do, so
that its columns cannot go.
"""

from collections.abc import Mapping

from yunbox.services.hologres.definitions import vector_indexes
from yunbox.wire.pgwire.report import failure

_KEYS = ("distribution_key", "clustering_key", "segment_key")
_MARKED = ("bitmap_columns", "dictionary_encoding_columns")


def with_renamed(properties: Mapping[str, str], name: str, to: str) -> dict[str, str]:
    """The properties of a table of which a column is called another way."""
    made = vector_indexes.renamed(properties, name, to)
    for key in (*_KEYS, *_MARKED):
        if key in made:
            made[key] = ",".join(_written(to if one == name else one, mark) for one, mark in _listed(made[key]))
    return made


def without(properties: Mapping[str, str], name: str) -> dict[str, str]:
    """The properties of a table of which a column is gone. Raises PgError 0A000."""
    made = vector_indexes.renamed(properties, name, None)
    for key in (*_KEYS, *_MARKED):
        listed = _listed(made.get(key, ""))
        if all(one != name for one, _ in listed):
            continue
        if key in _KEYS:
            raise failure("0A000", f"dropping a column of the {key} is not supported")
        made[key] = ",".join(_written(one, mark) for one, mark in listed if one != name)
    return made


def _listed(value: str) -> list[tuple[str, str]]:
    """The columns of a property, each with its mark."""
    parts = (part.rpartition(":") if ":" in part else (part, "", "") for part in value.split(",") if part)
    return [(name, mark) for name, _, mark in parts]


def _written(name: str, mark: str) -> str:
    return f"{name}:{mark}" if mark else name
