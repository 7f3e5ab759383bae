"""The price book: every price is data with a source and a date, and none is invented."""

import json
from dataclasses import dataclass
from importlib import resources
from typing import Any

from yunbox.kernel.errors import InvalidArgument

GIGABYTE = 1024**3
SQL_SCAN = "maxcompute.sql.scan"
UPLOAD = "maxcompute.tunnel.upload"
DOWNLOAD = "maxcompute.tunnel.download"


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

    def sql_cost(self, scanned_bytes: int, complexity: float) -> float:
        """What a statement costs that scans so many compressed bytes."""
        return scanned_bytes / GIGABYTE * complexity * self.price(SQL_SCAN)


def load_prices(text: str | None = None) -> PriceBook:
    """The price book shipped with Yunbox, or one given as JSON text."""
    text = text or resources.files("yunbox.meter").joinpath("prices.json").read_text("utf-8")
    body = json.loads(text)
    return PriceBook(body["currency"], body["source"], body["date"], body["items"])
