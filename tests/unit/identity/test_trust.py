"""Whom a role trusts: by name, by account, by service; under conditions; and never by accident."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yunbox.identity.trust import ASSUME, FEDERATED, RAM, SERVICE, parse_trust, services, trusts
from yunbox.kernel.errors import InvalidArgument

USER, ROOT = "acs:ram::1:user/u", "acs:ram::1:root"


def statement(effect: str = "Allow", **more: Any) -> dict[str, Any]:
    return {"Effect": effect, "Action": ASSUME, "Principal": {RAM: [ROOT]}, **more}


def document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "1", "Statement": list(statements)})


def trusted(*statements: dict[str, Any], names: tuple[str, ...] = (USER, ROOT), **context: str) -> bool:
    given = {name.replace("_", ":"): value for name, value in context.items()}
    return trusts(document(*statements), ASSUME, tuple((RAM, name) for name in names), given)


def test_by_name_and_by_account() -> None:
    assert trusted(statement())
    assert trusted(statement(Principal={RAM: USER}))
    assert not trusted(statement(Principal={RAM: "acs:ram::1:user/v"}))
    assert not trusted(statement(), names=("acs:ram::2:root",))
    assert trusted(statement(Action=["sts:*"]))


def test_a_deny_wins() -> None:
    assert not trusted(statement(), statement("Deny", Principal={RAM: USER}))
    assert not trusted(statement("Deny", Principal={RAM: USER}), statement())


def test_a_name_of_one_kind_is_none_of_another() -> None:
    text = document(statement(Principal={SERVICE: "ecs.aliyuncs.com"}))
    assert trusts(text, ASSUME, ((SERVICE, "ecs.aliyuncs.com"),), {})
    assert not trusts(text, ASSUME, ((RAM, "ecs.aliyuncs.com"), (FEDERATED, "ecs.aliyuncs.com")), {})
    assert services(text) == {"ecs.aliyuncs.com"}
    assert services(document(statement("Deny", Principal={SERVICE: "ecs.aliyuncs.com"}))) == set()


def test_conditions() -> None:
    wants = statement(Condition={"StringEquals": {"sts:ExternalId": "abc"}})
    assert trusted(wants, sts_ExternalId="abc")
    assert not trusted(wants, sts_ExternalId="x")
    assert not trusted(wants)
    unless = statement("Deny", Condition={"StringNotEquals": {"sts:ExternalId": "abc"}})
    assert not trusted(statement(), unless)
    assert trusted(statement(), unless, sts_ExternalId="abc")


@pytest.mark.parametrize(
    "wrong",
    [
        "{}", "[]", '{"Version": "1"}', document(), document(statement(Resource="*")), document(statement("May")),
        document(statement(Action="oss:*")), document(statement(Principal="*")), document(statement(Principal={})),
        document(statement(Principal={"AWS": "*"})), document(statement(Principal={RAM: "u"})),
        document(statement(Principal={RAM: "acs:ram::1:group/g"})), document(statement(Principal={SERVICE: "ecs"})),
        document(statement(Condition={"StringEquals": {"acs:Nothing": "x"}})), document(statement(NotPrincipal={})),
        document(*[statement()] * 40),
    ],
)  # fmt: skip
def test_what_is_none_is_refused(wrong: str) -> None:
    with pytest.raises(InvalidArgument) as caught:
        parse_trust(wrong)
    assert caught.value.code == "MalformedPolicyDocument"


EFFECTS = st.sampled_from(["Allow", "Deny"])
PRINCIPALS = st.sampled_from(
    [{RAM: ROOT}, {RAM: USER}, {RAM: "*"}, {RAM: "acs:ram::2:root"}, {SERVICE: "a.aliyuncs.com"}]
)
CONDITIONS = st.sampled_from(
    [{}, {"StringEquals": {"sts:ExternalId": "abc"}}, {"Bool": {"acs:SecureTransport": "true"}}]
)
STATEMENTS = st.builds(lambda e, p, c: statement(e, Principal=p, Condition=c), EFFECTS, PRINCIPALS, CONDITIONS)


@given(st.lists(STATEMENTS, min_size=1, max_size=4), STATEMENTS, st.randoms())
def test_a_deny_never_grants_and_order_does_not_matter(found: list, more: dict, random: Any) -> None:
    before = trusted(*found)
    if more["Effect"] == "Deny":
        assert before or not trusted(*found, more)
    mixed = list(found)
    random.shuffle(mixed)
    assert trusted(*mixed) == before
