"""What every operation of OSS declares, and that the HTTP request stops at its parser."""

import dataclasses
from typing import Any, get_type_hints

import pytest

from yunbox.kernel.call import Place
from yunbox.services.oss.http.route import SERVICE, OssRoute
from yunbox.services.oss.operation import READ, WRITE
from yunbox.services.oss.params import OnBucket, OnObject
from yunbox.services.oss.routes import ROUTES

OPERATIONS = {route.operation.name: route for route in ROUTES}
HTTP = ("OssRequest", "Request", "Response", "Body")
UPLOADS = {"PutObject", "AppendObject", "PostObject", "UploadPart"}


def named(hint: Any) -> str:
    return getattr(hint, "__name__", str(hint))


@pytest.mark.parametrize("name", sorted(OPERATIONS))
def test_parameters_are_plain_frozen_values(name: str) -> None:
    params = OPERATIONS[name].operation.params
    assert dataclasses.is_dataclass(params)
    assert params.__dataclass_params__.frozen
    hints = get_type_hints(params)
    assert not [field for field, hint in hints.items() if named(hint) in HTTP or hint is Any]


@pytest.mark.parametrize("name", sorted(OPERATIONS))
def test_each_says_what_it_charges_and_where_its_load_falls(name: str) -> None:
    route: OssRoute = OPERATIONS[name]
    assert route.operation.charge in (READ, WRITE)
    assert route.operation.admit is not None
    place = route.operation.place
    assert place is not None
    if route.operation.params in (OnBucket, OnObject):
        about = ("b",) if route.operation.params is OnBucket else ("b", "k")
        assert place(route.operation.params(*about)) == (Place(*about),)
    elif route.level == SERVICE:
        assert place(None) == ()


def test_uploads_carry_their_bytes_as_a_value() -> None:
    carrying = {name for name, route in OPERATIONS.items() if "payload" in get_type_hints(route.operation.params)}
    assert carrying == UPLOADS
