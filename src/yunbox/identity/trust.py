"""Trust policies of roles: who may assume one, under which conditions.

A principal is a service (``ecs.aliyuncs.com``), a provider of identities, an account (``...:root``: whoever in it its
own policies allow), or a user or role by name. Sources: the vendor's "Edit the trust policy of a RAM role" and "Policy
elements"; a trust policy has no Resource, as it is on the role itself.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from yunbox.identity.conditions import Condition, Context, check_condition
from yunbox.identity.policy import applies, malformed, policy_statements, read_conditions, strings
from yunbox.kernel.errors import InvalidArgument
from yunbox.kernel.texts import matches

SERVICE, RAM, FEDERATED = "Service", "RAM", "Federated"
_KINDS = (SERVICE, RAM, FEDERATED)
_KEYS = {"Effect", "Action", "Principal", "Condition", "Sid"}
ASSUME, ASSUME_BY_TOKEN = "sts:AssumeRole", "sts:AssumeRoleWithOIDC"
_ACTIONS = (ASSUME, ASSUME_BY_TOKEN, "sts:AssumeRoleWithSAML", "sts:SetSourceIdentity", "sts:*", "*")
_LENGTH_MAX = 2048


@dataclass(frozen=True)
class Trust:
    """One statement: whom it is about, by kind, and under which conditions."""

    effect: str
    actions: tuple[str, ...]
    principals: tuple[tuple[str, str], ...]
    conditions: tuple[Condition, ...] = ()


@lru_cache(maxsize=256)
def parse_trust(document: str) -> tuple[Trust, ...]:
    """Parse a trust policy. Raises InvalidArgument with RAM's code, naming what is wrong."""
    try:
        return tuple(_statement(item) for item in policy_statements(document, _LENGTH_MAX))
    except InvalidArgument as error:
        raise malformed(error.message) from None


def trusts(document: str, action: str, principals: tuple[tuple[str, str], ...], context: Context) -> bool:
    """Whether a role lets itself be assumed by one who has any of these names, each with its kind.

    A Deny that is not surely beside the point refuses; else an Allow whose conditions surely hold is needed.
    """
    granted = False
    for trust in parse_trust(document):
        about = any(matches(pattern.lower(), action.lower()) for pattern in trust.actions) and any(
            kind == known and (name in (one, "*")) for kind, name in trust.principals for known, one in principals
        )
        if not about or not applies(trust.effect, trust.conditions, context):
            continue
        if trust.effect == "Deny":
            return False
        granted = True
    return granted


def services(document: str) -> set[str]:
    """The services that a trust policy lets assume the role."""
    return {name for trust in parse_trust(document) if trust.effect == "Allow" for kind, name in trust.principals
            if kind == SERVICE}  # fmt: skip


def _statement(item: Any) -> Trust:
    if not isinstance(item, dict) or set(item) - _KEYS:
        raise InvalidArgument(
            f"Unknown statement element: {sorted(set(item) - _KEYS) if isinstance(item, dict) else item}"
        )
    if item.get("Effect") not in ("Allow", "Deny"):
        raise InvalidArgument("Effect is Allow or Deny")
    actions = strings(item.get("Action"), "Action")
    if unknown := [action for action in actions if action.lower() not in map(str.lower, _ACTIONS)]:
        raise InvalidArgument(f"The action {unknown[0][:64]} is none of a trust policy: it is {ASSUME}")
    conditions = tuple(read_conditions(item.get("Condition", {})))
    for condition in conditions:
        check_condition(condition)
    return Trust(item["Effect"], actions, tuple(_principals(item.get("Principal"))), conditions)


def _principals(body: Any) -> list[tuple[str, str]]:
    if not isinstance(body, dict) or not body or set(body) - set(_KINDS):
        raise InvalidArgument(f"Principal is an object of {', '.join(_KINDS)}")
    return [(kind, _name(kind, name)) for kind, names in body.items() for name in strings(names, kind)]


def _name(kind: str, name: str) -> str:
    if kind == RAM and name != "*" and not _is_ram(name):
        raise InvalidArgument(f"{name[:64]} is none of acs:ram::ACCOUNT:root, :user/NAME and :role/NAME")
    if kind == SERVICE and not name.endswith(".aliyuncs.com"):
        raise InvalidArgument(f"{name[:64]} is no service: those end with .aliyuncs.com")
    return name


def _is_ram(name: str) -> bool:
    parts = name.split(":")
    return len(parts) == 5 and parts[:3] == ["acs", "ram", ""] and (
        parts[4] == "root" or parts[4].partition("/")[0] in ("user", "role", "assumed-role")
    )  # fmt: skip
