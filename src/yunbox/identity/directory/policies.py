"""Policies and their versions: the account's own, up to five versions each, and those that the vendor keeps.

Source: the vendor's API pages "CreatePolicy" to "SetDefaultPolicyVersion" (Ram 2015-05-01).
"""

import sqlite3
from dataclasses import dataclass

from yunbox.identity.directory.realm import Page, Realm, after, paged
from yunbox.identity.policy import DOCUMENT_LENGTH_MAX, check_policy
from yunbox.identity.store import CUSTOM, SYSTEM
from yunbox.identity.system_policies import CREATED, system_policies, system_policy
from yunbox.kernel.errors import AlreadyExists, Conflict, InvalidArgument, NotFound
from yunbox.kernel.rules import Choice, Text
from yunbox.kernel.texts import whole_number

NAME = Text(128, 1, r"[A-Za-z0-9-]")
DESCRIPTION = Text(1024)
DOCUMENT = Text(DOCUMENT_LENGTH_MAX, 1)
TYPE = Choice((SYSTEM, CUSTOM))
ROTATE = Choice(("None", "DeleteOldestNonDefaultVersionWhenLimitExceeded"))
POLICIES_MAX = 1500
VERSIONS_MAX = 5


@dataclass(frozen=True)
class Policy:
    """A policy; times are seconds since the epoch."""

    type: str
    name: str
    description: str
    created: float
    updated: float
    default_version: int
    attachments: int = 0


@dataclass(frozen=True)
class Version:
    """One version of a policy; ``is_default`` is the one in force."""

    version: int
    document: str
    created: float
    is_default: bool

    @property
    def id(self) -> str:
        """What the vendor's APIs call it by."""
        return f"v{self.version}"


def create(realm: Realm, name: str, document: str, description: str = "") -> Policy:
    """Create a policy of the account's. Raises InvalidArgument, AlreadyExists, Conflict."""
    NAME.check("PolicyName", name)
    DESCRIPTION.check("Description", description)
    _check(document)
    if realm.count("SELECT count(*) FROM policies WHERE account_id = ?", realm.account_id) >= POLICIES_MAX:
        raise Conflict(f"The count of policies is beyond the limit of {POLICIES_MAX}.", code="LimitExceeded.Policy")
    if name in system_policies() or _row(realm, name):
        raise AlreadyExists(f"The policy already exists: {name}.", code="EntityAlreadyExists.Policy")
    realm.run(
        "INSERT INTO policies (account_id, name, comment, created, updated) VALUES (?, ?, ?, ?, ?)",
        realm.account_id, name, description, realm.now, realm.now,
    )  # fmt: skip
    realm.run("INSERT INTO policy_versions VALUES (?, ?, 1, ?, ?)", realm.account_id, name, document, realm.now)
    return Policy(CUSTOM, name, description, realm.now, realm.now, 1)


def put(realm: Realm, name: str, document: str) -> Policy:
    """Create a policy, or have it say something else from now on: a further version, for which the oldest may go."""
    if _row(realm, name) is None:
        return create(realm, name, document)
    create_version(realm, name, document, as_default=True, rotate=True)
    return find(realm, CUSTOM, name)


def find(realm: Realm, kind: str, name: str) -> Policy:
    """A policy by its type and name. Raises NotFound, InvalidArgument."""
    TYPE.check("PolicyType", kind)
    if kind == SYSTEM:
        found = system_policy(name)
        return Policy(SYSTEM, name, found.description, CREATED, CREATED, 1, _attachments(realm, SYSTEM, name))
    row = _row(realm, name)
    if row is None:
        raise _missing(name)
    return _policy(realm, row)


def _policy(realm: Realm, row: sqlite3.Row) -> Policy:
    count = _attachments(realm, CUSTOM, row["name"])
    updated = row["updated"] or row["created"]
    return Policy(CUSTOM, row["name"], row["comment"], row["created"], updated, row["default_version"], count)


def describe(realm: Realm, name: str, description: str) -> Policy:
    """Change what a policy says of itself. Raises NotFound, InvalidArgument."""
    find(realm, CUSTOM, name)
    DESCRIPTION.check("NewDescription", description)
    sql = "UPDATE policies SET comment = ?, updated = ? WHERE account_id = ? AND name = ?"
    realm.run(sql, description, realm.now, realm.account_id, name)
    return find(realm, CUSTOM, name)


def delete(realm: Realm, name: str, *, cascading: bool = False) -> None:
    """Delete a policy that is attached to nobody and has one version; cascading, with all that.

    Raises NotFound, and Conflict naming what is to go first.
    """
    find(realm, CUSTOM, name)
    if not cascading:
        _check_unused(realm, name)
    realm.run(
        "DELETE FROM attachments WHERE account_id = ? AND type = ? AND policy = ?", realm.account_id, CUSTOM, name
    )
    realm.run("DELETE FROM identity_tags WHERE account_id = ? AND type = 'policy' AND name = ?", realm.account_id, name)
    realm.run("DELETE FROM policies WHERE account_id = ? AND name = ?", realm.account_id, name)


