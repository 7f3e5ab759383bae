"""Who may do what inside a project: its users, roles, grants and policy, and what they mean to the authoriser.

Grants are kept as they were written - an action on an object to a user or role - and become policy statements
when an access is decided, so that one evaluator, with its one rule that a Deny wins, judges them all.
"""

import json
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from yunbox.identity.policy import Statement, parse_policy
from yunbox.kernel import limits
from yunbox.kernel.call import Access, Principal
from yunbox.kernel.clock import Clock
from yunbox.kernel.errors import AlreadyExists, InvalidArgument, NotFound
from yunbox.storage.database import Database

ADMIN_ROLES = ("admin", "super_administrator")
USER, ROLE = "user", "role"
_PATHS = {
    "table": "tables", "instance": "instances", "resource": "resources", "function": "registration/functions",
}  # fmt: skip
OBJECT_TYPES = ("project", *_PATHS)
ACTIONS: dict[str, tuple[str, ...]] = {
    "project": (
        "Read", "Write", "List", "CreateTable", "CreateInstance", "CreateFunction", "CreateResource", "CreateSchema",
        "DropSchema",
    ),
    "table": ("Describe", "Select", "Alter", "Update", "Drop", "Download", "ShowHistory"),
    "instance": ("Read", "Write"),
    "resource": ("Read", "Write", "Delete", "Download"),
    "function": ("Read", "Write", "Delete", "Execute"),
}  # fmt: skip
"""What may be granted on each type of object; ``ALL`` stands for all of them, and never for administration."""


@dataclass(frozen=True)
class Grant:
    """One action on one object, to a user (by id) or a role (by name)."""

    grantee_type: str
    grantee: str
    object_type: str
    object: str
    action: str


@dataclass(frozen=True)
class Member:
    """A user of a project."""

    name: str
    user_id: str


