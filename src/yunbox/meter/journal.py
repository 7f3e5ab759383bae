"""The one structured event of every call, written as a JSON line to a rotated log.

An event never holds a secret: it is built from named fields, not from headers or bodies.
"""

import json
import logging
from dataclasses import asdict, dataclass, field
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Any

_LOG_BYTES_MAX = 16 * 1024 * 1024
_LOG_FILES_MAX = 5


@dataclass
class Event:
    """Who did what to which resource, what was decided, and what came of it."""

    time: float
    request_id: str
    service: str
    operation: str
    principal: str = ""
    account_id: str = ""
    resources: list[str] = field(default_factory=list)
    decision: str = ""
    code: str = "OK"
    message: str = ""
    latency_ms: float = 0.0
    uploaded_bytes: int = 0
    downloaded_bytes: int = 0
    scanned_bytes: int = 0


class Journal:
    """Writes events; other readers of the same event subscribe instead of being called by operations."""

    def __init__(self, path: Path) -> None:
        self._logger = logging.getLogger("yunbox.calls")
        self._logger.setLevel(logging.INFO)
        self._logger.propagate = False
        self._handler = RotatingFileHandler(path, maxBytes=_LOG_BYTES_MAX, backupCount=_LOG_FILES_MAX, encoding="utf-8")
        self._handler.setFormatter(logging.Formatter("%(message)s"))
        self._logger.addHandler(self._handler)
        path.chmod(0o600)

    def record(self, event: Event) -> None:
        """Write one event. A full disk must not fail the call it tells of."""
        body: dict[str, Any] = {key: value for key, value in asdict(event).items() if value not in ("", 0, [])}
        self._logger.info(json.dumps(body, ensure_ascii=False))

    def close(self) -> None:
        """Close the log file."""
        self._logger.removeHandler(self._handler)
        self._handler.close()
