"""The price book: every price is data with a source and a date, and none is invented."""

import json
from dataclasses import dataclass
from importlib import resources
from typing import Any

from yunbox.kernel.errors import InvalidArgument

GIGABYTE = 1024**3


@dataclass(frozen=True)
class PriceBook:
    """Prices by item, in one currency."""

    currency: str
    source: str
    date: str
    items: dict[str, dict[str, Any]]

    def price(self, item: str) -> float:
        """The price of one unit of an item. Raises InvalidArgument for an item without a known price."""
        if item not in self.items:
            raise InvalidArgument(f"No price is known for {item}")
        return float(self.items[item]["price"])

    def per(self, item: str) -> float:
        """How much of an item its price is for, in the unit it is metered in."""
        return float(self.items[item].get("per", GIGABYTE))

    def measured_in(self, measure: str) -> list[str]:
        """The items whose quantity is in some measure: ``bytes``, ``requests``, ``byte-hours``, ``byte-days``."""
        return [item for item, price in self.items.items() if price["measure"] == measure]

    def cost(self, item: str, quantity: float, complexity: float = 1.0) -> float:
        """What a quantity of an item costs."""
        return quantity / self.per(item) * complexity * self.price(item)


def load_prices(text: str | None = None) -> PriceBook:
    """The price book shipped with Yunbox, or one given as JSON text."""
    text = text or resources.files("yunbox.meter").joinpath("prices.json").read_text("utf-8")
    body = json.loads(text)
    return PriceBook(body["currency"], body["source"], body["date"], body["items"])
