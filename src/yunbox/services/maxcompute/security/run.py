"""Security statements carried out, and what they answer: as JSON for programs, as text for people."""

import json
from typing import Any

from yunbox.identity.store import IdentityStore
from yunbox.kernel.call import Principal
from yunbox.kernel.errors import InvalidArgument, NotFound
from yunbox.services.maxcompute.security.grants import ROLE, USER, Grant, Grants, Member, object_resource
from yunbox.services.maxcompute.security.parse import Command, parse
from yunbox.storage.tables.catalogue import Catalogue

_OK = "OK"
CONFIGURATION = {
    "CheckPermissionUsingAcl": "true", "CheckPermissionUsingPolicy": "true", "LabelSecurity": "false",
    "ObjectCreatorHasAccessPermission": "true", "ObjectCreatorHasGrantPermission": "false",
    "CheckPermissionUsingAclV2": "true", "CheckPermissionUsingPolicyV2": "true", "SupportACL": "true",
    "SupportPolicy": "true", "SupportPackage": "false", "SupportACLV2": "true", "SupportPackageV2": "false",
    "CheckPermissionUsingPackage": "false", "CreatePackage": "false", "CreatePackageV2": "false",
}  # fmt: skip
"""How every project is secured; none of it can be switched off."""


def needed(command: Command) -> str:
    """The action on the project that a command needs; empty for a look at oneself."""
    if command.kind in ("whoami", "show-own-grants"):
        return ""
    return "Admin" if command.changes else "List"


