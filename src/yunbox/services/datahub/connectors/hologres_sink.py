"""Records of a shard to a table of Hologres, exactly once: rows are committed together with a mark of how far they go.

    (written)   the sequences of a move, and its mark
    write       in one block the rows, and that the mark is so far; what the table refuses in halves
    (written)   the next sequence

After a crash the mark says what was written. A record that the table can never take is counted and passed over, or it
stops the shard (``SkipDirtyPack``). A row whose key is there becomes the new one.
"""

import secrets
import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager

import msgspec

from yunbox.clients.hologres import fence
from yunbox.clients.hologres.connection import Connection, Disconnected
from yunbox.clients.hologres.target import Target, describe
from yunbox.clients.hologres.writing import Mode, write
from yunbox.clients.requests import RequestFailed
from yunbox.kernel.errors import Conflict, NotFound
from yunbox.services.datahub.catalogue.model import Topic
from yunbox.services.datahub.connectors.hologres_config import HologresConfig
from yunbox.services.datahub.connectors.hologres_rows import Row, RowMaker, check
from yunbox.services.datahub.connectors.model import Move, Outcome, Part, Told
from yunbox.services.datahub.connectors.partitions import Discarded
from yunbox.services.datahub.connectors.records import Record
from yunbox.wire.pgwire.report import PgError

_DIRTY = ("22", "23")
"""Classes of SQLSTATE: a value that cannot be, or may not."""
_TAKEN = "23505"
"""No row of ours is refused so, but the mark of a session that was slower than another one."""
_PASSING = ("08", "40", "53", "57", "58", "XX")
"""Classes of what has nothing to do with the request."""
_REFUSED, _MISSING, _FAILED = 400, 404, 503
_LOOK_AGAIN_S = 30.0
"""After which a table is looked at again, as somebody may have given it another column: it costs the engine 0.1 s."""
_targets: dict[HologresConfig, tuple[float, Target]] = {}
_written: dict[str, str] = {}
"""The moves that this process has seen committed, by whose they are."""


def verify(topic: Topic, fields: Sequence[str], config: HologresConfig) -> None:
    """Whether the table takes the records, and there is room for marks. Raises InvalidArgument, RequestFailed."""
    with _told(), _connected(config) as connection:
        check(topic, fields, describe(connection, *config.table))
        fence.mark_of(connection, "")


def upload(topic: Topic, shard: int, told: Told, records: list[Record]) -> Move:
    """Name the mark of records, of which there is one at least; nothing is written yet."""
    config = told.config
    assert isinstance(config, HologresConfig)
    first, end = records[0].sequence, records[-1].sequence + 1
    part = Part(f"datahub/{told.connector}/{shard}", f"{secrets.token_hex(8)}:{end}", len(records))
    return Move(
        first=first,
        end=end,
        time_ms=records[-1].time_ms,
        discarded=0,
        config=msgspec.structs.replace(config, access_id="", access_key=""),
        fields=tuple(told.fields),
        parts=(part,),
    )


def upload_again(topic: Topic, _shard: int, move: Move, part: Part, records: list[Record]) -> Part:
    """Write what is not written yet. Raises RequestFailed, InvalidArgument."""
    config = move.config
    assert isinstance(config, HologresConfig)
    with _told(), _connected(config) as connection, _target(connection, config) as target:
        columns = check(topic, move.fields, target)
        writer = _Writer(connection, target, [column.name for column in columns], part, config)
        rows = writer.run(RowMaker(config, move.fields, columns, topic), records)
    _written[part.partition] = part.session
    return msgspec.structs.replace(part, rows=rows)


def settle(_config: HologresConfig, part: Part, _is_fresh: bool) -> Outcome:
    """Whether all of a move has been written, as far as this process knows: else the mark is asked, before anything is
    written again."""
    return Outcome.DONE if _written.get(part.partition) == part.session else Outcome.AGAIN


