"""`yunbox bill`: what was used and what it would cost, by day, project, user or query."""

import argparse
import csv
import sys

from yunbox.cli.output import Output
from yunbox.cli.store import database
from yunbox.kernel.clock import SystemClock
from yunbox.kernel.texts import format_bytes, format_cost
from yunbox.meter.ledger import LEDGER_SCHEMA, BillLine, Ledger
from yunbox.meter.prices import load_prices

_TEXT_MAX = 60


def run(args: argparse.Namespace, output: Output) -> int:
    """Print the bill."""
    prices = load_prices()
    with database(args.data, LEDGER_SCHEMA) as opened:
        lines = Ledger(opened, prices, SystemClock()).bill(args.by, project=args.project, day=args.day)
    total = sum(line.cost for line in lines)
    if args.output == "csv":
        _print_csv(lines)
        return 0
    body = {"currency": prices.currency, "total": total, "lines": [line.as_dict() for line in lines]}
    output.result(body, _table(lines, total, args.by, prices.currency))
    return 0


def _print_csv(lines: list[BillLine]) -> None:
    writer = csv.writer(sys.stdout, lineterminator="\r\n")
    names = list(BillLine.__dataclass_fields__)
    writer.writerow(names)
    writer.writerows([line.as_dict()[name] for name in names] for line in lines)


def _table(lines: list[BillLine], total: float, by: str, currency: str) -> str:
    rows = [f"{by.upper():<34} {'SCANNED':>11} {currency:>14}  {'STATEMENT' if by == 'query' else 'CALLS'}"]
    for line in lines:
        what = line.text[:_TEXT_MAX] if by == "query" else str(line.calls)
        cost = format_cost(line.cost)
        rows.append(f"{line.key:<34} {format_bytes(line.quantity_bytes):>11} {cost:>14}  {what}")
    rows.append(f"{'TOTAL':<34} {'':>11} {format_cost(total):>14}")
    return "\n".join(rows)
