"""A connection to a database: statements and blocks of them, one after another.

A statement that fails raises PgError, as the server says it; where no answer comes it is Disconnected, and nobody knows
whether what was sent is done. The connection is of no use then.
"""

import itertools
import socket
import struct
from collections import OrderedDict
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from types import TracebackType

from yunbox.kernel.errors import Unavailable
from yunbox.wire.pgwire import backend
from yunbox.wire.pgwire.backend import Field
from yunbox.wire.pgwire.client import answers, requests
from yunbox.wire.pgwire.client.answers import Answer, Answers
from yunbox.wire.pgwire.client.login import Login
from yunbox.wire.pgwire.client.requests import BINARY, Parameter
from yunbox.wire.pgwire.report import PgError, failure
from yunbox.wire.pgwire.values.types import TYPES

TIMEOUT_S = 60.0
BLOCKS = "-c hg_experimental_enable_transaction=on"
"""Without this the real service takes no changes of rows in a block (its page "SQL transactions")."""
_READ_BYTES = 1 << 16
_PREPARED_MAX, _SUSPENDED = 64, ord("s")
_PIPELINED_MAX = 256
"""So many statements are sent before an answer is read: their answers fit into what lies between two sockets."""
Plain = str | int | float | bool | Parameter | None


class Disconnected(Unavailable):
    """There is no connection, or it is lost."""


@dataclass(frozen=True, slots=True)
class Result:
    """What a statement gives: rows of texts, None being NULL, and what was done."""

    columns: tuple[Field, ...] = ()
    rows: list[tuple[str | None, ...]] = field(default_factory=list)
    tag: str = ""
    is_cut: bool = False
    """Whether there are more rows than were asked for."""

    @property
    def count(self) -> int:
        """How many rows were changed, or are there."""
        last = self.tag.rpartition(" ")[2]
        return int(last) if last.isdecimal() else 0


def typed(value: object, oid: int) -> Parameter:
    """A value as the codec of its type has it (``wire/pgwire/values``), in the binary format. Raises PgError 22003 for
    one beyond the type's range."""
    try:
        return Parameter(oid, None if value is None else TYPES[oid].codec.pack(value), BINARY)
    except (struct.error, OverflowError):
        raise failure("22003", f"value is out of range for type {TYPES[oid].name}") from None


