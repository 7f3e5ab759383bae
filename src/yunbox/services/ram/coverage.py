"""What is offered of RAM and STS. Source: the vendor's lists of operations (Ram 2015-05-01, Sts 2015-04-01)."""

from collections.abc import Mapping

from yunbox.services.ram.apis import IMS_API, RAM_API, RESOURCE_MANAGER_API, STS_API
from yunbox.spine import offered
from yunbox.spine.offered import Status

_AREAS = {
    "Users": "CreateUser GetUser UpdateUser DeleteUser ListUsers",
    "Login profiles": "CreateLoginProfile GetLoginProfile UpdateLoginProfile DeleteLoginProfile ChangePassword",
    "AccessKeys": "CreateAccessKey UpdateAccessKey DeleteAccessKey ListAccessKeys GetAccessKeyLastUsed",
    "MFA devices": "CreateVirtualMFADevice ListVirtualMFADevices DeleteVirtualMFADevice BindMFADevice UnbindMFADevice "
    "GetUserMFAInfo",
    "Groups": "CreateGroup GetGroup UpdateGroup DeleteGroup ListGroups AddUserToGroup RemoveUserFromGroup "
    "ListGroupsForUser ListUsersForGroup",
    "Roles": "CreateRole GetRole UpdateRole DeleteRole ListRoles",
    "Service-linked roles (ResourceManager 2020-03-31 too)": "CreateServiceLinkedRole DeleteServiceLinkedRole "
    "GetServiceLinkedRoleTemplate GetServiceLinkedRoleDeletionStatus",
    "Policies": "CreatePolicy GetPolicy UpdatePolicyDescription DeletePolicy ListPolicies CreatePolicyVersion "
    "GetPolicyVersion ListPolicyVersions SetDefaultPolicyVersion DeletePolicyVersion",
    "Attachments": "AttachPolicyToUser DetachPolicyFromUser ListPoliciesForUser AttachPolicyToGroup "
    "DetachPolicyFromGroup ListPoliciesForGroup AttachPolicyToRole DetachPolicyFromRole ListPoliciesForRole "
    "ListEntitiesForPolicy",
    "Tags": "TagResources UntagResources ListTagResources",
    "The account": "SetAccountAlias GetAccountAlias ClearAccountAlias SetPasswordPolicy GetPasswordPolicy "
    "SetSecurityPreference GetSecurityPreference",
    "Diagnosis": "DecodeDiagnosticMessage",
    "OIDC providers (Ims 2019-08-15)": "CreateOIDCProvider GetOIDCProvider UpdateOIDCProvider DeleteOIDCProvider "
    "ListOIDCProviders AddClientIdToOIDCProvider RemoveClientIdFromOIDCProvider AddFingerprintToOIDCProvider "
    "RemoveFingerprintFromOIDCProvider",
    "STS": "AssumeRole AssumeRoleWithOIDC AssumeRoleWithSAML GetCallerIdentity",
}
_PARTLY = {
    "CreateVirtualMFADevice": "the seed in Base32, and no picture of it (QRCodePNG)",
    "GetUser": "LastLoginDate is empty: there is no console to log in to",
    "CreateRole": "AllowConsoleLogin is refused by name: there is no console",
    "UpdateRole": "NewAllowConsoleLogin is refused by name",
    "CreateServiceLinkedRole": "the roles of MaxCompute, Hologres and BssOpenApi whose policies the vendor shows; no "
    "service here acts as one, so that each can be deleted",
    "GetServiceLinkedRoleTemplate": "of the same roles, described in English; the vendor's page names no right for it, "
    "here ram:GetServiceLinkedRoleTemplate is asked for",
    "AssumeRole": "SourceIdentity is refused by name",
    "AssumeRoleWithOIDC": "the issuer's keys lie on its own host; before Python 3.13 its own certificate's fingerprint "
    "counts, and not that of who made it",
    "AttachPolicyToUser": "ResourceGroupId is refused by name: there are no resource groups",
    "AttachPolicyToGroup": "the same",
    "AttachPolicyToRole": "the same",
}
BESIDE: Mapping[str, str] = {
    "signatures": "ACS3-HMAC-SHA256, RPC with HMAC-SHA1 (in URLs too), ROA with HMAC-SHA1; no bearer tokens, RSA keys",
    "conditions": "all operators of RAM; a key that no request has here is refused when the policy is written",
    "what RAM does not document": "IfExists, Null and variables are refused; NotResource means what its words say",
    "system policies": "those of the services that are here; what they grant of others is left out",
    "`yunbox ram explain --request-id`": "says more than DecodeDiagnosticMessage: the statement, and the one that "
    "would allow it",
}


def statuses() -> list[Status]:
    """Each operation, and whether it is offered."""
    routes = (*RAM_API.routes, *STS_API.routes, *IMS_API.routes, *RESOURCE_MANAGER_API.routes)
    return offered.statuses(_AREAS, _PARTLY, (route.operation.name for route in routes))


def page() -> str:
    """The coverage page as Markdown."""
    return offered.page("RAM and STS", "ram", "InvalidAction.NotFound", statuses(), BESIDE)
