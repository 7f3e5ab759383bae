"""COPY: rows in and out, and the messages that frame them. Source: the PostgreSQL documentation, "COPY Operations"."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from yunbox.kernel.call import Call
from yunbox.services.hologres.session.portal import Portal
from yunbox.services.hologres.session.ports import Sink
from yunbox.services.hologres.session.session import Session
from yunbox.services.hologres.statements.commands import Copy, Query
from yunbox.services.hologres.statements.copies import options_of
from yunbox.services.hologres.statements.cursor import moved
from yunbox.wire.pgwire import backend
from yunbox.wire.pgwire.copy.binary import BinaryReader
from yunbox.wire.pgwire.copy.options import Options
from yunbox.wire.pgwire.copy.reading import RowReader
from yunbox.wire.pgwire.copy.writing import BINARY_END, BINARY_HEAD, TextWriter, binary_rows
from yunbox.wire.pgwire.datarows import Fields, rows_of
from yunbox.wire.pgwire.frontend import CopyFail, read
from yunbox.wire.pgwire.report import PgError, Report, failure
from yunbox.wire.pgwire.settings.kinds import identifier
from yunbox.wire.pgwire.values.types import TYPES

_DATA, _DONE, _FAIL, _FLUSH, _SYNC = b"dcfHS"


async def load(session: Session, command: Copy, call: Call[Any]) -> None:
    """Run a COPY. Raises PgError."""
    options, own = options_of(command)
    if command.reads:
        await _read(session, command, options, own, call)
    else:
        await _write(session, command, options, call)


# -- out


async def _write(session: Session, command: Copy, options: Options, call: Call[Any]) -> None:
    portal = await _opened(session, command, options)
    columns = portal.columns or ()
    writer = TextWriter(options, [one.name for one in columns]) if options.format != "binary" else None
    session.send(backend.copy_response(b"H", writer is None, len(columns)))
    head = writer.head() if writer is not None else BINARY_HEAD
    if head and writer is not None:
        session.send(backend.copy_data(head))
    count = 0
    try:
        while portal.rows is not None and not portal.ended:
            batch = await portal.rows.take(0, portal.formats, session.settings.style)
            for fields in rows_of(batch.data):
                data = _line(writer, fields) if writer is not None else binary_rows([fields])
                session.send(backend.copy_data(head + data if writer is None and not count else data))
                call.usage.downloaded_bytes += len(data)
                count += 1
                await session.ease()
            portal.ended = batch.is_last
    finally:
        portal.close()
    if writer is None:
        session.send(backend.copy_data(BINARY_END if count else BINARY_HEAD + BINARY_END))
    session.send(backend.COPY_DONE + backend.command_complete(f"COPY {count}"))


async def _opened(session: Session, command: Copy, options: Options) -> Portal:
    text = command.query or _query(command)
    try:
        prepared = await session.planned(text, Query(text))
    except PgError as error:
        raise PgError(moved(error.report, command.start) if command.query else error.report) from None
    columns = prepared.plan.columns if prepared.plan is not None else None
    if columns is None:
        raise failure("0A000", "COPY of a statement that gives no rows is not supported")
    portal = session.portal(prepared, (), (int(options.format == "binary"),) * len(columns))
    await session.started(portal)
    return portal


def _query(command: Copy) -> str:
    columns = ", ".join(map(identifier, command.columns)) or "*"
    return f"SELECT {columns} FROM {'.'.join(map(identifier, command.table))}"


def _line(writer: TextWriter, fields: Fields) -> bytes:
    return writer.rows([[None if one is None else one.decode() for one in fields]])


# -- in


async def _read(session: Session, command: Copy, options: Options, own: dict[str, Any], call: Call[Any]) -> None:
    sink = await session.engine.sink(command.table, command.columns, own, session.context())
    reader = _Reader(session, sink, command.table[-1], options)
    session.send(backend.copy_response(b"G", options.format == "binary", len(sink.columns)))
    session.flush()
    try:
        while (data := await _sent(session, reader.here)) is not None:
            call.usage.uploaded_bytes += len(data)
            await sink.write(reader.feed(data))
        await sink.write(reader.finish())
        count = await sink.finish()
    except BaseException:
        await sink.abandon()
        raise
    session.send(backend.command_complete(f"COPY {count}"))


async def _sent(session: Session, here: Callable[[], str]) -> bytes | None:
    """The next piece of what the client sends; None at its end. Raises PgError when it gives up, or goes."""
    while (found := await session.line.message()) is not None:
        kind, body = found
        if kind == _DATA:
            return body
        if kind == _DONE:
            return None
        if kind == _FAIL:
            message = read(kind, body)
            assert isinstance(message, CopyFail)
            raise failure("57014", f"COPY from stdin failed: {message.reason}", where=here())
        if kind not in (_FLUSH, _SYNC):
            raise failure("08P01", f"unexpected message type 0x{kind:02X} during COPY from stdin", where=here())
    raise PgError(Report("FATAL", "08006", "unexpected EOF on client connection with an open transaction"))


class _Reader:
    """Bytes as rows of values."""

    def __init__(self, session: Session, sink: Sink, table: str, options: Options) -> None:
        names = [one.name for one in sink.columns]
        self._style = session.settings.style
        self._codecs = [TYPES[one.oid].codec for one in sink.columns]
        self._binary = BinaryReader(table, names) if options.format == "binary" else None
        self._texts = RowReader(options, table, names) if options.format != "binary" else None

    def feed(self, data: bytes) -> list[list[Any]]:
        """The rows that became whole. Raises PgError."""
        if self._binary is not None:
            return [self._unpacked(row) for row in self._binary.feed(data)]
        assert self._texts is not None
        return [self._valued(row) for row in self._texts.feed(data)]

    def here(self) -> str:
        """What an error says of the place that reading has come to."""
        return self._texts.here if self._texts is not None else ""

    def finish(self) -> list[list[Any]]:
        """The last rows. Raises PgError."""
        if self._binary is not None:
            self._binary.finish()
            return []
        assert self._texts is not None
        return [self._valued(row) for row in self._texts.finish()]

    def _unpacked(self, row: Sequence[bytes | None]) -> list[Any]:
        pairs = zip(self._codecs, row, strict=True)
        return [None if field is None else codec.unpack(field) for codec, field in pairs]

    def _valued(self, row: Any) -> list[Any]:
        made: list[Any] = []
        for at, (codec, field) in enumerate(zip(self._codecs, row.fields, strict=True)):
            try:
                made.append(None if field is None else codec.read(field, self._style))
            except PgError as error:
                assert self._texts is not None
                raise PgError(replace(error.report, where=self._texts.where(row, at))) from None
        return made
