"""RAM policies: deny first, in any order; what is not understood opens nothing."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yunbox.identity.policy import evaluate, parse_policy
from yunbox.kernel.errors import InvalidArgument
from yunbox.kernel.texts import matches

TABLE = ("acs:odps:cn-local:1:projects/p/tables/t", "acs:odps:*:projects/p/tables/t")


def policy(*statements: dict) -> str:
    return json.dumps({"Version": "1", "Statement": list(statements)})


def allow(action: object = "odps:Select", resource: object = "*", **more: object) -> dict:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def deny(action: object = "odps:Select", resource: object = "*", **more: object) -> dict:
    return {"Effect": "Deny", "Action": action, "Resource": resource, **more}


def decide(*statements: dict, action: str = "odps:Select", context: dict | None = None) -> bool:
    return evaluate(parse_policy(policy(*statements)), action, TABLE, context).allowed


def test_nothing_is_allowed_by_nothing() -> None:
    assert not evaluate((), "odps:Select", TABLE).allowed


def test_an_allow_allows_what_it_names() -> None:
    assert decide(allow())
    assert decide(allow("odps:*"))
    assert decide(allow("odps:select"))
    assert decide(allow(resource="acs:odps:*:projects/p/tables/*"))
    assert not decide(allow("odps:Update"))
    assert not decide(allow(resource="acs:odps:*:projects/q/*"))


def test_a_deny_wins_wherever_it_stands() -> None:
    assert not decide(allow(), deny())
    assert not decide(deny(), allow())
    assert decide(allow(), deny("odps:Drop"))


def test_negated_elements() -> None:
    statement = {"Effect": "Allow", "NotAction": "odps:Drop", "Resource": "*"}
    assert decide(statement)
    assert not decide(statement, action="odps:Drop")
    assert not decide({"Effect": "Allow", "Action": "*", "NotResource": "acs:odps:*:projects/p/*"})


@pytest.mark.parametrize(
    ("operator", "value", "given_value", "holds"),
    [
        ("StringEquals", ["a", "b"], "b", True),
        ("StringNotEquals", ["a", "b"], "b", False),
        ("StringLike", "10.*", "10.1", True),
        ("NumericLessThan", "5", "4", True),
        ("NumericLessThan", "5", "x", False),
        ("DateLessThan", "2026-01-01T00:00:00Z", "2025-01-01T00:00:00Z", True),
        ("Bool", True, "true", True),
        ("IpAddress", "192.168.0.0/16", "192.168.3.4", True),
        ("NotIpAddress", "192.168.0.0/16", "192.168.3.4", False),
    ],
)
def test_conditions(operator: str, value: object, given_value: str, holds: bool) -> None:
    statement = allow(Condition={operator: {"acs:Key": value}})
    assert decide(statement, context={"acs:Key": given_value}) is holds


def test_a_condition_on_something_unknown_does_not_grant() -> None:
    assert not decide(allow(Condition={"StringEquals": {"acs:Key": "x"}}))


def test_a_deny_that_cannot_be_decided_still_denies() -> None:
    assert not decide(allow(), deny(Condition={"NumericLessThan": {"n": "5"}}), context={"n": "many"})


@pytest.mark.parametrize(
    "document",
    [
        "{",
        '{"Version": "2", "Statement": []}',
        '{"Version": "1", "Statement": []}',
        policy({"Effect": "Maybe", "Action": "*", "Resource": "*"}),
        policy({"Effect": "Allow", "Resource": "*"}),
        policy(allow(Condition={"StringSomehow": {"k": "v"}})),
        policy({**allow(), "Surprise": 1}),
    ],
)
def test_what_is_not_understood_is_refused_when_it_is_written(document: str) -> None:
    with pytest.raises(InvalidArgument):
        parse_policy(document)


STATEMENTS = st.builds(
    lambda effect, action, resource: {"Effect": effect, "Action": action, "Resource": resource},
    st.sampled_from(["Allow", "Deny"]),
    st.sampled_from(["*", "odps:*", "odps:Select", "odps:Dr?p", "oss:*"]),
    st.sampled_from(["*", "acs:odps:*:projects/p/*", "acs:odps:*:projects/q/*", TABLE[0]]),
)


@given(st.lists(STATEMENTS, min_size=1, max_size=6), STATEMENTS, st.randoms())
def test_adding_a_deny_never_grants_and_order_never_matters(statements: list[dict], extra: dict, random) -> None:
    before = decide(*statements)
    assert not (decide(*statements, {**extra, "Effect": "Deny"}) and not before)
    shuffled = list(statements)
    random.shuffle(shuffled)
    assert decide(*shuffled) is before


@given(st.text(max_size=20))
def test_a_star_covers_everything_and_brackets_mean_themselves(text: str) -> None:
    assert matches("*", text)
    assert matches("[" + text.replace("*", "").replace("?", ""), "[" + text.replace("*", "").replace("?", ""))
