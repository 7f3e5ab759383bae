"""COPY: rows in and out, and the messages that frame them. Source: the PostgreSQL documentation, "COPY Operations"."""

from collections.abc import AsyncIterator
from typing import Any

from yunbox.kernel.call import Call
from yunbox.services.hologres.session.portal import Portal
from yunbox.services.hologres.session.session import Session
from yunbox.services.hologres.session.taking import Taking
from yunbox.services.hologres.statements.commands import Copy, Query
from yunbox.services.hologres.statements.copies import options_of
from yunbox.services.hologres.statements.cursor import moved
from yunbox.storage.rows.rows import STANDARD
from yunbox.wire.pgwire import backend
from yunbox.wire.pgwire.copy.arrow import ARROW, ARROW_LZ4, ArrowWriter
from yunbox.wire.pgwire.copy.options import Options
from yunbox.wire.pgwire.copy.writing import BINARY_END, BINARY_HEAD, TextWriter, binary_messages, binary_rows
from yunbox.wire.pgwire.datarows import rows_of
from yunbox.wire.pgwire.frontend import CopyFail, read
from yunbox.wire.pgwire.report import PgError, Report, failure
from yunbox.wire.pgwire.settings.kinds import identifier

_DATA, _DONE, _FAIL, _FLUSH, _SYNC = b"dcfHS"


async def load(session: Session, command: Copy, call: Call[Any]) -> None:
    """Run a COPY. Raises PgError."""
    options, own = options_of(command)
    if command.reads:
        await _read(session, command, options, own, call)
    elif options.format in (ARROW, ARROW_LZ4):
        await _write_arrow(session, command, options, call)
    else:
        await _write(session, command, options, call)


# -- out


async def _write(session: Session, command: Copy, options: Options, call: Call[Any]) -> None:
    portal = await _opened(session, command, options, rows_max=0)
    columns = portal.columns or ()
    writer = TextWriter(options, [one.name for one in columns]) if options.format != "binary" else None
    session.send(backend.copy_response(b"H", writer is None, len(columns)))
    head = writer.head() if writer is not None else b""
    if head:
        session.send(backend.copy_data(head))
    count = 0
    try:
        while portal.rows is not None and not portal.ended:
            batch = await portal.rows.take(0, portal.formats, session.settings.style)
            data = _lines(writer, batch.data) if writer is not None else _binary(batch.data, is_first=not count)
            session.send(data)
            call.usage.downloaded_bytes += len(data) - backend.HEAD_BYTES * batch.count
            count += batch.count
            await session.ease()
            portal.ended = batch.is_last
    finally:
        portal.close()
    if writer is None:
        session.send(backend.copy_data(BINARY_END if count else BINARY_HEAD + BINARY_END))
    session.tag = f"COPY {count}"
    session.send(backend.COPY_DONE + backend.command_complete(session.tag))


async def _write_arrow(session: Session, command: Copy, options: Options, call: Call[Any]) -> None:
    """Rows as streams of Arrow: their texts are read again, in blocks, of which each is a row of binary COPY."""
    portal = await _opened(session, command, options)
    count, head = 0, BINARY_HEAD

    def send(field: bytes | None) -> None:
        nonlocal head
        if field is not None:
            data = head + binary_rows([[field]])
            head = b""
            session.send(backend.copy_data(data))
            call.usage.downloaded_bytes += len(data)

    try:
        columns = [(one.name, one.oid, one.modifier) for one in portal.columns or ()]
        writer = ArrowWriter(columns, packed=options.format == ARROW_LZ4)
        session.send(backend.copy_response(b"H", 1, 1))
        while portal.rows is not None and not portal.ended:
            batch = await portal.rows.take(0, portal.formats, STANDARD)
            for fields in rows_of(batch.data):
                send(writer.add(fields))
                count += 1
                await session.ease()
            portal.ended = batch.is_last
        send(writer.taken())
    finally:
        portal.close()
    session.send(backend.copy_data(head + BINARY_END))
    session.tag = f"COPY {count}"
    session.send(backend.COPY_DONE + backend.command_complete(session.tag))


async def _opened(session: Session, command: Copy, options: Options, rows_max: int | None = None) -> Portal:
    text = command.query or _query(command)
    try:
        prepared = await session.planned(text, Query(text))
    except PgError as error:
        raise PgError(moved(error.report, command.start) if command.query else error.report) from None
    columns = prepared.plan.columns if prepared.plan is not None else None
    if columns is None:
        raise failure("0A000", "COPY of a statement that gives no rows is not supported")
    portal = session.portal(prepared, (), (int(options.format == "binary"),) * len(columns))
    await session.started(portal, rows_max)
    return portal


def _query(command: Copy) -> str:
    columns = ", ".join(map(identifier, command.columns)) or "*"
    return f"SELECT {columns} FROM {'.'.join(map(identifier, command.table))}"


def _lines(writer: TextWriter, rows: bytes) -> bytes:
    return b"".join([backend.copy_data(writer.line(fields)) for fields in rows_of(rows)])


def _binary(rows: bytes, *, is_first: bool) -> bytes:
    """Rows of the binary format; the first comes with what stands before all of them."""
    made = bytes(binary_messages(rows))
    if not is_first or not made:
        return made
    end = 1 + int.from_bytes(made[1:5], "big")
    return backend.copy_data(BINARY_HEAD + made[backend.HEAD_BYTES : end]) + made[end:]


# -- in


async def _read(session: Session, command: Copy, options: Options, own: dict[str, Any], call: Call[Any]) -> None:
    sink = await session.engine.sink(command.table, command.columns, own, session.context())
    taking = Taking(sink, command.table[-1], options, session.settings.style)
    session.send(backend.copy_response(b"G", options.format == "binary", len(sink.columns)))
    session.flush()
    try:
        async for data in _sent(session, taking):
            call.usage.uploaded_bytes += len(data)
            await taking.take(data)
        await taking.finish()
        count = await sink.finish()
    except BaseException:
        await sink.abandon()
        raise
    session.tag = f"COPY {count}"
    session.send(backend.command_complete(session.tag))


async def _sent(session: Session, taking: Taking) -> AsyncIterator[bytes]:
    """What the client sends, with all that is there at once. Raises PgError when it gives up, or goes."""
    line = session.line
    while True:
        parts: list[bytes] = []
        for kind, body in line.messages():
            if kind == _DATA:
                parts.append(body)
            elif kind not in (_FLUSH, _SYNC):
                yield b"".join(parts)
                if kind == _DONE:
                    return
                raise _ended(kind, body, taking.here)
        if parts:
            yield b"".join(parts)  # while which more may have come
        elif line.ended:
            raise PgError(Report("FATAL", "08006", "unexpected EOF on client connection with an open transaction"))
        else:
            await line.more()


def _ended(kind: int, body: bytes, here: str) -> PgError:
    """What ends a COPY before its data does."""
    if kind != _FAIL:
        return failure("08P01", f"unexpected message type 0x{kind:02X} during COPY from stdin", where=here)
    message = read(kind, body)
    assert isinstance(message, CopyFail)
    return failure("57014", f"COPY from stdin failed: {message.reason}", where=here)
