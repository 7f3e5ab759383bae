"""Which role stands for whom: of an account its number, of a RAM user ``p4_`` and its own number, of a RAM role ``v4_``
and its number, whoever has assumed it.

Source: the vendor's page "Account system", which has all the ways to write a RAM user or an account, and "CreateUser"
(Hologram 2022-06-01), which has what a role is called.
"""

import re

from yunbox.identity.identify import Holder
from yunbox.identity.store import IdentityStore
from yunbox.kernel.call import ROLE_SESSION, Principal
from yunbox.kernel.errors import NotFound
from yunbox.services.hologres.definitions.accounts import Accounts
from yunbox.wire.pgwire.report import failure

_RAM, _ROLE = "p4_", "v4_"
_ROLES = "role/"
_BY_ACCOUNT = re.compile(r"RAM\$(?:([^:]+):)?([^:]+)")
_BY_USER = re.compile(r"([^@]+)@([^@]+?)(?:\.onaliyun\.com)?")
_ACCOUNT = re.compile(r"(?:ALIYUN\$)?([^@$]+)@aliyun\.com|ALIYUN\$([^@]+)")


def role_of(principal: Principal) -> str:
    """The name of the role as which one logs in."""
    if principal.is_account:
        return principal.id
    return f"{_ROLE if principal.kind == ROLE_SESSION else _RAM}{principal.id}"


def holder_of(role: str, account_id: str) -> Holder | None:
    """The other way round; None for a role that stands for no RAM user or RAM role."""
    if role.startswith(_RAM):
        return Holder(account_id, user_id=role.removeprefix(_RAM))
    if role.startswith(_ROLE):
        return Holder(account_id, role_id=role.removeprefix(_ROLE))
    return Holder(account_id) if role == account_id else None


def accounts_of(store: IdentityStore, account_id: str) -> Accounts:
    """Who knows the users of an account."""
    name = store.account_name(account_id)

    def role(written: str) -> str:
        account = _ACCOUNT.fullmatch(written)
        if account is not None and (account[1] or account[2]) in (name, account_id):
            return account_id
        found = _BY_ACCOUNT.fullmatch(written)
        of, user = (found[1], found[2]) if found is not None else (None, "")
        if found is None and (by_user := _BY_USER.fullmatch(written)) is not None:
            user, of = by_user[1], by_user[2]
        if not user or of not in (None, name, account_id):
            return written
        try:
            return f"{_ROLE if user.startswith(_ROLES) else _RAM}{store.ram_id(account_id, user)}"
        except NotFound:
            raise failure("42704", f'role "{written}" does not exist', "There is no such RAM user.") from None

    def shown(role: str) -> str:
        if role == account_id:
            return f"ALIYUN${name}"
        user = store.ram_name(role[len(_RAM) :]) if role.startswith((_RAM, _ROLE)) else None
        return f"RAM${name}:{user}" if user is not None else ""

    return Accounts(role, shown)
