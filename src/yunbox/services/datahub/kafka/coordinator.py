"""Groups of Kafka consumers: who is in one, and which generation of it deals out the partitions.

A consumer that comes, goes or falls silent makes all others join again; the first of them, the leader, then deals out
the partitions, and the others are told by ``sync``. All of this is of the moment: after a restart consumers join anew,
and go on at the offsets that were committed. Source: the Kafka protocol guide, "Group membership API".
"""

import asyncio
import secrets
import time
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from kio.schema.errors import ErrorCode

_FIRST_WAIT_S = 0.2
"""For which the first consumer of a group waits for others."""
_SESSION_S = (1.0, 1800.0)
_REBALANCE_S_MAX = 300.0
_PENDING_MAX = 1000
_MEMBERS_MAX = 1000
_SWEEP_EVERY_S = 0.25
Values = dict[str, Any]


class State(StrEnum):
    """Where a group is between two generations; spelled as Kafka's tools show it."""

    EMPTY = "Empty"
    PREPARING = "PreparingRebalance"
    COMPLETING = "CompletingRebalance"
    STABLE = "Stable"


@dataclass(eq=False, slots=True)
class Member:
    """One consumer. ``joining`` and ``syncing`` are requests of it that wait for an answer."""

    id: str
    client_id: str
    host: str
    session_s: float
    rebalance_s: float
    protocols: list[tuple[str, bytes]]
    heard_s: float
    joining: "asyncio.Future[Values] | None" = None
    syncing: "asyncio.Future[Values] | None" = None
    assignment: bytes = b""

    def metadata(self, protocol: str) -> bytes:
        """What it says of itself for a protocol."""
        return next((data for name, data in self.protocols if name == protocol), b"")


@dataclass(eq=False, slots=True)
class Group:
    """One group."""

    id: str
    state: State = State.EMPTY
    generation: int = 0
    protocol_type: str = ""
    protocol: str = ""
    leader: str = ""
    members: dict[str, Member] = field(default_factory=dict)
    pending: dict[str, float] = field(default_factory=dict)
    until_s: float = 0.0


