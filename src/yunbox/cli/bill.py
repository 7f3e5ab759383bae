"""`yunbox bill`: what was used and what it would cost, by day, project, user, query or item, or by Hologres' tables."""

import argparse
import csv
import sys
from collections.abc import Sequence

from yunbox.cli import tiers
from yunbox.cli.output import Output
from yunbox.cli.store import database
from yunbox.kernel.clock import SystemClock
from yunbox.kernel.errors import InvalidArgument
from yunbox.kernel.texts import format_bytes, format_cost
from yunbox.meter.ledger import LEDGER_SCHEMA, BillLine, ItemLine, Ledger
from yunbox.meter.prices import load_prices

_TEXT_MAX = 60


def run(args: argparse.Namespace, output: Output) -> int:
    """Print the bill. Raises InvalidArgument."""
    if args.by == "table":
        return _tables(args, output)
    if args.prices is not None:
        raise InvalidArgument("--prices is for --by table: what else was used is charged by the price book")
    prices = load_prices()
    with database(args.data, LEDGER_SCHEMA) as opened:
        ledger = Ledger(opened, prices, SystemClock())
        lines: Sequence[BillLine | ItemLine]
        if args.by == "item":
            lines = items = ledger.items(project=args.project, day=args.day)
            total = sum(line.cost for line in items)
            table = _items(items, total, prices.currency)
        else:
            lines = found = ledger.bill(args.by, project=args.project, day=args.day)
            total = sum(line.cost for line in found)
            table = _table(found, total, args.by, prices.currency)
    if args.output == "csv":
        _print_csv(lines, ItemLine if args.by == "item" else BillLine)
        return 0
    body = {"currency": prices.currency, "total": total, "lines": [line.as_dict() for line in lines]}
    output.result(body, table)
    return 0


def _tables(args: argparse.Namespace, output: Output) -> int:
    prices = tiers.prices_of(args.prices)
    with database(args.data, LEDGER_SCHEMA) as opened:
        lines = tiers.lines_of(Ledger(opened, prices, SystemClock()), prices, args.project, args.day)
    if args.output == "csv":
        _print_csv(lines, tiers.TierLine)
        return 0
    total = tiers.summed("TOTAL", lines)
    body = {"currency": prices.currency, "total": total.as_dict(), "lines": [line.as_dict() for line in lines]}
    output.result(body, tiers.listed(lines, prices))
    return 0


def _items(lines: list[ItemLine], total: float, currency: str) -> str:
    rows = [f"{'ITEM':<30} {'QUANTITY':>14} {'UNIT':<22} {currency:>14}  NOTE"]
    for line in lines:
        cost = format_cost(line.cost)
        rows.append(f"{line.item:<30} {line.quantity:>14.6f} {line.unit:<22} {cost:>14}  {line.note}".rstrip())
    rows.append(f"{'TOTAL':<30} {'':>14} {'':<22} {format_cost(total):>14}")
    return "\n".join(rows)


def _print_csv(
    lines: Sequence[BillLine | ItemLine | tiers.TierLine],
    kind: type[BillLine] | type[ItemLine] | type[tiers.TierLine],
) -> None:
    writer = csv.writer(sys.stdout, lineterminator="\r\n")
    names = list(kind.__dataclass_fields__)
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
