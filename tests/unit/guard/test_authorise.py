"""What may be done: deny wins, services' own grants count, sessions narrow, and nothing is remembered too long."""

import json
from dataclasses import replace

import pytest

from tests.unit.spine.house import House, allow
from yunbox.guard import authorise
from yunbox.guard.authorise import AccessDenied
from yunbox.identity.policy import parse_policy
from yunbox.kernel.call import Access, Principal

DENY = {"Effect": "Deny", "Action": "shop:Get", "Resource": "acs:shop:*:*:things/secret"}


def thing(house: House, name: str = "one") -> Access:
    return Access("shop:Get", f"things/{name}", house.account_id)


def policy(*statements: dict) -> str:
    return json.dumps({"Version": "1", "Statement": list(statements)})


def test_the_account_may_do_anything_and_a_user_nothing_at_first(house: House) -> None:
    assert house.authoriser.decide(house.account, thing(house)).allowed
    assert not house.authoriser.decide(house.user(), thing(house)).allowed


def test_deny_wins(house: House) -> None:
    user = house.user(DENY, allow())
    assert house.authoriser.decide(user, thing(house)).allowed
    assert not house.authoriser.decide(user, thing(house, "secret")).allowed


def test_a_refusal_names_the_first_access_that_is_not_allowed(house: House) -> None:
    user = house.user(DENY, allow())
    with pytest.raises(AccessDenied, match=r"'shop:Get' on \{acs:shop:\*:things/secret\}"):
        house.authoriser.check(user, [thing(house), thing(house, "secret")])


def test_another_account_owns_nothing_here(house: House) -> None:
    stranger = replace(house.account, account_id="1", id="1")
    assert not house.authoriser.decide(stranger, thing(house)).allowed


def test_a_service_grants_what_it_keeps_itself(house: House) -> None:
    def granted(principal: Principal, _access: Access) -> tuple:
        return parse_policy(policy(allow()), "a grant") if principal.name.endswith(":u") else ()

    house.authoriser.add_source(granted)
    user = house.user()
    assert house.authoriser.decide(user, thing(house)).allowed
    assert not house.authoriser.decide(replace(user, name="RAM$a:v"), thing(house)).allowed


def test_what_a_policy_denies_no_service_grants(house: House) -> None:
    house.authoriser.add_source(lambda _principal, _access: parse_policy(policy(allow()), "a grant"))
    assert not house.authoriser.decide(house.user(DENY), thing(house, "secret")).allowed


def test_the_policy_of_a_session_narrows_and_never_widens(house: House) -> None:
    narrow = (policy(allow(Resource="acs:shop:*:*:things/one")),)
    account = replace(house.account, policies=narrow)
    assert house.authoriser.decide(account, thing(house)).allowed
    assert not house.authoriser.decide(account, thing(house, "two")).allowed
    assert not house.authoriser.decide(replace(house.user(), policies=narrow), thing(house)).allowed


def test_a_session_whose_policies_are_none_at_all_may_do_nothing(house: House) -> None:
    assert not house.authoriser.decide(replace(house.account, policies=()), thing(house)).allowed


def test_the_context_of_an_access_is_asked_too(house: House) -> None:
    user = house.user(allow(Condition={"StringEquals": {"shop:Colour": "red"}}))
    house.authoriser.check(user, [replace(thing(house), context={"shop:Colour": "red"})])
    with pytest.raises(AccessDenied):
        house.authoriser.check(user, [thing(house)], {"shop:Colour": "blue"})


def test_what_is_remembered_is_forgotten_when_rights_change(house: House) -> None:
    user = house.user(allow())
    assert house.authoriser.decide(user, thing(house)).allowed
    house.detach()
    assert not house.authoriser.decide(user, thing(house)).allowed


def test_what_is_remembered_has_a_limit(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(authorise, "_REMEMBERED_MAX", 3)
    attached = authorise.Attached(house.store)
    for number in range(20):
        attached.about("u", f"shop:Do{number}")
        assert len(attached._remembered) <= 4
