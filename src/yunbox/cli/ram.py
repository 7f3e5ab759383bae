"""`yunbox ram`: RAM users, their keys and policies, kept in the data folder; a running server sees them at once."""

import argparse
import contextlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from yunbox.cli import ram_explain, ram_policy
from yunbox.cli.options import add_common
from yunbox.cli.output import Output
from yunbox.cli.store import directory
from yunbox.identity.directory import attachments, groups, keys, policies, roles, users
from yunbox.identity.directory.realm import Realm
from yunbox.identity.store import CUSTOM, SYSTEM
from yunbox.identity.system_policies import system_policies
from yunbox.kernel.errors import AlreadyExists, InvalidArgument

_PAGE = 10_000
_HOLDERS = {"user": attachments.USER, "group": attachments.GROUP, "role": attachments.ROLE}
Act = Callable[[Realm, argparse.Namespace], Any]


def _create_user(realm: Realm, args: argparse.Namespace) -> Any:
    user = users.create(realm, args.user)
    return {"user": user.name, "id": user.id}


def _delete_user(realm: Realm, args: argparse.Namespace) -> Any:
    users.delete_with_all(realm, args.user)
    return {"deleted": args.user}


def _list_users(realm: Realm, _args: argparse.Namespace) -> Any:
    found = users.page(realm, "", _PAGE).items
    return [{"user": user.name, "id": user.id, "keys": len(keys.of(realm, user.id))} for user in found]


def _create_key(realm: Realm, args: argparse.Namespace) -> Any:
    key = keys.create(realm, users.find(realm, args.user).id)
    return {"access_key_id": key.id, "access_key_secret": key.secret}


def _delete_key(realm: Realm, args: argparse.Namespace) -> Any:
    keys.delete(realm, keys.find(realm, args.key))
    return {"deleted": args.key}


def _disable_key(realm: Realm, args: argparse.Namespace) -> Any:
    keys.set_status(realm, keys.find(realm, args.key), "Inactive")
    return {"disabled": args.key}


def _put_policy(realm: Realm, args: argparse.Namespace) -> Any:
    policies.put(realm, args.policy, _document(args.document))
    return {"policy": args.policy, "done": args.action}


def _delete_policy(realm: Realm, args: argparse.Namespace) -> Any:
    policies.delete(realm, args.policy, cascading=True)
    return {"policy": args.policy, "done": args.action}


def _list_policies(realm: Realm, _args: argparse.Namespace) -> Any:
    found = policies.page(realm, CUSTOM, "", _PAGE).items
    return [{"policy": one.name, "document": json.loads(_in_force(realm, one.name))} for one in found]


def _in_force(realm: Realm, policy: str) -> str:
    return next(version.document for version in policies.versions(realm, CUSTOM, policy) if version.is_default)


def _attach(realm: Realm, args: argparse.Namespace) -> Any:
    with contextlib.suppress(AlreadyExists):
        attachments.attach(realm, _HOLDERS[args.to], args.user, _type(args.policy), args.policy)
    return {"policy": args.policy, "done": args.action}


def _detach(realm: Realm, args: argparse.Namespace) -> Any:
    attachments.detach(realm, _HOLDERS[args.to], args.user, _type(args.policy), args.policy)
    return {"policy": args.policy, "done": args.action}


def _create_role(realm: Realm, args: argparse.Namespace) -> Any:
    role = roles.create(realm, args.role, _document(args.document))
    return {"role": role.name, "id": role.id, "arn": role.arn}


def _delete_role(realm: Realm, args: argparse.Namespace) -> Any:
    roles.delete(realm, args.role)
    return {"deleted": args.role}


def _list_roles(realm: Realm, _args: argparse.Namespace) -> Any:
    return [{"role": role.name, "id": role.id, "arn": role.arn} for role in roles.page(realm, "", _PAGE).items]


def _create_group(realm: Realm, args: argparse.Namespace) -> Any:
    group = groups.create(realm, args.group)
    return {"group": group.name, "id": group.id}


def _add_to_group(realm: Realm, args: argparse.Namespace) -> Any:
    groups.add(realm, args.group, args.user)
    return {"group": args.group, "done": args.action}


def _type(policy: str) -> str:
    return SYSTEM if policy in system_policies() else CUSTOM


_ACTIONS: dict[str, tuple[Act, tuple[str, ...]]] = {
    "create-user": (_create_user, ("user",)),
    "delete-user": (_delete_user, ("user",)),
    "list-users": (_list_users, ()),
    "create-key": (_create_key, ("user",)),
    "delete-key": (_delete_key, ("key",)),
    "disable-key": (_disable_key, ("key",)),
    "put-policy": (_put_policy, ("policy", "document")),
    "delete-policy": (_delete_policy, ("policy",)),
    "list-policies": (_list_policies, ()),
    "attach": (_attach, ("policy", "user")),
    "detach": (_detach, ("policy", "user")),
    "create-group": (_create_group, ("group",)),
    "add-to-group": (_add_to_group, ("group", "user")),
    "create-role": (_create_role, ("role", "document")),
    "delete-role": (_delete_role, ("role",)),
    "list-roles": (_list_roles, ()),
}


_ASKING = {
    "explain": ("why somebody may or may not do something", ram_explain.add_arguments, ram_explain.run),
    "lint": ("what is wrong with a policy", ram_policy.add_lint, ram_policy.run_lint),
    "generate": ("the least policy for what somebody did", ram_policy.add_generate, ram_policy.run_generate),
}
"""Actions that change nothing, each in the file of its own."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The actions and what each needs."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="action")
    for action, (_, names) in _ACTIONS.items():
        command = actions.add_parser(action, help=" ".join(names).upper())
        add_common(command)
        for name in names:
            command.add_argument(name, help="JSON text, or @file" if name == "document" else None)
        if action in ("attach", "detach"):
            command.add_argument("--to", choices=tuple(_HOLDERS), default="user", help="what USER is the name of")
    for action, (text, add, _) in _ASKING.items():
        command = actions.add_parser(action, help=text)
        add_common(command)
        add(command)


def run(args: argparse.Namespace, output: Output) -> int:
    """Carry one action out."""
    if args.action in _ASKING:
        return _ASKING[args.action][2](args, output)
    act, _ = _ACTIONS[args.action]
    with directory(args.data) as found:
        value = found.change_sync(lambda realm: act(realm, args))
    text = "\n".join(_line(item) for item in value) if isinstance(value, list) else _line(value)
    output.result(value, text)
    return 0


def _document(text: str) -> str:
    if not text.startswith("@"):
        return text
    try:
        return Path(text[1:]).read_text("utf-8")
    except OSError as error:
        raise InvalidArgument(f"Cannot read the policy: {error}") from None


def _line(value: dict) -> str:
    return "  ".join(f"{key}={item}" for key, item in value.items())
