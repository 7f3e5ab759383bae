"""The rows of system tables that are of this moment: of all sessions, of the session that asks, and of time zones.

Sources: the PostgreSQL 11 documentation, "System Views" and "pg_stat_activity".
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from yunbox.engine.holo.messages import System
from yunbox.engine.holo.system.live import KEPT, LIVE, Rows
from yunbox.services.hologres.session.ports import Context
from yunbox.storage.rows.catalogue import Catalogue
from yunbox.storage.rows.rights import Rights, rights_of
from yunbox.storage.rows.roles import READ_STATS
from yunbox.wire.pgwire.values import zones

Sessions = Callable[[], Awaitable[list[dict[str, Any]]]]
"""The sessions of all gateways."""
CLIENT, BACKGROUND = "client backend", "background worker"
"""What ``backend_type`` says of a session, and of a statement that none waits for."""
_BY_ROLE = {"hg_query_log", "hg_table_info", "hg_dynamic_table_refresh_history"}
"""Those of which most roles see their own rows only."""
Show = Callable[[Mapping[str, Any], Rights, Catalogue], dict[str, Any]]
"""A session's row as a role sees it."""


class Live:
    """What a gateway knows of the moment. ``known`` gives the definitions of now."""

    def __init__(self, sessions: Sessions, show: Show, known: Callable[[], Catalogue]) -> None:
        self._sessions = sessions
        self._show = show
        self._known = known

    async def sessions(self) -> list[dict[str, Any]]:
        """The sessions of all gateways, as nobody but the system sees them."""
        return await self._sessions()

    async def brought(self, system: System | None, context: Context) -> System | None:
        """The system tables of a statement, with the rows that have to come along."""
        names = {name for _, name in system.names} & LIVE if system is not None else set()
        if system is None or not names:
            return system
        made = replace(system, rows={name: await self._rows(name, context) for name in names - KEPT})
        if not names & _BY_ROLE:
            return made
        rights = rights_of(self._known(), context.user)
        sees_all = rights.is_superuser or READ_STATS in rights.roles
        return replace(made, logged=frozenset() if sees_all else rights.roles, logs_all=sees_all)

    async def _rows(self, name: str, context: Context) -> Rows:
        if name in ("pg_cursors", "pg_prepared_statements"):
            return context.own(name)
        if name == "pg_timezone_names":
            return [_zone(one, context.now_us) for one in sorted(available_timezones())]
        known = self._known()
        rights = rights_of(known, context.user)
        return [self._show(row, rights, known) for row in await self._sessions()]


def _zone(name: str, now_us: int) -> dict[str, Any]:
    zone = ZoneInfo(name)
    east_s, letters = zones.from_utc(zone, now_us)
    is_dst = zones.is_dst(zone, now_us)
    return {"name": name, "abbrev": letters, "utc_offset": f"{east_s} seconds", "is_dst": is_dst}
