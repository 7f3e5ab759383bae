"""Kafka's clients: their connections, their proof of who they are, and their requests, one after another.

Source: the Kafka protocol guide; authentication is SASL PLAIN with an AccessKey's id and its secret.
"""

import asyncio
import contextlib
import logging
import secrets
import socket
from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Any

from kio.schema.errors import ErrorCode

from yunbox.kernel.errors import KernelError
from yunbox.services.datahub.broker.broker import Broker
from yunbox.services.datahub.kafka import fetch, metadata, offsets, produce
from yunbox.services.datahub.kafka import versions as v
from yunbox.services.datahub.kafka.coordinator import Coordinator
from yunbox.services.datahub.kafka.session import KafkaSession
from yunbox.spine.sessions import Sessions
from yunbox.wire.kafka.messages import Request, Unreadable, peek, read_request, write_response

_REQUEST_BYTES_MAX = 16 * 1024 * 1024
_STRANGER_BYTES_MAX = 64 * 1024
"""Of one who has not proven who it is."""
_STRANGER_S_MAX = 30.0
_CONNECTIONS_MAX = 1000
_LOG = logging.getLogger("yunbox")
Values = dict[str, Any]


class KafkaServer:
    """What all connections share."""

    def __init__(self, broker: Broker, sessions: Sessions, host: str, port: int) -> None:
        self._broker = broker
        self._sessions = sessions
        self._host, self._port = host, port
        self._coordinator = Coordinator()
        self._producers = produce.Producers(secrets.randbits(40) << 20)
        self._lines: set[asyncio.StreamWriter] = set()
        self._answers: dict[int, Callable[[KafkaSession, Request], Awaitable[Values]]] = {
            v.METADATA: self._metadata,
            v.PRODUCE: self._produce,
            v.FETCH: lambda session, request: fetch.fetch(session, request.body),
            v.LIST_OFFSETS: lambda session, request: fetch.list_offsets(session, request.body),
            v.FIND_COORDINATOR: self._find_coordinator,
            v.JOIN_GROUP: self._join,
            v.SYNC_GROUP: lambda _session, request: self._coordinator.sync(request.body),
            v.HEARTBEAT: self._heartbeat,
            v.LEAVE_GROUP: self._leave,
            v.OFFSET_COMMIT: self._commit,
            v.OFFSET_FETCH: lambda session, request: offsets.fetched(session, request.body),
            v.INIT_PRODUCER_ID: self._init_producer,
            v.LIST_GROUPS: self._list_groups,
            v.DESCRIBE_GROUPS: self._describe_groups,
        }

    @contextlib.asynccontextmanager
    async def listening(self, listener: socket.socket) -> AsyncGenerator[None]:
        """Take clients as long as the block lasts."""
        sweeping = asyncio.create_task(self._coordinator.run())
        server = await asyncio.start_server(self._serve, sock=listener, limit=_STRANGER_BYTES_MAX)
        try:
            yield
        finally:
            server.close()
            for line in list(self._lines):
                line.close()
            sweeping.cancel()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One client, from its first byte to its last."""
        peer = (writer.get_extra_info("peername") or ("",))[0]
        session = KafkaSession(self._broker, self._sessions, peer)
        if len(self._lines) >= _CONNECTIONS_MAX:
            writer.close()
            return
        self._lines.add(writer)
        try:
            while True:
                answer = await self._next(session, reader)
                if answer:
                    writer.write(answer)
                    await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError, TimeoutError, Unreadable):
            pass  # it has gone, or nobody knows where its next request begins
        except Exception:
            _LOG.exception("a request of a Kafka client failed")
        finally:
            self._lines.discard(writer)
            session.close()
            writer.close()

    async def _next(self, session: KafkaSession, reader: asyncio.StreamReader) -> bytes:
        """Take a request and answer it; nothing is said to who wants no answer."""
        data = await self._read(session, reader)
        api, version, correlation_id = peek(data)
        low, high = v.VERSIONS.get(api, (0, -1))
        if not low <= version <= high:
            if api == v.API_VERSIONS:
                return write_response(api, 0, correlation_id, _versions(ErrorCode.unsupported_version))
            raise Unreadable(f"Kafka's API {api} is not offered in version {version}")
        request = read_request(data)
        values = await self._values(session, request)
        if api == v.PRODUCE and request.body.acks == 0:
            return b""
        return write_response(api, version, correlation_id, values)

    async def _read(self, session: KafkaSession, reader: asyncio.StreamReader) -> bytes:
        most = _REQUEST_BYTES_MAX if session.is_known else _STRANGER_BYTES_MAX
        async with asyncio.timeout(None if session.is_known else _STRANGER_S_MAX):
            size = int.from_bytes(await reader.readexactly(4), "big", signed=True)
            if not 8 <= size <= most:
                raise Unreadable(f"A request has 8 to {most} bytes, not {size}")
            return await reader.readexactly(size)

    async def _values(self, session: KafkaSession, request: Request) -> Values:
        if request.api == v.API_VERSIONS:
            return _versions(ErrorCode.none)
        if request.api == v.SASL_HANDSHAKE:
            return _handshake(session, request.body.mechanism)
        if request.api == v.SASL_AUTHENTICATE:
            return _authenticate(session, request.body.auth_bytes)
        if not session.is_known:
            raise Unreadable("Nothing is done for one who has not said who it is")
        return await self._answers[request.api](session, request)

    # -- answers

    async def _metadata(self, session: KafkaSession, request: Request) -> Values:
        return await metadata.metadata(session, request.body, self._host, self._port)

    async def _produce(self, session: KafkaSession, request: Request) -> Values:
        return await produce.produce(session, self._producers, request.body)

    async def _find_coordinator(self, session: KafkaSession, request: Request) -> Values:
        kind = getattr(request.body, "key_type", 0)
        if kind == 0 and not offsets.check_group(self._broker, request.body.key):
            told = "A group is project.name, of a project that there is"
            return {"error_code": ErrorCode.invalid_group_id, "error_message": told, "node_id": -1, "port": -1}
        if kind != 0:
            told = "Transactions are not offered"
            code = ErrorCode.transactional_id_authorization_failed
            return {"error_code": code, "error_message": told, "node_id": -1, "port": -1}
        return {"node_id": metadata.NODE, "host": self._host, "port": self._port}

    async def _join(self, session: KafkaSession, request: Request) -> Values:
        if not offsets.check_group(self._broker, request.body.group_id):
            return {"error_code": ErrorCode.invalid_group_id, "generation_id": -1, "protocol_name": ""}
        return await self._coordinator.join(request.body, request.version, request.client_id, session.peer)

    async def _heartbeat(self, _session: KafkaSession, request: Request) -> Values:
        return self._coordinator.heartbeat(request.body)

    async def _leave(self, _session: KafkaSession, request: Request) -> Values:
        body = request.body
        if request.version < 3:
            return {"error_code": self._coordinator.leave(body.group_id, body.member_id)}
        gone = [
            {"member_id": one.member_id, "error_code": self._coordinator.leave(body.group_id, one.member_id)}
            for one in body.members
        ]
        return {"error_code": ErrorCode.none, "members": gone}

    async def _commit(self, session: KafkaSession, request: Request) -> Values:
        refused = self._coordinator.may_commit(request.body)
        if not offsets.check_group(self._broker, request.body.group_id):
            refused = ErrorCode.invalid_group_id
        return await offsets.commit(session, request.body, refused)

    async def _init_producer(self, _session: KafkaSession, request: Request) -> Values:
        if request.body.transactional_id is not None:
            code = ErrorCode.transactional_id_authorization_failed
            return {"error_code": code, "producer_id": -1, "producer_epoch": -1}
        return {"error_code": ErrorCode.none, "producer_id": self._producers.new_id(), "producer_epoch": 0}

    async def _list_groups(self, _session: KafkaSession, _request: Request) -> Values:
        live = self._coordinator.groups
        names = sorted({*live, *offsets.groups(self._broker.catalogue.database)})
        shown = []
        for name in names:
            group = live.get(name)
            kind, state = (group.protocol_type, str(group.state)) if group else ("consumer", "Empty")
            shown.append({"group_id": name, "protocol_type": kind, "group_state": state})
        return {"error_code": ErrorCode.none, "groups": shown}

    async def _describe_groups(self, _session: KafkaSession, request: Request) -> Values:
        return {"groups": [self._described(name) for name in request.body.groups]}

    def _described(self, name: str) -> Values:
        group = self._coordinator.groups.get(name)
        if group is None:
            known = name in offsets.groups(self._broker.catalogue.database)
            return {"error_code": ErrorCode.none, "group_id": name, "group_state": "Empty" if known else "Dead"}
        members = [
            {
                "member_id": one.id,
                "client_id": one.client_id,
                "client_host": f"/{one.host}",
                "member_metadata": one.metadata(group.protocol),
                "member_assignment": one.assignment,
            }
            for one in group.members.values()
        ]
        return {
            "error_code": ErrorCode.none,
            "group_id": name,
            "group_state": str(group.state),
            "protocol_type": group.protocol_type,
            "protocol_data": group.protocol,
            "members": members,
        }


def _versions(code: ErrorCode) -> Values:
    keys = [{"api_key": api, "min_version": low, "max_version": high} for api, (low, high) in v.VERSIONS.items()]
    return {"error_code": code, "api_keys": keys}


def _handshake(session: KafkaSession, mechanism: str) -> Values:
    session.mechanism = mechanism
    code = ErrorCode.none if mechanism == "PLAIN" else ErrorCode.unsupported_sasl_mechanism
    return {"error_code": code, "mechanisms": ["PLAIN"]}


def _authenticate(session: KafkaSession, data: bytes) -> Values:
    """A SaslAuthenticateResponse to ``authorization id, NUL, key id, NUL, secret`` (RFC 4616)."""
    if session.mechanism != "PLAIN":
        return {"error_code": ErrorCode.illegal_sasl_state, "error_message": "Say the mechanism first"}
    parts = bytes(data).split(b"\0")
    try:
        if len(parts) != 3:
            raise UnicodeDecodeError("utf-8", b"", 0, 0, "no PLAIN message")
        session.authenticate(parts[1].decode(), parts[2].decode())
    except (UnicodeDecodeError, KernelError):
        told = "The AccessKey's id or its secret is wrong"
        return {"error_code": ErrorCode.sasl_authentication_failed, "error_message": told, "auth_bytes": b""}
    return {"error_code": ErrorCode.none, "error_message": None, "auth_bytes": b""}
