"""The search path of a session: in which schemas a name without one is looked for."""

from functools import lru_cache

from yunbox.services.hologres.session.ports import Context
from yunbox.storage.rows.catalogue import Catalogue
from yunbox.storage.rows.rights import rights_of

_OWN = "$user"


def schemas_of(context: Context) -> tuple[str, ...]:
    """The schemas in their order."""
    return _schemas(context.search_path, context.user)


def usable(path: tuple[str, ...], known: Catalogue, user: str) -> tuple[str, ...]:
    """Those of them that a role may use: the others are as if they were not there."""
    rights = rights_of(known, user)
    return path if rights.is_superuser else tuple(one for one in path if rights.uses(one))


@lru_cache(1024)
def _schemas(path: str, user: str) -> tuple[str, ...]:
    found = []
    for part in path.split(","):
        name = part.strip()
        name = name[1:-1].replace('""', '"') if name.startswith('"') and name.endswith('"') else name.lower()
        found.append(user if name == _OWN else name)
    return tuple(name for name in found if name)
