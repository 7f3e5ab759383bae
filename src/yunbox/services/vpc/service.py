"""What VPC's operations run on, and how one is declared.

A request that creates something may have a ClientToken: sent again, it gets the answer it had, and creates nothing; its
token with other parameters is refused. The token is kept in the transaction that creates. With DryRun all is checked,
and nothing done.
"""

import json
import secrets
import sqlite3
import string
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any, TypeVar

from yunbox.kernel import errors
from yunbox.kernel.call import Access, Call, Operation
from yunbox.kernel.clock import Clock
from yunbox.kernel.errors import Conflict, InvalidArgument
from yunbox.kernel.rules import Number
from yunbox.schema.regions import region
from yunbox.storage.database import Database, Transaction
from yunbox.wire.openapi.api import Asked, Codes, action
from yunbox.wire.route import Route

P = TypeVar("P")
Body = dict[str, Any]
CODES: Codes = {errors.Conflict: (400, "OperationConflict"), errors.AlreadyExists: (400, "OperationConflict")}
DENIED = "Forbidden.RAM"
PAGE_NUMBER, PAGE_SIZE = Number(1, 10_000), Number(1, 50)
RESOURCE_GROUP = "rg-default"
_TOKENS_KEPT_S = 24 * 3600
_TOKEN_LENGTH_MAX = 64
_LETTERS = string.ascii_lowercase + string.digits


@dataclass(frozen=True)
class Vpc:
    """The account's networks; ``own`` is the house's region."""

    database: Database
    account_id: str
    own: str
    clock: Clock


@dataclass(frozen=True)
class Work(Transaction):
    """A call of VPC's."""

    service: Vpc


class DryRun(Conflict):
    """Everything is well, and nothing was done, as was asked for."""

    def __init__(self) -> None:
        super().__init__("Request validation has been passed with DryRun flag set.", code="DryRunOperation")


def reads(
    name: str, kind: type[P], work: Callable[[Work, P], Body], resource: str, *, product: str = "vpc"
) -> Route[Asked]:
    """The route to an operation that reads; its right is its own name."""

    async def run(service: Vpc, call: Call[P]) -> Body:
        answer = service.database.look(lambda db: work(_begun(service, db, call.params), call.params))
        if getattr(call.params, "dry_run", False):
            raise DryRun
        return answer

    touches = _touching(f"{product}:{name}", resource)
    return action(Operation(product, name, kind, run, touches, reads=True, denied=DENIED))


def changes(
    name: str, kind: type[P], work: Callable[[Work, P], Body | None], resource: str, *, product: str = "vpc"
) -> Route[Asked]:
    """The route to an operation that changes something; its right is its own name."""

    async def run(service: Vpc, call: Call[P]) -> Body | None:
        return await service.database.write(lambda db: _once(_begun(service, db, call.params), name, call, work))

    return action(Operation(product, name, kind, run, _touching(f"{product}:{name}", resource), denied=DENIED))


def _begun(service: Vpc, db: sqlite3.Connection, params: object) -> Work:
    """A call in a region that there is. Raises NotFound."""
    asked = getattr(params, "region_id", None)
    if asked is not None:
        region(service.own, asked)
    return Work(db, service.clock.time(), service)


def _once(work: Work, name: str, call: Call[P], run: Callable[[Work, P], Body | None]) -> Body | None:
    """Carry a change out, or give the answer that its token had; with DryRun take it back."""
    token = getattr(call.params, "client_token", None)
    asked = json.dumps(asdict(call.params), sort_keys=True)  # ty: ignore[invalid-argument-type]
    principal = call.principal.arn
    if token is not None:
        if not 1 <= len(token) <= _TOKEN_LENGTH_MAX or not token.isascii():
            raise InvalidArgument("ClientToken has 1 to 64 ASCII characters.", code="InvalidParameter.ClientToken")
        work.run("DELETE FROM client_tokens WHERE at < ?", work.now - _TOKENS_KEPT_S)
        sql = "SELECT asked, answer FROM client_tokens WHERE principal = ? AND action = ? AND token = ?"
        known = work.row(sql, principal, name, token)
        if known is not None and known["asked"] != asked:
            raise InvalidArgument(
                "The request uses the same client token as a previous one, with other parameters.",
                code="IdempotentParameterMismatch",
            )
        if known is not None:
            return json.loads(known["answer"])
    answer = run(work, call.params)
    if getattr(call.params, "dry_run", False):
        raise DryRun
    if token is not None:
        values = principal, name, token, asked, json.dumps(answer), work.now
        work.run("INSERT INTO client_tokens VALUES (?, ?, ?, ?, ?, ?)", *values)
    return answer


def _touching(right: str, resource: str) -> Callable[[Vpc, Any], tuple[Access, ...]]:
    def touches(service: Vpc, params: Any) -> tuple[Access, ...]:
        values = {key: value or "*" for key, value in vars(params).items()} if params is not None else {}
        where = str(values.get("region_id") or service.own)
        return (Access(right, resource.format(**values), service.account_id, region=where),)

    return touches


def new_id(kind: str) -> str:
    """An id as the vendor's: what it is of, and 21 letters and digits."""
    return f"{kind}-" + "".join(secrets.choice(_LETTERS) for _ in range(21))


def check_name(value: str, code: str) -> str:
    """A name or a description. Raises InvalidArgument with the vendor's code."""
    if len(value) > 256 or value.startswith(("http://", "https://")):
        raise InvalidArgument(
            "A name or description has at most 256 characters and begins neither with http:// nor with https://.",
            code=code,
        )
    return value


def renamed(was: str, new: str | None, code: str) -> str:
    """A name or a description after a change, which need not give another. Raises InvalidArgument."""
    return was if new is None else check_name(new, code)
