"""GRANT and REVOKE of roles: who is a member of which group.

Source: the PostgreSQL documentation, "GRANT on Roles".
"""

from dataclasses import dataclass

import msgspec

from yunbox.services.hologres.definitions.base import Scene
from yunbox.services.hologres.definitions.role_names import RoleName
from yunbox.storage.rows import catalogue
from yunbox.storage.rows.catalogue import Catalogue
from yunbox.storage.rows.rights import rights_of
from yunbox.storage.rows.roles import Membership, Role
from yunbox.storage.rows.view import Change
from yunbox.wire.pgwire.report import Report, failure


@dataclass(frozen=True, slots=True)
class GrantRoles:
    """GRANT of groups to members, with ADMIN OPTION or without."""

    groups: tuple[RoleName, ...]
    members: tuple[RoleName, ...]
    admin: bool = False
    tag: str = "GRANT ROLE"

    def apply(self, change: Change, known: Catalogue, scene: Scene) -> None:
        """Make them members. Raises PgError 42501, 42704, 0LP01."""
        members = [one.of(known, scene) for one in self.members]
        for group in self.groups:
            for member in members:
                joined(change, catalogue.load(change), scene, group.of(known, scene), member, admin=self.admin)


@dataclass(frozen=True, slots=True)
class RevokeRoles:
    """REVOKE of groups from members, or of their ADMIN OPTION alone."""

    groups: tuple[RoleName, ...]
    members: tuple[RoleName, ...]
    only_admin: bool = False
    tag: str = "REVOKE ROLE"

    def apply(self, change: Change, known: Catalogue, scene: Scene) -> None:
        """Have them be members no more. Raises PgError 42501, 42704."""
        members = [one.of(known, scene) for one in self.members]
        for group in self.groups:
            for member in members:
                now = catalogue.load(change)
                left(change, now, scene, group.of(known, scene), member, only_admin=self.only_admin)


def joined(change: Change, known: Catalogue, scene: Scene, group: str, member: str, *, admin: bool) -> None:
    """Have a role be a member of a group. Raises PgError 42501, 0LP01."""
    _check_may(known, scene, known.roles[group])
    if member in rights_of(known, group).members:
        raise failure("0LP01", f'role "{group}" is a member of role "{member}"')
    role = known.roles[member]
    before = next((one for one in role.groups if one.group == group), None)
    if before is not None and (before.admin or not admin):
        scene.notice("00000", f'role "{member}" is already a member of role "{group}"')
        return
    made = Membership(group, scene.owner, admin)
    groups = (*(one for one in role.groups if one.group != group), made)
    catalogue.put_role(change, msgspec.structs.replace(role, groups=groups))


def left(change: Change, known: Catalogue, scene: Scene, group: str, member: str, *, only_admin: bool) -> None:
    """Have a role be a member of a group no more, or only one who makes no others members. Raises PgError 42501."""
    _check_may(known, scene, known.roles[group])
    role = known.roles[member]
    before = next((one for one in role.groups if one.group == group), None)
    if before is None:
        told = f'role "{member}" is not a member of role "{group}"'
        scene.notices.append(Report("WARNING", "01000", told))
        return
    kept = (msgspec.structs.replace(before, admin=False),) if only_admin else ()
    groups = (*(one for one in role.groups if one.group != group), *kept)
    catalogue.put_role(change, msgspec.structs.replace(role, groups=groups))


def _check_may(known: Catalogue, scene: Scene, group: Role) -> None:
    """Raise PgError 42501 where who asks may not say who is a member of a group."""
    rights = rights_of(known, scene.owner)
    if rights.is_superuser:
        return
    if group.superuser:
        raise failure("42501", "must be superuser to alter superusers")
    if not (rights.role is not None and rights.role.createrole) and not rights.administers(group.name):
        raise failure("42501", f'must have admin option on role "{group.name}"')
