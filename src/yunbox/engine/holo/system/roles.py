"""The roles of a database: who owns something in it, and who asks.

Who may connect is the account's and its RAM users' affair; a role is here once it is needed to say whose something is.
"""

from collections.abc import Iterator
from typing import Any

from yunbox.engine.holo.system.moment import SYSTEM_ROLE, Moment
from yunbox.sql.hologres.catalogue import oids


def pg_authid(moment: Moment, user: str) -> Iterator[dict[str, Any]]:
    """A row for each."""
    for oid, name in {**moment.roles, oids.role_oid(user): user}.items():
        yield {
            "oid": oid, "rolname": name, "rolsuper": name == SYSTEM_ROLE, "rolinherit": True, "rolcreaterole": False,
            "rolcreatedb": False, "rolcanlogin": name != SYSTEM_ROLE, "rolconnlimit": -1,
        }  # fmt: skip