class _Writer:
    """Writes the rows of a move. ``_mark`` is how far the writer of its shard is: ``MOVE:SEQUENCE:DISCARDED``."""

    def __init__(
        self, connection: Connection, target: Target, names: Sequence[str], part: Part, config: HologresConfig
    ) -> None:
        self._connection = connection
        self._target = target
        self._names = names
        self._writer = part.partition
        self._move, _, end = part.session.rpartition(":")
        self._end, self._count = int(end), part.rows
        self._skips = config.skip_dirty_pack
        self._mark = fence.mark_of(connection, self._writer)
        move, *places = (self._mark or "").split(":")
        self._done, self._before = map(int, places) if move == self._move else (self._end - self._count, 0)
        self._discarded: list[int] = []

    def run(self, maker: RowMaker, records: Sequence[Record]) -> int:
        """Write all records but those that cannot be rows, or are no more; how many are there then."""
        pending = [record for record in records if record.sequence >= self._done]
        gone = self._end - self._done - len(pending)
        rows: list[tuple[int, Row]] = []
        for record in pending:
            try:
                rows.append((record.sequence, maker.row(record)))
            except Discarded as error:
                if rows and not self._skips:  # what is before it can be written
                    self._write(rows, record.sequence)
                self._discard(record.sequence, error)
        if self._done < self._end:
            self._write(rows, self._end)
        return self._count - gone - self._before - len(self._discarded)

    def _write(self, rows: Sequence[tuple[int, Row]], end: int) -> None:
        """Write rows, and say that all up to a sequence are. Raises PgError, KernelError."""
        after = f"{self._move}:{end}:{self._before + sum(sequence < end for sequence in self._discarded)}"
        try:
            with self._connection.transaction():
                fence.advance(self._connection, self._writer, self._mark, after)
                write(self._connection, self._target, self._names, [row for _, row in rows], Mode.REPLACE)
        except PgError as error:
            state = error.report.sqlstate
            if not rows or state[:2] not in _DIRTY or state == _TAKEN:
                raise
            self._in_halves(rows, end, error)
        else:
            self._mark = after

    def _in_halves(self, rows: Sequence[tuple[int, Row]], end: int, error: PgError) -> None:
        if len(rows) == 1:
            self._discard(rows[0][0], error)
            self._write((), end)
            return
        middle = len(rows) // 2
        self._write(rows[:middle], rows[middle][0])
        self._write(rows[middle:], end)

    def _discard(self, sequence: int, error: Exception) -> None:
        """Pass a record over, or go no further. Raises RequestFailed."""
        if not self._skips:
            raise RequestFailed(f"The table cannot take the record {sequence}: {error}", status=_REFUSED)
        self._discarded.append(sequence)


@contextmanager
def _target(connection: Connection, config: HologresConfig) -> Generator[Target]:
    """The table, as it was a moment ago; one that something goes wrong with is looked at anew the next time."""
    now = time.monotonic()
    seen_s, target = _targets.get(config, (0.0, None))
    if target is None or now - seen_s > _LOOK_AGAIN_S:
        target = describe(connection, *config.table)
        for old in [key for key, (at_s, _) in list(_targets.items()) if now - at_s > _LOOK_AGAIN_S]:
            _targets.pop(old, None)
        _targets[config] = now, target
    try:
        yield target
    except BaseException:
        _targets.pop(config, None)
        raise


def _connected(config: HologresConfig) -> Connection:
    return Connection(*config.address, config.project, config.access_id, config.access_key)


@contextmanager
def _told() -> Generator[None]:
    """What the other side says, as a sink tells it. Raises RequestFailed."""
    try:
        yield
    except PgError as error:
        state = error.report.sqlstate
        is_passing = state[:2] in _PASSING or state == _TAKEN
        raise RequestFailed(str(error), code=state, status=_FAILED if is_passing else _REFUSED) from None
    except NotFound as error:
        raise RequestFailed(str(error), code=error.code or "", status=_MISSING) from None
    except (Disconnected, Conflict) as error:
        raise RequestFailed(str(error), status=_FAILED) from None
