"""What MaxCompute's operations touch, spelled as the vendor's actions and resources.

Source: the vendor's "MaxCompute permissions" page: actions on projects, tables, instances, resources, functions.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Protocol

from yunbox.kernel.call import Access, Charge, Place
from yunbox.kernel.errors import NotFound
from yunbox.schema.tables import TableName

if TYPE_CHECKING:
    from yunbox.services.maxcompute.service import MaxCompute


UPLOADED = Charge(uploaded="maxcompute.tunnel.upload")
DOWNLOADED = Charge(downloaded="maxcompute.tunnel.download")


class InProject(Protocol):
    """Parameters that name a project."""

    @property
    def project(self) -> str:
        """The project's name."""


def in_project(params: InProject) -> tuple[Place, ...]:
    """The place of a call is its project."""
    return (Place(params.project),)


def account_of(service: "MaxCompute", project: str) -> str:
    """The account that owns a project. Raises NotFound as the service does for any name it does not know."""
    found = service.catalogue.project(project)
    if found is None:
        raise NotFound(f"ODPS-0420111: Project not found - '{project}'", code="NoSuchProject")
    return found.account_id


def on_project(service: "MaxCompute", action: str, project: str) -> Access:
    """An action on a project."""
    return Access(f"odps:{action}", f"projects/{project}", account_of(service, project))


def on_object(service: "MaxCompute", action: str, project: str, kind: str, name: str) -> Access:
    """An action on something in a project: ``tables``, ``instances``, ``resources``, ``functions``."""
    resource = f"projects/{project}/{kind}/{name}"
    return Access(f"odps:{action}", resource, account_of(service, project))


def on_table(service: "MaxCompute", action: str, name: TableName) -> Access:
    """An action on a table; a schema other than ``default`` is part of the resource."""
    if name.schema == "default":
        return on_object(service, action, name.project, "tables", name.name)
    resource = f"projects/{name.project}/schemas/{name.schema}/tables/{name.name}"
    return Access(f"odps:{action}", resource, account_of(service, name.project))


def on_tables(service: "MaxCompute", action: str, names: Iterable[TableName]) -> list[Access]:
    """An action on several tables, each once."""
    return [on_table(service, action, name) for name in sorted(set(names))]
