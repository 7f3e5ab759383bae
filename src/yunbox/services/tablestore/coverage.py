"""What is offered of Tablestore."""

from collections.abc import Mapping

from yunbox.services.tablestore.front import ROUTES
from yunbox.services.tablestore.operations import AREAS
from yunbox.spine import offered
from yunbox.spine.offered import Status

_PARTLY = {
    "CreateTable": "without partitions, secondary indexes, a stream, encryption, local transactions, AUTO_INCREMENT "
    "and update_full_row, which are refused by name",
    "GetRow": "columns, versions and times; a filter, a range of columns and a transaction are refused by name",
    "PutRow": "the condition whether the row is there; one on columns, and a transaction, are refused by name",
    "DeleteRow": "the same",
}
BESIDE: Mapping[str, str] = {
    "what it is for": "locks and small state: Terraform's `oss` backend locks by it; a table has 10,000 rows at most, "
    "and the rest of Tablestore is not here",
    "instances": "a name in the header `x-ots-instancename`, 3 to 16 letters, digits and hyphens; one is there when it "
    "has a table, and RAM says who may make one: `acs:ots:*:*:instance/NAME/table/TABLE`",
    "signatures": "by the secret (HMAC-SHA1) and by a key derived for a day and a region (V4); answers are signed too",
    "time to live": "a cell that has outlived it is not read any more, and a row without others is not there",
    "capacity units": "told in answers as the vendor counts them; they cost nothing here",
}


def statuses() -> list[Status]:
    """Each operation, and whether it is offered."""
    return offered.statuses(AREAS, _PARTLY, (route.operation.name for route in ROUTES))


def page() -> str:
    """The coverage page as Markdown."""
    return offered.page("Tablestore", "tablestore", "OTSUnsupportOperation", statuses(), BESIDE)
