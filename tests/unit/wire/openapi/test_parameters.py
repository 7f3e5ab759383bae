"""Parameters become the fields of a dataclass, or are refused with the vendor's code."""

from dataclasses import dataclass
from typing import Annotated, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yunbox.kernel.errors import InvalidArgument
from yunbox.kernel.rules import Choice, Number, Text
from yunbox.wire.openapi.parameters import COMMON, capitals, read_parameters


@dataclass(frozen=True)
class Tag:
    """A part of a parameter."""

    key: str
    value: str | None = None


@dataclass(frozen=True)
class Thing:
    """One of each kind."""

    name: Annotated[str, Text(5, 1, "[a-z]")]
    page_size: Annotated[int, Number(1, 10)] = 3
    mfa_bind_required: bool | None = None
    colour: Annotated[str, Choice(("red", "blue"))] = "red"
    tag: tuple[Tag, ...] = ()
    member: tuple[str, ...] = ()
    owner: Tag | None = None


def read(**given: str) -> Thing:
    return read_parameters(Thing, {name.replace("_", "."): value for name, value in given.items()}, "DoThing")


def code(**given: str) -> str | None:
    with pytest.raises(InvalidArgument) as caught:
        read(**given)
    return caught.value.code


def test_each_kind_is_read() -> None:
    found = read(
        Name="abc", PageSize="10", MFABindRequired="True", Colour="blue", Tag_1_Key="k", Tag_1_Value="v", Tag_2_Key="l",
        Member_2="b", Member_1="a", Owner_Key="o",
    )  # fmt: skip
    assert found == Thing("abc", 10, True, "blue", (Tag("k", "v"), Tag("l")), ("a", "b"), Tag("o"))
    assert read(Name="a") == Thing("a")


def test_lists_come_as_json_too() -> None:
    found = read(Name="a", Tag='[{"Key": "k", "Value": "v"}, {"Key": "l", "Value": null}]', Member='["a", 1, true]')
    assert (found.tag, found.member) == ((Tag("k", "v"), Tag("l")), ("a", "1", "true"))


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, "MissingName"),
        ({"Name": "ABC"}, "InvalidParameter.Name.InvalidChars"),
        ({"Name": "abcdef"}, "InvalidParameter.Name.Length"),
        ({"Name": ""}, "InvalidParameter.Name.Length"),
        ({"Name": "a", "PageSize": "11"}, "InvalidParameter.PageSize"),
        ({"Name": "a", "PageSize": "many"}, "InvalidParameter.PageSize"),
        ({"Name": "a", "PageSize": "²"}, "InvalidParameter.PageSize"),
        ({"Name": "a", "MFABindRequired": "maybe"}, "InvalidParameter.MFABindRequired"),
        ({"Name": "a", "Colour": "green"}, "InvalidParameter.Colour"),
        ({"Name": "a", "Shape": "round"}, "InvalidParameter.Shape"),
        ({"Name": "a", "Tag": "k"}, "InvalidParameter.Tag"),
        ({"Name": "a", "Tag": '["k"]'}, "InvalidParameter.Tag"),
        ({"Name": "a", "Tag": '[{"Value": "v"}]'}, "MissingKey"),
        ({"Name": "a", "Tag_1_Value": "v"}, "MissingTag.1.Key"),
        ({"Name": "a", "Tag_1_Key": "k", "Tag_1_Colour": "v"}, "InvalidParameter.Tag.1.Colour"),
        ({"Name": "a", "Tag": '[{"Key": "k", "Colour": "v"}]'}, "InvalidParameter.Colour"),
        ({"Name": "a", "Owner_Key": "k", "Owner_RegionId": "v"}, "InvalidParameter.Owner.RegionId"),
        ({"Name": "a", "Tag_x_Key": "v"}, "InvalidParameter.Tag"),
        ({"Name": "a", "Member_0": "v"}, "InvalidParameter.Member"),
        ({"Name": "a", "Member": "[" * 100_000}, "InvalidParameter.Member"),
        ({"Name": "a", "Member": "[[1]]"}, "InvalidParameter.Member"),
    ],
)
def test_what_is_wrong_is_named(given: dict[str, str], expected: str) -> None:
    assert code(**given) == expected


def test_a_list_has_an_end() -> None:
    assert code(Name="a", **{f"Member_{number}": "x" for number in range(1, 300)}) == "InvalidParameter.Member"


def test_what_comes_with_every_request_is_known() -> None:
    assert read(Name="a", **dict.fromkeys(COMMON, "x")) == Thing("a")
    assert read_parameters(type(None), dict.fromkeys(COMMON, "x"), "DoNothing") is None
    with pytest.raises(InvalidArgument, match="DoNothing"):
        read_parameters(type(None), {"Name": "x"}, "DoNothing")


def test_names_are_spelled_as_the_vendor_s() -> None:
    assert [capitals(name) for name in ("user_name", "mfa_bind_required", "oidc_provider_arn", "vswitch_id")] == [
        "UserName", "MFABindRequired", "OIDCProviderArn", "VSwitchId",
    ]  # fmt: skip


NAMES = st.sampled_from(
    ["Name", "Tag", "Tag.1", "Tag.1.Key", "Tag.1.Key.x", "Tag.", "Member.1", "Owner.Key", ".", "Owner"]
)


@given(st.dictionaries(NAMES, st.text(max_size=8) | st.sampled_from(["[]", "{}", '[{"Key":"k"}]', "true", "-1"])))
def test_whatever_comes_is_read_or_refused(given: dict[str, str]) -> None:
    result: Any = None
    try:
        result = read_parameters(Thing, given, "DoThing")
    except InvalidArgument as error:
        assert error.code
    assert result is None or isinstance(result, Thing)
