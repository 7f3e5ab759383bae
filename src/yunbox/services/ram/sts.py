"""STS: temporary credentials for a role, and who one is. Source: the vendor's API pages of Sts 2015-04-01.

A role is assumed by who may (``sts:AssumeRole`` on it) and whom the role trusts; the account itself may not.
"""

import asyncio
import re
from dataclasses import dataclass

from yunbox.identity.directory import providers, roles
from yunbox.identity.directory.providers import Provider
from yunbox.identity.directory.roles import Role
from yunbox.identity.identify import Holder
from yunbox.identity.policy import check_policy
from yunbox.identity.store import TemporaryKey
from yunbox.identity.trust import ASSUME, ASSUME_BY_TOKEN, FEDERATED, RAM, trusts
from yunbox.kernel.call import ROLE_SESSION, Access, Call, Operation, Principal
from yunbox.kernel.clock import stamp
from yunbox.kernel.errors import Forbidden, InvalidArgument, KernelError, NotFound, Unsupported
from yunbox.services.ram.service import DENIED, Body, Ram
from yunbox.spine.path import role_arn
from yunbox.wire.openapi.api import action

_ARN = re.compile(r"acs:ram::(\d{1,20}):role/([A-Za-z0-9._-]{1,64})", re.IGNORECASE)
_SESSION = re.compile(r"[A-Za-z0-9.@_-]{2,64}")
_EXTERNAL_ID = re.compile(r"[\w=,.@:/-]{2,1224}", re.ASCII)
_DURATION_S_MIN = 900
_POLICY_LENGTH_MAX = 2048


@dataclass(frozen=True)
class Assumed:
    """A role that is to be assumed, and as what."""

    role_arn: str
    role_session_name: str
    duration_seconds: int = 3600
    policy: str | None = None
    external_id: str | None = None
    source_identity: str | None = None


def _touches(service: Ram, params: Assumed) -> tuple[Access, ...]:
    account_id, name = parsed_arn(params.role_arn)
    return (Access(ASSUME, f"role/{name}", service.account_id, product="ram", owner=account_id),)


async def _assume(service: Ram, call: Call[Assumed]) -> Body:
    params = call.params
    role = asked_role(service, params.role_arn)
    check_session(role, params.role_session_name, params.duration_seconds, params.policy)
    if params.source_identity is not None:
        raise Unsupported("SourceIdentity is not offered.", code="InvalidParameter.SourceIdentity")
    if params.external_id is not None and not _EXTERNAL_ID.fullmatch(params.external_id):
        raise _invalid("ExternalId", "has 2 to 1224 letters, digits and = , . @ : / - _")
    context = {**call.context, **({"sts:ExternalId": params.external_id} if params.external_id is not None else {})}
    if call.principal.is_account or not trusts(role.trust, ASSUME, _names(call.principal), context):
        raise not_trusted(role, call.principal)
    return await assumed(service, role, params.role_session_name, params.duration_seconds, params.policy)


def _names(principal: Principal) -> tuple[tuple[str, str], ...]:
    """What a trust policy may call a principal."""
    within = (principal.arn, role_arn(principal.arn), f"acs:ram::{principal.account_id}:root", principal.account_id)
    return tuple((RAM, name) for name in dict.fromkeys(within))


async def _who(service: Ram, call: Call[None]) -> Body:
    principal = call.principal
    body: Body = {"AccountId": principal.account_id, "Arn": principal.arn}
    if principal.kind == ROLE_SESSION:
        whose = f"{principal.id}:{principal.session}"
        return {**body, "IdentityType": "AssumedRoleUser", "PrincipalId": whose, "RoleId": principal.id}
    kind = "Account" if principal.is_account else "RAMUser"
    return {**body, "IdentityType": kind, "PrincipalId": principal.id, "UserId": principal.id}


# -- with a token of somebody else's


@dataclass(frozen=True)
class AssumedByToken:
    """A role that is to be assumed, and a token that says who asks."""

    oidc_provider_arn: str
    role_arn: str
    oidc_token: str
    role_session_name: str
    duration_seconds: int = 3600
    policy: str | None = None


