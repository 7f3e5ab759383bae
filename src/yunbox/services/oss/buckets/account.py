"""What counts for all buckets of an account: the block of public access."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

from yunbox.kernel.call import Access, Call, Charge, Operation
from yunbox.services.oss.access import on_service
from yunbox.services.oss.buckets.buckets import OPEN, done, no_content
from yunbox.services.oss.http.documents import read_text
from yunbox.services.oss.http.route import SERVICE, on, xml
from yunbox.services.oss.http.target import OssRequest
from yunbox.services.oss.operation import READ, WRITE, operation
from yunbox.services.oss.params import nowhere
from yunbox.services.oss.service import Oss
from yunbox.services.oss.settings.documents import CHECKS
from yunbox.storage.objects.model import PUBLIC_BLOCK
from yunbox.wire.http import Response
from yunbox.wire.xml import Markup

R = TypeVar("R")


@dataclass(frozen=True)
class Block:
    """The document to keep, or none."""

    document: str | None = None


async def _new(request: OssRequest) -> Block:
    return Block(CHECKS[PUBLIC_BLOCK](await read_text(request)))


async def _none(request: OssRequest) -> Block:
    return Block()


async def _put(service: Oss, call: Call[Block]) -> None:
    await service.store.buckets.block_public(call.principal.account_id, call.params.document)


async def _get(service: Oss, call: Call[Block]) -> str | None:
    return service.store.buckets.public_block(call.principal.account_id)


def _render(result: str | None, request: OssRequest) -> Response:
    return xml(OPEN if result is None else Markup(result))


def _touching(action: str) -> Callable[[Oss, Block], tuple[Access, ...]]:
    def touches(service: Oss, params: Block) -> tuple[Access, ...]:
        return on_service(action, service.account_id)

    return touches


def _operation(
    name: str, run: Callable[[Oss, Call[Block]], Awaitable[R]], charge: Charge = WRITE
) -> Operation[Oss, Block, R]:
    return operation(name, Block, run, _touching(name), charge=charge, place=nowhere)


PUT = _operation("PutPublicAccessBlock", _put)
GET = _operation("GetPublicAccessBlock", _get, READ)
DELETE = _operation("DeletePublicAccessBlock", _put)
ROUTES = (
    on("PUT", SERVICE, PUT, _new, done, when=PUBLIC_BLOCK),
    on("GET", SERVICE, GET, _none, _render, when=PUBLIC_BLOCK),
    on("DELETE", SERVICE, DELETE, _none, no_content, when=PUBLIC_BLOCK),
)
