"""`yunbox ram`: RAM users, their keys and policies, kept in the data folder; a running server sees them at once."""

import argparse
import json
from pathlib import Path

from yunbox.cli.options import add_common
from yunbox.cli.output import Output
from yunbox.cli.store import identities
from yunbox.identity.policy import check_policy
from yunbox.identity.store import IdentityStore
from yunbox.kernel.errors import InvalidArgument

_ACTIONS = {
    "create-user": ("user",),
    "delete-user": ("user",),
    "list-users": (),
    "create-key": ("user",),
    "delete-key": ("key",),
    "disable-key": ("key",),
    "put-policy": ("policy", "document"),
    "delete-policy": ("policy",),
    "list-policies": (),
    "attach": ("policy", "user"),
    "detach": ("policy", "user"),
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The actions and what each needs."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="action")
    for action, names in _ACTIONS.items():
        command = actions.add_parser(action, help=" ".join(names).upper())
        add_common(command)
        for name in names:
            command.add_argument(name, help="JSON text, or @file" if name == "document" else None)


def run(args: argparse.Namespace, output: Output) -> int:
    """Carry one action out."""
    with identities(args.data) as (store, account_id):
        value = _act(store, account_id, args)
    text = "\n".join(_line(item) for item in value) if isinstance(value, list) else _line(value)
    output.result(value, text)
    return 0


def _act(store: IdentityStore, account: str, args: argparse.Namespace) -> dict | list:
    match args.action:
        case "create-user":
            user = store.create_user(account, args.user)
            return {"user": user.name, "id": user.id}
        case "delete-user":
            store.delete_user(account, args.user)
            return {"deleted": args.user}
        case "list-users":
            return [{"user": u.name, "id": u.id, "keys": len(store.access_keys(u.id))} for u in store.users(account)]
        case "create-key":
            key = store.create_access_key(account, store.user(account, args.user).id)
            return {"access_key_id": key.id, "access_key_secret": key.secret}
        case "delete-key":
            store.delete_access_key(args.key)
            return {"deleted": args.key}
        case "disable-key":
            store.set_key_status(args.key, "Inactive")
            return {"disabled": args.key}
        case "list-policies":
            return [{"policy": name, "document": json.loads(text)} for name, text in store.policies(account)]
        case _:
            return _act_on_policy(store, account, args)


def _act_on_policy(store: IdentityStore, account: str, args: argparse.Namespace) -> dict:
    match args.action:
        case "put-policy":
            document = _document(args.document)
            check_policy(document)
            store.put_policy(account, args.policy, document)
        case "delete-policy":
            store.delete_policy(account, args.policy)
        case "attach":
            store.attach_policy(account, args.policy, args.user)
        case "detach":
            store.detach_policy(account, args.policy, args.user)
    return {"policy": args.policy, "done": args.action}


def _document(text: str) -> str:
    if not text.startswith("@"):
        return text
    try:
        return Path(text[1:]).read_text("utf-8")
    except OSError as error:
        raise InvalidArgument(f"Cannot read the policy: {error}") from None


def _line(value: dict) -> str:
    return "  ".join(f"{key}={item}" for key, item in value.items())
