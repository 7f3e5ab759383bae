"""What holds for the whole account. Source: the vendor's API pages of "Security settings"."""

from dataclasses import dataclass

from yunbox.identity.directory import settings
from yunbox.identity.directory.realm import Realm
from yunbox.identity.directory.settings import PasswordPolicy, Preference
from yunbox.services.ram.service import EVERYTHING, Body, changes, reads


@dataclass(frozen=True)
class Alias:
    """The alias that the account is to have."""

    account_alias: str


@dataclass(frozen=True)
class NewPasswordPolicy:
    """What is to be asked of passwords."""

    minimum_password_length: int | None = None
    require_lowercase_characters: bool | None = None
    require_uppercase_characters: bool | None = None
    require_numbers: bool | None = None
    require_symbols: bool | None = None
    hard_expiry: bool | None = None
    max_password_age: int | None = None
    password_reuse_prevention: int | None = None
    max_login_attemps: int | None = None


@dataclass(frozen=True)
class NewPreference:
    """What users are to be able to do for themselves."""

    allow_user_to_change_password: bool | None = None
    allow_user_to_manage_access_keys: bool | None = None
    allow_user_to_manage_mfa_devices: bool | None = None
    allow_user_to_manage_public_keys: bool | None = None
    enable_save_mfa_ticket: bool | None = None
    login_network_masks: str | None = None
    login_session_duration: int | None = None


def _set_alias(realm: Realm, params: Alias) -> None:
    settings.set_alias(realm, settings.ALIAS.check("AccountAlias", params.account_alias))


def _get_alias(realm: Realm, _params: None) -> Body:
    return {"AccountAlias": settings.alias(realm)}


def _clear_alias(realm: Realm, _params: None) -> None:
    settings.set_alias(realm, "")


def _set_password_policy(realm: Realm, new: NewPasswordPolicy) -> Body:
    made = settings.set_password_policy(
        realm, length_min=new.minimum_password_length, lowercase=new.require_lowercase_characters,
        uppercase=new.require_uppercase_characters, numbers=new.require_numbers, symbols=new.require_symbols,
        hard_expiry=new.hard_expiry, age_days_max=new.max_password_age,
        reuse_prevention=new.password_reuse_prevention, login_attempts_max=new.max_login_attemps,
    )  # fmt: skip
    return {"PasswordPolicy": _password_policy(made)}


def _get_password_policy(realm: Realm, _params: None) -> Body:
    return {"PasswordPolicy": _password_policy(settings.password_policy(realm))}


def _password_policy(policy: PasswordPolicy) -> Body:
    return {
        "MinimumPasswordLength": policy.length_min, "RequireLowercaseCharacters": policy.lowercase,
        "RequireUppercaseCharacters": policy.uppercase, "RequireNumbers": policy.numbers,
        "RequireSymbols": policy.symbols, "HardExpiry": policy.hard_expiry, "MaxPasswordAge": policy.age_days_max,
        "PasswordReusePrevention": policy.reuse_prevention, "MaxLoginAttemps": policy.login_attempts_max,
    }  # fmt: skip


def _set_preference(realm: Realm, new: NewPreference) -> Body:
    made = settings.set_preference(
        realm, change_password=new.allow_user_to_change_password,
        manage_access_keys=new.allow_user_to_manage_access_keys,
        manage_mfa_devices=new.allow_user_to_manage_mfa_devices,
        manage_public_keys=new.allow_user_to_manage_public_keys, save_mfa_ticket=new.enable_save_mfa_ticket,
        login_network_masks=new.login_network_masks, login_session_hours=new.login_session_duration,
    )  # fmt: skip
    return {"SecurityPreference": _preference(made)}


def _get_preference(realm: Realm, _params: None) -> Body:
    return {"SecurityPreference": _preference(settings.preference(realm))}


def _preference(preference: Preference) -> Body:
    return {
        "LoginProfilePreference": {
            "AllowUserToChangePassword": preference.change_password,
            "EnableSaveMFATicket": preference.save_mfa_ticket,
            "LoginSessionDuration": preference.login_session_hours,
            "LoginNetworkMasks": preference.login_network_masks,
        },
        "AccessKeyPreference": {"AllowUserToManageAccessKeys": preference.manage_access_keys},
        "MFAPreference": {"AllowUserToManageMFADevices": preference.manage_mfa_devices},
        "PublicKeyPreference": {"AllowUserToManagePublicKeys": preference.manage_public_keys},
    }


ROUTES = (
    changes("SetAccountAlias", Alias, _set_alias, EVERYTHING),
    reads("GetAccountAlias", type(None), _get_alias, EVERYTHING),
    changes("ClearAccountAlias", type(None), _clear_alias, EVERYTHING),
    changes("SetPasswordPolicy", NewPasswordPolicy, _set_password_policy, EVERYTHING),
    reads("GetPasswordPolicy", type(None), _get_password_policy, EVERYTHING),
    changes("SetSecurityPreference", NewPreference, _set_preference, EVERYTHING),
    reads("GetSecurityPreference", type(None), _get_preference, EVERYTHING),
)
