"""RAM policies, version 1: parsed strictly, evaluated deny-first, and able to say why.

Source: the vendor's "Policy structure and syntax". An unknown operator or field fails closed: the policy
is refused when it is written, and a statement whose condition cannot be decided neither grants nor is skipped
when it denies.
"""

import fnmatch
import ipaddress
import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from yunbox.kernel.errors import InvalidArgument

_STATEMENT_KEYS = {"Effect", "Action", "NotAction", "Resource", "NotResource", "Condition", "Sid"}
_DOCUMENT_BYTES_MAX = 6144
Context = Mapping[str, str]


@dataclass(frozen=True)
class Condition:
    """One operator on one key: it holds when the request's value meets any of ``values``."""

    operator: str
    key: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class Statement:
    """One statement; ``actions`` and ``resources`` are inverted by their ``not_`` flags."""

    effect: str
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    not_actions: bool = False
    not_resources: bool = False
    conditions: tuple[Condition, ...] = ()
    origin: str = ""


@dataclass(frozen=True)
class Decision:
    """Whether an access is allowed, and by which statement; ``because`` is a sentence."""

    allowed: bool
    because: str
    statement: Statement | None = None


@lru_cache(maxsize=1024)
def parse_policy(document: str, origin: str = "") -> tuple[Statement, ...]:
    """Parse a policy document. Raises InvalidArgument naming what is wrong."""
    if len(document) > _DOCUMENT_BYTES_MAX:
        raise InvalidArgument(f"A policy document has at most {_DOCUMENT_BYTES_MAX} characters")
    try:
        body = json.loads(document)
    except ValueError as error:
        raise InvalidArgument(f"The policy is not valid JSON: {error}") from None
    if not isinstance(body, dict) or str(body.get("Version")) != "1":
        raise InvalidArgument('The policy needs "Version": "1"')
    statements = body.get("Statement")
    if isinstance(statements, dict):
        statements = [statements]
    if not isinstance(statements, list) or not statements:
        raise InvalidArgument("The policy needs a non-empty Statement")
    return tuple(_statement(item, origin) for item in statements)


def evaluate(
    statements: Iterable[Statement], action: str, resources: tuple[str, ...], context: Context | None = None
) -> Decision:
    """Decide one access. ``resources`` are the spellings of the one resource that patterns may use.

    An explicit Deny wins whatever its place; without any Allow the answer is no.
    """
    granted: Statement | None = None
    for statement in statements:
        if not _covers(statement, action, resources, context or {}):
            continue
        if statement.effect == "Deny":
            return Decision(False, f"explicitly denied by {statement.origin or 'a policy'}", statement)
        granted = granted or statement
    if granted:
        return Decision(True, f"allowed by {granted.origin or 'a policy'}", granted)
    return Decision(False, f"no policy allows {action} on {resources[0]}")


def _statement(item: Any, origin: str) -> Statement:
    if not isinstance(item, dict) or set(item) - _STATEMENT_KEYS:
        unknown = sorted(set(item) - _STATEMENT_KEYS) if isinstance(item, dict) else item
        raise InvalidArgument(f"Unknown statement element: {unknown}")
    if item.get("Effect") not in ("Allow", "Deny"):
        raise InvalidArgument("Effect is Allow or Deny")
    actions, not_actions = _either(item, "Action", "NotAction")
    resources, not_resources = _either(item, "Resource", "NotResource")
    return Statement(
        effect=item["Effect"],
        actions=tuple(action.lower() for action in actions),
        resources=resources,
        not_actions=not_actions,
        not_resources=not_resources,
        conditions=tuple(_conditions(item.get("Condition", {}))),
        origin=origin,
    )


def _either(item: dict[str, Any], name: str, negated: str) -> tuple[tuple[str, ...], bool]:
    if (name in item) == (negated in item):
        raise InvalidArgument(f"A statement has either {name} or {negated}")
    return _strings(item[name if name in item else negated], name), negated in item


def _strings(value: Any, what: str) -> tuple[str, ...]:
    values = [value] if isinstance(value, str) else value
    if not isinstance(values, list) or not values or not all(isinstance(v, str) for v in values):
        raise InvalidArgument(f"{what} is a string or a list of strings")
    return tuple(values)


