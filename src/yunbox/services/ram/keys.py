"""AccessKeys and passwords: those of others by right, and one's own where the account lets users manage them.

Source: the vendor's API pages "CreateAccessKey" to "GetAccessKeyLastUsed", "ChangePassword", "SetSecurityPreference".
"""

from collections.abc import Callable
from dataclasses import dataclass

from yunbox.identity.directory import keys, profiles, settings, users
from yunbox.identity.directory.realm import Realm
from yunbox.identity.directory.settings import Preference
from yunbox.kernel.call import RAM_USER, Access, Call, Operation
from yunbox.kernel.clock import stamp
from yunbox.kernel.errors import NotFound
from yunbox.services.ram.service import DENIED, Body, Ram
from yunbox.wire.openapi.api import Asked, action
from yunbox.wire.route import Route


@dataclass(frozen=True)
class Whose:
    """A user by name; without one, whoever asks."""

    user_name: str | None = None


@dataclass(frozen=True)
class Which:
    """A key, and whose it is."""

    user_access_key_id: str
    user_name: str | None = None


@dataclass(frozen=True)
class Status:
    """What a key is to be: ``Active`` or ``Inactive``."""

    user_access_key_id: str
    status: str
    user_name: str | None = None


@dataclass(frozen=True)
class Passwords:
    """The password that was, and the one that is to be."""

    old_password: str
    new_password: str


May = Callable[[Preference], bool]


def _own(name: str, kind: type, work: Callable, may: May) -> Route[Asked]:
    """The route to an operation on somebody's own things: of a user that is named, or of whoever asks."""

    async def run(service: Ram, call: Call) -> Body | None:
        user = getattr(call.params, "user_name", None)
        if user is None:
            user = _asker(service, call, name, may)
        return await service.directory.change(lambda realm: work(realm, user, call.params))

    def touches(service: Ram, params: object) -> tuple[Access, ...]:
        user = getattr(params, "user_name", None)
        return () if user is None else (Access(f"ram:{name}", f"user/{user}", service.account_id),)

    return action(Operation("ram", name, kind, run, touches, denied=DENIED))


def _asker(service: Ram, call: Call, name: str, may: May) -> str | None:
    """Who asks, by name, and None for the account. Raises AccessDenied for a user who may not."""
    principal = call.principal
    if principal.is_account:
        return None
    if principal.kind != RAM_USER:
        raise NotFound("A role has no AccessKeys and no password: say UserName.", code="EntityNotExist.User")
    user = service.directory.look(lambda realm: users.by_id(realm, principal.id)).name
    if not may(service.directory.look(settings.preference)):
        service.authoriser.reach(call, Access(f"ram:{name}", f"user/{user}", service.account_id))
    return user


def _owner(realm: Realm, user: str | None) -> str | None:
    return users.find(realm, user).id if user is not None else None


def _create(realm: Realm, user: str | None, _params: Whose) -> Body:
    key = keys.create(realm, _owner(realm, user))
    return {
        "AccessKey": {
            "AccessKeyId": key.id, "AccessKeySecret": key.secret, "Status": key.status,
            "CreateDate": stamp(key.created),
        }
    }  # fmt: skip


def _list(realm: Realm, user: str | None, _params: Whose) -> Body:
    found = keys.of(realm, _owner(realm, user))
    shown = [{"AccessKeyId": key.id, "Status": key.status, "CreateDate": stamp(key.created)} for key in found]
    return {"AccessKeys": {"AccessKey": shown}}


def _update(realm: Realm, user: str | None, params: Status) -> None:
    keys.set_status(realm, keys.owned(realm, _owner(realm, user), params.user_access_key_id), params.status)


def _delete(realm: Realm, user: str | None, params: Which) -> None:
    keys.delete(realm, keys.owned(realm, _owner(realm, user), params.user_access_key_id))


def _last_used(realm: Realm, user: str | None, params: Which) -> Body:
    key = keys.owned(realm, _owner(realm, user), params.user_access_key_id)
    return {"AccessKeyLastUsed": {"LastUsedDate": stamp(key.used) if key.used else ""}}


def _change_password(realm: Realm, user: str | None, params: Passwords) -> None:
    if user is None:
        raise NotFound("The account itself has no password here.", code="EntityNotExist.User.LoginProfile")
    profiles.change_password(realm, user, params.old_password, params.new_password)


def _keys(preference: Preference) -> bool:
    return preference.manage_access_keys


def _password(preference: Preference) -> bool:
    return preference.change_password


ROUTES = (
    _own("CreateAccessKey", Whose, _create, _keys),
    _own("ListAccessKeys", Whose, _list, _keys),
    _own("UpdateAccessKey", Status, _update, _keys),
    _own("DeleteAccessKey", Which, _delete, _keys),
    _own("GetAccessKeyLastUsed", Which, _last_used, _keys),
    _own("ChangePassword", Passwords, _change_password, _password),
)
