"""Conditions hold, do not hold, or are not decided; and what is not decided opens nothing.

Sources: the vendor's pages "Conditional operators" of RAM, and 0030-00000008, whose example lets in who comes from no
VPC by a StringNotLike of acs:SourceVpc.
"""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yunbox.identity.conditions import ABSENT, OPERATORS, TOLD, Condition, holds
from yunbox.identity.policy import check_policy, evaluate, parse_policy
from yunbox.kernel.errors import InvalidArgument

OBJECT = ("acs:oss:*:*:b/k",)
VALUES = {"Bool": "true", "Date": "2026-01-01T00:00:00Z", "Numeric": "5", "IpAddress": "10.0.0.0/8",
          "NotIpAddress": "10.0.0.0/8", "String": "x*"}  # fmt: skip


def value_for(operator: str) -> str:
    return next(value for start, value in VALUES.items() if operator.startswith(start))


def decide(*statements: dict, context: dict | None = None) -> bool:
    document = json.dumps({"Version": "1", "Statement": list(statements)})
    return evaluate(parse_policy(document), "oss:GetObject", OBJECT, context).allowed


def of(effect: str, *conditions: tuple[str, str, object]) -> dict:
    found: dict = {"Effect": effect, "Action": "oss:*", "Resource": "*"}
    for operator, key, value in conditions:
        found.setdefault("Condition", {}).setdefault(operator, {})[key] = value
    return found


ALLOW = of("Allow")


@pytest.mark.parametrize("operator", OPERATORS)
@pytest.mark.parametrize("key", sorted(ABSENT | {"oss:Prefix"}))
def test_of_a_key_that_a_request_truly_lacks_the_negated_operators_hold(operator: str, key: str) -> None:
    negated = "Not" in operator
    assert holds(Condition(operator, key, (value_for(operator),)), {}) is negated
    assert decide(of("Allow", (operator, key, value_for(operator)))) is negated
    assert decide(ALLOW, of("Deny", (operator, key, value_for(operator)))) is not negated


@pytest.mark.parametrize("operator", OPERATORS)
@pytest.mark.parametrize("key", ["acs:UserAgent", "acs:RequestTag/team", "oss:NoSuchKey", "acs:sourceip", "x", ""])
def test_of_a_key_that_is_not_known_nothing_opens(operator: str, key: str) -> None:
    assert not decide(of("Allow", (operator, key, value_for(operator))))
    assert not decide(ALLOW, of("Deny", (operator, key, value_for(operator))))


@pytest.mark.parametrize(
    "condition",
    [
        {"Null": {"acs:SourceVpc": "true"}},
        {"StringEqualsIfExists": {"acs:SourceVpc": "x"}},
        {"ForAnyValue:StringEquals": {"acs:SourceVpc": "x"}},
        {"stringequals": {"acs:SourceVpc": "x"}},
        {"StringEquals": {"acs:NoSuchKey": "x"}},
        {"StringEquals": {"acs:UserAgent": "x"}},
        {"StringNotEquals": {"oss:x-oss-nothing": "x"}},
        {"StringNotEquals": {"acs:SourceVpc": []}},
        {"NumericLessThan": {"oss:Prefix": "many"}},
        {"NumericNotEquals": {"oss:Prefix": "nan"}},
        {"DateLessThan": {"acs:CurrentTime": "tomorrow"}},
        {"DateLessThan": {"acs:CurrentTime": "2026-01-01T00:00:00"}},
        {"IpAddress": {"acs:SourceIp": ["10.0.0.0/8", "everywhere"]}},
        {"Bool": {"acs:SecureTransport": "yes"}},
    ],
)
def test_what_cannot_be_decided_is_not_written(condition: dict) -> None:
    document = json.dumps({"Version": "1", "Statement": {**ALLOW, "Condition": condition}})
    with pytest.raises(InvalidArgument):
        check_policy(document)


@pytest.mark.parametrize(
    "document",
    [
        '{"Version": "1", "Statement": [], "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}',
        '{"Version": "1", "Statement": {"Effect": "Deny", "Effect": "Allow", "Action": "*", "Resource": "*"}}',
        '{"Version": "1", "Statements": [], "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}',
    ],
)
def test_nothing_that_stands_in_a_document_is_dropped(document: str) -> None:
    with pytest.raises(InvalidArgument):
        parse_policy(document)


KEYS = st.sampled_from([*sorted(TOLD | ABSENT), "acs:UserAgent", "oss:NoSuchKey", "ecs:tag/a"])
CONDITIONS = st.sampled_from(sorted(OPERATORS)).flatmap(
    lambda operator: st.tuples(st.just(operator), KEYS, st.sampled_from([value_for(operator), "odd"]))
)
STATEMENTS = st.builds(
    lambda effect, conditions: of(effect, *conditions),
    st.sampled_from(["Allow", "Deny"]),
    st.lists(CONDITIONS, max_size=3),
)
CONTEXTS = st.dictionaries(
    st.sampled_from(sorted(TOLD)), st.sampled_from(["x", "true", "5", "10.1.1.1", "2025-01-01T00:00:00Z", ""])
)


@given(st.lists(STATEMENTS, min_size=1, max_size=5), STATEMENTS, CONTEXTS, st.randoms())
def test_a_deny_never_grants_an_allow_never_denies_and_order_does_not_matter(
    statements: list[dict], extra: dict, context: dict, random
) -> None:
    before = decide(*statements, context=context)
    assert before or not decide(*statements, {**extra, "Effect": "Deny"}, context=context)
    assert not before or decide(*statements, {**extra, "Effect": "Allow"}, context=context)
    shuffled = random.sample(statements, len(statements))
    assert decide(*shuffled, context=context) is before


@given(st.lists(STATEMENTS, min_size=1, max_size=4), CONDITIONS, CONTEXTS)
def test_a_condition_more_on_an_allow_never_grants(statements: list[dict], extra: tuple, context: dict) -> None:
    narrowed = [of("Allow", *_conditions(item), extra) if item["Effect"] == "Allow" else item for item in statements]
    assert decide(*statements, context=context) or not decide(*narrowed, context=context)


def _conditions(item: dict) -> list[tuple[str, str, object]]:
    found = item.get("Condition", {})
    return [(operator, key, value) for operator, keys in found.items() for key, value in keys.items()]


@given(st.text(max_size=12), st.text(max_size=12), st.lists(STATEMENTS, max_size=3), CONTEXTS)
def test_an_unknown_key_never_opens(key: str, value: str, statements: list[dict], context: dict) -> None:
    unknown = "unknown:" + key
    before = decide(*statements, context=context) if statements else False
    for operator in OPERATORS:
        assert before or not decide(*statements, of("Allow", (operator, unknown, value)), context=context)


@given(st.text(max_size=20).filter(lambda name: name not in OPERATORS))
def test_an_unknown_operator_is_never_written(operator: str) -> None:
    with pytest.raises(InvalidArgument):
        parse_policy(json.dumps({"Version": "1", "Statement": of("Allow", (operator, "oss:Prefix", "x"))}))
