"""Quotas by OpenAPI: the one that this machine is, as the clients of SQL see it too.

Source: the vendor's API pages "ListQuotas", "GetQuota" and "QueryQuota" (MaxCompute 2022-01-04).
"""

from dataclasses import dataclass
from typing import Any

from yunbox.kernel.call import Access, Call
from yunbox.kernel.errors import InvalidArgument, NotFound
from yunbox.services.maxcompute.catalogue.quotas import NICKNAME, the_quota
from yunbox.services.maxcompute.management.base import INVALID, MISSING, Body, operation
from yunbox.services.maxcompute.service import MaxCompute
from yunbox.wire.openapi.api import Asked, resource

DEFAULT = "default"
NAMES = (DEFAULT, NICKNAME)
_BILLING = ("", "ALL", "payasyougo")
_OTHER_BILLING = ("subscription",)


@dataclass(frozen=True)
class Quota:
    """A quota by its nickname; all of them, where it has none."""

    nickname: str
    billing: str = ""


async def _list(service: MaxCompute, call: Call[Quota]) -> Body:
    quotas = [] if call.params.billing in _OTHER_BILLING else [_shown(service)]
    data = {"quotaInfoList": quotas, "maxItem": len(quotas), "marker": "", "NextToken": ""}
    return {"data": data, "quotaInfoList": quotas, "maxItem": len(quotas), "marker": "", "NextToken": ""}


async def _get(service: MaxCompute, call: Call[Quota]) -> Body:
    shown = _required(service, call.params)
    return {**shown, "data": shown}


async def _query(service: MaxCompute, call: Call[Quota]) -> Body:
    return {"data": _required(service, call.params), "httpCode": 200}


def _required(service: MaxCompute, params: Quota) -> Body:
    if params.nickname.lower() not in (one.lower() for one in NAMES):
        raise NotFound(f"There is no quota {params.nickname[:64]}: it is {NICKNAME}.", code=MISSING)
    return _shown(service)


def _shown(service: MaxCompute) -> Body:
    """What the machine has, in the vendor's terms: a CU is a core and 4 GB, and nothing is reserved."""
    quota = the_quota()
    return {
        "id": "1", "name": quota.nickname, "nickName": quota.nickname, "regionId": service.region, "status": "ON",
        "tenantId": service.account_id, "creatorId": service.account_id, "type": "FUXI_OFFLINE", "parentId": "0",
        "parameter": {"minCU": 0, "maxCU": quota.cores}, "billingPolicy": {"billingMethod": "payasyougo"},
        "subQuotaInfoList": [],
    }  # fmt: skip


def _touching(name: str) -> Any:
    return lambda service, params: (Access(f"odps:{name}", f"quotas/{params.nickname or '*'}", service.account_id),)


def _all(asked: Asked, _values: Any) -> Quota:
    billing = asked.parameters.get("billingType", "")
    if billing not in (*_BILLING, *_OTHER_BILLING):
        raise InvalidArgument("billingType is ALL, payasyougo or subscription.", code=INVALID)
    return Quota("", billing)


def _one(_asked: Asked, values: Any) -> Quota:
    return Quota(values["quota"])


_PATH = "/api/v1/quotas"
_ONE = f"{_PATH}/{{quota}}"
ROUTES = (
    resource("GET", _PATH, operation("ListQuotas", Quota, _list, reads=True, touches=_touching("ListQuotas")), _all),
    resource("GET", _ONE, operation("GetQuota", Quota, _get, reads=True, touches=_touching("GetQuota")), _one),
    resource("GET", f"{_ONE}/query", operation("QueryQuota", Quota, _query, reads=True,
             touches=_touching("QueryQuota")), _one),
)  # fmt: skip
