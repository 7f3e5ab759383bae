"""Security over REST: the security language, bearer tokens, users, roles and the security configuration."""

import json
from collections.abc import Callable
from dataclasses import dataclass

from yunbox.identity.policy import parse_policy
from yunbox.kernel.call import Access, Call, Operation, Principal
from yunbox.kernel.errors import InvalidArgument, NotFound, Unsupported
from yunbox.services.maxcompute.access import administers, lists_project, on_project, reads_project
from yunbox.services.maxcompute.catalogue.projects import ProjectName, project_params
from yunbox.services.maxcompute.replies import empty, json_text, xml
from yunbox.services.maxcompute.route import PathValues, on
from yunbox.services.maxcompute.security.grants import Grants, Member
from yunbox.services.maxcompute.security.parse import parse
from yunbox.services.maxcompute.security.run import CONFIGURATION, Language, needed
from yunbox.storage.tables.catalogue import Catalogue
from yunbox.wire.http import Request, Response
from yunbox.wire.xml import Markup, element, parse_body

_TOKEN_HOURS_MAX = 30 * 24


@dataclass(frozen=True)
class Security:
    """What the operations on security run on. ``issue_bearer`` signs a token: for whom, its policy, its seconds."""

    catalogue: Catalogue
    grants: Grants
    language: Language
    issue_bearer: Callable[[Principal, str, int], str]


@dataclass(frozen=True)
class Query:
    """A statement of the security language."""

    project: str
    text: str
    as_json: bool


@dataclass(frozen=True)
class NewToken:
    """A bearer token to sign: what it may do, and for how long."""

    project: str
    policy: str
    seconds: int


@dataclass(frozen=True)
class UserRef:
    """A user of a project, by id or display name."""

    project: str
    user: str


@dataclass(frozen=True)
class RoleRef:
    """A role of a project; ``document`` is its new policy."""

    project: str
    role: str
    document: str = ""


@dataclass(frozen=True)
class Configuration:
    """The security configuration a client wants."""

    project: str
    values: tuple[tuple[str, str], ...]


async def _query(request: Request, values: PathValues) -> Query:
    body = parse_body(await request.body.read())
    as_json = body.value("ResponseInJsonFormat").lower() == "true"
    return Query(values["project"].lower(), body.value("Query"), as_json)


async def _token(request: Request, values: PathValues) -> NewToken:
    try:
        body = json.loads(await request.body.read())
        policy, hours = json.dumps(body["policy"]), float(body.get("expires_in_hours") or 24)
    except (ValueError, KeyError, TypeError):
        raise InvalidArgument("The body is JSON with policy and expires_in_hours") from None
    if not 0 < hours <= _TOKEN_HOURS_MAX:
        raise InvalidArgument(f"expires_in_hours is up to {_TOKEN_HOURS_MAX}")
    return NewToken(values["project"].lower(), policy, int(hours * 3600))


async def _user(request: Request, values: PathValues) -> UserRef:
    return UserRef(values["project"].lower(), values["user"])


async def _role(request: Request, values: PathValues) -> RoleRef:
    document = (await request.body.read()).decode("utf-8", "replace") if request.method == "PUT" else ""
    return RoleRef(values["project"].lower(), values["role"].lower(), document)


async def _configuration(request: Request, values: PathValues) -> Configuration:
    body = parse_body(await request.body.read())
    found = [(node.tag, node.text.strip().lower()) for node in body.children]
    protection = body.find("ProjectProtection")
    if protection is not None:
        found.append(("ProjectProtection", protection.attributes.get("Protected", "false").lower()))
    return Configuration(values["project"].lower(), tuple(found))


def _queries(security: Security, params: Query) -> tuple[Access, ...]:
    """Whoever may not administer the project may look only at itself."""
    action = needed(parse(params.text))
    return (on_project(security, action, params.project),) if action else ()


async def _run(security: Security, call: Call[Query]) -> str:
    query = call.params
    return await security.language.run(call.principal, query.project, query.text, as_json=query.as_json)


async def _sign(security: Security, call: Call[NewToken]) -> str:
    new = call.params
    parse_policy(new.policy)
    if call.principal.policies is not None:
        raise InvalidArgument("A temporary identity cannot sign tokens: they could outlive it")
    return security.issue_bearer(call.principal, new.policy, new.seconds)


async def _users(security: Security, call: Call[ProjectName]) -> list[Member]:
    return security.grants.users(call.params.project)


async def _get_user(security: Security, call: Call[UserRef]) -> Member:
    return _find_user(security, call.params)


def _find_user(security: Security, ref: UserRef) -> Member:
    members = security.grants.users(ref.project)
    found = [m for m in members if ref.user == m.user_id or ref.user.lower() == m.name.lower()]
    if not found:
        meant = security.language.member(ref.project, ref.user)
        found = [m for m in members if m.user_id == meant.user_id]
    if not found:
        raise NotFound(f"Principal {ref.user} does not exist in project {ref.project}", code="NoSuchObject")
    return found[0]


async def _roles_of_user(security: Security, call: Call[UserRef]) -> list[str]:
    return security.grants.roles_of(call.params.project, _find_user(security, call.params).user_id)


