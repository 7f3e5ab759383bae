"""What the metadata server's operations run on, and the operations.

Source: the vendor's pages "Instance metadata" and "Attach an instance RAM role to an ECS instance"; what
``alibabacloud-credentials`` asks for.
"""

import asyncio
import hashlib
import hmac
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from yunbox.kernel.call import Access, Call, Operation
from yunbox.kernel.clock import Clock, stamp
from yunbox.kernel.errors import Forbidden, InvalidArgument, NotFound
from yunbox.kernel.texts import whole_number
from yunbox.services.metadata.credentials import Issued, Rotating
from yunbox.services.metadata.runs import Run

_TTL_S_MAX = 21_600


@dataclass(frozen=True)
class Metadata:
    """The trees of the account's instances. ``values`` are the plain leaves by path below ``meta-data`` of the one in a
    region, or in the house's own (``""``)."""

    values: Callable[[str], dict[str, str]]
    rotating: Rotating
    clock: Clock
    token_key: bytes

    def token(self, ttl_s: int) -> str:
        """A token that opens the tree for so many seconds."""
        until = str(int(self.clock.time()) + ttl_s)
        return f"{until}-{self._seal(until)}"

    def is_open(self, token: str) -> bool:
        """Whether a token is one of ours, and still holds."""
        until, _, seal = token.partition("-")
        valid = hmac.compare_digest(self._seal(until).encode(), seal.encode("utf-8", "replace"))
        return valid and whole_number(until, 0) >= self.clock.time()

    def _seal(self, until: str) -> str:
        return hmac.new(self.token_key, until.encode("utf-8", "replace"), hashlib.sha256).hexdigest()


@dataclass(frozen=True)
class NewToken:
    """How long a token is to hold, as it was written."""

    ttl: str


@dataclass(frozen=True)
class Path:
    """A place in the tree; ``token`` opens it, ``run`` is the command that asks, if it is one."""

    parts: tuple[str, ...]
    token: str = ""
    run: Run | None = None


async def _get_token(service: Metadata, call: Call[NewToken]) -> str:
    ttl_s = whole_number(call.params.ttl, 0)
    if not 1 <= ttl_s <= _TTL_S_MAX:
        raise InvalidArgument(f"X-aliyun-ecs-metadata-token-ttl-seconds is 1 to {_TTL_S_MAX}")
    return service.token(ttl_s)


async def _get(service: Metadata, call: Call[Path]) -> str:
    params = call.params
    if not service.is_open(params.token):
        raise Forbidden("X-aliyun-ecs-metadata-token is missing or has run out: PUT /latest/api/token gives one")
    return await asyncio.to_thread(read, service, params.parts, params.run)


async def _get_credentials(service: Metadata, call: Call[Path]) -> str:
    """The credentials of a command, which has shown its secret."""
    return await asyncio.to_thread(_of_command, service, call.params.run)


def _of_command(service: Metadata, run: Run | None) -> str:
    role = next((one for one in service.rotating.roles() if run is not None and one.id == run.role_id), None)
    if role is None or run is None:
        raise NotFound("There is no such command, or its role is no more")
    return shown(service.rotating.credentials(role, run.region))


def read(service: Metadata, parts: tuple[str, ...], run: Run | None) -> str:
    """What is at a place of the tree: a leaf, or the names below. Raises NotFound."""
    if parts[:2] == ("ram", "security-credentials"):
        return _role(service, parts[2:], run)
    path = "/".join(parts)
    values = service.values(run.region if run is not None else "")
    if path in values:
        return values[path]
    names = {*_below(values, path)}
    if not names:
        raise NotFound(f"/latest/meta-data/{path[:128]} is not there")
    return "\n".join(sorted(names))


def _below(values: Iterable[str], path: str) -> list[str]:
    prefix = f"{path}/" if path else ""
    paths = (*values, "ram/security-credentials/")
    rests = [one.removeprefix(prefix) for one in paths if one.startswith(prefix)]
    return [rest.partition("/")[0] + ("/" if "/" in rest else "") for rest in rests]


def _role(service: Metadata, parts: tuple[str, ...], run: Run | None) -> str:
    role_id, region = (run.role_id, run.region) if run is not None else (None, "")
    if not parts:
        return "\n".join(role.name for role in service.rotating.roles() if role_id in (None, role.id))
    if len(parts) > 1:
        raise NotFound("There is nothing below a role")
    return shown(service.rotating.credentials(service.rotating.role(parts[0], role_id), region))


def shown(issued: Issued) -> str:
    """Credentials as an instance reads them."""
    key = issued.key
    return json.dumps(
        {
            "AccessKeyId": key.id, "AccessKeySecret": key.secret, "Expiration": stamp(key.expires),
            "SecurityToken": issued.token, "LastUpdated": stamp(issued.at), "Code": "Success",
        }
    )  # fmt: skip


def _nothing(_service: Metadata, _params: object) -> tuple[Access, ...]:
    """Whoever reaches the server is the instance: the listener has asked the kernel whose the connection is."""
    return ()


GET_TOKEN: Operation[Metadata, NewToken, str] = Operation(
    "metadata", "GetToken", NewToken, _get_token, _nothing, is_data=True
)
GET_METADATA: Operation[Metadata, Path, str] = Operation("metadata", "GetMetadata", Path, _get, _nothing, is_data=True)
GET_CREDENTIALS: Operation[Metadata, Path, str] = Operation(
    "metadata", "GetCredentials", Path, _get_credentials, _nothing, is_data=True
)
