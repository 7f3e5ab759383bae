"""How a client comes in: its first messages, the proof of its password, and what it wants of its session.

Sources: the PostgreSQL documentation, "Start-up" and "SASL Authentication"; the vendor's "PSQL client" (the user is an
AccessKey's id, the password its secret) and "RAM role authorization mode" (a temporary one comes with its token). What
is refused, and in which order, is as PostgreSQL has it.
"""

import asyncio
from dataclasses import dataclass
from typing import Protocol

from scramp import ScramException, ScramMechanism
from scramp.core import ScramServer
from scramp.utils import ServerError

from yunbox.identity.scram import Verifier
from yunbox.kernel.call import Principal
from yunbox.kernel.unidentified import NotIdentified
from yunbox.services.hologres.gateway.connection import Connection
from yunbox.services.hologres.gateway.options import token_of
from yunbox.services.hologres.gateway.tls import BINDING, Tls
from yunbox.wire.pgwire import backend
from yunbox.wire.pgwire.encoding import decoded
from yunbox.wire.pgwire.frontend import CancelRequest, EncryptionRequest, Startup, Token, read, read_first
from yunbox.wire.pgwire.report import PgError, ProtocolViolation, Report

MECHANISM, BOUND_MECHANISM = "SCRAM-SHA-256", "SCRAM-SHA-256-PLUS"
_VERSION = 3 << 16
_NAMELESS, _NAMED = ",,n=,", ",,n=*,"
"""libpq leaves the name to the startup message; the library takes no empty one, and nobody looks at it here."""
_SCRAM = {name: ScramMechanism(name) for name in (MECHANISM, BOUND_MECHANISM)}


class Porter(Protocol):
    """Who decides about clients. ``tls`` is what it encrypts by, for who asks for that."""

    tls: Tls | None

    async def verifier(self, key_id: str) -> Verifier:
        """What a proof of a key is compared with."""
        ...

    def proven(self, key_id: str, address: str, token: str) -> Principal:
        """Who a key is for that was proven, with the ``token`` of a temporary one. Raises NotIdentified."""
        ...

    def wait_s(self, key_id: str, address: str) -> float:
        """How long a try waits before it is judged."""
        ...

    def failed(self, key_id: str, address: str) -> None:
        """A try was wrong."""
        ...

    def is_full(self) -> bool:
        """Whether there are as many clients as there may be."""
        ...

    def cancel(self, process_id: int, secret: int) -> None:
        """Stop a session's statement."""
        ...


@dataclass(frozen=True, slots=True)
class Admitted:
    """One who is in."""

    principal: Principal
    startup: Startup


def fatal(sqlstate: str, message: str, detail: str = "", hint: str = "") -> PgError:
    """What ends a session, to be raised."""
    return PgError(Report("FATAL", sqlstate, message, detail=detail, hint=hint))


async def admitted(line: Connection, porter: Porter, patience_s: float) -> Admitted | None:
    """Who a client is, once it has proven it; None for one that leaves, or only came to cancel. Raises PgError."""
    startup: Startup | None = None
    try:
        async with asyncio.timeout(patience_s):
            startup = await _startup(line, porter)
            if startup is None:
                return None
            return await _proven(line, porter, startup)
    except TimeoutError:
        if startup is None:
            return None
        raise fatal("57014", "canceling authentication due to timeout") from None


async def _startup(line: Connection, porter: Porter) -> Startup | None:
    asked: set[str] = set()
    while (first := await line.startup()) is not None:
        message = read_first(*first)
        if isinstance(message, CancelRequest):
            porter.cancel(message.process_id, message.secret)
            return None
        if isinstance(message, Startup):
            return _checked(line, porter, message)
        await _encrypted(line, porter, message, asked)
    return None


async def _encrypted(line: Connection, porter: Porter, asking: EncryptionRequest, asked: set[str]) -> None:
    """Each kind may be asked for once; the answer to one who asks again is PostgreSQL's."""
    if asking.kind in asked:
        code = 5679 if asking.kind == "ssl" else 5680
        told = f"unsupported frontend protocol 1234.{code}: server supports 3.0 to 3.0"
        raise ProtocolViolation(told, sqlstate="0A000")
    asked.add(asking.kind)
    if asking.kind != "ssl" or porter.tls is None:
        line.write(backend.NO_ENCRYPTION)
        return
    if line.frames.unread:
        detail = "This could be either a client-software bug or evidence of an attempted man-in-the-middle attack."
        raise fatal("08P01", "received unencrypted data after SSL request", detail)
    await line.encrypt(porter.tls.context, backend.TLS)
    asked.add("gss")


