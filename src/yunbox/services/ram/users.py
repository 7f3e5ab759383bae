"""Users, their login profiles and their MFA devices. Source: the vendor's API pages of "User management"."""

from dataclasses import dataclass
from typing import Annotated

from yunbox.identity.directory import devices, profiles, users
from yunbox.identity.directory.devices import Device
from yunbox.identity.directory.profiles import Profile
from yunbox.identity.directory.realm import Realm
from yunbox.identity.directory.users import About, User
from yunbox.kernel.clock import stamp
from yunbox.services.ram.service import (
    EVERY_USER,
    ITEMS,
    MAX_ITEMS,
    USER,
    Body,
    Resource,
    changes,
    listed,
    reads,
)  # fmt: skip


@dataclass(frozen=True)
class Named:
    """A user by name."""

    user_name: str


@dataclass(frozen=True)
class NewUser:
    """A user that is to be."""

    user_name: str
    display_name: str | None = None
    mobile_phone: str | None = None
    email: str | None = None
    comments: str | None = None


@dataclass(frozen=True)
class Changed:
    """What is to be another of a user."""

    user_name: str
    new_user_name: str | None = None
    new_display_name: str | None = None
    new_mobile_phone: str | None = None
    new_email: str | None = None
    new_comments: str | None = None


@dataclass(frozen=True)
class Some:
    """A page of many."""

    marker: str = ""
    max_items: Annotated[int, MAX_ITEMS] = ITEMS


def _create(realm: Realm, new: NewUser) -> Body:
    about = About(new.display_name, new.mobile_phone, new.email, new.comments)
    return {"User": _shown(users.create(realm, new.user_name, about), "UpdateDate")}


def _get(realm: Realm, params: Named) -> Body:
    return {"User": {**_shown(users.find(realm, params.user_name)), "LastLoginDate": ""}}


def _update(realm: Realm, new: Changed) -> Body:
    about = About(new.new_display_name, new.new_mobile_phone, new.new_email, new.new_comments)
    return {"User": _shown(users.change(realm, new.user_name, new.new_user_name, about))}


def _delete(realm: Realm, params: Named) -> None:
    users.delete(realm, params.user_name)


def _list(realm: Realm, params: Some) -> Body:
    return listed("Users", "User", users.page(realm, params.marker, params.max_items), _shown)


def _shown(user: User, *without: str) -> Body:
    body = {
        "UserId": user.id, "UserName": user.name, "DisplayName": user.display_name, "MobilePhone": user.mobile_phone,
        "Email": user.email, "Comments": user.comment, "CreateDate": stamp(user.created),
        "UpdateDate": stamp(user.updated),
    }  # fmt: skip
    return {name: value for name, value in body.items() if name not in without}


# -- login profiles


@dataclass(frozen=True)
class NewProfile:
    """A password that a user is to have."""

    user_name: str
    password: str
    password_reset_required: bool = False
    mfa_bind_required: bool = False


@dataclass(frozen=True)
class ChangedProfile:
    """What is to be another of a login profile."""

    user_name: str
    password: str | None = None
    password_reset_required: bool | None = None
    mfa_bind_required: bool | None = None


def _create_profile(realm: Realm, new: NewProfile) -> Body:
    made = profiles.create(
        realm, new.user_name, new.password, reset_required=new.password_reset_required,
        mfa_required=new.mfa_bind_required,
    )  # fmt: skip
    return {"LoginProfile": _profile(made)}


def _get_profile(realm: Realm, params: Named) -> Body:
    return {"LoginProfile": _profile(profiles.find(realm, params.user_name))}


def _update_profile(realm: Realm, new: ChangedProfile) -> None:
    profiles.change(
        realm, new.user_name, new.password, reset_required=new.password_reset_required,
        mfa_required=new.mfa_bind_required,
    )  # fmt: skip


def _delete_profile(realm: Realm, params: Named) -> None:
    profiles.delete(realm, params.user_name)


def _profile(profile: Profile) -> Body:
    return {
        "UserName": profile.user_name, "PasswordResetRequired": profile.reset_required,
        "MFABindRequired": profile.mfa_required, "CreateDate": stamp(profile.created),
    }  # fmt: skip


# -- MFA devices


@dataclass(frozen=True)
class NewDevice:
    """A device that is to be."""

    virtual_mfa_device_name: str


@dataclass(frozen=True)
class WhichDevice:
    """A device by its serial number."""

    serial_number: str


@dataclass(frozen=True)
class Binding:
    """A device, whose it is to be, and two codes in a row."""

    user_name: str
    serial_number: str
    authentication_code1: str
    authentication_code2: str


def _create_device(realm: Realm, params: NewDevice) -> Body:
    device, seed = devices.create(realm, params.virtual_mfa_device_name)
    return {"VirtualMFADevice": {"SerialNumber": device.serial, "Base32StringSeed": seed}}


def _list_devices(realm: Realm, _params: None) -> Body:
    return {"VirtualMFADevices": {"VirtualMFADevice": [_device(device) for device in devices.every(realm)]}}


def _delete_device(realm: Realm, params: WhichDevice) -> None:
    devices.delete(realm, params.serial_number)


def _bind(realm: Realm, new: Binding) -> None:
    devices.bind(realm, new.user_name, new.serial_number, new.authentication_code1, new.authentication_code2)


def _unbind(realm: Realm, params: Named) -> Body:
    return {"MFADevice": {"SerialNumber": devices.unbind(realm, params.user_name).serial}}


def _info(realm: Realm, params: Named) -> Body:
    found = devices.of(realm, params.user_name)
    return {"MFADevice": {"SerialNumber": found.serial, "Type": "VMFA"} if found else {}}


def _device(device: Device) -> Body:
    body: Body = {"SerialNumber": device.serial}
    if device.user is not None and device.activated is not None:
        user = device.user
        body["ActivateDate"] = stamp(device.activated)
        body["User"] = {"UserId": user.id, "UserName": user.name, "DisplayName": user.display_name}
    return body


_DEVICES = Resource("mfa/*")

ROUTES = (
    changes("CreateUser", NewUser, _create, EVERY_USER),
    reads("GetUser", Named, _get, USER),
    changes("UpdateUser", Changed, _update, USER),
    changes("DeleteUser", Named, _delete, USER),
    reads("ListUsers", Some, _list, EVERY_USER),
    changes("CreateLoginProfile", NewProfile, _create_profile, USER),
    reads("GetLoginProfile", Named, _get_profile, USER),
    changes("UpdateLoginProfile", ChangedProfile, _update_profile, USER),
    changes("DeleteLoginProfile", Named, _delete_profile, USER),
    changes("CreateVirtualMFADevice", NewDevice, _create_device, _DEVICES),
    reads("ListVirtualMFADevices", type(None), _list_devices, _DEVICES),
    changes("DeleteVirtualMFADevice", WhichDevice, _delete_device, _DEVICES),
    changes("BindMFADevice", Binding, _bind, USER),
    changes("UnbindMFADevice", Named, _unbind, USER),
    reads("GetUserMFAInfo", Named, _info, USER),
)
