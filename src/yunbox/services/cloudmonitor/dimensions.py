"""Which buckets or projects are meant: dimensions as JSON, an object or an array of objects."""

import json
from typing import Any

from yunbox.kernel.errors import InvalidArgument
from yunbox.services.cloudmonitor.catalogue import Metric, Namespace
from yunbox.services.cloudmonitor.service import INVALID

ALL = "_ALL"
USER = "userId"
_MOST = 1000
_LENGTH_MAX = 128 * 1024


def read(text: str, name: str, namespace: Namespace, metric: Metric, account_id: str) -> list[str] | None:
    """The containers that dimensions name; None where they name none, so that all are meant. Raises InvalidArgument."""
    if not text.strip():
        return None
    found = [_container(item, name, namespace, metric, account_id) for item in _items(text, name)]
    return None if None in found else [one for one in found if one is not None]


def _items(text: str, name: str) -> list[dict[str, Any]]:
    try:
        body = json.loads(text) if len(text) <= _LENGTH_MAX else None
    except (ValueError, RecursionError):
        body = None
    items = [body] if isinstance(body, dict) else body
    if not isinstance(items, list) or len(items) > _MOST or not all(isinstance(one, dict) for one in items):
        raise InvalidArgument(f"{name} is an object, or an array of at most {_MOST} objects, in JSON.", code=INVALID)
    return items


def _container(item: dict[str, Any], name: str, namespace: Namespace, metric: Metric, account_id: str) -> str | None:
    dimension = namespace.dimension_of(metric)
    for key, value in item.items():
        if key == USER and str(value) == account_id:
            continue
        if key == "resource" and value == ALL:
            continue
        if key != dimension or not isinstance(value, str):
            offered = dimension or "none but userId"
            raise InvalidArgument(f"{name}: {metric.name} has the dimension {offered}, not {key[:64]}.", code=INVALID)
    return item.get(dimension) if dimension else ""


def shown(namespace: Namespace, metric: Metric, account_id: str, container: str) -> dict[str, str]:
    """The dimensions of a point."""
    dimension = namespace.dimension_of(metric)
    return {USER: account_id} | ({dimension: container} if dimension else {})


def as_text(values: dict[str, str]) -> str:
    """Dimensions as webhooks have them."""
    return "{" + ", ".join(f"{key}={value}" for key, value in values.items()) + "}"


def listed(namespace: Namespace, metric: Metric) -> str:
    """The dimensions of a metric as its description lists them."""
    return f"{USER},{found}" if (found := namespace.dimension_of(metric)) else USER
