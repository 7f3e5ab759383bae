"""Whether a statement may cost what it would: full scans, the limit of one query, the budget of a day."""

from collections.abc import Mapping
from dataclasses import dataclass

from yunbox.kernel.errors import InvalidArgument, Refused
from yunbox.kernel.texts import format_bytes, format_cost
from yunbox.meter.ledger import Ledger
from yunbox.meter.prices import GIGABYTE, PriceBook
from yunbox.services.maxcompute.prices import EXTERNAL, SCAN

ALLOW_FULL_SCAN = "odps.sql.allow.fullscan"
QUERY_LIMIT = "odps.sql.metering.value.max"
DAILY_LIMIT = "yunbox.sql.daily.cost.max"


@dataclass(frozen=True)
class Reading:
    """One table a statement reads: how much with the partitions it names, and how much without."""

    table: str
    partitioned: bool
    full_scan: bool
    partitions_kept: int
    partitions_total: int
    scanned_bytes: int
    example_partition: str = ""
    example_bytes: int = 0
    external: bool = False


@dataclass(frozen=True)
class Estimate:
    """What a statement would cost, before it runs. ``cost`` is in the price book's currency."""

    readings: tuple[Reading, ...]
    complexity: float = 1.0

    @property
    def scanned_bytes(self) -> int:
        """Compressed bytes of the needed columns in the surviving files of all tables."""
        return sum(reading.scanned_bytes for reading in self.readings if not reading.external)

    @property
    def external_bytes(self) -> int:
        """Bytes of the objects of external tables, which have a price of their own."""
        return sum(reading.scanned_bytes for reading in self.readings if reading.external)


class CostRefused(Refused):
    """The statement would cost more than a limit allows."""

    code = "ODPS-0130071"


class FullScanRefused(Refused):
    """The statement reads every partition of a partitioned table."""

    code = "ODPS-0130071"


class Admission:
    """Refuses statements before they run. Settings of the session override those of the project."""

    def __init__(self, prices: PriceBook, ledger: Ledger) -> None:
        self._prices = prices
        self._ledger = ledger

    def check(
        self, project: str, estimate: Estimate, settings: Mapping[str, str], properties: Mapping[str, str]
    ) -> None:
        """Raise FullScanRefused or CostRefused when a rule forbids the statement."""
        merged = {**properties, **settings}
        if not _true(merged.get(ALLOW_FULL_SCAN, "false")):
            self._check_full_scan(estimate)
        self._check_query_limit(estimate, merged.get(QUERY_LIMIT))
        self._check_daily_limit(project, estimate, properties.get(DAILY_LIMIT))

    def price(self, scanned_bytes: int, complexity: float = 1.0) -> float:
        """What scanning so many bytes costs."""
        return self._prices.cost(SCAN, scanned_bytes, complexity)

    def cost(self, estimate: Estimate) -> float:
        """What a statement costs."""
        external = self._prices.cost(EXTERNAL, estimate.external_bytes, estimate.complexity)
        return self._prices.cost(SCAN, estimate.scanned_bytes, estimate.complexity) + external

    def _check_full_scan(self, estimate: Estimate) -> None:
        for reading in estimate.readings:
            if reading.partitioned and reading.full_scan and reading.partitions_total:
                raise FullScanRefused(self._full_scan_text(reading, estimate.complexity))

    def _full_scan_text(self, reading: Reading, complexity: float) -> str:
        project, _, table = reading.table.partition(".")
        item = EXTERNAL if reading.external else SCAN
        told = ""
        if self._prices.cost(item, reading.scanned_bytes, complexity) > 0:
            full = self._price_text(reading.scanned_bytes, complexity, item)
            one = self._price_text(reading.example_bytes, complexity, item)
            told = (
                f"All {reading.partitions_total} partitions would cost {full}; "
                f"with WHERE {reading.example_partition} it would cost {one}. "
            )
        return (
            "ODPS-0130071:[0,0] Semantic analysis exception - physical plan generation failed: "
            f"java.lang.RuntimeException: Table({project},{table}) is full scan with all partitions, "
            f"please specify partition predicates. {told}"
            f"To scan everything on purpose: SET {ALLOW_FULL_SCAN}=true;"
        )

    def _price_text(self, scanned_bytes: int, complexity: float, item: str) -> str:
        cost = self._prices.cost(item, scanned_bytes, complexity)
        return f"{format_bytes(scanned_bytes)} = {format_cost(cost)} {self._prices.currency}"

    def _check_query_limit(self, estimate: Estimate, limit: str | None) -> None:
        if not limit:
            return
        value = (estimate.scanned_bytes + estimate.external_bytes) / GIGABYTE * estimate.complexity
        if value > _number(QUERY_LIMIT, limit):
            raise CostRefused(
                f"ODPS-0130071:[0,0] Semantic analysis exception - the metering value of this statement, {value:.6g}, "
                f"exceeds {QUERY_LIMIT}={limit} (GB x complexity): add a partition predicate, read fewer columns, "
                "or raise the limit"
            )

    def _check_daily_limit(self, project: str, estimate: Estimate, limit: str | None) -> None:
        if not limit:
            return
        spent = self._ledger.spent_today(project)
        cost = self.cost(estimate)
        if cost > 0 and spent + cost > _number(DAILY_LIMIT, limit):
            raise CostRefused(
                f"ODPS-0130071:[0,0] Semantic analysis exception - the project {project} has spent "
                f"{format_cost(spent)} of its daily {limit} {self._prices.currency}, and this statement would cost "
                f"{format_cost(cost)} more: wait for the next day (UTC+8) or raise {DAILY_LIMIT}"
            )


def _true(text: str) -> bool:
    return text.strip().lower() == "true"


def _number(name: str, text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise InvalidArgument(f"{name} must be a number, not {text!r}") from None
