"""Flink as the house knows it."""

from collections.abc import Sequence

from yunbox.services.flink.service import Flink, build
from yunbox.spine.service import Client, Coverage, Endpoint, Option, Service


def _coverage() -> Coverage:
    from yunbox.services.flink import coverage

    values = {
        "operations": [one.values for one in coverage.statuses()],
        "connectors": coverage.connectors(),
        "beside": dict(coverage.BESIDE),
    }
    return Coverage(values, coverage.page())


def _hints(client: Client) -> Sequence[str]:
    return (
        f"yunbox flink run job.sql                 # or sql-client.sh gateway -e {client.endpoints['flink']}",
        f"curl {client.endpoints['flink_jobmanager']}/jobs/overview",
    )


SERVICE = Service(
    name="flink",
    title="Realtime Compute for Apache Flink (preview)",
    endpoints={"flink": Endpoint(6), "flink_jobmanager": Endpoint(7)},
    build=build,
    apps=lambda service: {},
    running=Flink.running,
    coverage=_coverage,
    options=(
        Option(
            "flink_auth",
            "user",
            "who may use Flink's interfaces, whose clients send no credentials: the user who runs the server, others "
            "with an AccessKey (user), or only who sends an AccessKey (key) (default: user)",
            choices=("user", "key"),
        ),
    ),
    hints=_hints,
)
