"""DataHub as the house knows it."""

from collections.abc import Sequence

from yunbox.meter.storage import STORAGE_SCHEMA
from yunbox.services.datahub.service import DataHub, build
from yunbox.spine.service import Client, Coverage, Endpoint, Option, Service, whole


def _coverage() -> Coverage:
    from yunbox.services.datahub import coverage

    operations = [one.values for one in coverage.statuses()]
    return Coverage({"operations": operations, "beside": dict(coverage.BESIDE)}, coverage.page())


def _hints(client: Client) -> Sequence[str]:
    return (
        "from datahub import DataHub",
        f'dh = DataHub("{client.access_key_id}", "{client.access_key_secret}",',
        f'             "{client.endpoints["datahub"]}")',
        f"# Kafka's clients: {client.endpoints['kafka']}, SASL_PLAINTEXT, PLAIN, this key; a topic is project.topic",
    )


SERVICE = Service(
    name="datahub",
    title="DataHub (preview)",
    endpoints={"datahub": Endpoint(4), "kafka": Endpoint(5, scheme="")},
    build=build,
    apps=lambda service: {},
    running=DataHub.running,
    schema=STORAGE_SCHEMA,
    coverage=_coverage,
    options=(
        Option(
            "datahub_limits",
            "off",
            "throttle as DataHub does: 2,000 requests and 5 MB a second for each shard, and no split or merge within 5 "
            "seconds (default: off)",
            choices=("off", "real"),
        ),
        Option(
            "datahub_shard_size",
            0,
            "MB that a shard keeps at most, beyond which its oldest records go though their life cycle is not over "
            "(default: as much as comes)",
            metavar="MB",
            type=whole(0, 1 << 30),
        ),
    ),
    hints=_hints,
)
