"""A session: its catalogue and settings, and the statements that were given to it."""

import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field

from yunbox.kernel.call import Principal
from yunbox.kernel.errors import NotFound, Throttled
from yunbox.services.flink.sessions.functions import PythonFunctions
from yunbox.services.flink.sessions.operation import Operation
from yunbox.sql.flink.catalog import Catalog
from yunbox.sql.flink.planner import Planner

_OPERATIONS_MAX = 1000


@dataclass
class Session:
    """One client's. ``defaults`` are what RESET goes back to; ``is_account`` is whether no RAM user or role has it."""

    name: str
    principal: str
    defaults: Mapping[str, str]
    is_account: bool = False
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    operations: dict[str, Operation] = field(default_factory=dict)
    used_s: float = field(default_factory=time.monotonic)

    def __post_init__(self) -> None:
        """What plans its statements, on a catalogue and settings of its own."""
        self.functions = PythonFunctions(is_account=self.is_account)
        self.planner = Planner(Catalog(), self.defaults, self.functions.find)

    @property
    def catalog(self) -> Catalog:
        """What its names mean."""
        return self.planner.catalog

    @property
    def settings(self) -> dict[str, str]:
        """What SET has said."""
        return self.planner.settings

    def begin(self) -> Operation:
        """Another operation. Raises Throttled."""
        if len(self.operations) >= _OPERATIONS_MAX:
            raise Throttled(f"The session has {_OPERATIONS_MAX} operations: close some of them first")
        made = Operation()
        self.operations[made.id] = made
        return made

    def operation(self, handle: str) -> Operation:
        """An operation. Raises NotFound."""
        found = self.operations.get(handle)
        if found is None:
            raise NotFound(f"Can not find the submitted operation in the OperationManager with the {handle}.")
        return found


class Sessions:
    """All sessions of the gateway; those that nobody uses for long are closed."""

    def __init__(self, idle_s_max: float = 600.0, count_max: int = 1_000) -> None:
        self._idle_s_max = idle_s_max
        self._count_max = count_max
        self._sessions: dict[str, Session] = {}

    def open(self, name: str, principal: Principal, settings: Mapping[str, str]) -> Session:
        """Another session. Raises Throttled."""
        if len(self._sessions) >= self._count_max:
            raise Throttled(f"Failed to create session, the count of active sessions exceeds {self._count_max}")
        made = Session(name, principal.name, settings, principal.is_account)
        self._sessions[made.id] = made
        return made

    def get(self, handle: str) -> Session:
        """A session, which is used by this. Raises NotFound."""
        found = self._sessions.get(handle)
        if found is None:
            raise NotFound(f"Session '{handle}' does not exist.")
        found.used_s = time.monotonic()
        return found

    def remove(self, handle: str) -> Session:
        """Forget a session. Raises NotFound."""
        found = self.get(handle)
        del self._sessions[handle]
        return found

    def idle(self) -> list[Session]:
        """Those that nobody has used for long."""
        before = time.monotonic() - self._idle_s_max
        return [one for one in self._sessions.values() if one.used_s < before]
