"""Streams whose changes somebody cannot take are refused when they are planned."""

import pytest

from tests.unit.sql.flink.house import planner, run
from yunbox.kernel.errors import InvalidArgument
from yunbox.sql.flink.plans import Job, Normalize

COUNTED = "SELECT s, COUNT(*) FROM t GROUP BY s"


@pytest.mark.parametrize("connector", ["datahub", "filesystem", "odps", "kafka"])
def test_a_sink_that_only_appends_takes_no_updates(connector: str) -> None:
    made = planner()
    run(made, f"CREATE TABLE x (s STRING, n BIGINT) WITH ('connector' = '{connector}')")
    with pytest.raises(InvalidArgument, match=r"doesn't support consuming update changes .* GroupAggregate"):
        run(made, f"INSERT INTO x {COUNTED}")
    assert isinstance(run(made, "INSERT INTO x SELECT s, b FROM t"), Job)


def test_a_batch_has_no_updates() -> None:
    made = planner(**{"execution.runtime-mode": "batch"})
    run(made, "CREATE TABLE x (s STRING, n BIGINT) WITH ('connector' = 'odps')")
    assert isinstance(run(made, f"INSERT INTO x {COUNTED}"), Job)


def test_over_takes_no_updates() -> None:
    query = (
        "SELECT SUM(a) OVER (ORDER BY ts) FROM "
        "(SELECT * FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY s ORDER BY ts DESC) AS n FROM t) WHERE n = 1)"
    )
    with pytest.raises(InvalidArgument, match="OverAggregate doesn't support consuming update changes"):
        run(planner(), query)


def test_a_source_of_changes_gives_updates() -> None:
    made = planner()
    run(made, "CREATE TABLE c (k INT, v INT, PRIMARY KEY (k) NOT ENFORCED) WITH ('connector' = 'upsert-kafka')")
    job = run(made, "SELECT v FROM c")
    assert job.sinks[0].input.updates
    [normalize] = job.sinks[0].input.inputs
    assert isinstance(normalize, Normalize)
    assert [one.name for one in normalize.input.columns] == ["k", "v"]  # the key stays
