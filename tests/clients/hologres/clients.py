"""How each client connects, and how a raw one does, which speaks the protocol byte by byte."""

import contextlib
import socket
import sqlite3
from typing import Any

import psycopg

from tests.clients.ram import Key, new_user
from tests.unit.services.hologres.raw import Client
from tests.waiting import until
from yunbox.testing.server import Server


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


def account_id(server: Server) -> str:
    """The account's number, which is the name of its role."""
    with contextlib.closing(sqlite3.connect(server.data / "meta.db")) as db:
        return db.execute("SELECT uid FROM accounts").fetchone()[0]


def role_of(server: Server, name: str) -> str:
    """The role that stands for a RAM user."""
    with contextlib.closing(sqlite3.connect(server.data / "meta.db")) as db:
        return f"p4_{db.execute('SELECT id FROM users WHERE name = ?', (name,)).fetchone()[0]}"


def dropped(client: psycopg.Connection[Any], name: str) -> None:
    """Drop a database, once the sessions that were just closed are gone."""

    def done() -> bool:
        with contextlib.suppress(psycopg.errors.ObjectInUse):
            client.execute(f'drop database if exists "{name}"')  # ty: ignore[no-matching-overload]
            return True
        return False

    until(done, 30)


def made_user(server: Server, name: str, *statements: dict[str, Any], added: bool = True) -> Key:
    """A RAM user with a key, and a policy of these statements; ``added`` to the instance as a user of it, too."""
    key = new_user(server, name, *statements)
    if added:
        with connected(server) as client:
            client.execute(f'create user "RAM${name}"')
    return key


def allow(action: str = "hologram:GetInstance", resource: str = "acs:hologram:*:*:instance/*") -> dict[str, Any]:
    """A statement that lets one in."""
    return {"Effect": "Allow", "Action": action, "Resource": resource}
