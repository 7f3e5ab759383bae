"""What a denial was, in the vendor's words: who asked for what, and by which policy it was denied.

An answer shows a part of it, and has the whole sealed, so that only who may decode it for the account reads of its
policies. Source: the vendor's "View the details of access denied errors"; "DecodeDiagnosticMessage" (Ram 2015-05-01).
"""

import re
from typing import Any

from yunbox.identity.policy import EXPLICIT_DENY, Decision
from yunbox.identity.system_policies import is_system_policy
from yunbox.kernel.call import ROLE_SESSION, Access, Principal

IDENTITY_BASED, RESOURCE_BASED, SESSION = (
    "AccountLevelIdentityBasedPolicy", "ResourceBasedPolicy", "SessionPolicy",
)  # fmt: skip
_POLICY = re.compile(r"policy (\S+)(?: of group (\S+))?")


def diagnosis(
    principal: Principal, access: Access, resource: str, decision: Decision, *, narrowed: bool, stranger: bool
) -> dict[str, Any]:
    """A denial; ``narrowed`` is by the policy of a role's session. A ``stranger`` hears nothing of policies."""
    matched = [] if stranger else _matched(principal, decision)
    return {
        "ExplicitDeny": decision.kind == EXPLICIT_DENY,
        "NoPermissionPolicyType": _policy_type(decision, narrowed=narrowed),
        "AuthAction": access.action,
        "AuthResource": resource,
        "AuthPrincipal": {
            "AuthPrincipalType": "AssumedRoleUser" if principal.kind == ROLE_SESSION else "SubUser",
            "AuthPrincipalOwnerId": principal.account_id,
            "AuthPrincipalDisplayName": _shown_principal(principal),
        },
        "AuthConditions": [{"ConditionKey": "acs:SourceIp", "ConditionValues": [principal.source_ip]}],
        "MatchedPolicies": matched,
    }


def _shown_principal(principal: Principal) -> str:
    """A RAM user by its number, a role by its name and that of its session."""
    if principal.kind != ROLE_SESSION:
        return principal.id
    role = principal.name.rpartition("/")[2]
    return f"{role}:{principal.session}"


def _policy_type(decision: Decision, *, narrowed: bool) -> str:
    if narrowed:
        return SESSION
    statement = decision.statement
    if statement is not None and _POLICY.fullmatch(statement.origin) is None:
        return RESOURCE_BASED
    return IDENTITY_BASED


def _matched(principal: Principal, decision: Decision) -> list[dict[str, str]]:
    """The policy by which it was denied explicitly, as far as it is one that is attached to somebody."""
    found = _POLICY.fullmatch(decision.statement.origin) if decision.statement is not None else None
    if found is None:
        return []
    entity = "Role" if principal.kind == ROLE_SESSION else "Group" if found[2] else "User"
    kind = "System" if is_system_policy(found[1]) else "Custom"
    return [
        {"Effect": "Deny", "PolicyIdentifier": found[1], "PolicyType": kind, "AttachedEntityType": entity,
         "AttachedScope": "Account"}
    ]  # fmt: skip