class Grants:
    """The security state of all projects."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    # -- users

    async def add_user(self, project: str, member: Member) -> None:
        """Make a user one of the project's. Raises AlreadyExists."""
        values = (project, member.name, member.user_id, self._clock.time())
        done = await self._database.write(
            lambda db: db.execute("INSERT OR IGNORE INTO project_users VALUES (?, ?, ?, ?)", values).rowcount
        )
        if not done:
            raise AlreadyExists(f"Principal {member.name} already exists in project {project}")

    async def remove_user(self, project: str, member: Member) -> None:
        """Take a user out of the project, and its grants and roles with it."""

        def work(db: sqlite3.Connection) -> int:
            key = (project, member.user_id)
            db.execute("DELETE FROM project_role_members WHERE project = ? AND user = ?", key)
            db.execute("DELETE FROM project_grants WHERE project = ? AND grantee = ? AND grantee_type = 'user'", key)
            return db.execute("DELETE FROM project_users WHERE project = ? AND user_id = ?", key).rowcount

        if not await self._database.write(work):
            raise _no_user(project, member.name)

    def users(self, project: str) -> list[Member]:
        """The project's users, by name."""
        rows = self._database.read("SELECT name, user_id FROM project_users WHERE project = ? ORDER BY name", project)
        return [Member(row["name"], row["user_id"]) for row in rows]

    def require_user(self, project: str, user_id: str, name: str) -> None:
        """Raise NotFound unless the user is one of the project's."""
        sql = "SELECT 1 FROM project_users WHERE project = ? AND user_id = ?"
        if self._database.read_one(sql, project, user_id) is None:
            raise _no_user(project, name)

    # -- roles

    async def create_role(self, project: str, name: str) -> None:
        """Create a role. Raises AlreadyExists."""
        name = limits.check_name(name, "role")
        if name in self.roles(project):
            raise AlreadyExists(f"Role {name} already exists in project {project}")
        values = (project, name, self._clock.time())
        await self._database.write(lambda db: db.execute("INSERT INTO project_roles VALUES (?, ?, '', ?)", values))

    async def drop_role(self, project: str, name: str) -> None:
        """Drop a role that nobody has."""
        self.require_role(project, name)
        if name in ADMIN_ROLES:
            raise InvalidArgument(f"The role {name} belongs to every project and cannot be dropped")
        if self.members(project, name):
            raise InvalidArgument(f"The role {name} is still granted to users: revoke it first")

        def work(db: sqlite3.Connection) -> None:
            db.execute("DELETE FROM project_roles WHERE project = ? AND name = ?", (project, name))
            sql = "DELETE FROM project_grants WHERE project = ? AND grantee = ? AND grantee_type = 'role'"
            db.execute(sql, (project, name))

        await self._database.write(work)

    def roles(self, project: str) -> list[str]:
        """The project's roles; those of every project come first."""
        rows = self._database.read("SELECT name FROM project_roles WHERE project = ? ORDER BY name", project)
        return [*ADMIN_ROLES, *(row["name"] for row in rows)]

    def require_role(self, project: str, name: str) -> None:
        """Raise NotFound unless the role exists."""
        if name not in self.roles(project):
            raise NotFound(f"Role {name} does not exist in project {project}", code="NoSuchObject")

    async def grant_role(self, project: str, role: str, member: Member) -> None:
        """Give a user a role."""
        self.require_role(project, role)
        self.require_user(project, member.user_id, member.name)
        values = (project, role, member.user_id)
        await self._database.write(
            lambda db: db.execute("INSERT OR IGNORE INTO project_role_members VALUES (?, ?, ?)", values)
        )

    async def revoke_role(self, project: str, role: str, member: Member) -> None:
        """Take a role from a user."""
        sql = "DELETE FROM project_role_members WHERE project = ? AND role = ? AND user = ?"
        if not await self._database.write(lambda db: db.execute(sql, (project, role, member.user_id)).rowcount):
            raise NotFound(f"{member.name} does not have the role {role}", code="NoSuchObject")

    def members(self, project: str, role: str) -> list[Member]:
        """The users who have a role."""
        rows = self._database.read(
            "SELECT u.name, u.user_id FROM project_role_members m JOIN project_users u"
            " ON u.project = m.project AND u.user_id = m.user WHERE m.project = ? AND m.role = ? ORDER BY u.name",
            project, role,
        )  # fmt: skip
        return [Member(row["name"], row["user_id"]) for row in rows]

    def roles_of(self, project: str, user_id: str) -> list[str]:
        """The roles a user has."""
        rows = self._database.read(
            "SELECT role FROM project_role_members WHERE project = ? AND user = ? ORDER BY role", project, user_id
        )
        return [row["role"] for row in rows]

    # -- grants

    async def grant(self, project: str, grants: list[Grant]) -> None:
        """Add grants: all of them or none."""
        rows = [(project, g.grantee_type, g.grantee, g.object_type, g.object, g.action) for g in grants]
        sql = "INSERT OR IGNORE INTO project_grants VALUES (?, ?, ?, ?, ?, ?)"
        await self._database.write(lambda db: db.executemany(sql, rows))

    async def revoke(self, project: str, grants: list[Grant]) -> None:
        """Take grants away; those that are not there are no error."""
        rows = [(project, g.grantee_type, g.grantee, g.object_type, g.object, g.action) for g in grants]
        sql = (
            "DELETE FROM project_grants WHERE project = ? AND grantee_type = ? AND grantee = ? AND object_type = ?"
            " AND object = ? AND action = ?"
        )
        await self._database.write(lambda db: db.executemany(sql, rows))

    def of(self, project: str, grantee_type: str, grantee: str) -> list[Grant]:
        """What was granted to a user or role itself."""
        rows = self._database.read(
            "SELECT * FROM project_grants WHERE project = ? AND grantee_type = ? AND grantee = ?"
            " ORDER BY object_type, object, action",
            project, grantee_type, grantee,
        )  # fmt: skip
        return [Grant(*(row[key] for key in Grant.__dataclass_fields__)) for row in rows]

    def on(self, project: str, object_type: str, name: str) -> list[Grant]:
        """What was granted on an object, to whomever."""
        rows = self._database.read(
            "SELECT * FROM project_grants WHERE project = ? AND object_type = ? AND object = ?"
            " ORDER BY grantee_type, grantee, action",
            project, object_type, name,
        )  # fmt: skip
        return [Grant(*(row[key] for key in Grant.__dataclass_fields__)) for row in rows]

    # -- policies

    def project_policy(self, project: str) -> str:
        """The project's policy document, or an empty text."""
        row = self._database.read_one("SELECT document FROM project_policies WHERE project = ?", project)
        return row["document"] if row else ""

    async def put_project_policy(self, project: str, document: str) -> None:
        """Set the project's policy; an empty text removes it. Raises InvalidArgument naming what is wrong."""
        if document.strip():
            for statement, _ in split_principals(document):
                parse_policy(statement)
        sql = "INSERT OR REPLACE INTO project_policies VALUES (?, ?)"
        await self._database.write(lambda db: db.execute(sql, (project, document.strip())))

    def role_policy(self, project: str, role: str) -> str:
        """A role's policy document, or an empty text."""
        self.require_role(project, role)
        sql = "SELECT policy FROM project_roles WHERE project = ? AND name = ?"
        row = self._database.read_one(sql, project, role)
        return row["policy"] if row else ""

    async def put_role_policy(self, project: str, role: str, document: str) -> None:
        """Set a role's policy; an empty text removes it."""
        self.require_role(project, role)
        if role in ADMIN_ROLES:
            raise InvalidArgument(f"The role {role} may do everything: it takes no policy")
        if document.strip():
            parse_policy(document)
        sql = "UPDATE project_roles SET policy = ? WHERE project = ? AND name = ?"
        await self._database.write(lambda db: db.execute(sql, (document.strip(), project, role)))

    # -- for the authoriser

    def statements(self, principal: Principal, access: Access) -> Iterator[Statement]:
        """What a project says of a principal: a GrantSource."""
        parts = access.resource.split("/", 2)
        if parts[0] != "projects" or len(parts) < 2:
            return
        project = parts[1]
        for document, names in split_principals(self.project_policy(project)):
            if any(name in ("*", principal.id) or name.lower() == principal.name.lower() for name in names):
                yield from parse_policy(document, f"the policy of project {project}")
        sql = "SELECT 1 FROM project_users WHERE project = ? AND user_id = ?"
        if self._database.read_one(sql, project, principal.id) is None:
            return
        for grant in self.of(project, USER, principal.id):
            yield _statement(project, grant, "a grant to the user")
        for role in self.roles_of(project, principal.id):
            yield from self._role_statements(project, role)

    def _role_statements(self, project: str, role: str) -> Iterator[Statement]:
        origin = f"role {role}"
        if role in ADMIN_ROLES:
            everything = (f"acs:odps:*:projects/{project}", f"acs:odps:*:projects/{project}/*")
            yield Statement("Allow", ("odps:*",), everything, origin=origin)
            return
        for grant in self.of(project, ROLE, role):
            yield _statement(project, grant, origin)
        if document := self.role_policy(project, role):
            yield from parse_policy(document, f"the policy of {origin}")


