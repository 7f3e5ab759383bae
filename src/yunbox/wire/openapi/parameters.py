"""Parameters of OpenAPI operations: from flat texts to a dataclass, by its fields' types and rules.

A field ``page_size: Annotated[int, Number(1, 100)] = 10`` is the parameter ``PageSize``: optional, a whole number,
within bounds. One without a default is mandatory. Lists come as ``Name.1``, ``Name.2`` or as a JSON array, lists of
objects as ``Tag.1.Key``. What an operation does not know is refused by name, as else it would be dropped silently;
parameters that the vendor takes with every request are not.
"""

import json
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, NamedTuple, Union, get_args, get_origin, get_type_hints

from yunbox.kernel.errors import InvalidArgument
from yunbox.kernel.rules import Rule
from yunbox.kernel.texts import whole_number

COMMON = frozenset((
    "Action", "Version", "Format", "RegionId", "AccessKeyId", "Signature", "SignatureMethod", "SignatureVersion",
    "SignatureNonce", "SignatureType", "Timestamp", "SecurityToken", "AcceptLanguage", "OwnerId", "OwnerAccount",
    "ResourceOwnerId", "ResourceOwnerAccount",
))  # fmt: skip
"""What may come with any request; ``RegionId`` only where an operation has no use for it itself."""
_ACRONYMS = {"mfa": "MFA", "ok": "OK", "sms": "SMS", "im": "IM", "oidc": "OIDC", "saml": "SAML", "vswitch": "VSwitch"}
_SPELLED = {"source_cidr": "SourceCIDR", "isp": "ISP"}
"""Fields whose parameters are spelled like no others."""
_ITEMS_MAX = 200


class Field(NamedTuple):
    """A parameter: the field it goes to, its type and rules, and whether it must be there."""

    attribute: str
    kind: Any
    rules: tuple[Rule, ...]
    mandatory: bool


def capitals(name: str) -> str:
    """A field's name as the vendor spells parameters: ``page_size`` is ``PageSize``."""
    return _SPELLED.get(name) or "".join(_ACRONYMS.get(part, part.capitalize()) for part in name.split("_"))


def read_parameters(kind: type[Any], given: Mapping[str, str], action: str) -> Any:
    """The parameters of an operation. Raises InvalidArgument with the vendor's code for what is missing or wrong."""
    if kind is NoneType:
        _check_known((), given, action)
        return None
    known = _fields(kind)
    _check_known(known, given, action)
    return _object(kind, "", given)


def _check_known(known: Any, given: Mapping[str, str], action: str) -> None:
    for name in given:
        head = name.partition(".")[0]
        if head not in known and head not in COMMON:
            raise InvalidArgument(f"The parameter {name} is not known to {action}.", code=f"InvalidParameter.{name}")


def _part(kind: type[Any], prefix: str, given: Mapping[str, str]) -> Any:
    """An object within a parameter; what it does not know is refused as well."""
    for name in given:
        if name.startswith(prefix) and name[len(prefix) :].partition(".")[0] not in _fields(kind):
            raise InvalidArgument(f"The parameter {name} is not known here.", code=f"InvalidParameter.{name}")
    return _object(kind, prefix, given)


def _object(kind: type[Any], prefix: str, given: Mapping[str, str]) -> Any:
    values: dict[str, Any] = {}
    for name, field in _fields(kind).items():
        value = _value(field, prefix + name, given)
        if value is not None:
            values[field.attribute] = value
        elif field.mandatory:
            raise InvalidArgument(f"{prefix}{name} is mandatory for this action.", code=f"Missing{prefix}{name}")
    return kind(**values)


def _value(field: Field, name: str, given: Mapping[str, str]) -> Any:
    if get_origin(field.kind) is tuple:
        return _list(field, name, given)
    if is_dataclass(field.kind):
        inside = any(key.startswith(f"{name}.") for key in given)
        return _part(field.kind, f"{name}.", given) if inside else None
    text = given.get(name)
    if text is None or (text == "" and field.kind is not str):
        return None
    return _checked(field.rules, name, _read(field.kind, name, text))


def _list(field: Field, name: str, given: Mapping[str, str]) -> Any:
    """A list, whichever way it was spelled."""
    inner = get_args(field.kind)[0]
    whole = given.get(name)
    if whole is not None:
        return _of_json(field, inner, name, whole)
    numbers = {whole_number(key.split(".")[len(name.split("."))], 0) for key in given if key.startswith(f"{name}.")}
    if not numbers:
        return None
    if 0 in numbers or len(numbers) > _ITEMS_MAX:
        raise InvalidArgument(f"{name} has the items {name}.1 to {name}.{_ITEMS_MAX}.", code=f"InvalidParameter.{name}")
    item = Field("", inner, field.rules, mandatory=True)
    found = (_value(item, f"{name}.{number}", given) for number in sorted(number for number in numbers if number))
    return tuple(value for value in found if value is not None)


def _of_json(field: Field, inner: Any, name: str, text: str) -> Any:
    try:
        items = json.loads(text)
    except (ValueError, RecursionError):
        items = None
    if not isinstance(items, list) or len(items) > _ITEMS_MAX:
        raise InvalidArgument(f"{name} is a list of at most {_ITEMS_MAX}, in JSON.", code=f"InvalidParameter.{name}")
    if is_dataclass(inner):
        return tuple(_part(inner, "", _flat(name, item)) for item in items)
    return tuple(_checked(field.rules, name, _read(inner, name, _plain(name, item))) for item in items)


def _flat(name: str, item: Any) -> dict[str, str]:
    if not isinstance(item, dict):
        raise InvalidArgument(f"{name} is a list of objects.", code=f"InvalidParameter.{name}")
    return {key: _plain(f"{name}.{key}", value) for key, value in item.items() if value is not None}


def _plain(name: str, value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if not isinstance(value, str | int):
        raise InvalidArgument(f"{name} is not a text.", code=f"InvalidParameter.{name}")
    return str(value)


def _read(kind: Any, name: str, text: str) -> Any:
    if kind is str:
        return text
    if kind is bool:
        if text.lower() not in ("true", "false"):
            raise InvalidArgument(f"{name} is true or false.", code=f"InvalidParameter.{name}")
        return text.lower() == "true"
    number = whole_number(text.removeprefix("-"))
    if number is None:
        raise InvalidArgument(f"{name} is a whole number.", code=f"InvalidParameter.{name}")
    return -number if text.startswith("-") else number


def _checked(rules: tuple[Rule, ...], name: str, value: Any) -> Any:
    for rule in rules:
        rule.check(name, value)
    return value


@cache
def _fields(kind: type[Any]) -> dict[str, Field]:
    """The parameters that make a dataclass, by the vendor's names."""
    hints = get_type_hints(kind, include_extras=True)
    return {
        capitals(field.name): Field(
            field.name, *_typed(hints[field.name]), field.default is MISSING and field.default_factory is MISSING
        )
        for field in fields(kind)
    }


def _typed(hint: Any) -> tuple[Any, tuple[Rule, ...]]:
    """A field's type and its rules."""
    if get_origin(hint) is Annotated:
        inner, *rules = get_args(hint)
        kind, more = _typed(inner)
        return kind, (*more, *rules)
    if get_origin(hint) in (Union, UnionType):
        return _typed(next(arg for arg in get_args(hint) if arg is not NoneType))
    return hint, ()
