"""The roles that are linked to a service, by the names of the services: a data file, with what each may do.

Source: the vendor's pages "AliyunServiceRolePolicyFor..."; those of products that are not here are left out.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

_FILE = Path(__file__).with_suffix(".json")


@dataclass(frozen=True)
class ServiceRole:
    """One of them: whose it is, what it is called, and what its policy says."""

    service: str
    name: str
    policy: str
    product: str
    statements: Sequence[Any]

    @property
    def description(self) -> str:
        """What it says of itself, which nobody can change."""
        return (
            f"Service Linked Role for {self.product}. {self.product} will use this role to access your resources in "
            "other services."
        )

    @property
    def trust(self) -> str:
        """Its trust policy: the service alone assumes it."""
        statement = {"Action": "sts:AssumeRole", "Effect": "Allow", "Principal": {"Service": [self.service]}}
        return json.dumps({"Statement": [statement], "Version": "1"}, separators=(",", ":"))

    @property
    def document(self) -> str:
        """Its policy, which lets the service delete it too."""
        condition = {"StringEquals": {"ram:ServiceName": self.service}}
        leave = {"Action": "ram:DeleteServiceLinkedRole", "Resource": "*", "Effect": "Allow", "Condition": condition}
        return json.dumps({"Version": "1", "Statement": [*self.statements, leave]})


@cache
def service_roles() -> dict[str, ServiceRole]:
    """All of them, by their services."""
    body = json.loads(_FILE.read_text("utf-8"))["roles"]
    return {
        service: ServiceRole(service, one["role"], one["policy"], one["product"], one["statements"])
        for service, one in body.items()
    }
