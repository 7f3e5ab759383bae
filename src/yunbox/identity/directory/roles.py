"""RAM roles: whom they trust, and how long their sessions may be.

Source: the vendor's API pages "CreateRole" to "ListRoles" (Ram 2015-05-01).
"""

import sqlite3
from dataclasses import dataclass

from yunbox.identity.directory.realm import Page, Realm, after, paged
from yunbox.identity.trust import parse_trust
from yunbox.kernel import ids
from yunbox.kernel.errors import AlreadyExists, Conflict, NotFound
from yunbox.kernel.rules import Number, Text

NAME = Text(64, 1, r"[A-Za-z0-9._-]")
DESCRIPTION = Text(1024)
SESSION_S = Number(3600, 43_200)
ROLES_MAX = 1000


@dataclass(frozen=True)
class Role:
    """A role; ``trust`` is its trust policy as it was written, times are seconds since the epoch.

    ``service`` is whose it is where it is linked to one: then nobody changes it.
    """

    id: str
    account_id: str
    name: str
    description: str
    trust: str
    session_s_max: int
    created: float
    updated: float
    service: str = ""

    @property
    def arn(self) -> str:
        """What the vendor's APIs call it by."""
        return f"acs:ram::{self.account_id}:role/{self.name}"


def create(
    realm: Realm, name: str, trust: str, description: str = "", session_s_max: int = 3600, service: str = ""
) -> Role:
    """Create a role. Raises InvalidArgument, AlreadyExists, Conflict."""
    NAME.check("RoleName", name)
    DESCRIPTION.check("Description", description)
    SESSION_S.check("MaxSessionDuration", session_s_max)
    parse_trust(trust)
    if realm.count("SELECT count(*) FROM roles WHERE account_id = ?", realm.account_id) >= ROLES_MAX:
        raise Conflict(f"The count of roles is beyond the limit of {ROLES_MAX}.", code="LimitExceeded.Role")
    if _row(realm, name):
        raise AlreadyExists(f"The role already exists: {name}.", code="EntityAlreadyExists.Role")
    role = Role(ids.role_id(), realm.account_id, name, description, trust, session_s_max, realm.now, realm.now, service)
    realm.run("INSERT INTO roles VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", *vars(role).values())
    return role


def find(realm: Realm, name: str) -> Role:
    """A role by name, whatever the case of its letters. Raises NotFound."""
    row = _row(realm, name)
    if row is None:
        raise NotFound(f"The role does not exist: {name[:64]}.", code="EntityNotExist.Role")
    return Role(**dict(row))


def own(realm: Realm, name: str) -> Role:
    """A role by name that may be changed. Raises NotFound, Conflict."""
    role = find(realm, name)
    if role.service:
        raise Conflict(
            f"The role {role.name} is linked to {role.service}: nobody changes it, DeleteServiceLinkedRole deletes it.",
            code="NotSupport.ServiceLinkedRole",
        )
    return role


def change(
    realm: Realm, name: str, trust: str | None = None, description: str | None = None, session_s_max: int | None = None
) -> Role:
    """Change whom a role trusts, or what it says of itself. Raises InvalidArgument, NotFound, Conflict."""
    role = own(realm, name)
    if trust is not None:
        parse_trust(trust)
    if description is not None:
        DESCRIPTION.check("NewDescription", description)
    if session_s_max is not None:
        SESSION_S.check("NewMaxSessionDuration", session_s_max)
    values = (
        role.trust if trust is None else trust, role.description if description is None else description,
        role.session_s_max if session_s_max is None else session_s_max,
    )  # fmt: skip
    sql = "UPDATE roles SET trust = ?, description = ?, session_s_max = ?, updated = ? WHERE id = ?"
    realm.run(sql, *values, realm.now, role.id)
    return find(realm, name)


def delete(realm: Realm, name: str) -> None:
    """Delete a role without policies. Its sessions end with it. Raises NotFound, Conflict."""
    role = own(realm, name)
    if realm.count("SELECT count(*) FROM attachments WHERE holder_id = ?", role.id):
        raise Conflict(f"The role {name} still has policies: detach them first.", code="DeleteConflict.Role.Policy")
    remove(realm, role)


def remove(realm: Realm, role: Role) -> None:
    """Have a role be gone, with its tags."""
    realm.run(
        "DELETE FROM identity_tags WHERE account_id = ? AND type = 'role' AND name = ?", realm.account_id, role.name
    )
    realm.run("DELETE FROM roles WHERE id = ?", role.id)


def page(realm: Realm, marker: str, size: int) -> Page[Role]:
    """Roles by name."""
    rows = realm.rows(
        "SELECT * FROM roles WHERE account_id = ? AND name > ? ORDER BY name LIMIT ?",
        realm.account_id, after(marker), size + 1,
    )  # fmt: skip
    return paged([Role(**dict(row)) for row in rows], size, lambda role: role.name)


def _row(realm: Realm, name: str) -> sqlite3.Row | None:
    return realm.row("SELECT * FROM roles WHERE account_id = ? AND lower(name) = lower(?)", realm.account_id, name)
