"""The policies that the vendor keeps for everybody, such as ``AliyunOSSReadOnlyAccess``: a data file.

Source: the vendor's "System policies" pages; what a policy grants of services that are not here is left out.
"""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from yunbox.identity.service_roles import service_roles
from yunbox.kernel.errors import NotFound

CREATED = 1_430_438_400.0
"""When they are said to have been made: 2015-05-01, the day of the API's version."""
_FILE = Path(__file__).with_suffix(".json")


@dataclass(frozen=True)
class SystemPolicy:
    """One of them; ``document`` is JSON."""

    name: str
    description: str
    document: str


@cache
def system_policies() -> dict[str, SystemPolicy]:
    """All of them by name."""
    body = json.loads(_FILE.read_text("utf-8"))["policies"]
    found = {
        name: SystemPolicy(name, policy["description"], json.dumps(policy["document"])) for name, policy in body.items()
    }
    linked = service_roles().values()
    return found | {one.policy: SystemPolicy(one.policy, f"What {one.name} may do.", one.document) for one in linked}


def is_system_policy(name: str) -> bool:
    """Whether there is one of that name."""
    return name in system_policies()


def system_policy(name: str) -> SystemPolicy:
    """One by name. Raises NotFound."""
    found = system_policies().get(name)
    if found is None:
        raise NotFound(f"The system policy {name} does not exist.", code="EntityNotExist.Policy")
    return found
