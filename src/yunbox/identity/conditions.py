"""The conditions of policies: what decides them, and that some cannot be decided.

A condition has one of three ends: it holds, it does not, or nobody can tell (None). Sources, by the vendor:
"Conditional operators" (RAM) lists the operators, five families and no others; 0030-00000008 ("acs:SourceIp without
acs:SourceVpc") shows that a negated operator holds for a key which the request lacks: ``StringNotLike`` of
``acs:SourceVpc`` and ``vpc-*`` lets in who comes from no VPC. So of a key that is truly absent every negated operator
holds and no other does.

That a key is absent says nothing where Yunbox does not know what a request has of it - a user agent, MFA, the tags of a
resource - or does not know the key at all. Those are not decided, and ``check_condition`` refuses to write them.
"""

import ipaddress
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from yunbox.kernel.errors import InvalidArgument
from yunbox.kernel.texts import matches

Context = Mapping[str, str]
"""What the conditions may ask of a request, by key."""

TOLD = frozenset((
    "acs:SourceIp", "acs:CurrentTime", "acs:SecureTransport", "acs:AccessId", "acs:MFAPresent", "acs:PrincipalARN",
    "acs:PrincipalArn", "oss:Prefix", "oss:Delimiter", "sts:ExternalId", "oidc:iss", "oidc:aud", "oidc:sub",
    "ram:ServiceName",
))  # fmt: skip
"""Keys that a request has here where it has them at the vendor's."""
ABSENT = frozenset(("acs:SourceVpc", "acs:SourceVpcId", "acs:VpcSourceIp"))
"""Keys that no request has here, truly: none comes from a VPC."""
_JUDGED_HERE = ("acs:", "oss:", "odps:", "ram:", "sts:", "oidc:", "dhs:", "hologram:", "stream:", "cms:")
"""How the keys begin that may be asked of a request here; those of other products never are."""


@dataclass(frozen=True)
class Condition:
    """One operator on one key: it holds when the request's value meets any of ``values``, or negated none."""

    operator: str
    key: str
    values: tuple[str, ...]


class Operator(NamedTuple):
    """How a value of a request is compared with one of a policy; ``read`` raises ValueError for what it is not."""

    meets: Callable[[str, str], bool]
    read: Callable[[str], object] = str
    negated: bool = False


def holds(condition: Condition, context: Context) -> bool | None:
    """Whether a condition holds for a request; None where that is not decided."""
    value = context.get(condition.key)
    operator = OPERATORS[condition.operator]
    if value is None:
        return operator.negated if condition.key in ABSENT or condition.key in TOLD else None
    if not condition.values:
        return None
    try:
        met = [operator.meets(value, wanted) for wanted in condition.values]  # all: one that cannot be read counts
    except ValueError:
        return None
    return any(met) != operator.negated


def check_condition(condition: Condition) -> None:
    """Refuse a condition that could never be decided here. Raises InvalidArgument naming it."""
    operator, key = condition.operator, condition.key
    if key.startswith(_JUDGED_HERE) and key not in TOLD and key not in ABSENT:
        raise InvalidArgument(f"The condition key {key} is not offered: Yunbox cannot decide by it.")
    if not condition.values:
        raise InvalidArgument(f"The condition {operator} on {key} has no value.")
    for value in condition.values:
        try:
            OPERATORS[operator].read(value)
        except ValueError:
            raise InvalidArgument(f"{value[:64]!r} is no value for the condition {operator} on {key}.") from None


def _number(text: str) -> float:
    found = float(text)
    if not math.isfinite(found):
        raise ValueError(text)
    return found


def _date(text: str) -> datetime:
    found = datetime.fromisoformat(text)
    if found.tzinfo is None:
        raise ValueError(text)
    return found


def _flag(text: str) -> bool:
    if text.lower() not in ("true", "false"):
        raise ValueError(text)
    return text.lower() == "true"


def _network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    return ipaddress.ip_network(text, strict=False)


_STRING: dict[str, Operator] = {
    "StringEquals": Operator(lambda a, b: a == b),
    "StringEqualsIgnoreCase": Operator(lambda a, b: a.lower() == b.lower()),
    "StringLike": Operator(lambda a, b: matches(b, a)),
}
_ORDERED: dict[str, Operator] = {
    "NumericEquals": Operator(lambda a, b: _number(a) == _number(b), _number),
    "NumericLessThan": Operator(lambda a, b: _number(a) < _number(b), _number),
    "NumericLessThanEquals": Operator(lambda a, b: _number(a) <= _number(b), _number),
    "NumericGreaterThan": Operator(lambda a, b: _number(a) > _number(b), _number),
    "NumericGreaterThanEquals": Operator(lambda a, b: _number(a) >= _number(b), _number),
    "DateEquals": Operator(lambda a, b: _date(a) == _date(b), _date),
    "DateLessThan": Operator(lambda a, b: _date(a) < _date(b), _date),
    "DateLessThanEquals": Operator(lambda a, b: _date(a) <= _date(b), _date),
    "DateGreaterThan": Operator(lambda a, b: _date(a) > _date(b), _date),
    "DateGreaterThanEquals": Operator(lambda a, b: _date(a) >= _date(b), _date),
}
_OTHERS: dict[str, Operator] = {
    "Bool": Operator(lambda a, b: _flag(a) == _flag(b), _flag),
    "IpAddress": Operator(lambda a, b: ipaddress.ip_address(a) in _network(b), _network),
}
_NEGATED = {
    "StringNotEquals": "StringEquals",
    "StringNotEqualsIgnoreCase": "StringEqualsIgnoreCase",
    "StringNotLike": "StringLike",
    "NumericNotEquals": "NumericEquals",
    "DateNotEquals": "DateEquals",
    "NotIpAddress": "IpAddress",
}
_PLAIN = _STRING | _ORDERED | _OTHERS
OPERATORS: dict[str, Operator] = _PLAIN | {
    name: _PLAIN[positive]._replace(negated=True) for name, positive in _NEGATED.items()
}
"""Every operator of the vendor's page. There is no Null and no IfExists among them: a policy with one is refused."""
