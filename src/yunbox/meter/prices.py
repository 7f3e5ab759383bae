"""The price book: every price is data with a source and a date, and none is invented.

An item whose price is not known has none: it is metered and costs nothing, and whoever knows what it costs says so in a
book of their own.
"""

import json
import math
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
        """The price of one unit of an item; 0 where it is not known. Raises InvalidArgument for what is no item."""
        return float(self.about(item)["price"] or 0.0)

    def is_known(self, item: str) -> bool:
        """Whether the price of an item is known."""
        return self.about(item)["price"] is not None

    def find(self, item: str) -> dict[str, Any] | None:
        """What the book says of an item, if it has one: ``network.egress.eu-central-1`` is what ``network.egress`` is,
        unless it has a price of its own."""
        return self.items.get(item) or self.items.get(item.rpartition(".")[0])

    def about(self, item: str) -> dict[str, Any]:
        """The same. Raises InvalidArgument for what is no item."""
        found = self.find(item)
        if found is None:
            raise InvalidArgument(f"No price is known for {item}")
        return found

    def with_prices(self, text: str) -> "PriceBook":
        """The same book with other prices, by item, and their currency: ``{"currency": "CNY", "items": {"...": 0.1}}``.

        Raises InvalidArgument.
        """
        try:
            given = json.loads(text)
            prices = {str(item): float(price) for item, price in given["items"].items()}
            currency = str(given.get("currency", self.currency))
        except (ValueError, TypeError, KeyError, AttributeError):
            raise InvalidArgument('Prices are written as {"currency": "CNY", "items": {"ITEM": PRICE}}') from None
        unknown = sorted(item for item in prices if self.find(item) is None)
        if unknown:
            raise InvalidArgument(f"There is no item {unknown[0]}")
        if wrong := [item for item, price in prices.items() if not 0 <= price < math.inf]:
            raise InvalidArgument(f"The price of {wrong[0]} is none")
        given_items = {name: {**self.about(name), "price": price, "note": ""} for name, price in prices.items()}
        return PriceBook(currency, "given", "", self.items | given_items)

    def per(self, item: str) -> float:
        """How much of an item its price is for, in the unit it is metered in."""
        return float(self.about(item).get("per", GIGABYTE))

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
