"""Whoever made a table, instance, resource or function may do everything with it, as the vendor's default has it.

(`ObjectCreatorHasAccessPermission`.) An explicit Deny elsewhere still wins.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from yunbox.identity.policy import Statement
from yunbox.kernel.call import Access, Principal
from yunbox.kernel.errors import NotFound
from yunbox.schema.tables import TableName

if TYPE_CHECKING:
    from yunbox.services.maxcompute.service import MaxCompute


class Owners:
    """A GrantSource: what principals have because it is theirs."""

    def __init__(self, service: "MaxCompute") -> None:
        self._service = service

    def statements(self, principal: Principal, access: Access) -> Iterator[Statement]:
        """Everything on the resource, when the principal owns it."""
        if principal.account_id == access.account_id and self._owner(access.resource) == principal.name:
            yield Statement("Allow", ("odps:*",), (f"acs:odps:*:{access.resource}",), origin="ownership")

    def _owner(self, resource: str) -> str | None:
        parts = resource.split("/")
        schema = "default"
        if len(parts) > 5 and parts[2] == "schemas":
            schema, parts = parts[3], [*parts[:2], *parts[4:]]
        if parts[0] != "projects" or len(parts) < 4:
            return None
        project, kind, name = parts[1], parts[2], parts[-1]
        service = self._service
        try:
            if kind == "tables":
                stored = service.catalogue.stored(TableName(project, schema, name))
                return stored.owner if stored else None
            if kind == "instances":
                return service.jobs.find(project, name).owner
            if kind == "resources":
                return service.resources.get(project, schema, name).owner
            return service.functions.get(project, name).owner if kind == "registration" else None
        except NotFound:
            return None
