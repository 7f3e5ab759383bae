"""`yunbox ram explain`: why a principal may or may not do something, by the very code that decides its calls."""

import argparse
from collections.abc import Mapping
from importlib import import_module
from typing import Any

from yunbox.cli.output import Output
from yunbox.cli.store import database
from yunbox.guard.authorise import Authoriser
from yunbox.guard.explain import Explanation, explain
from yunbox.identity.directory import roles, users
from yunbox.identity.directory.realm import Directory
from yunbox.identity.schema import IDENTITY_SCHEMA
from yunbox.identity.store import IdentityStore
from yunbox.kernel.call import ACCOUNT, RAM_USER, ROLE_SESSION, Access, Principal
from yunbox.kernel.clock import SystemClock
from yunbox.kernel.errors import InvalidArgument, NotFound
from yunbox.meter.trail import entries
from yunbox.server.services import SERVICES
from yunbox.spine.house import REGION
from yunbox.spine.lent import Lenders
from yunbox.spine.path import RequestContext

LOOPBACK = "127.0.0.1"
_PARTS = 5
"""Of a resource's name: ``acs:PRODUCT:REGION:ACCOUNT:RESOURCE``."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Who, what, on what; or which request."""
    parser.add_argument("--principal", help="a user, role/NAME, root, or the principal's ARN")
    parser.add_argument("--action", dest="right", help="such as oss:GetObject")
    parser.add_argument("--resource", help="such as acs:oss:*:*:bucket/key, or bucket/key")
    parser.add_argument(
        "--context", action="append", default=[], metavar="KEY=VALUE", help="what the request has for conditions"
    )
    parser.add_argument("--request-id", help="explain what the audit trail says of this request instead")


def run(args: argparse.Namespace, output: Output) -> int:
    """Explain. The exit status is 0 whatever was decided."""
    with database(args.data, IDENTITY_SCHEMA) as opened:
        clock = SystemClock()
        store = IdentityStore(opened, clock)
        account_id, _ = store.ensure_account()
        who, action, resource = _asked(args)
        principal = _principal(store, account_id, who)
        access = _access(account_id, action, resource)
        lenders = Lenders(_lends(), opened, clock)
        authoriser = Authoriser(store, REGION)
        authoriser.add_source(lenders.statements)
        authoriser.add_source(lenders.binding, binds_owner=True)
        context = {**RequestContext(principal, clock), **_context(args.context)}
        found = explain(authoriser, principal, access, context)
    output.result(found.values, _text(found, principal, access))
    return 0


def _asked(args: argparse.Namespace) -> tuple[str, str, str]:
    if not args.request_id:
        given = {"--principal": args.principal, "--action": args.right, "--resource": args.resource}
        missing = [name for name, value in given.items() if not value]
        if missing:
            raise InvalidArgument(f"Say {', '.join(missing)}, or --request-id alone")
        return args.principal, args.right, args.resource
    folder = args.data.expanduser() / "logs" / "audit"
    entry = next((one for one in entries(folder) if one.event.request_id == args.request_id), None)
    if entry is None:
        raise NotFound(f"The audit trail has no request {args.request_id}: it keeps management calls and refusals")
    if not entry.event.actions or not entry.event.arn:
        raise NotFound(f"The request was not decided by rights: {entry.event.code} ({entry.event.message})")
    return entry.event.arn, entry.action, entry.resource


def _principal(store: IdentityStore, account_id: str, who: str) -> Principal:
    """A user by name, a role, the account; or whom an ARN is of."""
    name = who
    if who.startswith("acs:"):
        head, _, name = who.rpartition(":")
        if head != f"acs:ram::{account_id}":
            raise NotFound(f"{who} is nobody of the account {account_id}")
    kind, _, rest = name.partition("/")
    base = f"acs:ram::{account_id}"
    if name in ("root", account_id):
        return Principal(account_id, ACCOUNT, account_id, "", arn=f"{base}:root", source_ip=LOOPBACK)
    directory = Directory(store, account_id)
    if kind in ("role", "assumed-role") and rest:
        plain, _, session = rest.partition("/")
        role = directory.look(lambda realm: roles.find(realm, plain))
        arn = f"{base}:assumed-role/{role.name}/{session or 'explain'}"
        shown = f"RAM${store.account_name(account_id)}:role/{role.name}"
        return Principal(account_id, ROLE_SESSION, role.id, shown, arn=arn, session=session, source_ip=LOOPBACK)
    user = directory.look(lambda realm: users.find(realm, rest if kind == "user" and rest else name))
    shown = f"RAM${store.account_name(account_id)}:{user.name}"
    return Principal(account_id, RAM_USER, user.id, shown, arn=f"{base}:user/{user.name}", source_ip=LOOPBACK)


def _access(account_id: str, action: str, resource: str) -> Access:
    """An access by the names that policies have."""
    if ":" not in action:
        raise InvalidArgument(f"{action} is no action: it is PRODUCT:NAME, such as oss:GetObject")
    if not resource.startswith("acs:"):
        return Access(action, resource, account_id)
    parts = resource.split(":", _PARTS - 1)
    if len(parts) == _PARTS - 1:  # a policy within a project of MaxCompute has no account
        return Access(action, parts[3], account_id, product=parts[1])
    if len(parts) != _PARTS:
        raise InvalidArgument(f"{resource} is no resource: it is acs:PRODUCT:REGION:ACCOUNT:RESOURCE")
    owner = "" if parts[3] in ("", "*", account_id) else parts[3]
    return Access(action, parts[4], account_id, product=parts[1], owner=owner)


def _context(given: list[str]) -> Mapping[str, str]:
    pairs = [item.partition("=") for item in given]
    if any(not sign for _, sign, _ in pairs):
        raise InvalidArgument("--context is KEY=VALUE, such as acs:SourceIp=10.0.0.1")
    return {key: value for key, _, value in pairs}


def _lends() -> Mapping[str, str]:
    """Who judges what the services keep themselves: grants in projects, policies of buckets."""
    declared = (import_module(f"yunbox.services.{name}.declaration").SERVICE for name in SERVICES)
    return {name: module for service in declared for name, module in service.lends.items()}


def _text(found: Explanation, principal: Principal, access: Access) -> str:
    lines = [f"{found.decision.kind}: {principal.arn} {access.action} on {access.resource}"]
    values: dict[str, Any] = found.values
    for one in values["because"]:
        lines.append(f"  because  {one['why']}")
        lines += [f"           {one['statement']}"] if one["statement"] else []
    lines += [f"  near     {one['policy']}: {one['statement']}" for one in values["near"]]
    lines += [f"  missing  {one}" for one in values["missing"]]
    return "\n".join(lines)
