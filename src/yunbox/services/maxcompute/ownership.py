"""Who makes a thing may use it: the creator of a table, or the submitter of an instance, needs no further grant.

The vendor's project setting ``ObjectCreatorHasAccessPermission`` is on unless a project turns it off. An explicit
Deny still wins, because these are statements among the others.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from yunbox.identity.policy import Statement
from yunbox.kernel.call import Access, Principal
from yunbox.kernel.errors import NotFound
from yunbox.sql.maxcompute.catalog import TableName

if TYPE_CHECKING:
    from yunbox.services.maxcompute.service import MaxCompute

SETTING = "ObjectCreatorHasAccessPermission"


class Ownership:
    """A source of grants for the authoriser."""

    def __init__(self, service: "MaxCompute") -> None:
        self._service = service

    def __call__(self, principal: Principal, access: Access) -> Iterator[Statement]:
        """Everything on a thing for the one who made it."""
        parts = access.resource.split("/")
        owner = self._owner(parts)
        if owner == principal.name and self._is_on(parts[1]):
            pattern = f"acs:odps:*:{access.resource}"
            yield Statement("Allow", ("odps:*",), (pattern,), origin="being its creator")

    def _owner(self, parts: list[str]) -> str | None:
        match parts:
            case ["projects", project, "instances", instance]:
                return self._instance_owner(project, instance)
            case ["projects", project, "tables", table]:
                return self._table_owner(TableName(project, "default", table))
            case ["projects", project, "schemas", schema, "tables", table]:
                return self._table_owner(TableName(project, schema, table))
        return None

    def _instance_owner(self, project: str, instance: str) -> str | None:
        try:
            return self._service.jobs.find(project, instance).owner
        except NotFound:
            return None

    def _table_owner(self, name: TableName) -> str | None:
        stored = self._service.catalogue.stored(name)
        return stored.owner if stored else None

    def _is_on(self, project: str) -> bool:
        found = self._service.catalogue.project(project)
        return found is not None and found.properties.get(SETTING, "true") == "true"
