"""The audit trail read again: who did what to which resource, and how the right to it was decided.

An entry is one management call or one refusal, as ``yunbox audit`` and ActionTrail's LookupEvents tell it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from yunbox.kernel.clock import utc
from yunbox.meter.journal import Event

IMPLICIT_DENY = "ImplicitDeny"
_RESOURCES_OF = {"sts": "ram", "ims": "ram"}
"""Products whose actions are on the resources of another."""


@dataclass(frozen=True)
class Entry:
    """One entry; ``principal`` and ``resource`` are RAM's names, and nothing where it never came to them."""

    event: Event

    @property
    def principal(self) -> str:
        """Who it was: the name that GetCallerIdentity tells."""
        return self.event.arn or self.event.principal

    @property
    def action(self) -> str:
        """The right that decided, or the operation where it never came to one."""
        event = self.event
        if event.decided < len(event.actions):
            return event.actions[event.decided]
        return f"{event.service}:{event.operation}"

    @property
    def resource(self) -> str:
        """What it was on."""
        event = self.event
        return named(event, self.action, event.resources[event.decided]) if event.decided < len(event.resources) else ""

    @property
    def decision(self) -> str:
        """``Allow``, ``ImplicitDeny`` or ``ExplicitDeny``; who is not known is denied."""
        return self.event.verdict or IMPLICIT_DENY

    @property
    def values(self) -> dict[str, Any]:
        """The same as plain values."""
        event = self.event
        return {
            "time": utc(event.time).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "request_id": event.request_id, "principal": self.principal, "action": self.action,
            "resource": self.resource, "decision": self.decision, "code": event.code, "service": event.service,
            "operation": event.operation, "source_ip": event.source_ip, "access_key_id": event.access_key_id,
            "message": event.message,
        }  # fmt: skip


def named(event: Event, action: str, resource: str) -> str:
    """A resource that an event tells of by the name that policies have for it."""
    product = action.partition(":")[0]
    return f"acs:{_RESOURCES_OF.get(product, product)}:*:{event.account_id or '*'}:{resource}"


def entries(folder: Path, since: float = 0.0, until: float = float("inf")) -> Iterator[Entry]:
    """The entries of a trail's folder within a time, the newest first; what is added up or torn is no entry."""
    decode = msgspec.json.Decoder(Event).decode
    first, last = (utc(min(max(at, 0.0), 253_402_300_799.0)).date().isoformat() for at in (since, until))
    for path in sorted(folder.glob("*.jsonl"), reverse=True):
        if not first <= path.stem <= last:
            continue
        for line in reversed(path.read_bytes().splitlines()):
            entry = _entry(decode, line)
            if entry is not None and since <= entry.event.time < until:
                yield entry


def _entry(decode: Any, line: bytes) -> Entry | None:
    if b'"request_id"' not in line:
        return None
    try:
        return Entry(decode(line))
    except msgspec.DecodeError:  # a line that the end of the server cut short
        return None