def _check_unused(realm: Realm, name: str) -> None:
    for holder in ("User", "Group", "Role"):
        sql = f"SELECT count(*) FROM attachments a JOIN {holder.lower()}s h ON h.id = a.holder_id"
        where = " WHERE a.account_id = ? AND a.type = ? AND a.policy = ?"
        if realm.count(sql + where, realm.account_id, CUSTOM, name):
            raise Conflict(
                f"The policy {name} is attached to a {holder.lower()}: detach it first.",
                code=f"DeleteConflict.Policy.{holder}",
            )
    if len(versions(realm, CUSTOM, name)) > 1:
        raise Conflict(
            f"The policy {name} has versions beside the default one: delete them first.",
            code="DeleteConflict.Policy.Version",
        )


def page(realm: Realm, kind: str | None, marker: str, size: int) -> Page[Policy]:
    """Policies by name, of a type or of both."""
    if kind is not None:
        TYPE.check("PolicyType", kind)
    behind = after(marker)
    names = [] if kind == CUSTOM else [(name, SYSTEM) for name in system_policies() if name > behind]
    if kind != SYSTEM:
        sql = "SELECT name FROM policies WHERE account_id = ? AND name > ? ORDER BY name LIMIT ?"
        names += [(row["name"], CUSTOM) for row in realm.rows(sql, realm.account_id, behind, size + 1)]
    found = [find(realm, of, name) for name, of in sorted(names)[: size + 1]]
    return paged(found, size, lambda policy: policy.name)


# -- versions


def versions(realm: Realm, kind: str, name: str) -> list[Version]:
    """The versions of a policy, the newest first. Raises NotFound, InvalidArgument."""
    policy = find(realm, kind, name)
    if kind == SYSTEM:
        return [Version(1, system_policy(name).document, policy.created, True)]
    sql = "SELECT * FROM policy_versions WHERE account_id = ? AND policy = ? ORDER BY version DESC"
    return [
        Version(row["version"], row["document"], row["created"], row["version"] == policy.default_version)
        for row in realm.rows(sql, realm.account_id, name)
    ]


def version(realm: Realm, kind: str, name: str, version_id: str) -> Version:
    """One version by its id. Raises NotFound, InvalidArgument."""
    number = _number(version_id)
    found = next((one for one in versions(realm, kind, name) if one.version == number), None)
    if found is None:
        raise NotFound(f"The policy {name} has no version {version_id}.", code="EntityNotExist.Policy.Version")
    return found


def create_version(
    realm: Realm, name: str, document: str, *, as_default: bool = False, rotate: bool = False
) -> Version:
    """A further version; with ``rotate`` the oldest that is not in force goes where there are five.

    Raises NotFound, InvalidArgument, Conflict.
    """
    find(realm, CUSTOM, name)
    _check(document)
    there = versions(realm, CUSTOM, name)
    if len(there) >= VERSIONS_MAX:
        if not rotate:
            raise Conflict(
                f"A policy has at most {VERSIONS_MAX} versions: delete one first.", code="LimitExceeded.Policy.Version"
            )
        _drop(realm, name, min(one.version for one in there if not one.is_default))
    number = realm.count(
        "UPDATE policies SET last_version = last_version + 1, updated = ? WHERE account_id = ? AND name = ?"
        " RETURNING last_version",
        realm.now, realm.account_id, name,
    )  # fmt: skip
    values = realm.account_id, name, number, document, realm.now
    realm.run("INSERT INTO policy_versions VALUES (?, ?, ?, ?, ?)", *values)
    if as_default:
        set_default(realm, name, f"v{number}")
    return Version(number, document, realm.now, as_default)


def set_default(realm: Realm, name: str, version_id: str) -> None:
    """Have another version be in force. Raises NotFound, InvalidArgument."""
    found = version(realm, CUSTOM, name, version_id)
    sql = "UPDATE policies SET default_version = ?, updated = ? WHERE account_id = ? AND name = ?"
    realm.run(sql, found.version, realm.now, realm.account_id, name)


def delete_version(realm: Realm, name: str, version_id: str) -> None:
    """Delete a version that is not in force. Raises NotFound, InvalidArgument, Conflict."""
    found = version(realm, CUSTOM, name, version_id)
    if found.is_default:
        raise Conflict("You cannot delete the default policy version.", code="DeleteConflict.Policy.Version.Default")
    _drop(realm, name, found.version)


def _drop(realm: Realm, name: str, number: int) -> None:
    sql = "DELETE FROM policy_versions WHERE account_id = ? AND policy = ? AND version = ?"
    realm.run(sql, realm.account_id, name, number)


def _check(document: str) -> None:
    DOCUMENT.check("PolicyDocument", document)
    check_policy(document)


def _number(version_id: str) -> int:
    number = whole_number(version_id.removeprefix("v")) if version_id.startswith("v") else None
    if number is None:
        raise InvalidArgument('The parameter - "VersionId" is invalid.', code="InvalidParameter.VersionId.InvalidChars")
    return number


def _row(realm: Realm, name: str) -> sqlite3.Row | None:
    return realm.row("SELECT * FROM policies WHERE account_id = ? AND name = ?", realm.account_id, name)


def _attachments(realm: Realm, kind: str, name: str) -> int:
    sql = "SELECT count(*) FROM attachments WHERE account_id = ? AND type = ? AND policy = ?"
    return realm.count(sql, realm.account_id, kind, name)


def _missing(name: str) -> NotFound:
    return NotFound(f"The policy does not exist: {name[:128]}.", code="EntityNotExist.Policy")
