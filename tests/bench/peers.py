"""Servers that speak PostgreSQL's protocol: Hologres here, and PostgreSQL, as benches meet both of them."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from yunbox.testing.server import Server


@dataclass(frozen=True)
class Peer:
    """A server, and where pgbench lies."""

    programs: Path
    host: str
    port: int
    dbname: str
    user: str
    password: str

    def connected(self) -> psycopg.Connection[Any]:
        return psycopg.connect(
            host=self.host, port=self.port, dbname=self.dbname, user=self.user, password=self.password, autocommit=True
        )


def hologres(yunbox: Server, programs: Path) -> Peer:
    """Hologres of a server."""
    where = yunbox.endpoints["hologres"]
    return Peer(programs, where["host"], where["port"], where["dbname"], yunbox.access_key_id, yunbox.access_key_secret)
