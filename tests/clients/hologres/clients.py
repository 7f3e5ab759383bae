"""How each client connects, and how a raw one does, which speaks the protocol byte by byte."""

import contextlib
import json
import socket
import sqlite3
import subprocess
import sys
from typing import Any

import psycopg

from tests.unit.services.hologres.raw import Client
from yunbox.testing.server import Server

Key = tuple[str, str]


def where(server: Server) -> dict[str, Any]:
    """The host, the port and the database."""
    return server.endpoints["hologres"]


def account(server: Server) -> Key:
    """The account's AccessKey."""
    return server.access_key_id, server.access_key_secret


def connected(server: Server, key: Key | None = None, **more: Any) -> psycopg.Connection[Any]:
    """psycopg 3."""
    user, password = key or account(server)
    given = {"autocommit": True, "connect_timeout": 30, **where(server), **more}
    return psycopg.connect(user=user, password=password, **given)


def dialled(server: Server) -> socket.socket:
    """A socket to the server."""
    at = where(server)
    return socket.create_connection((at["host"], at["port"]), 30)


def raw(server: Server, key: Key | None = None, **parameters: str) -> Client:
    """A client that speaks the protocol byte by byte."""
    return Client(dialled(server), *(key or account(server)), **{"database": where(server)["dbname"], **parameters})


def ram(server: Server, *words: str) -> Any:
    """What `yunbox ram` answers."""
    command = [sys.executable, "-m", "yunbox", "ram", *words, "--data", str(server.data), "--output", "json"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return json.loads(done.stdout) if done.stdout.strip() else None


def account_id(server: Server) -> str:
    """The account's number, which is the name of its role."""
    with contextlib.closing(sqlite3.connect(server.data / "meta.db")) as db:
        return db.execute("SELECT uid FROM accounts").fetchone()[0]


def role_of(server: Server, name: str) -> str:
    """The role that stands for a RAM user."""
    with contextlib.closing(sqlite3.connect(server.data / "meta.db")) as db:
        return f"p4_{db.execute('SELECT id FROM users WHERE name = ?', (name,)).fetchone()[0]}"


def made_user(server: Server, name: str, *statements: dict[str, Any], added: bool = True) -> Key:
    """A RAM user with a key, and a policy of these statements; ``added`` to the instance as a user of it, too."""
    ram(server, "create-user", name)
    if added:
        with connected(server) as client:
            client.execute(f'create user "RAM${name}"')
    if statements:
        ram(server, "put-policy", f"p-{name}", json.dumps({"Version": "1", "Statement": list(statements)}))
        ram(server, "attach", f"p-{name}", name)
    made = ram(server, "create-key", name)
    return made["access_key_id"], made["access_key_secret"]


def allow(action: str = "hologram:GetInstance", resource: str = "acs:hologram:*:*:instance/*") -> dict[str, Any]:
    """A statement that lets one in."""
    return {"Effect": "Allow", "Action": action, "Resource": resource}
