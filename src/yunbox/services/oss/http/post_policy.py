"""The policy of a form: until when it holds and what the fields may be, as whoever signed it decided.

Source: the appendix "Policy" of the vendor's page PostObject.
"""

import binascii
import json
import re
from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NoReturn

from yunbox.kernel.errors import Forbidden, InvalidArgument

_CONDITIONS_MAX = 500
_EXPIRATION = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?Z", re.ASCII)


@dataclass(frozen=True)
class PostPolicy:
    """A policy that was read; sizes in bytes."""

    expires_at: float
    conditions: tuple[Any, ...]
    size_min: int
    size_max: int | None

    def check(self, fields: Mapping[str, str], now: float) -> None:
        """Compare the fields, whose names are in lower case. Raises Forbidden."""
        if now > self.expires_at:
            raise Forbidden("Invalid according to Policy: Policy expired.", code="AccessDenied")
        for condition in self.conditions:
            if not _holds(condition, fields):
                raise Forbidden(
                    f"Invalid according to Policy: Policy Condition failed: {json.dumps(condition)}",
                    code="AccessDenied",
                )

    def check_size(self, size: int) -> None:
        """Compare the size of the file. Raises InvalidArgument."""
        if self.size_max is not None and size > self.size_max:
            raise too_large()
        if size < self.size_min:
            raise InvalidArgument(
                "Your proposed upload is smaller than the minimum allowed object size.", code="EntityTooSmall"
            )


def too_large() -> InvalidArgument:
    """The error of a file that is larger than its policy allows."""
    return InvalidArgument("Your proposed upload exceeds the maximum allowed object size.", code="EntityTooLarge")


def parse_post_policy(encoded: str) -> PostPolicy:
    """A policy from its field. Raises InvalidArgument with the vendor's code."""
    try:
        body = json.loads(b64decode(encoded, validate=True))
    except (ValueError, binascii.Error, RecursionError):
        _invalid("Invalid JSON")
    if not isinstance(body, dict) or not isinstance(body.get("expiration"), str):
        _invalid("Policy missing expiration")
    conditions = body.get("conditions")
    if not isinstance(conditions, list) or len(conditions) > _CONDITIONS_MAX:
        _invalid("Policy missing conditions")
    checked = tuple(_checked(item) for item in conditions)
    sizes = [item for item in checked if isinstance(item, list) and item[0] == "content-length-range"]
    return PostPolicy(
        _time(body["expiration"]),
        tuple(item for item in checked if item not in sizes),
        max((item[1] for item in sizes), default=0),
        min((item[2] for item in sizes), default=None),
    )


def _invalid(why: str) -> NoReturn:
    raise InvalidArgument(f"Invalid Policy: {why}.", code="InvalidPolicyDocument")


def _time(text: str) -> float:
    """A time in the form of ISO 8601 that the page has, in GMT."""
    if not _EXPIRATION.fullmatch(text):
        _invalid("Invalid expiration")
    try:
        return datetime.fromisoformat(text).timestamp()
    except (ValueError, OverflowError):
        _invalid("Invalid expiration")


def _checked(item: Any) -> Any:
    if isinstance(item, dict):
        if len(item) != 1 or not all(isinstance(value, str) for value in item.values()):
            _invalid("Invalid Simple-Condition: Simple-Conditions must have exactly one property specified")
        return item
    if not isinstance(item, list) or len(item) != 3:
        _invalid("Invalid Condition")
    kind = str(item[0]).lower()
    if kind == "content-length-range":
        low, high = _size(item[1]), _size(item[2])
        if not 0 <= low <= high:
            _invalid("Invalid content-length-range")
        return [kind, low, high]
    if kind not in ("eq", "starts-with", "in", "not-in") or not isinstance(item[1], str):
        _invalid(f"Invalid Condition: unknown match {kind[:32]}")
    lists = kind in ("in", "not-in")
    texts = item[2] if lists and isinstance(item[2], list) else [item[2]]
    if isinstance(item[2], list) != lists or not all(isinstance(text, str) for text in texts):
        _invalid("Invalid Condition: the value is of a wrong type")
    return [kind, item[1], item[2]]


def _size(value: Any) -> int:
    if isinstance(value, bool) or not (isinstance(value, int) or (isinstance(value, str) and value.isdecimal())):
        _invalid("Invalid content-length-range")
    return int(value)


def _holds(condition: Any, fields: Mapping[str, str]) -> bool:
    if isinstance(condition, dict):
        name, value = next(iter(condition.items()))
        kind = "eq"
    else:
        kind, name, value = condition
    given = fields.get(name.removeprefix("$").lower(), "")
    if kind == "eq":
        return given == value
    if kind == "starts-with":
        return given.startswith(value)
    return (given in value) == (kind == "in")
