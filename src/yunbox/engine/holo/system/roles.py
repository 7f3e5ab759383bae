"""The rows of system tables about roles: what they are, whose members they are, and what is granted on things to come.

Each function gives the rows of the table of its name. Source: the PostgreSQL 11 documentation, "System Catalogs".
"""

from collections.abc import Iterator
from typing import Any

from yunbox.engine.holo.system.moment import Moment

Rows = Iterator[dict[str, Any]]


def pg_authid(moment: Moment) -> Rows:
    """A row for each role. Nobody has a password."""
    for one in moment.known.roles.values():
        yield {
            "oid": one.oid, "rolname": one.name, "rolsuper": one.superuser, "rolinherit": one.inherit,
            "rolcreaterole": one.createrole, "rolcreatedb": one.createdb, "rolcanlogin": one.login, "rolconnlimit": -1,
        }  # fmt: skip


def pg_auth_members(moment: Moment) -> Rows:
    """Who is a member of which group."""
    for one in moment.known.roles.values():
        for of in one.groups:
            yield {"roleid": moment.role_oid(of.group), "member": one.oid, "grantor": moment.role_oid(of.grantor),
                   "admin_option": of.admin}  # fmt: skip


def pg_default_acl(moment: Moment) -> Rows:
    """What is granted on things that a role makes from now on."""
    for one in moment.known.defaults.values():
        yield {
            "oid": one.oid, "defaclrole": moment.role_oid(one.role), "defaclobjtype": one.kind,
            "defaclnamespace": moment.schemas.get(one.schema, 0), "defaclacl": [of.text for of in one.grants],
        }  # fmt: skip


def pg_db_role_setting(moment: Moment) -> Rows:
    """What sessions in databases begin with; roles have no settings of their own."""
    for one in moment.known.databases.values():
        if one.settings:
            yield {"setdatabase": one.oid, "setrole": 0,
                   "setconfig": [f"{name}={value}" for name, value in one.settings.items()]}  # fmt: skip


def pg_shdepend(moment: Moment) -> Rows:
    """What stands on roles: what they own, and what is granted to them."""
    known = moment.known
    for one in known.relations.values():
        yield from _depends(moment, _CLASS, one.oid, 0, one.owner, one.grants)
        for number, acl in one.column_grants.items():
            yield from _depends(moment, _CLASS, one.oid, number, one.owner, acl, owns=False)
    for schema in known.schemas.values():
        yield from _depends(moment, _NAMESPACE, schema.oid, 0, schema.owner, schema.grants)
    for defaults in known.defaults.values():
        yield from _depends(moment, _DEFAULT_ACL, defaults.oid, 0, defaults.role, defaults.grants)


_CLASS, _NAMESPACE, _DEFAULT_ACL, _AUTHID = 1259, 2615, 826, 1260


def _depends(moment: Moment, of: int, oid: int, sub: int, owner: str, acl: Any, *, owns: bool = True) -> Rows:
    common = {"dbid": moment.known.database.oid, "classid": of, "objid": oid, "objsubid": sub, "refclassid": _AUTHID}
    mine = moment.owner_oid(owner)
    if owns and owner:
        yield {**common, "refobjid": mine, "deptype": "o"}
    named = {moment.role_oid(name) for one in acl or () for name in (one.grantee, one.grantor) if name}
    for role in sorted(named - {mine, 10}):
        yield {**common, "refobjid": role, "deptype": "a"}
