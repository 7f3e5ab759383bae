"""What holds for the whole account: its alias, what it asks of passwords, what its users may do for themselves.

Source: the vendor's API pages "SetAccountAlias", "SetPasswordPolicy" and "SetSecurityPreference" (Ram 2015-05-01).
"""

import json
from dataclasses import asdict, dataclass, replace
from ipaddress import ip_network
from typing import Any, TypeVar

from yunbox.identity.directory.realm import Realm
from yunbox.kernel.errors import AlreadyExists, InvalidArgument
from yunbox.kernel.rules import Number, Text

T = TypeVar("T")
ALIAS = Text(50, 3, r"[a-z0-9-]")
_NETWORKS_MAX = 25


@dataclass(frozen=True)
class PasswordPolicy:
    """What the account asks of passwords; an age in days of 0 is none."""

    length_min: int = 8
    lowercase: bool = True
    uppercase: bool = True
    numbers: bool = True
    symbols: bool = True
    hard_expiry: bool = False
    age_days_max: int = 0
    reuse_prevention: int = 0
    login_attempts_max: int = 5


@dataclass(frozen=True)
class Preference:
    """What users may do for themselves; masks are networks with semicolons between."""

    change_password: bool = True
    manage_access_keys: bool = False
    manage_mfa_devices: bool = True
    manage_public_keys: bool = False
    save_mfa_ticket: bool = False
    login_network_masks: str = ""
    login_session_hours: int = 6


_BOUNDS = {
    "length_min": ("MinimumPasswordLength", Number(8, 32)),
    "age_days_max": ("MaxPasswordAge", Number(0, 1095)),
    "reuse_prevention": ("PasswordReusePrevention", Number(0, 24)),
    "login_attempts_max": ("MaxLoginAttemps", Number(0, 32)),
    "login_session_hours": ("LoginSessionDuration", Number(1, 24)),
}


def alias(realm: Realm) -> str:
    """The account's alias; nothing where it has none."""
    row = realm.row("SELECT alias FROM accounts WHERE uid = ?", realm.account_id)
    return row["alias"] if row else ""


def set_alias(realm: Realm, text: str) -> None:
    """Give the account an alias, or with nothing take it away. Raises InvalidArgument, AlreadyExists."""
    if text:
        ALIAS.check("AccountAlias", text)
        if text.startswith("-") or text.endswith("-") or "--" in text:
            raise InvalidArgument(
                "An alias neither begins nor ends with a hyphen.", code="InvalidParameter.AccountAlias.InvalidChars"
            )
        if realm.row("SELECT 1 FROM accounts WHERE alias = ? AND uid != ?", text, realm.account_id):
            raise AlreadyExists("Another account has the alias.", code="EntityAlreadyExists.Account.Alias")
    realm.run("UPDATE accounts SET alias = ? WHERE uid = ?", text, realm.account_id)


def password_policy(realm: Realm) -> PasswordPolicy:
    """What the account asks of passwords."""
    return _read(realm, "password-policy", PasswordPolicy())


def set_password_policy(realm: Realm, **changes: Any) -> PasswordPolicy:
    """Change some of it. Raises InvalidArgument."""
    return _change(realm, "password-policy", PasswordPolicy(), changes)


def preference(realm: Realm) -> Preference:
    """What users may do for themselves."""
    return _read(realm, "security-preference", Preference())


def set_preference(realm: Realm, **changes: Any) -> Preference:
    """Change some of it. Raises InvalidArgument."""
    _check_networks(changes.get("login_network_masks") or "")
    return _change(realm, "security-preference", Preference(), changes)


def _check_networks(masks: str) -> None:
    networks = [mask for mask in masks.split(";") if mask]
    try:
        for mask in networks:
            ip_network(mask, strict=False)
    except ValueError:
        networks = [""] * (_NETWORKS_MAX + 1)
    if len(networks) > _NETWORKS_MAX:
        raise InvalidArgument(
            f"LoginNetworkMasks are at most {_NETWORKS_MAX} networks with semicolons between.",
            code="InvalidParameter.LoginNetworkMasks",
        )


def _read(realm: Realm, name: str, default: T) -> T:
    row = realm.row("SELECT body FROM account_settings WHERE account_id = ? AND name = ?", realm.account_id, name)
    return replace(default, **json.loads(row["body"])) if row else default  # ty: ignore[invalid-argument-type]


def _change(realm: Realm, name: str, default: T, changes: dict[str, Any]) -> T:
    given = {field: value for field, value in changes.items() if value is not None}
    for field, value in given.items():
        if field in _BOUNDS:
            title, bounds = _BOUNDS[field]
            bounds.check(title, value)
    made = replace(_read(realm, name, default), **given)  # ty: ignore[invalid-argument-type]
    body = json.dumps(asdict(made))
    realm.run(
        "INSERT INTO account_settings VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET body = excluded.body",
        realm.account_id, name, body,
    )  # fmt: skip
    return made
