"""Alarms of several metrics: which must be too much at once, all of them or any.

Source: the vendor's "PutResourceMetricRule" (Cms 2019-01-01), CompositeExpression: it comes as JSON.
"""

import msgspec

from yunbox.kernel.errors import InvalidArgument, Unsupported
from yunbox.services.cloudmonitor.service import INVALID

ALL, ANY = "&&", "||"
_EXPRESSIONS_MAX = 10
_NAME = "CompositeExpression"


class Expression(msgspec.Struct, frozen=True, rename="pascal", forbid_unknown_fields=True):
    """When one metric is too much."""

    metric_name: str
    comparison_operator: str
    threshold: str | float
    statistics: str
    period: int | str = ""


class Composite(msgspec.Struct, frozen=True, rename="pascal", forbid_unknown_fields=True):
    """When an alarm of a level is raised: so many periods in a row."""

    level: str = ""
    times: int = 3
    expression_list: tuple[Expression, ...] = ()
    expression_list_join: str = ""
    expression_raw: str = ""

    @property
    def period(self) -> str:
        """The period of all expressions, if one says it."""
        return next((str(one.period) for one in self.expression_list if one.period), "")


def composite(text: str) -> Composite | None:
    """What a rule says of several metrics; None where it says nothing. Raises InvalidArgument, Unsupported."""
    if text.strip() in ("", "{}"):
        return None
    try:
        found = msgspec.json.decode(text, type=Composite)
    except msgspec.DecodeError as error:
        raise InvalidArgument(f"{_NAME} cannot be read: {error}", code=INVALID) from None
    if found.expression_raw:
        raise Unsupported(f"{_NAME} has no ExpressionRaw here: name ExpressionList.", code="UnsupportedOperation")
    if not 1 <= len(found.expression_list) <= _EXPRESSIONS_MAX:
        raise InvalidArgument(f"{_NAME}.ExpressionList has 1 to {_EXPRESSIONS_MAX} conditions.", code=INVALID)
    if found.expression_list_join not in ((ALL, ANY) if len(found.expression_list) > 1 else (ALL, ANY, "")):
        raise InvalidArgument(f"{_NAME}.ExpressionListJoin is {ALL} or {ANY}.", code=INVALID)
    if len({str(one.period or found.period) for one in found.expression_list}) > 1:
        raise Unsupported(f"All conditions of {_NAME} have one Period here.", code="UnsupportedOperation")
    return found
