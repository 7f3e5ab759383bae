"""Which policies hold for whom: a user, a group or a role.

Source: the vendor's API pages "AttachPolicyToUser" to "ListEntitiesForPolicy" (Ram 2015-05-01).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from yunbox.identity.directory import groups, policies, roles, users
from yunbox.identity.directory.policies import Policy
from yunbox.identity.directory.realm import Realm
from yunbox.kernel.errors import AlreadyExists, Conflict, NotFound

ATTACHED_MAX = 20
"""Of each type of policy, to one."""


@dataclass(frozen=True)
class Kind:
    """A kind of holders: as codes spell it, and what finds one by name, also to change what it has."""

    title: str
    find: Callable[[Realm, str], Any]
    by_id: str
    own: Callable[[Realm, str], Any]


USER = Kind("User", users.find, "SELECT name FROM users WHERE id = ?", users.find)
GROUP = Kind("Group", groups.find, "SELECT name FROM groups WHERE id = ?", groups.find)
ROLE = Kind("Role", roles.find, "SELECT name FROM roles WHERE id = ?", roles.own)


def attach(realm: Realm, kind: Kind, holder: str, policy_type: str, policy: str) -> None:
    """Attach a policy. Raises NotFound, InvalidArgument, AlreadyExists, Conflict."""
    found = kind.own(realm, holder)
    policies.find(realm, policy_type, policy)
    sql = "SELECT count(*) FROM attachments WHERE account_id = ? AND type = ? AND holder_id = ?"
    if realm.count(f"{sql} AND policy = ?", realm.account_id, policy_type, found.id, policy):
        raise AlreadyExists(
            f"The policy {policy} is attached to {holder} already.", code=f"EntityAlreadyExists.{kind.title}.Policy"
        )
    if realm.count(sql, realm.account_id, policy_type, found.id) >= ATTACHED_MAX:
        raise Conflict(
            f"At most {ATTACHED_MAX} policies of a type are attached to one {kind.title.lower()}.",
            code=f"LimitExceeded.{kind.title}.Policy",
        )
    values = realm.account_id, policy_type, policy, found.id, realm.now
    realm.run("INSERT INTO attachments VALUES (?, ?, ?, ?, ?)", *values)


def detach(realm: Realm, kind: Kind, holder: str, policy_type: str, policy: str) -> None:
    """Detach a policy. Raises NotFound, InvalidArgument."""
    found = kind.own(realm, holder)
    policies.find(realm, policy_type, policy)
    sql = "DELETE FROM attachments WHERE account_id = ? AND type = ? AND policy = ? AND holder_id = ?"
    if not realm.run(sql, realm.account_id, policy_type, policy, found.id):
        raise NotFound(f"The policy {policy} is not attached to {holder}.", code=f"EntityNotExist.{kind.title}.Policy")


def of(realm: Realm, kind: Kind, holder: str) -> list[tuple[Policy, float]]:
    """The policies of a holder, and since when. Raises NotFound."""
    sql = "SELECT type, policy, attached FROM attachments WHERE account_id = ? AND holder_id = ? ORDER BY policy, type"
    rows = realm.rows(sql, realm.account_id, kind.find(realm, holder).id)
    return [(policies.find(realm, row["type"], row["policy"]), row["attached"]) for row in rows]


def holders(realm: Realm, kind: Kind, policy_type: str, policy: str) -> list[tuple[Any, float]]:
    """The holders of a kind that a policy is attached to, and since when. Raises NotFound, InvalidArgument."""
    policies.find(realm, policy_type, policy)
    sql = "SELECT holder_id, attached FROM attachments WHERE account_id = ? AND type = ? AND policy = ?"
    rows = realm.rows(sql, realm.account_id, policy_type, policy)
    named = [(realm.row(kind.by_id, row["holder_id"]), row["attached"]) for row in rows]
    found = sorted((name[0], attached) for name, attached in named if name is not None)
    return [(kind.find(realm, name), attached) for name, attached in found]