class Coordinator:
    """All groups. ``run`` is to be a task for as long as it is used."""

    def __init__(self) -> None:
        self.groups: dict[str, Group] = {}

    async def run(self) -> None:
        """Drop who is silent, and end rebalances whose time is over."""
        while True:
            await asyncio.sleep(_SWEEP_EVERY_S)
            for group in list(self.groups.values()):
                self._sweep(group, time.monotonic())

    # -- what consumers ask

    async def join(self, request: Any, version: int, client_id: str, host: str) -> Values:
        """A JoinGroupResponse, once all have joined."""
        group = self.groups.setdefault(request.group_id, Group(request.group_id))
        member_id, protocols = request.member_id, [(one.name, one.metadata) for one in request.protocols]
        if not protocols or not self._agrees(group, request.protocol_type, protocols):
            return _refused(ErrorCode.inconsistent_group_protocol, member_id)
        if not member_id:
            member_id = f"{client_id or 'consumer'}-{secrets.token_hex(8)}"
            if version >= 4:
                return self._announced(group, member_id)
        elif member_id not in group.members and group.pending.pop(member_id, None) is None:
            return _refused(ErrorCode.unknown_member_id, member_id)
        if member_id not in group.members and len(group.members) >= _MEMBERS_MAX:
            return _refused(ErrorCode.group_max_size_reached, member_id)
        group.protocol_type = request.protocol_type
        return await self._joined(group, self._member(group, member_id, request, protocols, client_id, host))

    async def sync(self, request: Any) -> Values:
        """A SyncGroupResponse, once the leader has dealt out the partitions."""
        group, member, code = self._known(request)
        if group is None or member is None or code is not ErrorCode.none:
            return {"error_code": code}
        if group.state is State.PREPARING:
            return {"error_code": ErrorCode.rebalance_in_progress}
        if group.state is State.STABLE:
            return _assigned(group, member)
        member.syncing = asyncio.get_running_loop().create_future()
        waiting = member.syncing
        if member.id == group.leader:
            self._deal(group, {one.member_id: one.assignment for one in request.assignments})
        return await waiting

    def heartbeat(self, request: Any) -> Values:
        """A HeartbeatResponse."""
        group, _, code = self._known(request)
        if code is ErrorCode.none and group is not None and group.state is State.PREPARING:
            code = ErrorCode.rebalance_in_progress
        return {"error_code": code}

    def leave(self, group_id: str, member_id: str) -> ErrorCode:
        """Remove a consumer."""
        group = self.groups.get(group_id)
        if group is None or (member_id not in group.members and group.pending.pop(member_id, None) is None):
            return ErrorCode.unknown_member_id
        self._remove(group, member_id)
        return ErrorCode.none

    def may_commit(self, request: Any) -> ErrorCode:
        """Whether offsets may be committed: by a member of this generation, or by one who is in no group."""
        generation = getattr(request, "generation_id_or_member_epoch", -1)
        group = self.groups.get(request.group_id)
        if generation < 0 and not request.member_id:
            has_members = group is not None and group.members
            return ErrorCode.unknown_member_id if has_members else ErrorCode.none
        if group is None or request.member_id not in group.members:
            return ErrorCode.unknown_member_id
        if generation != group.generation:
            return ErrorCode.illegal_generation
        group.members[request.member_id].heard_s = time.monotonic()
        return ErrorCode.none

    # -- inside

    def _agrees(self, group: Group, kind: str, protocols: list[tuple[str, bytes]]) -> bool:
        """Whether a consumer speaks what the others of its group speak."""
        if not group.members:
            return True
        names = {name for name, _ in protocols}
        common = set.intersection(*({name for name, _ in one.protocols} for one in group.members.values()))
        return kind == group.protocol_type and bool(names & common)

    def _announced(self, group: Group, member_id: str) -> Values:
        """A newcomer is given an id, by which it is to join."""
        if len(group.pending) >= _PENDING_MAX:
            return _refused(ErrorCode.group_max_size_reached, member_id)
        group.pending[member_id] = time.monotonic()
        return _refused(ErrorCode.member_id_required, member_id)

    def _member(
        self, group: Group, member_id: str, request: Any, protocols: list[tuple[str, bytes]], client_id: str, host: str
    ) -> Member:
        """A consumer as it is now; it need not join again if nothing of it is new."""
        session_s = min(max(request.session_timeout.total_seconds(), _SESSION_S[0]), _SESSION_S[1])
        rebalance_s = min(max(request.rebalance_timeout.total_seconds(), session_s), _REBALANCE_S_MAX)
        found = group.members.get(member_id)
        if found is None:
            found = Member(member_id, client_id, host, session_s, rebalance_s, protocols, 0.0)
            found.joining = asyncio.get_running_loop().create_future()
            group.members[member_id] = found
        elif group.state is State.PREPARING or member_id == group.leader or found.protocols != protocols:
            if found.joining is not None and not found.joining.done():
                found.joining.set_result(_refused(ErrorCode.unknown_member_id, member_id))
            found.joining = asyncio.get_running_loop().create_future()
        found.protocols, found.heard_s = protocols, time.monotonic()
        return found

    async def _joined(self, group: Group, member: Member) -> Values:
        if member.joining is None:
            return self._generation(group, member)
        waiting = member.joining
        self._prepare(group)
        return await waiting

    def _prepare(self, group: Group) -> None:
        """Have all join again; what waits for the last generation is told so."""
        if group.state is not State.PREPARING:
            now = time.monotonic()
            fresh = group.state is State.EMPTY
            group.until_s = now + (_FIRST_WAIT_S if fresh else max(one.rebalance_s for one in group.members.values()))
            group.state = State.PREPARING
            for one in group.members.values():
                _settle(one, "syncing", {"error_code": ErrorCode.rebalance_in_progress})
            if fresh:
                asyncio.get_running_loop().call_later(_FIRST_WAIT_S, self._complete_if_due, group)
                return
        elif group.generation == 0 or group.until_s - time.monotonic() <= _FIRST_WAIT_S:
            return  # the first consumer waits for others
        self._complete_if_all(group)

    def _complete_if_due(self, group: Group) -> None:
        if group.state is State.PREPARING and all(one.joining for one in group.members.values()):
            self._complete(group)

    def _complete_if_all(self, group: Group) -> None:
        if group.members and all(one.joining for one in group.members.values()):
            self._complete(group)

    def _complete(self, group: Group) -> None:
        """Begin another generation of all who have joined; the others are out."""
        group.members = {key: one for key, one in group.members.items() if one.joining is not None}
        if not group.members:
            group.state = State.EMPTY
            return
        group.generation += 1
        first = next(iter(group.members.values()))
        common = set.intersection(*({name for name, _ in one.protocols} for one in group.members.values()))
        group.protocol = next(name for name, _ in first.protocols if name in common)
        group.leader = first.id if group.leader not in group.members else group.leader
        group.state = State.COMPLETING
        now = time.monotonic()
        group.until_s = now + max(one.rebalance_s for one in group.members.values())
        for one in group.members.values():
            one.heard_s, one.assignment = now, b""
            _settle(one, "joining", self._generation(group, one))

    def _generation(self, group: Group, member: Member) -> Values:
        members = [{"member_id": one.id, "metadata": one.metadata(group.protocol)} for one in group.members.values()]
        return {
            "error_code": ErrorCode.none,
            "generation_id": group.generation,
            "protocol_type": group.protocol_type,
            "protocol_name": group.protocol,
            "leader": group.leader,
            "member_id": member.id,
            "members": members if member.id == group.leader else [],
        }

    def _deal(self, group: Group, assignments: dict[str, bytes]) -> None:
        group.state = State.STABLE
        for one in group.members.values():
            one.assignment = assignments.get(one.id, b"")
            _settle(one, "syncing", _assigned(group, one))

    def _known(self, request: Any) -> tuple[Group | None, Member | None, ErrorCode]:
        """The group and the member of a request, which is heard of by it."""
        group = self.groups.get(request.group_id)
        member = group.members.get(request.member_id) if group is not None else None
        if group is None or member is None:
            return None, None, ErrorCode.unknown_member_id
        member.heard_s = time.monotonic()
        wrong = request.generation_id != group.generation
        return group, member, ErrorCode.illegal_generation if wrong else ErrorCode.none

    def _remove(self, group: Group, member_id: str) -> None:
        member = group.members.pop(member_id, None)
        if member is None:
            return
        _settle(member, "joining", _refused(ErrorCode.unknown_member_id, member_id))
        _settle(member, "syncing", {"error_code": ErrorCode.unknown_member_id})
        if not group.members:
            group.state, group.leader = State.EMPTY, ""
        elif group.state is State.PREPARING:
            self._complete_if_all(group)
        else:
            self._prepare(group)

    def _sweep(self, group: Group, now: float) -> None:
        silent = [one.id for one in group.members.values() if one.joining is None and now - one.heard_s > one.session_s]
        for member_id in silent:
            self._remove(group, member_id)
        if group.state is State.PREPARING and now >= group.until_s:
            self._complete(group)
        elif group.state is State.COMPLETING and now >= group.until_s:
            self._remove(group, group.leader)  # it has not dealt out anything
        for member_id, since in list(group.pending.items()):
            if now - since > _SESSION_S[1]:
                del group.pending[member_id]
        if group.state is State.EMPTY and not group.pending:
            self.groups.pop(group.id, None)


def _settle(member: Member, what: str, values: Values) -> None:
    """Answer a request that waits, if one does."""
    waiting = getattr(member, what)
    setattr(member, what, None)
    if waiting is not None and not waiting.done():
        waiting.set_result(values)


def _assigned(group: Group, member: Member) -> Values:
    return {
        "error_code": ErrorCode.none,
        "protocol_type": group.protocol_type,
        "protocol_name": group.protocol,
        "assignment": member.assignment,
    }


def _refused(code: ErrorCode, member_id: str) -> Values:
    return {"error_code": code, "generation_id": -1, "protocol_name": "", "leader": "", "member_id": member_id}
