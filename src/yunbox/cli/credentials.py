"""`yunbox credentials`: the account's AccessKey, or temporary ones."""

import argparse
import json
from typing import Any

from yunbox.cli.output import Output
from yunbox.cli.store import identities
from yunbox.identity.identify import Identity
from yunbox.kernel.call import ACCOUNT, RAM_USER, Principal
from yunbox.kernel.clock import SystemClock
from yunbox.kernel.errors import NotFound
from yunbox.server.folder import read_credentials
from yunbox.spine.house import REGION

_SESSION_S = 3600
_NAMES = {
    "access_key_id": "ALIBABA_CLOUD_ACCESS_KEY_ID",
    "access_key_secret": "ALIBABA_CLOUD_ACCESS_KEY_SECRET",
    "security_token": "ALIBABA_CLOUD_SECURITY_TOKEN",
}


def run(args: argparse.Namespace, output: Output) -> int:
    """Print credentials."""
    body = _temporary(args) if args.session or args.user else _permanent(args)
    if args.output == "env":
        print("\n".join(f"export {_NAMES[key]}={value}" for key, value in body.items()))
    elif args.output == "aliyun-cli":
        print(json.dumps(_profile(body), indent=2))
    else:
        output.result(body, "\n".join(f"{key}: {value}" for key, value in body.items()))
    return 0


def _profile(found: dict[str, str]) -> dict[str, Any]:
    """A configuration of the vendor's command line (``~/.aliyun/config.json``) with one profile."""
    profile = {
        "name": "yunbox", "mode": "StsToken" if "security_token" in found else "AK",
        "access_key_id": found["access_key_id"], "access_key_secret": found["access_key_secret"],
        "sts_token": found.get("security_token", ""), "region_id": REGION, "output_format": "json", "language": "en",
    }  # fmt: skip
    return {"current": profile["name"], "profiles": [profile], "meta_path": ""}


def _permanent(args: argparse.Namespace) -> dict[str, str]:
    found = read_credentials(args.data)
    if found is None:
        raise NotFound(f"There is no account in {args.data} yet: start the server with `yunbox up --data {args.data}`")
    return {key: found[key] for key in ("access_key_id", "access_key_secret")}


def _temporary(args: argparse.Namespace) -> dict[str, str]:
    with identities(args.data) as (store, account_id):
        principal = Principal(account_id, ACCOUNT, account_id, "")
        if args.user:
            principal = Principal(account_id, RAM_USER, store.ram_id(account_id, args.user), args.user)
        key, token = Identity(store, SystemClock()).issue_session(principal, "cli", args.session or _SESSION_S)
        return {"access_key_id": key.id, "access_key_secret": key.secret, "security_token": token}
