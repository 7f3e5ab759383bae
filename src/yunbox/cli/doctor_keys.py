"""`yunbox doctor` on AccessKeys: old ones, unused ones, and those that lie about in the files of a folder."""

import argparse
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from yunbox.cli.store import identities
from yunbox.identity.directory import keys
from yunbox.identity.directory.keys import Key
from yunbox.identity.directory.realm import Directory, Realm
from yunbox.identity.hygiene import OLD_DAYS, UNUSED_DAYS, Place, old, scan, unused
from yunbox.kernel.errors import InvalidArgument

_SHOWN_MAX = 20


@dataclass(frozen=True)
class Told:
    """What is said of keys: a check's name, whether it is well, what was found, and what to do."""

    check: str
    ok: bool
    found: str
    mend: str = ""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The folder to look through."""
    parser.add_argument("--scan", type=Path, metavar="FOLDER", help="look for AccessKeys of this account in its files")
    parser.add_argument("--disable", action="store_true", help="disable the keys that --scan finds")


def told(args: argparse.Namespace) -> Iterator[Told]:
    """The findings; nothing where there is no account yet. Raises InvalidArgument."""
    if args.scan is not None and not args.scan.is_dir():
        raise InvalidArgument(f"{args.scan} is no folder")
    if args.disable and args.scan is None:
        raise InvalidArgument("--disable is for what --scan finds")
    if not (args.data.expanduser() / "meta.db").exists():
        return
    with identities(args.data) as (store, account_id):
        directory = Directory(store, account_id)
        every = directory.look(keys.every)
        yield _ages(every)
        if args.scan is None:
            return
        found = scan(args.scan, store, every)
        if args.disable:
            _disable(directory, {place.key_id for place in found.places})
        yield _lying(found.places, f"{found.files} files", disabled=args.disable)
        if found.left_out:
            names = ", ".join(str(path) for path in found.left_out[:_SHOWN_MAX])
            yield Told("files not looked through", True, f"{len(found.left_out)}: {names}")


def _disable(directory: Directory, key_ids: set[str]) -> None:
    def work(realm: Realm) -> None:
        for key_id in key_ids:
            keys.set_status(realm, keys.find(realm, key_id), "Inactive")

    directory.change_sync(work)


def _ages(every: list[Key]) -> Told:
    now = time.time()
    old_ones, idle = old(every, now), unused(every, now)
    parts = [f"{len(every)} in all"]
    if old_ones:
        parts.append(f"older than {OLD_DAYS} days: {', '.join(key.id for key in old_ones)}")
    if idle:
        parts.append(f"not used for {UNUSED_DAYS} days: {', '.join(key.id for key in idle)}")
    mend = "Make new keys and delete these, or use roles: docs/guide/roles.md" if old_ones or idle else ""
    return Told("access keys", True, "; ".join(parts), mend)


def _lying(places: tuple[Place, ...], looked: str, *, disabled: bool) -> Told:
    if not places:
        return Told("keys in files", True, f"none in {looked}")
    lines = [f"{place.path}:{place.line} has the {place.what} of {place.key_id}" for place in places[:_SHOWN_MAX]]
    more = [f"and {len(places) - _SHOWN_MAX} more"] if len(places) > _SHOWN_MAX else []
    ids = sorted({place.key_id for place in places})
    mend = "They are disabled now" if disabled else f"Disable: yunbox ram disable-key {ids[0]}, or --disable for all"
    return Told("keys in files", False, "; ".join(lines + more), mend)
