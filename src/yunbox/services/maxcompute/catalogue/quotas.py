"""Quotas, as far as one machine has any: one, whose name clients expect. There is no MCQA."""

import os
from dataclasses import dataclass

from yunbox.kernel.call import Call, Operation
from yunbox.kernel.errors import NotFound, Unsupported
from yunbox.services.maxcompute.access import anyone
from yunbox.services.maxcompute.catalogue.projects import Nothing, no_params
from yunbox.services.maxcompute.replies import xml
from yunbox.services.maxcompute.route import PathValues, on
from yunbox.wire.http import Request, Response
from yunbox.wire.xml import Markup, element

NICKNAME = "os_PayAsYouGoQuota"


@dataclass(frozen=True)
class QuotaName:
    """One quota."""

    quota: str


@dataclass(frozen=True)
class Quota:
    """A quota and what it is worth."""

    nickname: str
    cores: int
    memory_mb: int


async def _name(request: Request, values: PathValues) -> QuotaName:
    return QuotaName(values["quota"])


async def _list(part: object, call: Call[Nothing]) -> list[Quota]:
    return [the_quota()]


async def _get(part: object, call: Call[QuotaName]) -> Quota:
    if call.params.quota.lower() != NICKNAME.lower():
        raise NotFound(f"There is no quota {call.params.quota}: {NICKNAME} is the only one", code="NoSuchObject")
    return the_quota()


async def _connect(part: object, call: Call[Nothing]) -> None:
    raise Unsupported("MCQA (/connection/mcqa) is not supported: run the query as an instance")


def the_quota() -> Quota:
    """What this machine has."""
    pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return Quota(NICKNAME, os.cpu_count() or 1, pages >> 20)


def _markup(quota: Quota) -> Markup:
    return element(
        "Quota",
        element("Nickname", quota.nickname),
        element("Name", quota.nickname),
        element("ID", 1),
        element("CPU", quota.cores * 100),
        element("Memory", quota.memory_mb),
        element("ResourceSystemType", "FUXI_OFFLINE"),
        element("Status", "ON"),
    )


def _one_xml(quota: Quota, request: Request) -> Response:
    return xml(_markup(quota))


def _list_xml(quotas: list[Quota], request: Request) -> Response:
    return xml(element("Quotas", element("Marker"), element("MaxItems", len(quotas)), *map(_markup, quotas)))


LIST_QUOTAS = Operation("odps", "ListQuotas", Nothing, _list, anyone)
GET_QUOTA = Operation("odps", "GetQuota", QuotaName, _get, anyone)
CONNECT_MCQA = Operation("odps", "ConnectMcqa", Nothing, _connect, anyone)

ROUTES = [
    on("GET", "/quotas", LIST_QUOTAS, no_params, _list_xml),
    on("GET", "/quotas/{quota}", GET_QUOTA, _name, _one_xml),
    on("GET", "/connection/mcqa", CONNECT_MCQA, no_params, lambda result, request: xml(element("Empty"))),
]
