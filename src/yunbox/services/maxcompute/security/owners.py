"""Whoever made a table, instance, resource or function may do everything with it, as the vendor's default has it.

(`ObjectCreatorHasAccessPermission`.) An explicit Deny elsewhere still wins.
"""

from collections.abc import Callable, Iterator, Mapping

from yunbox.identity.policy import Statement
from yunbox.kernel.call import Access, Principal
from yunbox.kernel.errors import NotFound
from yunbox.schema.tables import TableName
from yunbox.storage.tables.reader import CatalogueReader

FindOwner = Callable[[str, str, str], str | None]
"""The owner of a thing by its project, schema and name; None, or NotFound, where there is none."""


class Owners:
    """A GrantSource: what principals have because it is theirs. ``kinds`` find owners, by the word in resources."""

    def __init__(self, kinds: Mapping[str, FindOwner]) -> None:
        self._kinds = kinds

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
        find = self._kinds.get(parts[2])
        try:
            return find(parts[1], schema, parts[-1]) if find is not None else None
        except NotFound:
            return None


def table_owner(catalogue: CatalogueReader) -> FindOwner:
    """Who owns a table."""

    def find(project: str, schema: str, name: str) -> str | None:
        stored = catalogue.stored(TableName(project, schema, name))
        return stored.owner if stored else None

    return find
