"""What counts for all buckets of an account: the block of public access."""

from collections.abc import Callable
from dataclasses import dataclass

from yunbox.kernel.call import Access, Call, Operation
from yunbox.services.oss.access import on_service
from yunbox.services.oss.buckets.buckets import done, no_content
from yunbox.services.oss.http.route import SERVICE, Route, xml
from yunbox.services.oss.http.target import OssRequest
from yunbox.services.oss.service import Oss, read, write
from yunbox.services.oss.settings.documents import CHECKS
from yunbox.storage.objects.model import PUBLIC_BLOCK
from yunbox.wire.http import Response
from yunbox.wire.xml import Markup, element

OPEN = element("PublicAccessBlockConfiguration", element("BlockPublicAccess", "false"))
"""What is answered where nobody has said anything."""


@dataclass(frozen=True)
class Block:
    """The document to keep, or none."""

    document: str | None = None


async def _new(request: OssRequest) -> Block:
    return Block(CHECKS[PUBLIC_BLOCK](await request.body.read()))


async def _none(request: OssRequest) -> Block:
    return Block()


async def _put(service: Oss, call: Call[Block]) -> None:
    await service.store.buckets.block_public(call.principal.account_id, call.params.document)
    write(call, "")


async def _get(service: Oss, call: Call[Block]) -> str | None:
    read(call, "")
    return service.store.buckets.public_block(call.principal.account_id)


def _render(result: str | None, request: OssRequest) -> Response:
    return xml(OPEN if result is None else Markup(result))


def _touching(action: str) -> Callable[[Oss, Block], tuple[Access, ...]]:
    def touches(service: Oss, params: Block) -> tuple[Access, ...]:
        return on_service(action, service.account_id)

    return touches


ROUTES = (
    Route(
        "PUT",
        SERVICE,
        Operation("oss", "PutPublicAccessBlock", Block, _put, _touching("PutPublicAccessBlock")),
        _new,
        done,
        when=PUBLIC_BLOCK,
    ),
    Route(
        "GET",
        SERVICE,
        Operation("oss", "GetPublicAccessBlock", Block, _get, _touching("GetPublicAccessBlock")),
        _none,
        _render,
        when=PUBLIC_BLOCK,
    ),
    Route(
        "DELETE",
        SERVICE,
        Operation("oss", "DeletePublicAccessBlock", Block, _put, _touching("DeletePublicAccessBlock")),
        _none,
        no_content,
        when=PUBLIC_BLOCK,
    ),
)
