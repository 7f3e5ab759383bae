"""The guard refuses before anything runs, and says what to write instead."""

from pathlib import Path

import pytest

from yunbox.kernel.clock import ManualClock
from yunbox.kernel.errors import InvalidArgument
from yunbox.meter.ledger import LEDGER_SCHEMA, Ledger
from yunbox.meter.prices import GIGABYTE, load_prices
from yunbox.services.maxcompute.sql.admission import Admission, CostRefused, Estimate, FullScanRefused, Reading
from yunbox.storage.database import Database

FULL = Reading("p.t", True, True, 3, 3, 3 * GIGABYTE, "pt='3'", GIGABYTE)
PRUNED = Reading("p.t", True, False, 1, 3, GIGABYTE)


@pytest.fixture
def admission(tmp_path: Path):
    database = Database(tmp_path / "meta.db", LEDGER_SCHEMA)
    yield Admission(load_prices(), Ledger(database, load_prices(), ManualClock()))
    database.close()


def test_a_full_scan_is_refused_with_the_vendors_text_and_both_prices(admission: Admission) -> None:
    with pytest.raises(FullScanRefused) as caught:
        admission.check("p", Estimate((FULL,)), {}, {})
    assert caught.value.message.startswith(
        "ODPS-0130071:[0,0] Semantic analysis exception - physical plan generation failed: "
        "java.lang.RuntimeException: Table(p,t) is full scan with all partitions, please specify partition predicates."
    )
    assert "3.00 GB = 0.1314 USD" in caught.value.message
    assert "WHERE pt='3' it would cost 1.00 GB = 0.0438 USD" in caught.value.message


@pytest.mark.parametrize(
    ("settings", "properties", "passes"),
    [
        ({"odps.sql.allow.fullscan": "true"}, {}, True),
        ({}, {"odps.sql.allow.fullscan": "true"}, True),
        ({"odps.sql.allow.fullscan": "false"}, {"odps.sql.allow.fullscan": "true"}, False),
    ],
)
def test_the_session_overrides_the_project(admission: Admission, settings, properties, passes: bool) -> None:
    if passes:
        admission.check("p", Estimate((FULL,)), settings, properties)
    else:
        with pytest.raises(FullScanRefused):
            admission.check("p", Estimate((FULL,)), settings, properties)


def test_a_table_without_partitions_yet_is_no_full_scan(admission: Admission) -> None:
    admission.check("p", Estimate((Reading("p.t", True, True, 0, 0, 0),)), {}, {})


def test_the_limit_of_one_query(admission: Admission) -> None:
    limit = {"odps.sql.metering.value.max": "0.5"}
    with pytest.raises(CostRefused, match=r"odps\.sql\.metering\.value\.max=0\.5"):
        admission.check("p", Estimate((PRUNED,)), limit, {})
    admission.check("p", Estimate((PRUNED,)), {"odps.sql.metering.value.max": "1"}, {})


def test_the_budget_of_a_day(admission: Admission) -> None:
    admission.check("p", Estimate((PRUNED,)), {}, {"yunbox.sql.daily.cost.max": "0.05"})
    with pytest.raises(CostRefused, match="daily"):
        admission.check("p", Estimate((PRUNED,)), {}, {"yunbox.sql.daily.cost.max": "0.04"})


def test_a_limit_that_is_no_number_is_said_to_be(admission: Admission) -> None:
    with pytest.raises(InvalidArgument, match="must be a number"):
        admission.check("p", Estimate((PRUNED,)), {"odps.sql.metering.value.max": "much"}, {})
