"""`yunbox project`: create, list and delete projects, which on the real service the console does."""

import argparse
import asyncio

from yunbox.cli.options import add_common
from yunbox.cli.output import Output
from yunbox.cli.store import database
from yunbox.identity.schema import IDENTITY_SCHEMA
from yunbox.identity.store import IdentityStore
from yunbox.kernel.clock import SystemClock
from yunbox.storage.tables.catalogue import Catalogue
from yunbox.storage.tables.schema import TABLES_SCHEMA


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The actions and what each needs; options may stand before the name or after it."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="create|list|delete")
    for action in ("create", "list", "delete"):
        command = actions.add_parser(action)
        add_common(command)
        if action != "list":
            command.add_argument("name")
        if action == "create":
            command.add_argument("--comment", default="")


def run(args: argparse.Namespace, output: Output) -> int:
    """Carry one action out."""
    with database(args.data, IDENTITY_SCHEMA, TABLES_SCHEMA) as opened:
        catalogue = Catalogue(opened, args.data.expanduser().absolute() / "lake", SystemClock())
        store = IdentityStore(opened, SystemClock())
        asyncio.run(_act(args, catalogue, store, output))
    return 0


async def _act(args: argparse.Namespace, catalogue: Catalogue, store: IdentityStore, output: Output) -> None:
    if args.action == "create":
        account_id, _ = store.ensure_account()
        owner = f"ALIYUN${store.account_name(account_id)}"
        made = await catalogue.create_project(args.name, account_id=account_id, owner=owner, comment=args.comment)
        output.result({"project": made.name}, f"created project {made.name}")
    elif args.action == "delete":
        await catalogue.drop_project(args.name.lower())
        output.result({"deleted": args.name}, f"deleted project {args.name}")
    else:
        names = [project.name for project in catalogue.projects()]
        output.result({"projects": names}, "\n".join(names))
