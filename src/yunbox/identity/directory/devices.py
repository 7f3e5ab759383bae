"""Virtual MFA devices: what gives the six digits beside a password.

A device is bound by two codes in a row, which prove that it has the seed (TOTP, RFC 6238: SHA-1, 30 seconds, six
digits). Source: the vendor's API pages "CreateVirtualMFADevice" to "GetUserMFAInfo" (Ram 2015-05-01).
"""

import base64
import hashlib
import hmac
import os
from dataclasses import dataclass

from yunbox.identity.directory import users
from yunbox.identity.directory.realm import Realm
from yunbox.identity.directory.users import User
from yunbox.kernel.errors import AlreadyExists, Conflict, InvalidArgument, NotFound
from yunbox.kernel.rules import Text

NAME = Text(64, 1, r"[A-Za-z0-9._-]")
_SEED_BYTES = 20
_STEP_S, _DIGITS = 30, 6
_STEPS_OFF_MAX = 2
"""How far a device's clock may be off."""


@dataclass(frozen=True)
class Device:
    """A virtual device; ``user`` is whose it is, since ``activated``."""

    serial: str
    user: User | None = None
    activated: float | None = None


def create(realm: Realm, name: str) -> tuple[Device, str]:
    """Make a device: it, and its seed in Base32, which is shown this once. Raises InvalidArgument, AlreadyExists."""
    NAME.check("VirtualMFADeviceName", name)
    if realm.row("SELECT 1 FROM mfa_devices WHERE account_id = ? AND name = ?", realm.account_id, name):
        raise AlreadyExists(f"The device exists already: {name}.", code="EntityAlreadyExists.VirtualMFADevice")
    seed = base64.b32encode(os.urandom(_SEED_BYTES)).decode()
    values = realm.account_id, name, realm.seal.sealed(name, seed)
    realm.run("INSERT INTO mfa_devices (account_id, name, seed) VALUES (?, ?, ?)", *values)
    return Device(_serial(realm, name)), seed


def every(realm: Realm) -> list[Device]:
    """All devices by name."""
    rows = realm.rows("SELECT * FROM mfa_devices WHERE account_id = ? ORDER BY name", realm.account_id)
    return [
        Device(
            _serial(realm, row["name"]),
            users.by_id(realm, row["user_id"]) if row["user_id"] else None,
            row["activated"] if row["user_id"] else None,
        )
        for row in rows
    ]


def delete(realm: Realm, serial: str) -> None:
    """Delete a device that is nobody's. Raises NotFound, Conflict."""
    name, _, user_id = _find(realm, serial)
    if user_id:
        raise Conflict("The device is a user's: unbind it first.", code="DeleteConflict.VirtualMFADevice.User")
    realm.run("DELETE FROM mfa_devices WHERE account_id = ? AND name = ?", realm.account_id, name)


def bind(realm: Realm, user: str, serial: str, first: str, second: str) -> None:
    """Make a device a user's, by two codes in a row. Raises NotFound, AlreadyExists, InvalidArgument."""
    found = users.find(realm, user)
    name, seed, owner = _find(realm, serial)
    if owner or of(realm, user) is not None:
        raise AlreadyExists("The user has a device, or the device a user.", code="EntityAlreadyExists.User.MFADevice")
    now = int(realm.now // _STEP_S)
    steps = range(now - _STEPS_OFF_MAX, now + _STEPS_OFF_MAX + 1)
    # all of them are compared, so that the time tells nothing
    fits = [_is(code(seed, step), first) & _is(code(seed, step + 1), second) for step in steps]
    if not any(fits):
        raise InvalidArgument(
            "The codes are not two in a row of the device.", code="InvalidParameter.AuthenticationCode"
        )
    sql = "UPDATE mfa_devices SET user_id = ?, activated = ? WHERE account_id = ? AND name = ?"
    realm.run(sql, found.id, realm.now, realm.account_id, name)


def unbind(realm: Realm, user: str) -> Device:
    """Take a user's device away. Raises NotFound."""
    found = of(realm, user)
    if found is None:
        raise NotFound(f"The user {user} has no MFA device.", code="EntityNotExist.User.MFADevice")
    realm.run("UPDATE mfa_devices SET user_id = NULL, activated = NULL WHERE user_id = ?", users.find(realm, user).id)
    return found


def of(realm: Realm, user: str) -> Device | None:
    """A user's device, if it has one. Raises NotFound for a user that is none."""
    found = users.find(realm, user)
    row = realm.row("SELECT name, activated FROM mfa_devices WHERE user_id = ?", found.id)
    return Device(_serial(realm, row["name"]), found, row["activated"]) if row else None


def code(seed: str, step: int) -> str:
    """The digits that a device with a seed in Base32 shows in a step of 30 seconds."""
    digest = hmac.new(base64.b32decode(seed), step.to_bytes(8, "big"), hashlib.sha1).digest()
    at = digest[-1] & 0x0F
    number = int.from_bytes(digest[at : at + 4], "big") & 0x7FFF_FFFF
    return f"{number % 10**_DIGITS:0{_DIGITS}d}"


def _is(expected: str, given: str) -> bool:
    return hmac.compare_digest(expected.encode(), given.encode())


def _serial(realm: Realm, name: str) -> str:
    return f"acs:ram::{realm.account_id}:mfa/{name}"


def _find(realm: Realm, serial: str) -> tuple[str, str, str | None]:
    """A device's name, its seed, and whose it is."""
    name = serial.removeprefix(_serial(realm, ""))
    row = realm.row("SELECT * FROM mfa_devices WHERE account_id = ? AND name = ?", realm.account_id, name)
    if row is None or name == serial:
        raise NotFound(f"The device does not exist: {serial[:128]}.", code="EntityNotExist.VirtualMFADevice")
    return name, realm.seal.opened(name, row["seed"]), row["user_id"]