def object_resource(project: str, object_type: str, name: str) -> str:
    """An object as resources are named; a table of another schema is ``schema.table``."""
    if object_type == "project":
        return f"projects/{project}"
    schema, _, plain = name.rpartition(".")
    inside = f"schemas/{schema}/" if object_type == "table" and schema else ""
    return f"projects/{project}/{inside}{_PATHS[object_type]}/{plain}"


def split_principals(document: str) -> list[tuple[str, list[str]]]:
    """The statements of a project policy, each as a document of its own, and whom it is about."""
    if not document:
        return []
    try:
        body: Any = json.loads(document)
    except ValueError as error:
        raise InvalidArgument(f"The policy is not valid JSON: {error}") from None
    items = body.get("Statement") if isinstance(body, dict) else None
    if isinstance(items, dict):
        items = [items]
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise InvalidArgument("The policy needs a Statement")
    found = []
    for item in items:
        principals = item.get("Principal", "*")
        names = [principals] if isinstance(principals, str) else principals
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            raise InvalidArgument("Principal is a name or a list of names")
        plain = {key: value for key, value in item.items() if key != "Principal"}
        found.append((json.dumps({"Version": body.get("Version"), "Statement": [plain]}), names))
    return found


def _statement(project: str, grant: Grant, origin: str) -> Statement:
    resource = f"acs:odps:*:{object_resource(project, grant.object_type, grant.object)}"
    return Statement("Allow", (f"odps:{grant.action.lower()}",), (resource,), origin=origin)


def _no_user(project: str, name: str) -> NotFound:
    return NotFound(f"Principal {name} does not exist in project {project}: add the user first", code="NoSuchObject")
