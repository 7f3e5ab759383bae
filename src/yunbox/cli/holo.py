"""`yunbox holo`: what Hologres keeps, and which statements were slow, whether or not a server runs."""

import argparse
import contextlib
import heapq
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from yunbox.cli import tiers
from yunbox.cli.options import add_common
from yunbox.cli.output import Output
from yunbox.kernel.errors import NotFound
from yunbox.kernel.texts import format_bytes
from yunbox.meter.prices import PriceBook
from yunbox.storage.query_log import entries
from yunbox.storage.rows.catalogue import Catalogue
from yunbox.storage.rows.model import PARTITIONED, TABLE, Relation
from yunbox.storage.rows.store import RowStore
from yunbox.storage.rows.view import View

_TEXT_MAX = 80
_MONTH_HOURS = 720
_ACTIONS = {"tables": "every table: rows, size, orientation, tier", "slow": "the slowest statements of hg_query_log"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The actions and what each needs."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="|".join(_ACTIONS))
    for action, help_text in _ACTIONS.items():
        command = actions.add_parser(action, help=help_text)
        add_common(command)
        command.add_argument("--instance", default="yunbox", metavar="ID", help="of which instance (default: yunbox)")
        if action == "tables":
            command.add_argument("--prices", type=Path, metavar="FILE", help="prices of your own, in JSON")
        if action == "slow":
            command.add_argument("-n", "--lines", type=int, default=20, help="how many (default: 20)")
            command.add_argument("--failed", action="store_true", help="those that failed, the newest first")


def run(args: argparse.Namespace, output: Output) -> int:
    """Carry one action out. Raises NotFound where there is nothing of Hologres."""
    from yunbox.services.hologres.gateway.config import (  # no other command is to know of the service
        QUERIES,
        ROWS,
        place_of,
    )

    folder = args.data.expanduser().absolute() / place_of(args.instance)
    if args.action == "tables":
        prices = tiers.prices_of(args.prices)
        found = _tables(folder / ROWS, prices)
        month = tiers.summed("month", [_month(one, prices) for one in found])
        body = {"tables": found, "currency": prices.currency, "month": month.as_dict()}
        output.result(body, _listed_tables(found, month, prices))
    else:
        slow = _slow(folder / QUERIES, args.lines, failed=args.failed)
        output.result({"statements": slow}, _listed_statements(slow))
    return 0


def _tables(rows: Path, prices: PriceBook) -> list[dict[str, Any]]:
    if not (rows / "data.mdb").exists():
        raise NotFound("Hologres has not been used on this data folder: nothing has connected to it yet")
    with contextlib.closing(RowStore(rows)) as store, store.reading() as view:
        found = [one for known in store.catalogues(view) for one in _tables_of(known, view)]
    return [one | _costs(_month(one, prices)) for one in found]


def _tables_of(known: Catalogue, view: View) -> list[dict[str, Any]]:
    """Those of one database."""
    kept = [one for one in known.relations.values() if one.kind in (TABLE, PARTITIONED)]
    return [_table(one, known, view) for one in sorted(kept, key=lambda one: (one.schema, one.name))]


def _costs(month: tiers.TierLine) -> dict[str, float | None]:
    return {"month_cost": month.cost, "month_saving": month.saving}


def _month(table: dict[str, Any], prices: PriceBook) -> tiers.TierLine:
    """What a table costs in a month if it stays as it is: all that it has counts, as on the bill."""
    byte_hours = float((table["size_bytes"] + table["binlog_bytes"]) * _MONTH_HOURS)
    is_cold = table["storage_mode"] == "cold"
    return tiers.line_of(table["table"], 0.0 if is_cold else byte_hours, byte_hours if is_cold else 0.0, prices)


def _table(relation: Relation, known: Catalogue, view: View) -> dict[str, Any]:
    logged = view.totals(relation.changes) if relation.kind == TABLE else None
    parent = known.relations.get(relation.parent)
    return {
        "database": known.database.name,
        "schema": relation.schema,
        "table": relation.name,
        "owner": relation.owner,
        "orientation": relation.properties.get("orientation", "column"),
        "storage_mode": "cold" if relation.is_cold else "hot",
        "is_partitioned": relation.kind == PARTITIONED,
        "partition_of": f"{parent.schema}.{parent.name}" if parent is not None else None,
        "rows": view.totals(relation).rows,
        "size_bytes": view.totals(relation).size_bytes,
        "binlog_bytes": logged.size_bytes if logged is not None else 0,
    }


def _listed_tables(tables: Sequence[dict[str, Any]], month: tiers.TierLine, prices: PriceBook) -> str:
    lines = [f"{'TABLE':<40} {'ROWS':>14} {'SIZE':>11} {'BINLOG':>11}  {'ORIENTATION':<11} TIER"]
    has_several = len({one["database"] for one in tables}) > 1
    for one in tables:
        name = f"{one['schema']}.{one['table']}"
        name = f"{one['database']}.{name}" if has_several else name
        rows = "partitions" if one["is_partitioned"] else f"{one['rows']:,}"
        size, binlog = format_bytes(one["size_bytes"]), format_bytes(one["binlog_bytes"])
        lines.append(f"{name:<40} {rows:>14} {size:>11} {binlog:>11}  {one['orientation']:<11} {one['storage_mode']}")
    for tier in ("hot", "cold"):
        of = [one for one in tables if one["storage_mode"] == tier]
        size = format_bytes(sum(one["size_bytes"] + one["binlog_bytes"] for one in of))
        lines.append(f"{f'TOTAL {tier}':<40} {sum(one['rows'] for one in of):>14,} {size:>11}")
    lines.append(f"A month of it costs {tiers.shown(month.cost)} {prices.currency}; that some of it is cold saves "
                 f"{tiers.shown(month.saving)} {prices.currency}.")  # fmt: skip
    return "\n".join([*lines, *tiers.missing(prices)])


def _slow(folder: Path, count: int, *, failed: bool) -> list[dict[str, Any]]:
    found = (one for one in entries(folder) if (one["status"] == "FAILED") == failed)
    if failed:
        return [one for one, _ in zip(found, range(count), strict=False)]
    return heapq.nlargest(count, found, key=lambda one: one["duration"])


def _listed_statements(statements: Sequence[dict[str, Any]]) -> str:
    lines = [f"{'TOOK':>10} {'USER':<24} {'BEGAN (UTC)':<26} STATEMENT"]
    for one in statements:
        text = " ".join(str(one["query"]).split())[:_TEXT_MAX]
        lines.append(f"{one['duration']:>7} ms {one['usename']:<24.24} {one['query_start']:<26.26} {text}")
    return "\n".join(lines)