async def _roles(security: Security, call: Call[ProjectName]) -> list[str]:
    return security.grants.roles(call.params.project)


async def _get_role(security: Security, call: Call[RoleRef]) -> str:
    security.grants.require_role(call.params.project, call.params.role)
    return call.params.role


async def _users_of_role(security: Security, call: Call[RoleRef]) -> list[Member]:
    security.grants.require_role(call.params.project, call.params.role)
    return security.grants.members(call.params.project, call.params.role)


async def _get_role_policy(security: Security, call: Call[RoleRef]) -> str:
    return security.grants.role_policy(call.params.project, call.params.role)


async def _put_role_policy(security: Security, call: Call[RoleRef]) -> None:
    await security.grants.put_role_policy(call.params.project, call.params.role, call.params.document)


async def _get_configuration(security: Security, call: Call[ProjectName]) -> None:
    return None


async def _put_configuration(security: Security, call: Call[Configuration]) -> None:
    """Accepts what is so already; nothing that would not be enforced is taken."""
    wanted = {**CONFIGURATION, "ProjectProtection": "false"}
    for name, value in call.params.values:
        if name in wanted and value and value != wanted[name]:
            raise Unsupported(f"The security configuration {name} is {wanted[name]} and cannot be changed")


def _result_xml(text: str, request: Request) -> Response:
    return xml(element("Authorization", element("Result", text)))


def _user_element(member: Member) -> Markup:
    return element("User", element("ID", member.user_id), element("DisplayName", member.name), element("Comment", ""))


def _user_xml(member: Member, request: Request) -> Response:
    return xml(_user_element(member))


def _users_xml(members: list[Member], request: Request) -> Response:
    return xml(element("Users", *map(_user_element, members)))


def _role_element(name: str) -> Markup:
    return element("Role", element("Name", name), element("Comment", ""))


def _role_xml(name: str, request: Request) -> Response:
    return xml(_role_element(name))


def _roles_xml(names: list[str], request: Request) -> Response:
    wanted = (request.param("name") or "").lower()
    return xml(element("Roles", *(_role_element(name) for name in names if name.startswith(wanted))))


def _policy_text(document: str, request: Request) -> Response:
    return json_text(document or "{}")  # clients parse what a role without a policy has, too


def _configuration_xml(result: None, request: Request) -> Response:
    settings = [element(name, value) for name, value in CONFIGURATION.items()]
    protection = element("ProjectProtection", element("Exceptions", ""), Protected="false")
    return xml(element("SecurityConfiguration", *settings, protection))


def _done(result: None, request: Request) -> Response:
    return empty(200)


RUN_QUERY = Operation("odps", "RunSecurityQuery", Query, _run, _queries)
SIGN_TOKEN = Operation("odps", "SignBearerToken", NewToken, _sign, reads_project)
LIST_USERS = Operation("odps", "ListUsers", ProjectName, _users, lists_project)
GET_USER = Operation("odps", "GetUser", UserRef, _get_user, lists_project)
LIST_USER_ROLES = Operation("odps", "ListUserRoles", UserRef, _roles_of_user, lists_project)
LIST_ROLES = Operation("odps", "ListRoles", ProjectName, _roles, lists_project)
GET_ROLE = Operation("odps", "GetRole", RoleRef, _get_role, lists_project)
LIST_ROLE_USERS = Operation("odps", "ListRoleUsers", RoleRef, _users_of_role, lists_project)
GET_ROLE_POLICY = Operation("odps", "GetRolePolicy", RoleRef, _get_role_policy, lists_project)
PUT_ROLE_POLICY = Operation("odps", "PutRolePolicy", RoleRef, _put_role_policy, administers)
GET_CONFIGURATION = Operation("odps", "GetSecurityConfiguration", ProjectName, _get_configuration, reads_project)
PUT_CONFIGURATION = Operation("odps", "PutSecurityConfiguration", Configuration, _put_configuration, administers)

_P = "/projects/{project}"
ROUTES = [
    on("POST", f"{_P}/authorization", SIGN_TOKEN, _token, _result_xml, when="sign_bearer_token"),
    on("POST", f"{_P}/authorization", RUN_QUERY, _query, _result_xml),
    on("GET", f"{_P}/users", LIST_USERS, project_params, _users_xml),
    on("GET", f"{_P}/users/{{user}}", LIST_USER_ROLES, _user, _roles_xml, when="roles"),
    on("GET", f"{_P}/users/{{user}}", GET_USER, _user, _user_xml),
    on("GET", f"{_P}/roles", LIST_ROLES, project_params, _roles_xml),
    on("GET", f"{_P}/roles/{{role}}", LIST_ROLE_USERS, _role, _users_xml, when="users"),
    on("GET", f"{_P}/roles/{{role}}", GET_ROLE_POLICY, _role, _policy_text, when="policy"),
    on("PUT", f"{_P}/roles/{{role}}", PUT_ROLE_POLICY, _role, _done, when="policy"),
    on("GET", f"{_P}/roles/{{role}}", GET_ROLE, _role, _role_xml),
    on("GET", _P, GET_CONFIGURATION, project_params, _configuration_xml, when="security_configuration"),
    on("PUT", _P, PUT_CONFIGURATION, _configuration, _done, when="security_configuration"),
]
