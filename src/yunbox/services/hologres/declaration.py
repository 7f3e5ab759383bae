"""Hologres as the house knows it."""

from collections.abc import Sequence

from yunbox.meter.storage import STORAGE_SCHEMA
from yunbox.services.hologres.gateway.config import AUTHENTICATION_S_MAX, CONNECTIONS_MAX
from yunbox.services.hologres.instances.api import API
from yunbox.services.hologres.instances.register import INSTANCES_SCHEMA
from yunbox.services.hologres.service import GATEWAYS_MAX, Hologres, build
from yunbox.spine.service import Client, Coverage, Endpoint, Option, Service, whole
from yunbox.storage.rows.roles import DATABASE


def _coverage() -> Coverage:
    from yunbox.services.hologres import coverage

    return Coverage(coverage.values(), coverage.page())


def _hints(client: Client) -> Sequence[str]:
    where = client.endpoints["hologres"]
    return (
        f'PGUSER="{client.access_key_id}" PGPASSWORD="{client.access_key_secret}" \\',
        f"  psql -h {where['host']} -p {where['port']} -d {where['dbname']}",
    )


SERVICE = Service(
    name="hologres",
    title="Hologres (preview)",
    endpoints={"hologres": Endpoint(3, dbname=DATABASE)},
    build=build,
    apps=lambda service: {},
    running=Hologres.running,
    schema=STORAGE_SCHEMA + INSTANCES_SCHEMA,
    options=(
        Option(
            "hologres_gateways",
            0,
            "processes that Hologres' clients are connected to (default: one, or two with four cores and more)",
            metavar="N",
            type=whole(0, GATEWAYS_MAX),
        ),
        Option(
            "hologres_connections",
            CONNECTIONS_MAX,
            f"connections that Hologres takes at most (default: {CONNECTIONS_MAX})",
            metavar="N",
            type=whole(1, 100_000),
        ),
        Option(
            "hologres_memory",
            0,
            "MB of memory that Hologres' engine may use (default: 40 % of the machine's)",
            metavar="MB",
            type=whole(0, 1 << 24),
        ),
        Option(
            "hologres_query_texts",
            False,
            "keep texts of Hologres' slow and failed statements whole in hg_query_log, with their constants",
            type=bool,
        ),
        Option(
            "hologres_ssl",
            False,
            "encrypt connections to Hologres for clients that ask for it (sslmode=require and above; see `yunbox ca`)",
            type=bool,
        ),
        Option(
            "hologres_login_seconds",
            AUTHENTICATION_S_MAX,
            f"seconds in which a client must have logged in (default: {AUTHENTICATION_S_MAX})",
            metavar="N",
            type=whole(1, 600),
        ),
    ),
    coverage=_coverage,
    apis=lambda service: (API.bound(service),),
    hints=_hints,
)