async def _assume_by_token(service: Ram, call: Call[AssumedByToken]) -> Body:
    params = call.params
    role = asked_role(service, params.role_arn)
    provider = _provider(service, params.oidc_provider_arn)
    check_session(role, params.role_session_name, params.duration_seconds, params.policy)
    found = await service.tokens.verified(params.oidc_token, provider)
    says = {"oidc:iss": found.issuer, "oidc:sub": found.subject, "oidc:aud": ",".join(found.audience)}
    federated = ((FEDERATED, provider.arn),)
    if not any(trusts(role.trust, one, federated, {**call.context, **says}) for one in (ASSUME, ASSUME_BY_TOKEN)):
        raise not_trusted(role, call.principal, "AuthenticationFail.NoPermission")
    return {
        **await assumed(service, role, params.role_session_name, params.duration_seconds, params.policy),
        "OIDCTokenInfo": {
            "Issuer": found.issuer, "Subject": found.subject, "ClientIds": ",".join(found.audience),
            "IssuanceTime": stamp(found.issued), "ExpirationTime": stamp(found.expires), "VerificationInfo": "Success",
        },
    }  # fmt: skip


def _provider(service: Ram, arn: str) -> Provider:
    head, _, name = arn.partition(":oidc-provider/")
    if not name or not head.startswith("acs:ram::"):
        raise _invalid("OIDCProviderArn", "is acs:ram::ACCOUNT:oidc-provider/NAME")
    if head != f"acs:ram::{service.account_id}":
        raise NotFound(f"The OIDC provider does not exist: {arn[:128]}.", code="EntityNotExist.OIDCProvider")
    return service.directory.look(lambda realm: providers.find(realm, name))


# -- what all ways of assuming a role share


def parsed_arn(arn: str) -> tuple[str, str]:
    """The account and the name of a role. Raises InvalidArgument."""
    found = _ARN.fullmatch(arn)
    if found is None:
        raise _invalid("RoleArn", "is acs:ram::ACCOUNT:role/NAME")
    return found[1], found[2]


def asked_role(service: Ram, arn: str) -> Role:
    """The role. Raises InvalidArgument, NotFound."""
    account_id, name = parsed_arn(arn)
    if account_id != service.account_id:
        raise NotFound(f"The role not exists: {arn[:128]}.", code="EntityNotExist.Role")
    return service.directory.look(lambda realm: roles.find(realm, name))


def check_session(role: Role, session: str, duration_s: int, policy: str | None) -> None:
    """Refuse what no session can be. Raises InvalidArgument."""
    if not _SESSION.fullmatch(session):
        raise _invalid("RoleSessionName", "has 2 to 64 letters, digits and . @ - _")
    if not _DURATION_S_MIN <= duration_s <= role.session_s_max:
        raise _invalid("DurationSeconds", f"is {_DURATION_S_MIN} to {role.session_s_max}, the role's maximum")
    if policy is None:
        return
    if len(policy) > _POLICY_LENGTH_MAX:
        raise _invalid("PolicySize", f"of a policy is {_POLICY_LENGTH_MAX} characters at most")
    try:
        check_policy(policy)
    except KernelError as error:
        raise _invalid("PolicyGrammar", f"is wrong: {error.message}") from None


def not_trusted(role: Role, principal: Principal, code: str = DENIED) -> Forbidden:
    """The error of one whom the role does not trust."""
    who = "The account itself assumes no roles" if principal.is_account else "The role does not trust you"
    return Forbidden(
        f"You are not authorized to do this action. You should be authorized by RAM. ({who}.)",
        code=code,
        action=ASSUME,
        resource=f"role/{role.name}",
        decision="ImplicitDeny",
    )


async def assumed(service: Ram, role: Role, session: str, duration_s: int, policy: str | None) -> Body:
    """The answer of who may: new credentials."""
    holder = Holder(service.account_id, role_id=role.id, session=session)
    key, token = await asyncio.to_thread(service.identity.issue, holder, duration_s, policy)  # it waits for the disk
    return {
        "AssumedRoleUser": {"Arn": f"{role.arn}/{session}", "AssumedRoleId": f"{role.id}:{session}"},
        "Credentials": credentials(key, token),
    }


def credentials(key: TemporaryKey, token: str) -> Body:
    """Credentials as the answers show them."""
    return {
        "AccessKeyId": key.id, "AccessKeySecret": key.secret, "SecurityToken": token, "Expiration": stamp(key.expires),
    }  # fmt: skip


def _invalid(name: str, what: str) -> InvalidArgument:
    return InvalidArgument(f"The parameter {name} {what}.", code=f"InvalidParameter.{name}")


ROUTES = (
    action(Operation("sts", "AssumeRole", Assumed, _assume, _touches, denied=DENIED)),
    action(Operation("sts", "AssumeRoleWithOIDC", AssumedByToken, _assume_by_token, lambda _service, _params: ())),
    action(Operation("sts", "GetCallerIdentity", type(None), _who, lambda _service, _params: (), reads=True)),
)
