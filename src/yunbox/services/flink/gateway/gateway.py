"""The gateway put together: what every operation gets as its first argument."""

from dataclasses import dataclass

from yunbox.services.flink.jobs.jobs import Jobs
from yunbox.services.flink.sessions.session import Session, Sessions
from yunbox.services.flink.sessions.statements import close

VERSION = "2.3.0"
"""The Flink whose interfaces these are."""


@dataclass(eq=False)
class Gateway:
    """Sessions, and jobs, which outlive them."""

    sessions: Sessions
    jobs: Jobs
    account_id: str

    async def close_session(self, session: Session) -> None:
        """End a session: its queries end with it, and what it has inserted goes on."""
        self.sessions.remove(session.id)
        for operation in list(session.operations.values()):
            await close(self.jobs, session, operation)

    async def sweep(self) -> None:
        """Close the sessions that nobody uses."""
        for session in self.sessions.idle():
            await self.close_session(session)
