"""OpenAPI as the house knows it: it serves the APIs that the services declare, and has none of its own."""

import time
from collections.abc import Mapping, Sequence
from typing import Any

from yunbox.identity.diagnoses import Diagnoses
from yunbox.identity.sealing import Seal
from yunbox.kernel.pace import Pace
from yunbox.spine.house import House
from yunbox.spine.service import Client, Endpoint, Option, Service, whole
from yunbox.wire.app import HttpApp
from yunbox.wire.http import App
from yunbox.wire.openapi.front import OpenApiFront
from yunbox.wire.openapi.signing import SCHEMES


def _apps(house: House) -> Mapping[str, App]:
    diagnoses = Diagnoses(Seal(house.folder))

    def encoded(body: Mapping[str, Any]) -> str:
        return diagnoses.encoded(body["AuthPrincipal"]["AuthPrincipalOwnerId"], body)

    limit = house.settings.options.get("openapi_limit", 0)
    pace = Pace(float(limit), time.monotonic) if limit else None
    app = HttpApp(OpenApiFront(house.apis, encoded, pace), house.spine.call)
    return {"openapi": app, "openapi_tls": app}


def _hints(client: Client) -> Sequence[str]:
    plain, tls = (str(client.endpoints[name]).partition("//")[2] for name in ("openapi", "openapi_tls"))
    return (
        "from alibabacloud_tea_openapi.models import Config  # RAM, STS and all other management",
        f'config = Config("{client.access_key_id}", "{client.access_key_secret}", endpoint="{plain}", protocol="http")',
        f"# over TLS: {tls}, with SSL_CERT_FILE={client.data}/tls/ca.pem (yunbox ca)",
    )


SERVICE = Service(
    name="openapi",
    title="OpenAPI",
    endpoints={"openapi": Endpoint(8), "openapi_tls": Endpoint(9, scheme="https")},
    build=lambda house: house,
    apps=_apps,
    schemes=SCHEMES,
    options=(
        Option(
            "openapi_limit",
            0,
            "refuse more calls of one operation of OpenAPI a second (Throttling.User), to see how clients retry "
            "(default: as many as come)",
            metavar="QPS",
            type=whole(0, 100_000),
        ),
    ),
    hints=_hints,
)
