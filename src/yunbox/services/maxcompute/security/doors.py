"""What closes a project to whoever it is, its owner too: the list of addresses it may be reached from, and its status.

Both are about the project's data and not about its management, so who has shut himself out can open it again. They are
statements like all others, so that one evaluator judges them, and a denial can be explained. Source: the vendor's "IP
address whitelists", and "UpdateProjectStatus" (MaxCompute 2022-01-04).
"""

import json
from collections.abc import Iterator
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network, summarize_address_range

from yunbox.identity.policy import Statement
from yunbox.kernel.call import Access, Principal
from yunbox.kernel.errors import InvalidArgument
from yunbox.services.maxcompute.security.grants import ACTIONS
from yunbox.storage.database import Database

WHITE_LIST = "odps.security.ip.whitelist"
AVAILABLE, READONLY, FROZEN = "AVAILABLE", "READONLY", "FROZEN"
STATUSES = (AVAILABLE, READONLY, FROZEN)
_ON_DATA = frozenset(f"odps:{action}" for actions in ACTIONS.values() for action in actions) | {"odps:Admin"}
_WRITING = frozenset(
    f"odps:{action}" for action in (
        "Write", "CreateTable", "CreateFunction", "CreateResource", "CreateSchema", "DropSchema", "Alter", "Update",
        "Drop", "Delete", "Admin",
    )
)  # fmt: skip
_ENTRIES_MAX = 256
_SQL = f"""
SELECT properties, status, s.project IS NULL AND instr(properties, '{WHITE_LIST}') = 0 AS is_open
FROM projects LEFT JOIN project_statuses s ON s.project = name WHERE name = ?"""
"""Of nearly every project, that it is open: every decision asks this."""
Network = IPv4Network | IPv6Network


class Doors:
    """The doors of all projects."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def status(self, project: str) -> str:
        """A project's status."""
        row = self._database.read_one("SELECT status FROM project_statuses WHERE project = ?", project)
        return row["status"] if row is not None else AVAILABLE

    async def set_status(self, project: str, status: str) -> None:
        """Have a project be readable only, or closed, or open again. Raises InvalidArgument."""
        if status not in STATUSES:
            raise InvalidArgument(f"status is {', '.join(STATUSES)}.", code="INVALID_PARAMETER")
        sql = "INSERT INTO project_statuses VALUES (?, ?) ON CONFLICT DO UPDATE SET status = excluded.status"
        await self._database.write(lambda db: db.execute(sql, (project, status)) and None)

    def statements(self, principal: Principal, access: Access) -> Iterator[Statement]:
        """What closes a project to a principal: a GrantSource that binds the owner."""
        parts = access.resource.split("/", 2)
        if access.action not in _ON_DATA or parts[0] != "projects" or len(parts) < 2:
            return
        row = self._database.read_one(_SQL, parts[1])
        if row is None or row["is_open"]:
            return
        project, status = parts[1], row["status"] or AVAILABLE
        listed = json.loads(row["properties"]).get(WHITE_LIST, "")
        if listed and not _holds(networks(listed), principal.source_ip):
            yield _closed(f"the IP white list of project {project}, in which {principal.source_ip or 'no address'} "
                          "is not")  # fmt: skip
        if status == FROZEN or (status == READONLY and access.action in _WRITING):
            yield _closed(f"the status of project {project}, which is {status}")


@lru_cache(maxsize=256)
def networks(text: str) -> tuple[Network, ...]:
    """Addresses, blocks (``10.0.0.0/8``) and ranges (``10.0.0.1-10.0.0.9``). Raises InvalidArgument."""
    entries = [one.strip() for one in text.split(",") if one.strip()]
    if len(entries) > _ENTRIES_MAX:
        raise InvalidArgument(f"An IP white list has at most {_ENTRIES_MAX} entries.", code="INVALID_PARAMETER")
    return tuple(network for one in entries for network in _network(one))


def _network(entry: str) -> tuple[Network, ...]:
    first, dash, last = entry.partition("-")
    try:
        if dash:
            ends = ip_address(first.strip()), ip_address(last.strip())
            return tuple(summarize_address_range(*ends))
        return (ip_network(entry),)
    except (ValueError, TypeError):
        told = f"{entry[:64]!r} is no address, block or range of addresses."
        raise InvalidArgument(told, code="INVALID_PARAMETER") from None


def _holds(allowed: tuple[Network, ...], address: str) -> bool:
    try:
        found = ip_address(address)
    except ValueError:
        return False
    return any(found in network for network in allowed)


def _closed(why: str) -> Statement:
    return Statement("Deny", ("odps:*",), ("*",), origin=why)