def _checked(line: Connection, porter: Porter, startup: Startup) -> Startup:
    """One who says who it is, of this protocol, and for whom there is room. Raises PgError."""
    if startup.minor or startup.unknown_options:
        line.write(backend.negotiate_version(_VERSION, startup.unknown_options))
    if not startup.parameters.get("user"):
        raise fatal("28000", "no PostgreSQL user name specified in startup packet")
    if porter.is_full():
        raise fatal("53300", "sorry, too many clients already")
    return startup


async def _proven(line: Connection, porter: Porter, startup: Startup) -> Admitted | None:
    user = startup.parameters["user"]
    verifier = await porter.verifier(user)
    bound = porter.tls.binding if porter.tls is not None and line.is_encrypted else None
    line.write(backend.sasl_request([MECHANISM] if bound is None else [BOUND_MECHANISM, MECHANISM]))
    if (token := await _token(line)) is None:
        return None
    exchange, answer = _begun(verifier, token, bound)
    line.write(backend.sasl_continue(answer))
    if (token := await _token(line)) is None:
        return None
    await asyncio.sleep(porter.wait_s(user, line.peer))
    try:
        last = _ended(exchange, token)
        principal = porter.proven(user, line.peer, token_of(startup)) if last is not None else None
    except NotIdentified:
        principal = None
    if last is None or principal is None:
        porter.failed(user, line.peer)
        raise fatal("28P01", f'password authentication failed for user "{user}"')
    line.write(backend.sasl_final(last) + backend.AUTHENTICATION_OK)
    line.frames.established()
    return Admitted(principal, startup)


async def _token(line: Connection) -> Token | None:
    found = await line.message()
    if found is None:
        return None
    message = read(*found)
    assert isinstance(message, Token), "nothing else is let through before a client has logged in"
    return message


def _begun(verifier: Verifier, token: Token, bound: bytes | None) -> tuple[ScramServer, bytes]:
    """The exchange, and the answer to a client's first message; ``bound`` is what the client may bind its proof to.

    Raises PgError.
    """
    initial = token.sasl
    if initial.mechanism != MECHANISM and (bound is None or initial.mechanism != BOUND_MECHANISM):
        raise ProtocolViolation("client selected an invalid SASL authentication mechanism")
    exchange = _SCRAM[initial.mechanism].make_server(
        lambda _name: (verifier.salt, verifier.stored_key, verifier.server_key, verifier.iterations),
        channel_binding=None if bound is None else (BINDING, bound),
    )
    text = decoded(initial.data)
    if initial.mechanism == MECHANISM and text.startswith("p="):
        detail = "The client selected SCRAM-SHA-256 without channel binding, but its message has channel binding data."
        raise fatal("08P01", "malformed SCRAM message", detail)
    try:
        exchange.set_client_first(text.replace(_NAMELESS, _NAMED, 1))
        exchange.client_first_bare = text.split(",", 2)[2]  # what is proven is what was sent
        return exchange, exchange.get_server_first().encode()
    except ScramException as error:
        if error.server_error is ServerError.SERVER_DOES_SUPPORT_CHANNEL_BINDING:
            raise fatal("28000", "SCRAM channel binding negotiation error", str(error)) from None
        raise _malformed(error) from None


def _ended(exchange: ScramServer, token: Token) -> bytes | None:
    """The answer to a client's last message; None when it proves nothing. Raises PgError."""
    try:
        exchange.set_client_final(decoded(token.data))
        return exchange.get_server_final().encode()
    except ScramException as error:
        if error.server_error is ServerError.INVALID_PROOF:
            return None
        if error.server_error is ServerError.CHANNEL_BINDINGS_DONT_MATCH:
            raise fatal("28000", "SCRAM channel binding check failed") from None
        raise _malformed(error) from None


def _malformed(error: ScramException) -> PgError:
    return fatal("08P01", "malformed SCRAM message", str(error))
