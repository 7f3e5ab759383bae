"""What PostgreSQL or Hologres has and this does not: types, and functions. They are refused by their names."""

from functools import cache

from yunbox.sql.hologres.catalogue.own import NOT_HERE
from yunbox.sql.hologres.catalogue.rows import rows


@cache
def _absent() -> frozenset[tuple[str, str]]:
    return frozenset((kind, name) for kind, name in rows("absent")) | {("function", name) for name in NOT_HERE}


def is_absent(kind: str, name: str) -> bool:
    """Whether they have a ``type`` or ``function`` of a name that is not here."""
    return (kind, name) in _absent()
