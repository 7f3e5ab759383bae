"""Where a session stands in its transactions: blocks, implicit ones, failed ones, and savepoints.

Source: the PostgreSQL documentation, "Transactions" and "Message Flow". A statement that stands alone is a transaction
of its own; several in one text are one that is not a block and yet keeps some statements out; what fails in a block
fails all of it, up to its end or to a savepoint.
"""

import time
from collections.abc import Callable
from enum import Enum

from yunbox.storage.rows.draft import Block
from yunbox.wire.pgwire import backend
from yunbox.wire.pgwire.report import PgError, Report, failure
from yunbox.wire.pgwire.settings.session import Settings
from yunbox.wire.pgwire.values.calendar import EPOCH_US


class State(Enum):
    """PostgreSQL's own states, as far as clients can tell them apart."""

    NONE = "none"
    ALONE = "alone"
    IMPLICIT = "implicit"
    BLOCK = "block"
    FAILED = "failed"


def now_us() -> int:
    """The time, in microseconds since 2000."""
    return time.time_ns() // 1000 - EPOCH_US


class Transaction:
    """The transaction of a session. ``tell`` sends a warning; ``undone`` hears how deep what was undone lay, and
    ``done`` that a transaction has been committed."""

    def __init__(
        self,
        settings: Settings,
        tell: Callable[[Report], None],
        undone: Callable[[int], None],
        done: Callable[[], None],
    ) -> None:
        self.state = State.NONE
        self.began_us = 0
        self.block: Block | None = None
        self._settings = settings
        self._tell = tell
        self._undone = undone
        self._done = done
        self._savepoints: list[str] = []

    @property
    def status(self) -> bytes:
        """As ReadyForQuery says it."""
        if self.state is State.FAILED:
            return backend.FAILED
        return backend.IN_TRANSACTION if self.state is State.BLOCK else backend.IDLE

    @property
    def depth(self) -> int:
        """How many savepoints there are, and the transaction itself."""
        return len(self._savepoints) + (self.state is not State.NONE)

    @property
    def in_block(self) -> bool:
        """Whether statements that need a block may run: in one text with others they may."""
        return self.state in (State.BLOCK, State.IMPLICIT)

    @property
    def is_open(self) -> bool:
        """Whether a block is open, which only its client ends."""
        return self.state in (State.BLOCK, State.FAILED)

    def start(self, *, together: bool = False) -> None:
        """A statement comes, alone or together with others."""
        if self.state is State.NONE:
            self.state = State.ALONE
            self.began_us = now_us()
            self._settings.begin()
        if together and self.state is State.ALONE:
            self.state = State.IMPLICIT
            self.block = Block()

    def begin(self) -> None:
        """BEGIN."""
        if self.state is State.BLOCK:
            self._warn("25001", "there is already a transaction in progress")
        self.state = State.BLOCK
        self.block = self.block or Block()

    def commit(self, *, chain: bool = False) -> str:
        """COMMIT; the answer is the tag."""
        failed = self.state is State.FAILED
        self._check_chain("COMMIT", chain=chain)
        if self.state is not State.BLOCK and not failed:
            self._warn("25P01", "there is no transaction in progress")
        self._end(committed=not failed)
        self._chain(chain=chain)
        return "ROLLBACK" if failed else "COMMIT"

    def rollback(self, *, chain: bool = False) -> str:
        """ROLLBACK; the answer is the tag."""
        self._check_chain("ROLLBACK", chain=chain)
        if self.state not in (State.BLOCK, State.FAILED):
            self._warn("25P01", "there is no transaction in progress")
        self._end(committed=False)
        self._chain(chain=chain)
        return "ROLLBACK"

    def fail(self) -> None:
        """A statement has failed."""
        if self.state in (State.ALONE, State.IMPLICIT):
            self._end(committed=False)
        elif self.state is State.BLOCK:
            self.state = State.FAILED
            self._again()

    def abandon(self) -> None:
        """It could not be committed: it is over, and nothing of it was done."""
        self._end(committed=False)

    def finish(self) -> None:
        """A text has ended, or a Sync has come: what is no block is committed."""
        if self.state in (State.ALONE, State.IMPLICIT):
            self._end(committed=True)

    # -- savepoints

    def savepoint(self, name: str) -> None:
        """SAVEPOINT name. Raises PgError 25P01."""
        block = self._need_block("SAVEPOINT")
        block.mark()
        self._savepoints.append(name)
        self._settings.begin()

    def release(self, name: str) -> None:
        """RELEASE SAVEPOINT name. Raises PgError 25P01 or 3B001."""
        block = self._need_block("RELEASE SAVEPOINT")
        for _ in range(self._above(name)):
            block.keep()
            self._savepoints.pop()
            self._settings.end()

    def rollback_to(self, name: str) -> None:
        """ROLLBACK TO SAVEPOINT name. Raises PgError 25P01 or 3B001."""
        block = self._need_block("ROLLBACK TO SAVEPOINT")
        above = self._above(name)
        for _ in range(above - 1):
            self._savepoints.pop()
            self._settings.undo()
            block.undo()
        block.undo()
        block.mark()
        self.state = State.BLOCK
        self._again()

    def _need_block(self, what: str) -> Block:
        if self.state not in (State.BLOCK, State.FAILED) or self.block is None:
            raise no_block(what)
        return self.block

    def _above(self, name: str) -> int:
        """How many savepoints end with one of this name, itself counted."""
        for count, found in enumerate(reversed(self._savepoints), 1):
            if found == name:
                return count
        raise failure("3B001", f'savepoint "{name}" does not exist')

    # -- ends

    def _again(self) -> None:
        """What was done since the last savepoint is as if it had never been, and the savepoint is still there."""
        self._undone(self.depth)
        self._settings.undo()
        self._settings.begin()

    def _end(self, *, committed: bool) -> None:
        if self.state is State.NONE:
            return
        if not committed:
            self._undone(1)
        for _ in range(len(self._savepoints) + 1):
            if committed:
                self._settings.end()
            else:
                self._settings.undo()
        self._savepoints.clear()
        self.state = State.NONE
        self.block = None
        if committed:
            self._done()

    def _check_chain(self, word: str, *, chain: bool) -> None:
        if chain and self.state not in (State.BLOCK, State.FAILED):
            raise no_block(f"{word} AND CHAIN")

    def _chain(self, *, chain: bool) -> None:
        if chain:
            self.start()
            self.begin()

    def _warn(self, sqlstate: str, message: str) -> None:
        self._tell(Report("WARNING", sqlstate, message))


def no_block(what: str) -> PgError:
    """A statement that makes sense in a block alone."""
    return failure("25P01", f"{what} can only be used in transaction blocks")