class Language:
    """Runs statements of the security language."""

    def __init__(self, catalogue: Catalogue, grants: Grants, identities: IdentityStore) -> None:
        self._catalogue = catalogue
        self._grants = grants
        self._identities = identities

    async def run(self, principal: Principal, project: str, text: str, *, as_json: bool) -> str:
        """The answer to one statement."""
        command = parse(text)
        result = await self._run(principal, project, command)
        if as_json or command.kind == "whoami":  # the vendor's console asks for text, and reads JSON
            return json.dumps({"result": result} if isinstance(result, str) else result, ensure_ascii=False)
        return result if isinstance(result, str) else _text(result)

    def member(self, project: str, name: str) -> Member:
        """The identity a name means: ``RAM$account:user``, ``RAM$user``, ``user`` or ``ALIYUN$account``.

        A role is ``role/NAME`` in the place of the user.
        """
        account_id = self._account(project)
        account = self._identities.account_name(account_id)
        kind, _, rest = name.rpartition("$")
        if kind.upper() == "ALIYUN":
            if rest.lower() not in (account.lower(), account_id):
                raise NotFound(f"The account {name} does not exist", code="NoSuchObject")
            return Member(f"ALIYUN${account}", account_id)
        owner, _, plain = rest.rpartition(":")
        if kind.upper() not in ("", "RAM") or owner.lower() not in ("", account.lower(), account_id):
            raise NotFound(f"The user {name} does not exist", code="NoSuchObject")
        return Member(f"RAM${account}:{plain}", self._identities.ram_id(account_id, plain))

    def _account(self, project: str) -> str:
        found = self._catalogue.project(project)
        if found is None:
            raise NotFound(f"Project not found - '{project}'", code="NoSuchProject")
        return found.account_id

    async def _run(self, principal: Principal, project: str, command: Command) -> Any:
        handler = getattr(self, "_" + command.kind.replace("-", "_"))
        return await handler(principal, project, command)

    # -- looking

    async def _whoami(self, principal: Principal, project: str, command: Command) -> Any:
        return {"ID": principal.id, "DisplayName": principal.name}

    async def _list_users(self, principal: Principal, project: str, command: Command) -> Any:
        return {"Users": [{"ID": m.user_id, "DisplayName": m.name} for m in self._grants.users(project)]}

    async def _list_roles(self, principal: Principal, project: str, command: Command) -> Any:
        return {"Roles": self._grants.roles(project)}

    async def _list_members(self, principal: Principal, project: str, command: Command) -> Any:
        self._grants.require_role(project, command.role)
        members = self._grants.members(project, command.role)
        return {"Users": [{"ID": m.user_id, "DisplayName": m.name} for m in members]}

    async def _show_own_grants(self, principal: Principal, project: str, command: Command) -> Any:
        return self._shown(project, Member(principal.name, principal.id))

    async def _show_grants(self, principal: Principal, project: str, command: Command) -> Any:
        member = self.member(project, command.user)
        self._grants.require_user(project, member.user_id, member.name)
        return self._shown(project, member)

    def _shown(self, project: str, member: Member) -> dict[str, Any]:
        roles = self._grants.roles_of(project, member.user_id)
        acl = {f"user/{member.name}": _by_object(project, self._grants.of(project, USER, member.user_id))}
        acl |= {f"role/{role}": _by_object(project, self._grants.of(project, ROLE, role)) for role in roles}
        return {"Roles": roles, "ACL": {name: found for name, found in acl.items() if found}}

    async def _show_role_grants(self, principal: Principal, project: str, command: Command) -> Any:
        self._grants.require_role(project, command.role)
        found = _by_object(project, self._grants.of(project, ROLE, command.role))
        policy = self._grants.role_policy(project, command.role)
        return {"ACL": {f"role/{command.role}": found} if found else {}, "Policy": policy}

    async def _describe_role(self, principal: Principal, project: str, command: Command) -> Any:
        shown = await self._show_role_grants(principal, project, command)
        return {"Users": [m.name for m in self._grants.members(project, command.role)], **shown}

    async def _show_acl(self, principal: Principal, project: str, command: Command) -> Any:
        name = command.object.removeprefix(f"{project}.")
        names = {member.user_id: f"user/{member.name}" for member in self._grants.users(project)}
        acl: dict[str, dict[str, list[str]]] = {}
        for grant in self._grants.on(project, command.object_type, name):
            grantee = f"role/{grant.grantee}" if grant.grantee_type == ROLE else names.get(grant.grantee, grant.grantee)
            objects = acl.setdefault(grantee, {})
            objects.setdefault(object_resource(project, grant.object_type, grant.object), []).append(grant.action)
        return {"ACL": acl}

    async def _show_configuration(self, principal: Principal, project: str, command: Command) -> Any:
        return {**CONFIGURATION, "ProjectProtection": "false"}

    # -- changing

    async def _add_user(self, principal: Principal, project: str, command: Command) -> Any:
        await self._grants.add_user(project, self.member(project, command.user))
        return _OK

    async def _remove_user(self, principal: Principal, project: str, command: Command) -> Any:
        await self._grants.remove_user(project, self.member(project, command.user))
        return _OK

    async def _create_role(self, principal: Principal, project: str, command: Command) -> Any:
        await self._grants.create_role(project, command.role)
        return _OK

    async def _drop_role(self, principal: Principal, project: str, command: Command) -> Any:
        await self._grants.drop_role(project, command.role)
        return _OK

    async def _grant_role(self, principal: Principal, project: str, command: Command) -> Any:
        member = self.member(project, command.user)
        for role in command.roles:
            self._grants.require_role(project, role)
        for role in command.roles:
            await self._grants.grant_role(project, role, member)
        return _OK

    async def _revoke_role(self, principal: Principal, project: str, command: Command) -> Any:
        member = self.member(project, command.user)
        for role in command.roles:
            await self._grants.revoke_role(project, role, member)
        return _OK

    async def _grant(self, principal: Principal, project: str, command: Command) -> Any:
        await self._grants.grant(project, self._meant(project, command))
        return _OK

    async def _revoke(self, principal: Principal, project: str, command: Command) -> Any:
        await self._grants.revoke(project, self._meant(project, command))
        return _OK

    def _meant(self, project: str, command: Command) -> list[Grant]:
        name = command.object.removeprefix(f"{project}.")
        if command.object_type == "project" and name != project:
            raise InvalidArgument(f"Grants of project {project} cannot be on project {name}")
        if command.role:
            self._grants.require_role(project, command.role)
            kind, grantee = ROLE, command.role
        else:
            member = self.member(project, command.user)
            self._grants.require_user(project, member.user_id, member.name)
            kind, grantee = USER, member.user_id
        return [Grant(kind, grantee, command.object_type, name, action) for action in command.actions]


def _by_object(project: str, grants: list[Grant]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for grant in grants:
        found.setdefault(object_resource(project, grant.object_type, grant.object), []).append(grant.action)
    return found


def _text(result: dict[str, Any]) -> str:
    """An answer in sections, one line for each thing in them."""
    lines: list[str] = []
    for title in ("Users", "Roles"):
        if title in result:
            names = [one if isinstance(one, str) else one["DisplayName"] for one in result[title]]
            lines += [f"[{title.lower()}]", *names, ""]
    if "ACL" in result:
        lines.append("Authorization Type: ACL")
        for grantee, objects in result["ACL"].items():
            lines.append(f"[{grantee}]")
            lines += [f"A\t{name}: {' | '.join(actions)}" for name, actions in objects.items()]
    if not result.keys() & {"Users", "Roles", "ACL", "Policy"}:
        lines += [f"{name}={value}" for name, value in result.items()]
    if result.get("Policy"):
        lines += ["Authorization Type: Policy", result["Policy"]]
    return "\n".join(lines).strip()
