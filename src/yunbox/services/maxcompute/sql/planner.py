"""Plans statements in the workers that will run them."""

from yunbox.engine.duck.messages import Listings, Planned, PlanStatement, RunQuery
from yunbox.engine.duck.pool import Worker
from yunbox.sql.maxcompute.session import Session
from yunbox.storage.tables.snapshots import Snapshots

DIALECT = "maxcompute"
"""The name under which its SQL is registered with the workers."""
_REPLAN_MAX = 5


class Planner:
    """Has statements planned against the newest snapshots."""

    def __init__(self, snapshots: Snapshots) -> None:
        self._snapshots = snapshots

    async def plan(
        self,
        worker: Worker,
        text: str,
        session: Session,
        listings: Listings | None = None,
        run: RunQuery | None = None,
    ) -> Planned:
        """Plan against the newest snapshots: where the index lags behind a log, bring it up and plan again.

        With ``run``, a query that touches nothing is run in the same round trip; its operation gives the result out.
        """
        request = PlanStatement(DIALECT, text, session, listings or {}, run)
        planned: Planned = await worker.call(request)
        for _ in range(_REPLAN_MAX):
            if not planned.stale:
                break
            for table_id in planned.stale:
                await self._snapshots.refresh(table_id)
            planned = await worker.call(request)
        return planned
