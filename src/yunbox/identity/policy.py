"""RAM policies, version 1: parsed strictly, evaluated deny-first, and able to say why.

Sources: the vendor's "Policy structure and syntax". The rule is that what is not decided opens nothing: a statement
whose conditions cannot be decided does not grant where it allows, and holds where it denies (``identity.conditions``
says what decides them). What nobody can read - an element, an operator, a name that stands twice - is refused when it
is parsed; what Yunbox cannot decide by - a key, a value of the wrong kind - when it is written (``check_policy``), so
that a document that lies in the store since before that is still read.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from yunbox.identity.conditions import OPERATORS, Condition, Context, check_condition, holds
from yunbox.kernel.errors import InvalidArgument
from yunbox.kernel.texts import matches, strict_json

_STATEMENT_KEYS = {"Effect", "Action", "NotAction", "Resource", "NotResource", "Condition", "Sid"}
_DOCUMENT_KEYS = {"Version", "Statement"}
DOCUMENT_LENGTH_MAX = 6144


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


ALLOW, EXPLICIT_DENY, IMPLICIT_DENY = "Allow", "ExplicitDeny", "ImplicitDeny"
"""The ends of a decision, as the vendor names them."""


@dataclass(frozen=True)
class Decision:
    """Whether an access is allowed, and by which statement; ``because`` is a sentence."""

    allowed: bool
    because: str
    statement: Statement | None = None

    @property
    def kind(self) -> str:
        """How it was decided: a statement allows, a statement denies, or none says anything."""
        if self.allowed:
            return ALLOW
        return EXPLICIT_DENY if self.statement is not None else IMPLICIT_DENY


@lru_cache(maxsize=1024)
def parse_policy(document: str, origin: str = "") -> tuple[Statement, ...]:
    """Parse a policy document. Raises InvalidArgument naming what is wrong."""
    return tuple(read_statement(item, origin) for item in policy_statements(document, DOCUMENT_LENGTH_MAX))


def policy_statements(document: str, length_max: int) -> list[Any]:
    """The statements of a document as it is written. Raises InvalidArgument naming what is wrong."""
    if len(document) > length_max:
        raise InvalidArgument(f"A policy document has at most {length_max} characters")
    try:
        body = strict_json(document)
    except (ValueError, RecursionError) as error:
        raise InvalidArgument(f"The policy is not valid JSON: {error}") from None
    if not isinstance(body, dict) or str(body.get("Version")) != "1":
        raise InvalidArgument('The policy needs "Version": "1"')
    if unknown := set(body) - _DOCUMENT_KEYS:
        raise InvalidArgument(f"Unknown policy element: {sorted(unknown)}")
    statements = body.get("Statement")
    if isinstance(statements, dict):
        statements = [statements]
    if not isinstance(statements, list) or not statements:
        raise InvalidArgument("The policy needs a non-empty Statement")
    return statements


def malformed(what: str) -> InvalidArgument:
    """RAM's error of a document that is no policy."""
    return InvalidArgument(what, code="MalformedPolicyDocument")


def check_policy(document: str) -> None:
    """Refuse a document that is about to be written, where Yunbox could not decide by it.

    Raises InvalidArgument with RAM's code.
    """
    try:
        for statement in parse_policy(document):
            _check_written(statement)
    except InvalidArgument as error:
        raise malformed(error.message) from None


def _check_written(statement: Statement) -> None:
    for text in (*statement.resources, *statement.actions):
        if "${" in text:
            raise InvalidArgument(f"{text[:128]} has a variable: RAM's policies have none, so it would mean nothing")
    for condition in statement.conditions:
        check_condition(condition)


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


def read_statement(item: Any, origin: str) -> Statement:
    """One statement of a document. Raises InvalidArgument naming what is wrong."""
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
        conditions=tuple(read_conditions(item.get("Condition", {}))),
        origin=origin,
    )


def _either(item: dict[str, Any], name: str, negated: str) -> tuple[tuple[str, ...], bool]:
    if (name in item) == (negated in item):
        raise InvalidArgument(f"A statement has either {name} or {negated}")
    return strings(item[name if name in item else negated], name), negated in item


def strings(value: Any, what: str) -> tuple[str, ...]:
    """The texts of an element that is one or a list of them. Raises InvalidArgument."""
    values = [value] if isinstance(value, str) else value
    if not isinstance(values, list) or not values or not all(isinstance(v, str) for v in values):
        raise InvalidArgument(f"{what} is a string or a list of strings")
    return tuple(values)


def read_conditions(body: Any) -> Iterable[Condition]:
    """The conditions of a statement. Raises InvalidArgument naming what is wrong."""
    if not isinstance(body, dict):
        raise InvalidArgument("Condition is an object")
    for operator, keys in body.items():
        if operator not in OPERATORS:
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
    return not statement.conditions or applies(statement.effect, statement.conditions, context)


def applies(effect: str, conditions: Iterable[Condition], context: Context) -> bool:
    """Whether all conditions of a statement hold. One that is not decided counts against whoever asks.

    A Deny is spared only where a condition surely does not hold; an Allow is given only where all surely do.
    """
    decided = [holds(condition, context) for condition in conditions]
    if effect == "Deny":
        return all(held is not False for held in decided)
    return all(decided)


def covers_action(statement: Statement, action: str) -> bool:
    """Whether a statement is about an action, on whatever resource."""
    action = action.lower()
    return any(matches(pattern, action) for pattern in statement.actions) != statement.not_actions
