"""What operations touch, as RAM policies spell it: the account's deployments of Realtime Compute.

Source: the vendor's page "Manage permissions" of Realtime Compute for Apache Flink (actions begin with ``stream:``).
"""

from collections.abc import Callable
from typing import Any

from yunbox.kernel.call import Access

Touches = Callable[[Any, Any], tuple[Access, ...]]


def touches(action: str) -> Touches:
    """What makes of an action the accesses of its calls."""
    name = f"stream:{action}"

    def made(gateway: Any, _params: Any) -> tuple[Access, ...]:
        return (Access(name, "*", gateway.account_id),)

    return made
