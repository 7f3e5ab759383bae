"""QueryAvailableInstances, which Terraform's provider asks when it is configured, to learn of what kind the account is.

Source: the vendor's "QueryAvailableInstances" (BssOpenApi 2017-12-14).
"""

from dataclasses import dataclass
from typing import Annotated, Any

from yunbox.kernel.call import Access, Call, Operation
from yunbox.kernel.rules import Number
from yunbox.wire.openapi.api import Api, action


@dataclass(frozen=True)
class Bss:
    """The account's subscriptions: nothing can be bought ahead here, so there are none."""

    account_id: str


@dataclass(frozen=True)
class Some:
    """A page of instances; whatever narrows it, there are none."""

    page_num: Annotated[int, Number(1, 1_000_000)] = 1
    page_size: Annotated[int, Number(1, 300)] = 20
    region: str | None = None
    product_code: str | None = None
    product_type: str | None = None
    subscription_type: str | None = None
    renew_status: str | None = None
    instance_i_ds: str | None = None
    end_time_start: str | None = None
    end_time_end: str | None = None
    create_time_start: str | None = None
    create_time_end: str | None = None


async def _query(_service: Bss, call: Call[Some]) -> dict[str, Any]:
    params = call.params
    data = {"PageNum": params.page_num, "PageSize": params.page_size, "TotalCount": 0, "InstanceList": []}
    return {"Code": "Success", "Message": "Successful!", "Success": True, "Data": data}


def _touches(service: Bss, _params: Some) -> tuple[Access, ...]:
    return (Access("bssapi:QueryAvailableInstances", "*", service.account_id),)


QUERY = Operation("bss", "QueryAvailableInstances", Some, _query, _touches, reads=True)
API = Api("BssOpenApi", "2017-12-14", (action(QUERY),))
