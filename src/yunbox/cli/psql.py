"""`yunbox psql`: PostgreSQL's own shell on Hologres, with the account's AccessKey."""

import argparse
import os
import shutil

from yunbox.cli.output import Output
from yunbox.kernel.errors import NotFound
from yunbox.server.folder import read_credentials, read_server

_NAMES = {"host": "PGHOST", "port": "PGPORT", "dbname": "PGDATABASE"}


def run(args: argparse.Namespace, output: Output) -> int:
    """Become psql. Raises NotFound where no server runs, or there is no psql."""
    server, key = read_server(args.data), read_credentials(args.data)
    if server is None or key is None or server.get("starting"):
        raise NotFound(f"No server runs on {args.data}: start one with `yunbox up --data {args.data}`")
    address = server["endpoints"].get("hologres")
    if not isinstance(address, dict):
        raise NotFound("This server has no Hologres: start it with --services that name it")
    program = shutil.which("psql")
    if program is None:
        raise NotFound("There is no psql on this machine: Debian's package is postgresql-client")
    env = {name: str(address[part]) for part, name in _NAMES.items()}
    env |= {"PGUSER": key["access_key_id"], "PGPASSWORD": key["access_key_secret"]}
    os.execve(program, [program, *args.arguments], {**os.environ, **env})  # noqa: S606 - psql itself
