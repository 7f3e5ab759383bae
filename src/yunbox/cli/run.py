"""`yunbox run --role NAME -- COMMAND`: any command with a role attached, as an ECS instance has one.

The command gets no key: its SDKs find credentials by ``ALIBABA_CLOUD_CREDENTIALS_URI``, or at 100.100.100.200 by way of
``HTTP_PROXY``; they rotate while it runs, and nobody can have them once it has ended. Input, output, signals and the
exit status are the command's.
"""

import argparse
import os
import signal
import subprocess
from collections.abc import Mapping
from typing import Any

from yunbox.cli.output import Output
from yunbox.cli.store import database
from yunbox.identity.directory import roles
from yunbox.identity.directory.realm import Directory
from yunbox.identity.schema import IDENTITY_SCHEMA
from yunbox.identity.store import IdentityStore
from yunbox.identity.trust import services
from yunbox.kernel.clock import SystemClock
from yunbox.kernel.errors import InvalidArgument, NotFound, Unavailable
from yunbox.schema.regions import region
from yunbox.server.folder import read_server
from yunbox.services.metadata.credentials import ECS
from yunbox.services.metadata.runs import RUNS_SCHEMA, Run, begin, end

_VENDORS = ("ALIBABA", "ALIYUN", "ALICLOUD", "OSS_", "ODPS_", "STS_", "DATAHUB_", "AWS_")
_KEYS = ("ACCESS_KEY", "ACCESSKEY", "ACCESS_ID", "SECRET", "SECURITY_TOKEN", "SESSION_TOKEN", "CREDENTIALS_FILE")
_BY_SIGNAL = 128


def run(args: argparse.Namespace, output: Output) -> int:
    """Run the command; its exit status is the answer. Raises InvalidArgument, NotFound, Unavailable."""
    words = args.words[1:] if args.words[:1] == ["--"] else args.words
    if not words:
        raise InvalidArgument("Say which command: yunbox run --role NAME -- COMMAND")
    server = read_server(args.data)
    address = str((server or {}).get("endpoints", {}).get("metadata", ""))
    if not address:
        raise Unavailable(f"No server with a metadata service runs on {args.data}: start it with `yunbox up`")
    with database(args.data, IDENTITY_SCHEMA, RUNS_SCHEMA) as opened:
        store = IdentityStore(opened, SystemClock())
        found = Directory(store, store.ensure_account()[0]).look(lambda realm: roles.find(realm, args.role))
        if ECS not in services(found.trust):
            raise NotFound(f"The role {args.role} cannot be attached: its trust policy does not name {ECS}")
        secret = begin(opened, Run(found.id, _region(server or {}, args.region)))
        try:
            return _status(words, environment(os.environ, address, secret, found.name))
        finally:
            end(opened, secret)


def _region(server: Mapping[str, Any], name: str) -> str:
    """The region that a command is to be in; nothing for the house's own. Raises NotFound."""
    own = str(server.get("region", ""))
    return "" if name in ("", own) else region(own, name).id


def environment(given: Mapping[str, str], address: str, secret: str, role: str) -> dict[str, str]:
    """A command's environment: as it was but for keys, and with the ways to the metadata server."""
    kept = {name: value for name, value in given.items() if not _is_key(name)}
    proxy = address.replace("://", f"://run:{secret}@", 1)
    here = ",".join(filter(None, (kept.get("NO_PROXY") or kept.get("no_proxy"), "127.0.0.1", "localhost", "::1")))
    return {
        **kept, "HTTP_PROXY": proxy, "http_proxy": proxy, "NO_PROXY": here, "no_proxy": here,
        "ALIBABA_CLOUD_CREDENTIALS_URI": f"{address}/runs/{secret}", "ALIBABA_CLOUD_ECS_METADATA": role,
    }  # fmt: skip


def _is_key(name: str) -> bool:
    upper = name.upper()
    return upper.startswith(_VENDORS) and any(part in upper for part in _KEYS)


def _status(words: list[str], env: dict[str, str]) -> int:
    try:
        process = subprocess.Popen(words, env=env)  # noqa: S603 - the user's own command
    except FileNotFoundError:
        raise InvalidArgument(f"There is no command {words[0]!r}") from None
    except OSError as error:
        raise InvalidArgument(f"The command {words[0]!r} cannot be run: {error.strerror}") from None

    def pass_on(number: int, _frame: object) -> None:
        process.send_signal(number)

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal sends it to the command too
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, pass_on)
    code = process.wait()
    return _BY_SIGNAL - code if code < 0 else code
