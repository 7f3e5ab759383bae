"""Whoever made a table, instance, resource or function may do everything with it, as the vendor's default has it.

(`ObjectCreatorHasAccessPermission`.) An explicit Deny elsewhere still wins.
"""

from collections.abc import Callable, Iterator

from yunbox.identity.policy import Statement
from yunbox.kernel.call import Access, Principal
from yunbox.kernel.errors import NotFound
from yunbox.schema.tables import TableName
from yunbox.services.maxcompute.functions.store import FunctionStore
from yunbox.services.maxcompute.resources.store import ResourceStore
from yunbox.services.maxcompute.sql.instances import Instance
from yunbox.storage.tables.catalogue import Catalogue


class Owners:
    """A GrantSource: what principals have because it is theirs."""

    def __init__(
        self,
        catalogue: Catalogue,
        instance: Callable[[str, str], Instance],
        resources: ResourceStore,
        functions: FunctionStore,
    ) -> None:
        self._catalogue = catalogue
        self._instance = instance
        self._resources = resources
        self._functions = functions

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
        try:
            if kind == "tables":
                stored = self._catalogue.stored(TableName(project, schema, name))
                return stored.owner if stored else None
            if kind == "instances":
                return self._instance(project, name).owner
            if kind == "resources":
                return self._resources.get(project, schema, name).owner
            return self._functions.get(project, name).owner if kind == "registration" else None
        except NotFound:
            return None
