"""What PostgreSQL has and this does not: types, and functions of such types. They are refused by their names."""

from functools import cache

from yunbox.sql.hologres.catalogue.rows import rows


@cache
def _absent() -> frozenset[tuple[str, str]]:
    return frozenset((kind, name) for kind, name in rows("absent"))


def is_absent(kind: str, name: str) -> bool:
    """Whether PostgreSQL has a ``type`` or ``function`` of a name that is not here."""
    return (kind, name) in _absent()
