"""Operations: statements under way, and their rows, which the client fetches page by page.

A page is had by its number. The one that was given last can be had again, as its answer may be lost; those before are
gone. Source: the page "REST Endpoint" of Flink's SQL Gateway.
"""

import asyncio
import uuid
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from yunbox.kernel.errors import InvalidArgument, KernelError
from yunbox.sql.flink.types import FlinkType

PAGE_ROWS_MAX = 5000
Columns = tuple[tuple[str, FlinkType], ...]
Rows = list[tuple[int, list[Any]]]


class Status(StrEnum):
    """The states of operations (``OperationStatus``)."""

    PENDING = "PENDING"
    RUNNING = "RUNNING"
    FINISHED = "FINISHED"
    CANCELED = "CANCELED"
    CLOSED = "CLOSED"
    ERROR = "ERROR"


@dataclass(frozen=True)
class Page:
    """Some rows; ``next`` is the number of the page behind it, None at the end. ``is_ready`` is False where the
    statement has not come so far that it has any answer."""

    rows: Rows
    next: int | None
    is_ready: bool = True


@dataclass
class Operation:
    """One statement. Its rows are physical values, of the types of ``columns``."""

    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    status: Status = Status.PENDING
    columns: Columns = ()
    is_query: bool = False
    has_content: bool = False
    job_id: str = ""
    error: KernelError | None = None
    task: asyncio.Task[None] | None = None
    release: Callable[[int], None] = lambda _rows: None
    _waiting: deque[tuple[int, list[Any]]] = field(default_factory=deque)
    _is_whole: bool = False
    _page: int = 0
    _last: Page | None = None

    def give(self, rows: Rows) -> None:
        """Rows have come."""
        self._waiting.extend(rows)

    def end(self) -> None:
        """No more rows will come."""
        self._is_whole = True

    def fail(self, error: KernelError) -> None:
        """It has failed: whoever asks for a page is told."""
        self.error = error
        self.status = Status.ERROR
        self._is_whole = True

    def fetch(self, number: int) -> Page:
        """A page. Raises what the statement has failed of, InvalidArgument for a page that is gone or not there yet."""
        if self.error is not None and not self._waiting:
            raise self.error
        if self.status in (Status.PENDING, Status.RUNNING):
            return Page([], number, is_ready=False)
        if number == self._page - 1 and self._last is not None:
            return self._last
        if number != self._page:
            known = f"{self._page}" if self._page == 0 else f"{self._page} or {self._page - 1}"
            raise InvalidArgument(f"Expecting token to be {known}, but found {number}.")
        rows = [self._waiting.popleft() for _ in range(min(len(self._waiting), PAGE_ROWS_MAX))]
        if not rows and self._is_whole:
            return Page([], None)
        self.release(len(rows))
        self._page += 1
        self._last = Page(rows, self._page)
        return self._last