class Connection:
    """One session. ``options`` are those of a startup message: ``-c name=value``."""

    def __init__(
        self,
        host: str,
        port: int,
        dbname: str,
        user: str,
        password: str,
        *,
        options: str = BLOCKS,
        timeout_s: float = TIMEOUT_S,
    ) -> None:
        self._where = f"{host}:{port}"
        self._answers = Answers()
        self._waiting: Iterator[Answer] = iter(())
        self._prepared: OrderedDict[tuple[str, tuple[int, ...]], str] = OrderedDict()
        self._names = (f"s{number}" for number in itertools.count(1))
        self._status = backend.IDLE
        try:
            self._socket = socket.create_connection((host, port), timeout=timeout_s)
        except OSError as error:
            raise self._lost(error) from None
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            self._begin(dbname, user, password, options)
        except BaseException:
            self._socket.close()
            raise

    def close(self) -> None:
        """End the session; what is not committed is not done."""
        with suppress(OSError):
            self._socket.sendall(requests.TERMINATE)
        self._socket.close()

    def __enter__(self) -> "Connection":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # -- statements

    def execute(self, sql: str, parameters: Sequence[Plain] = (), *, keep: bool = False) -> Result:
        """Run a statement, whose parameters are ``$1`` and so on; with ``keep`` it is prepared for the next time.

        Raises PgError, Disconnected.
        """
        given = [_parameter(one) for one in parameters]
        return self._run(sql, [given], keep=keep)[0]

    def fetch(self, sql: str, parameters: Sequence[Plain], *, rows_max: int, bytes_max: int) -> Result:
        """The first rows of what a statement gives: so many at most, of so many bytes of values together.

        Raises PgError, Disconnected.
        """
        given = [_parameter(one) for one in parameters]
        sent = [requests.parse("", sql, ()), requests.bind("", given), requests.describe_portal(),
                requests.execute(rows_max=rows_max + 1), requests.SYNC]  # fmt: skip
        self._send(b"".join(sent))
        found = self._results(bytes_max)[0]
        return replace(found, rows=found.rows[:rows_max], is_cut=True) if len(found.rows) > rows_max else found

    def execute_each(self, sql: str, rows: Iterable[Sequence[Plain]]) -> list[Result]:
        """Run a statement with each row of parameters, many on their way at once. Raises PgError, Disconnected: the
        statements after one that failed are not run, and outside of a block those before it may be done."""
        found: list[Result] = []
        pending = iter(rows)
        while some := list(itertools.islice(pending, _PIPELINED_MAX)):
            found += self._run(sql, [[_parameter(one) for one in row] for row in some], keep=True)
        return found

    @contextmanager
    def transaction(self) -> Generator[None]:
        """A block: what is done in it is done when it ends, and all of it, or nothing where an error leaves it.

        Raises PgError, 40001 where others have changed meanwhile what it depends on.
        """
        self.execute("BEGIN", keep=True)
        try:
            yield
        except Disconnected:
            raise
        except BaseException:
            with suppress(PgError, Disconnected):
                self.execute("ROLLBACK", keep=True)
            raise
        self.execute("COMMIT", keep=True)

    @property
    def in_transaction(self) -> bool:
        """Whether a block is open."""
        return self._status != backend.IDLE

    # -- the dialogue

    def _begin(self, dbname: str, user: str, password: str, options: str) -> None:
        wanted = {"user": user, "database": dbname, "options": options, "client_encoding": "UTF8",
                  "application_name": "yunbox"}  # fmt: skip
        login = Login(user, password)
        self._send(requests.startup(wanted))
        while True:
            answer = self._next()
            if isinstance(answer, answers.Authentication):
                self._send(login.answer(answer))
            elif isinstance(answer, answers.Failed):
                raise PgError(answer.report)
            elif isinstance(answer, answers.Ready) and login.is_over:
                return

    def _run(self, sql: str, rows: Sequence[Sequence[Parameter]], *, keep: bool) -> list[Result]:
        """Run a statement with each row of parameters."""
        oids = tuple(one.oid for one in rows[0])
        name, sent = self._named(sql, oids) if keep else ("", [requests.parse("", sql, oids)])
        for row in rows:
            sent += [requests.bind(name, row), requests.describe_portal(), requests.execute()]
        self._send(b"".join([*sent, requests.SYNC]))
        try:
            return self._results()
        except PgError:
            if keep:
                self._forget((sql, oids))
            raise

    def _named(self, sql: str, oids: tuple[int, ...]) -> tuple[str, list[bytes]]:
        """The name of a prepared statement, and what is to be sent before it can be used."""
        name = self._prepared.get((sql, oids))
        if name is not None:
            self._prepared.move_to_end((sql, oids))
            return name, []
        name, sent = next(self._names), []
        if len(self._prepared) >= _PREPARED_MAX:
            sent.append(requests.close_statement(self._prepared.popitem(last=False)[1]))
        self._prepared[sql, oids] = name
        return name, [*sent, requests.parse(name, sql, oids)]

    def _forget(self, key: tuple[str, tuple[int, ...]]) -> None:
        """A statement that failed is prepared anew: nobody knows whether it was, nor whether it still fits."""
        name = self._prepared.pop(key, None)
        if name is not None:
            self._send(requests.close_statement(name) + requests.SYNC)
            self._results()

    def _results(self, bytes_max: int | None = None) -> list[Result]:
        """What the statements up to the Sync have given, with no rows behind so many bytes. Raises PgError, once the
        server is ready again."""
        found: list[Result] = []
        failed: PgError | None = None
        columns: tuple[Field, ...] = ()
        rows: list[tuple[str | None, ...]] = []
        is_cut, size = False, 0
        while True:
            answer = self._next()
            if isinstance(answer, answers.DataRow):
                size += sum(len(one or b"") for one in answer.values)
                is_cut = is_cut or (bytes_max is not None and size > bytes_max)
                if not is_cut:
                    rows.append(tuple(None if one is None else one.decode() for one in answer.values))
            elif isinstance(answer, answers.RowDescription):
                columns = answer.fields
            elif isinstance(answer, answers.Complete):
                found.append(Result(columns, rows, answer.tag, is_cut))
                columns, rows = (), []
            elif isinstance(answer, answers.Other) and answer.kind == _SUSPENDED:
                found.append(Result(columns, rows, is_cut=True))
            elif isinstance(answer, answers.Failed):
                failed = PgError(answer.report)
            elif isinstance(answer, answers.Ready):
                self._status = answer.status
                if failed is not None:
                    raise failed
                return found

    def _send(self, data: bytes) -> None:
        try:
            self._socket.sendall(data)
        except OSError as error:
            raise self._lost(error) from None

    def _next(self) -> Answer:
        while True:
            answer = next(self._waiting, None)
            if answer is not None:
                return answer
            try:
                data = self._socket.recv(_READ_BYTES)
            except OSError as error:
                raise self._lost(error) from None
            if not data:
                raise self._lost("the server has closed the connection")
            self._answers.feed(data)
            self._waiting = self._answers.messages()

    def _lost(self, why: object) -> Disconnected:
        return Disconnected(f"No answer from {self._where}: {why}")


def _parameter(value: Plain) -> Parameter:
    if isinstance(value, Parameter):
        return value
    if value is None:
        return Parameter(0, None)
    text = ("t" if value else "f") if isinstance(value, bool) else str(value)
    return Parameter(0, text.encode())
