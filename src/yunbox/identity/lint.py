"""What is wrong with a policy beside its grammar: it says nothing, too much, or not what it was written for.

Findings have a level: an ``error`` makes the document none, a ``warning`` is a statement that does not do what it says
or a right that is too broad, a ``note`` is what nobody can judge here.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from yunbox.identity.policy import Statement, check_policy, covers_action, parse_policy
from yunbox.kernel.errors import InvalidArgument
from yunbox.kernel.texts import matches

ERROR, WARNING, NOTE = "error", "warning", "note"
_ACTIONS = Path(__file__).with_name("actions.json")
_QUERY = (
    ("odps:CreateInstance", "projects/{}", "no query can be started"),
    ("odps:Select", "projects/{}/tables/t", "no query can read a table"),
)
"""What running a query takes, on what, and what comes of it where that is missing."""


@dataclass(frozen=True)
class Finding:
    """One thing; ``where`` is the statement, counted from 1, or the whole document."""

    level: str
    what: str
    where: str

    @property
    def values(self) -> dict[str, str]:
        """The same as plain values."""
        return {"level": self.level, "what": self.what, "where": self.where}


@cache
def known_actions() -> dict[str, tuple[str, ...]]:
    """The actions of the products that are here, in lower case, by product."""
    body = json.loads(_ACTIONS.read_text("utf-8"))["actions"]
    return {name: tuple(action.lower() for action in text.split()) for name, text in body.items()}


def lint(document: str) -> list[Finding]:
    """Everything that is wrong with a policy."""
    try:
        check_policy(document)
    except InvalidArgument as error:
        return [Finding(ERROR, error.message, "document")]
    statements = parse_policy(document)
    found = [finding for number, one in enumerate(statements, 1) for finding in _statement(one, f"Statement {number}")]
    return found + _overruled(statements) + list(_query(statements))


def _statement(statement: Statement, where: str) -> Iterator[Finding]:
    for action in statement.actions:
        yield from _action(action, where)
    for resource in statement.resources:
        yield from _resource(resource, where)
    if not statement.not_actions and not statement.not_resources:
        yield from _never(statement, where)
    if statement.effect == "Allow":
        yield from _broad(statement, where)


def _action(action: str, where: str) -> Iterator[Finding]:
    product, colon, name = action.partition(":")
    if action == "*":
        return
    if not colon:
        yield Finding(WARNING, f"{action} is no action: it has no product before a colon", where)
    elif "*" in product or "?" in product:
        return
    elif product not in known_actions():
        yield Finding(NOTE, f"{action}: the product {product} is not here, so its actions cannot be judged", where)
    elif not any(matches(name, known) for known in known_actions()[product]):
        yield Finding(WARNING, f"{action} is unknown: {product} has no such action", where)


def _resource(resource: str, where: str) -> Iterator[Finding]:
    if resource != "*" and not resource.startswith("acs:"):
        yield Finding(WARNING, f"{resource} matches nothing: a resource begins with acs: or is *", where)


def _never(statement: Statement, where: str) -> Iterator[Finding]:
    """A statement on resources of one product with actions of others is about nothing."""
    products = {action.partition(":")[0] for action in statement.actions}
    of = {resource.split(":")[1] for resource in statement.resources if resource.startswith("acs:")}
    wild = any("*" in one or "?" in one for one in (*products, *of)) or "*" in statement.resources
    if not wild and of and not products & (of | ({"sts"} if "ram" in of else set())):
        yield Finding(
            WARNING,
            f"can never match: the actions are of {', '.join(sorted(products))}, "
            f"the resources of {', '.join(sorted(of))}",
            where,
        )


def _broad(statement: Statement, where: str) -> Iterator[Finding]:
    if statement.not_actions:
        yield Finding(WARNING, "over-broad: Allow with NotAction grants all that is not listed, now and later", where)
    if "*" not in statement.resources or statement.conditions:
        return
    wide = [action for action in statement.actions if action == "*" or action.endswith(":*")]
    if wide and not statement.not_actions:
        yield Finding(WARNING, f"over-broad: {', '.join(wide)} on every resource, under no condition", where)


def _overruled(statements: Sequence[Statement]) -> list[Finding]:
    """An Allow whose every action and resource a Deny without a condition has too."""
    denies = [one for one in statements if one.effect == "Deny" and not one.conditions]
    return [
        Finding(WARNING, "can never grant: a Deny of the same policy covers all of it", f"Statement {number}")
        for number, one in enumerate(statements, 1)
        if one.effect == "Allow" and any(_covers(deny, one) for deny in denies)
    ]


def _covers(deny: Statement, allow: Statement) -> bool:
    if deny.not_actions or deny.not_resources or allow.not_actions or allow.not_resources:
        return False
    return all(any(matches(wide, one) for wide in deny.actions) for one in allow.actions) and all(
        any(matches(wide, one) for wide in deny.resources) for one in allow.resources
    )


def _query(statements: Sequence[Statement]) -> Iterator[Finding]:
    """A policy about MaxCompute's data with which nobody can run a query."""
    allows = [one for one in statements if one.effect == "Allow" and any(_of_odps(action) for action in one.actions)]
    if not allows or any(one.not_actions or one.not_resources for one in allows):
        return
    projects = {_project(resource) for one in allows for resource in one.resources}
    for action, path, so in _QUERY:
        if not any(_grants(one, action, path.format(project)) for one in allows for project in projects):
            yield Finding(
                WARNING, f"grants no {action} on {path.format('PROJECT')}: with this policy alone {so}", "document"
            )


def _of_odps(action: str) -> bool:
    return action.startswith("odps:")


def _project(resource: str) -> str:
    """The project that a resource names, as the pattern has it."""
    _, found, rest = resource.partition("projects/")
    return rest.partition("/")[0] if found else "*"


def _grants(statement: Statement, action: str, path: str) -> bool:
    """Whether a statement grants an action on a path, or on a table that it names where the path is any table."""
    tails = ["*" if resource == "*" else _tail(resource) for resource in statement.resources]
    folder = path.rpartition("/")[0] + "/" if path.endswith("/tables/t") else "-"
    return covers_action(statement, action) and any(matches(tail, path) or tail.startswith(folder) for tail in tails)


def _tail(resource: str) -> str:
    """A resource without the product, the region and the account."""
    return resource[max(resource.find("projects/"), 0) :] if "projects/" in resource else resource.rpartition(":")[2]
