"""Nothing grows for ever: what the store must tidy is tidied in the background, and usage is folded into the ledger.

Lifecycle rules have a loop of their own, as a day's run over millions of objects may take longer than the others wait.
"""

from typing import TYPE_CHECKING

from yunbox.kernel.periodic import Periodic
from yunbox.services.oss.upkeep.lifecycle_run import LifecycleRun

if TYPE_CHECKING:
    from yunbox.services.oss.service import Oss

PERIOD_S = 60.0


def housekeeping(service: "Oss") -> Periodic:
    """The sweeps and the lifecycle, now and then."""
    lifecycle = LifecycleRun(service.store, service.clock, service.tally, service.owner)
    return Periodic(service.log, PERIOD_S, service.sweep, lifecycle.run_due)
