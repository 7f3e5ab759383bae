"""What Hologres' tables take of its two tiers, what that costs, and what is saved by those that are cold.

Where the price book does not know a price - the vendor's of the tiers was not found - costs that depend on it are not
known either, and are told so; whoever knows theirs gives them.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from yunbox.kernel.errors import InvalidArgument
from yunbox.kernel.texts import format_cost
from yunbox.meter.ledger import Ledger
from yunbox.meter.prices import PriceBook, load_prices

UNKNOWN = "unknown"


def items() -> tuple[str, str]:
    """What the two tiers are charged as."""
    from yunbox.services.hologres.metering import COLD, HOT  # no other command is to know of the service

    return HOT, COLD


def prices_of(path: Path | None) -> PriceBook:
    """The price book, with the prices of a file. Raises InvalidArgument."""
    book = load_prices()
    if path is None:
        return book
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidArgument(f"{path} cannot be read: {error}") from None
    return book.with_prices(text)


@dataclass(frozen=True)
class TierLine:
    """What a table takes of both tiers, in units of their prices, what that costs and what its cold part saves."""

    table: str
    hot: float
    cold: float
    cost: float | None
    saving: float | None

    def as_dict(self) -> dict[str, Any]:
        """The line as plain values."""
        return asdict(self)


def line_of(table: str, hot: float, cold: float, prices: PriceBook) -> TierLine:
    """A line, from quantities in the unit that the tiers are metered in."""
    names = items()
    hot_item, cold_item = names
    needed = [item for item, quantity in zip(names, (hot, cold), strict=True) if quantity]
    cost = prices.cost(hot_item, hot) + prices.cost(cold_item, cold)
    saving = prices.cost(hot_item, cold) - prices.cost(cold_item, cold)
    is_known = all(prices.is_known(item) for item in needed)
    both = not cold or all(prices.is_known(item) for item in names)
    return TierLine(
        table, hot / prices.per(hot_item), cold / prices.per(cold_item), cost if is_known else None,
        saving if both else None,
    )  # fmt: skip


def lines_of(ledger: Ledger, prices: PriceBook, project: str | None, day: str | None) -> list[TierLine]:
    """The bill by table."""
    hot, cold = items()
    found = ledger.parts((hot, cold), project=project, day=day)
    return [line_of(part or "(not told apart)", of.get(hot, 0.0), of.get(cold, 0.0), prices)
            for part, of in found.items()]  # fmt: skip


def summed(name: str, lines: Sequence[TierLine]) -> TierLine:
    """All of some lines; what is not known of one is not known of all."""
    costs, savings = [one.cost for one in lines], [one.saving for one in lines]
    return TierLine(
        name, sum(one.hot for one in lines), sum(one.cold for one in lines),
        None if None in costs else sum(one or 0.0 for one in costs),
        None if None in savings else sum(one or 0.0 for one in savings),
    )  # fmt: skip


def listed(lines: Sequence[TierLine], prices: PriceBook) -> str:
    """The lines with their sum, and which prices are not known."""
    rows = [f"{'TABLE':<40} {'HOT':>14} {'COLD':>14} {prices.currency:>14} {'SAVED':>14}"]
    for one in (*lines, summed("TOTAL", lines)):
        cost, saving = shown(one.cost), shown(one.saving)
        rows.append(f"{one.table:<40} {one.hot:>14.6f} {one.cold:>14.6f} {cost:>14} {saving:>14}")
    unit = prices.items[items()[0]]["unit"]
    return "\n".join([*rows, f"Quantities are in {unit}.", *missing(prices)])


def missing(prices: PriceBook) -> list[str]:
    """Which of the tiers' prices are not known, and what to do about it."""
    return [f"The price of {item} is not known ({prices.items[item]['note']}): give yours with --prices FILE."
            for item in items() if not prices.is_known(item)]  # fmt: skip


def shown(cost: float | None) -> str:
    """An amount, or that it is not known."""
    return UNKNOWN if cost is None else format_cost(cost)
