"""Login profiles: passwords of RAM users for a console, and what the account asks of passwords.

A password is kept as its scrypt hash (RFC 7914). Source: the vendor's API pages "CreateLoginProfile" to
"UpdateLoginProfile", "ChangePassword" and "SetPasswordPolicy".
"""

import base64
import hashlib
import hmac
import os
from collections.abc import Callable
from dataclasses import dataclass

from yunbox.identity.directory import settings, users
from yunbox.identity.directory.realm import Realm
from yunbox.identity.directory.settings import PasswordPolicy
from yunbox.kernel.errors import AlreadyExists, InvalidArgument, NotFound

_SALT_BYTES = 16
_COST, _BLOCK, _PARALLEL = 2**14, 8, 1
_LENGTH_MAX = 32
_SYMBOLS = frozenset("!@#$%^&*()_+-=[]{}|'\"`~,.<>/?;:\\")


@dataclass(frozen=True)
class Profile:
    """A user's login profile, without its password."""

    user_name: str
    reset_required: bool
    mfa_required: bool
    created: float


def create(realm: Realm, user: str, password: str, *, reset_required: bool, mfa_required: bool) -> Profile:
    """Give a user a password. Raises NotFound, AlreadyExists, InvalidArgument."""
    found = users.find(realm, user)
    if realm.row("SELECT 1 FROM login_profiles WHERE user_id = ?", found.id):
        raise AlreadyExists(f"The user {user} has a login profile.", code="EntityAlreadyExists.User.LoginProfile")
    values = found.id, _hashed(_checked(realm, user, password, "Password")), reset_required, mfa_required, realm.now
    realm.run("INSERT INTO login_profiles VALUES (?, ?, ?, ?, ?)", *values)
    return find(realm, user)


def find(realm: Realm, user: str) -> Profile:
    """A user's login profile. Raises NotFound."""
    row = realm.row("SELECT * FROM login_profiles WHERE user_id = ?", users.find(realm, user).id)
    if row is None:
        raise NotFound(f"The user {user} has no login profile.", code="EntityNotExist.User.LoginProfile")
    return Profile(user, bool(row["reset_required"]), bool(row["mfa_required"]), row["created"])


def change(
    realm: Realm, user: str, password: str | None, *, reset_required: bool | None, mfa_required: bool | None
) -> None:
    """Change a login profile; None leaves things as they are. Raises NotFound, InvalidArgument."""
    there = find(realm, user)
    user_id = users.find(realm, user).id
    if password is not None:
        hashed = _hashed(_checked(realm, user, password, "Password"))
        realm.run("UPDATE login_profiles SET password = ? WHERE user_id = ?", hashed, user_id)
    reset = there.reset_required if reset_required is None else reset_required
    mfa = there.mfa_required if mfa_required is None else mfa_required
    realm.run("UPDATE login_profiles SET reset_required = ?, mfa_required = ? WHERE user_id = ?", reset, mfa, user_id)


def delete(realm: Realm, user: str) -> None:
    """Take a user's password away. Raises NotFound."""
    find(realm, user)
    realm.run("DELETE FROM login_profiles WHERE user_id = ?", users.find(realm, user).id)


def change_password(realm: Realm, user: str, old: str, new: str) -> None:
    """Have a user choose another password. Raises NotFound, InvalidArgument."""
    find(realm, user)
    user_id = users.find(realm, user).id
    row = realm.row("SELECT password FROM login_profiles WHERE user_id = ?", user_id)
    assert row is not None
    if not _is(old, row["password"]):
        raise InvalidArgument("The old password is wrong.", code="InvalidParameter.OldPassword")
    if hmac.compare_digest(old.encode(), new.encode()):
        raise InvalidArgument("The new password is the old one.", code="InvalidParameter.NewPassword")
    hashed = _hashed(_checked(realm, user, new, "NewPassword"))
    realm.run("UPDATE login_profiles SET password = ?, reset_required = 0 WHERE user_id = ?", hashed, user_id)


# -- passwords

_NEEDS: tuple[tuple[str, str, Callable[[str], bool]], ...] = (
    ("lowercase", "LowercaseCharacters", str.islower),
    ("uppercase", "UppercaseCharacters", str.isupper),
    ("numbers", "Numbers", str.isdigit),
    ("symbols", "Symbols", _SYMBOLS.__contains__),
)
"""What a password policy may ask for: its field, what the fault is called, and which letters are such."""


def _checked(realm: Realm, user: str, password: str, name: str) -> str:
    """A password that the account's policy takes. Raises InvalidArgument."""
    policy: PasswordPolicy = settings.password_policy(realm)
    if not policy.length_min <= len(password) <= _LENGTH_MAX:
        raise InvalidArgument(
            f"The password has {policy.length_min} to {_LENGTH_MAX} characters.", code=f"InvalidParameter.{name}.Length"
        )
    for field, title, is_such in _NEEDS:
        if getattr(policy, field) and not any(is_such(letter) for letter in password):
            raise InvalidArgument(f"The password lacks {title}.", code=f"InvalidParameter.{name}.{title}")
    if user.lower() in password.lower():
        raise InvalidArgument("The password contains the user's name.", code=f"InvalidParameter.{name}.UserName")
    return password


def _hashed(password: str) -> str:
    salt = os.urandom(_SALT_BYTES)
    return base64.b64encode(salt + _scrypt(password, salt)).decode()


def _is(password: str, hashed: str) -> bool:
    data = base64.b64decode(hashed)
    return hmac.compare_digest(_scrypt(password, data[:_SALT_BYTES]), data[_SALT_BYTES:])


def _scrypt(password: str, salt: bytes) -> bytes:
    return hashlib.scrypt(password.encode(), salt=salt, n=_COST, r=_BLOCK, p=_PARALLEL)