def _conditions(body: Any) -> Iterable[Condition]:
    if not isinstance(body, dict):
        raise InvalidArgument("Condition is an object")
    for operator, keys in body.items():
        if operator not in _OPERATORS:
            raise InvalidArgument(f"Unknown condition operator {operator}")
        if not isinstance(keys, dict):
            raise InvalidArgument(f"The condition {operator} is an object of keys")
        for key, value in keys.items():
            values = value if isinstance(value, list) else [value]
            yield Condition(operator, key, tuple(_text(v) for v in values))


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _covers(statement: Statement, action: str, resources: tuple[str, ...], context: Context) -> bool:
    if not covers_action(statement, action):
        return False
    found = any(matches(pattern, resource) for pattern in statement.resources for resource in resources)
    if found == statement.not_resources:
        return False
    return all(_holds(condition, context, statement.effect) for condition in statement.conditions)


def covers_action(statement: Statement, action: str) -> bool:
    """Whether a statement is about an action, on whatever resource."""
    action = action.lower()
    return any(matches(pattern, action) for pattern in statement.actions) != statement.not_actions


def matches(pattern: str, text: str) -> bool:
    """Whether a pattern with ``*`` and ``?`` covers the whole text."""
    if "*" not in pattern and "?" not in pattern:
        return pattern == text
    return _glob(pattern).fullmatch(text) is not None


@lru_cache(maxsize=4096)
def _glob(pattern: str) -> re.Pattern[str]:
    escaped = pattern.replace("[", "[[]")
    return re.compile(fnmatch.translate(escaped), re.DOTALL)


def _holds(condition: Condition, context: Context, effect: str) -> bool:
    value = context.get(condition.key)
    if value is None:
        return False
    test = _OPERATORS[condition.operator]
    try:
        return test(value, condition.values)
    except ValueError:
        return effect == "Deny"  # a condition that cannot be decided does not open anything


def _any(test: Callable[[str, str], bool]) -> Callable[[str, tuple[str, ...]], bool]:
    return lambda value, wanted: any(test(value, item) for item in wanted)


def _none(test: Callable[[str, str], bool]) -> Callable[[str, tuple[str, ...]], bool]:
    return lambda value, wanted: not any(test(value, item) for item in wanted)


def _date(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _in_network(value: str, network: str) -> bool:
    return ipaddress.ip_address(value) in ipaddress.ip_network(network, strict=False)


_OPERATORS: dict[str, Callable[[str, tuple[str, ...]], bool]] = {
    "StringEquals": _any(lambda a, b: a == b),
    "StringNotEquals": _none(lambda a, b: a == b),
    "StringEqualsIgnoreCase": _any(lambda a, b: a.lower() == b.lower()),
    "StringNotEqualsIgnoreCase": _none(lambda a, b: a.lower() == b.lower()),
    "StringLike": _any(lambda a, b: matches(b, a)),
    "StringNotLike": _none(lambda a, b: matches(b, a)),
    "NumericEquals": _any(lambda a, b: float(a) == float(b)),
    "NumericNotEquals": _none(lambda a, b: float(a) == float(b)),
    "NumericLessThan": _any(lambda a, b: float(a) < float(b)),
    "NumericLessThanEquals": _any(lambda a, b: float(a) <= float(b)),
    "NumericGreaterThan": _any(lambda a, b: float(a) > float(b)),
    "NumericGreaterThanEquals": _any(lambda a, b: float(a) >= float(b)),
    "DateEquals": _any(lambda a, b: _date(a) == _date(b)),
    "DateNotEquals": _none(lambda a, b: _date(a) == _date(b)),
    "DateLessThan": _any(lambda a, b: _date(a) < _date(b)),
    "DateLessThanEquals": _any(lambda a, b: _date(a) <= _date(b)),
    "DateGreaterThan": _any(lambda a, b: _date(a) > _date(b)),
    "DateGreaterThanEquals": _any(lambda a, b: _date(a) >= _date(b)),
    "Bool": _any(lambda a, b: a.lower() == b.lower()),
    "IpAddress": _any(_in_network),
    "NotIpAddress": _none(_in_network),
}
