"""What a client copies in, from bytes to a sink: whole lines where it takes them as they are, and else row by row.

Lines come in blocks that take about a millisecond, and between two of them the other clients have their turn. A block
that the sink does not take is halved, as one odd line may be the cause; what is left small is read value by value. So
whatever is wrong is found, and told, by the reading of values.
"""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from yunbox.services.hologres.session.ports import Sink
from yunbox.wire.pgwire.copy.binary import BinaryReader
from yunbox.wire.pgwire.copy.options import Options
from yunbox.wire.pgwire.copy.reading import Row, RowReader
from yunbox.wire.pgwire.report import PgError
from yunbox.wire.pgwire.values.codec import Style
from yunbox.wire.pgwire.values.types import TYPES

_BLOCK_BYTES = 128 * 1024
_SMALL_BYTES = 4 * 1024
"""What is not taken as it is, is read; more than this is halved first."""
_FEW_ROWS = 32
"""So many rows are read at once however long they are, since what makes them long is an array that is made so."""
_LINE_BYTES_MAX = 1024 * 1024
"""A longer line is not waited for here."""


class Taking:
    """Hands the rows of one COPY to their sink."""

    def __init__(self, sink: Sink, table: str, options: Options, style: Style) -> None:
        names = [one.name for one in sink.columns]
        self._sink = sink
        self._style = style
        self._codecs = [TYPES[one.oid].codec for one in sink.columns]
        self._rest = b""
        self._binary_bytes = _SMALL_BYTES
        self._binary = BinaryReader(table, names) if options.format == "binary" else None
        self._texts = RowReader(options, table, names)

    @property
    def here(self) -> str:
        """What an error says of the place that reading has come to."""
        return self._texts.here if self._binary is None else ""

    async def take(self, data: bytes) -> None:
        """Take bytes. Raises PgError."""
        if self._binary is not None:
            await self._take_binary(self._binary, data)
            return
        data, self._rest = _whole(self._rest + data)
        for block in _blocks(data):
            await self._take(block)
            await asyncio.sleep(0)

    async def finish(self) -> None:
        """There is no more. Raises PgError."""
        if self._binary is not None:
            self._binary.finish()
            return
        rows = [*self._texts.feed(self._rest), *self._texts.finish()]
        await self._sink.write([self._valued(row) for row in rows])

    async def _take_binary(self, reader: BinaryReader, data: bytes) -> None:
        at = 0
        while at < len(data):
            end = at + self._binary_bytes
            rows = reader.feed(data[at:end])
            if not await self._sink.packed(rows):
                await self._sink.write([self._unpacked(row) for row in rows])
            if len(rows) < _FEW_ROWS:
                self._binary_bytes = min(2 * self._binary_bytes, _BLOCK_BYTES)
            at = end
            await asyncio.sleep(0)

    async def _take(self, block: bytes) -> None:
        plain = self._texts.plain(block)
        taken = await self._sink.lines(plain) if plain is not None else None
        if taken is not None:
            self._texts.passed(taken)
        elif len(block) <= _SMALL_BYTES or block.count(b"\n") <= _FEW_ROWS or len(halves := _halves(block)) == 1:
            await self._sink.write([self._valued(row) for row in self._texts.feed(block)])
        else:
            for half in halves:
                await self._take(half)
                await asyncio.sleep(0)

    def _unpacked(self, row: Sequence[bytes | None]) -> list[Any]:
        pairs = zip(self._codecs, row, strict=True)
        return [None if field is None else codec.unpack(field) for codec, field in pairs]

    def _valued(self, row: Row) -> list[Any]:
        made: list[Any] = []
        for at, (codec, field) in enumerate(zip(self._codecs, row.fields, strict=True)):
            try:
                made.append(None if field is None else codec.read(field, self._style))
            except PgError as error:
                raise PgError(replace(error.report, where=self._texts.where(row, at))) from None
        return made


def _whole(data: bytes) -> tuple[bytes, bytes]:
    """What is whole lines, and the rest; all is given on where a line is very long."""
    end = data.rfind(b"\n") + 1
    return (data, b"") if len(data) - end > _LINE_BYTES_MAX else (data[:end], data[end:])


def _blocks(data: bytes) -> Iterator[bytes]:
    """Whole lines, in pieces of some size."""
    at = 0
    while at < len(data):
        end = at + _BLOCK_BYTES
        end = data.rfind(b"\n", at, end) + 1 or data.find(b"\n", end) + 1 or len(data)
        yield data[at:end]
        at = end


def _halves(block: bytes) -> list[bytes]:
    """Lines in two parts; one, where it is one line."""
    middle = len(block) // 2
    middle = block.find(b"\n", middle) + 1 or len(block)
    if middle == len(block):  # a long line at the end
        middle = block.rfind(b"\n", 0, len(block) // 2) + 1
    return [piece for piece in (block[:middle], block[middle:]) if piece]
