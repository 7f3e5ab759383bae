"""What MaxCompute's operations touch, spelled as the vendor's actions and resources.

Source: the vendor's "MaxCompute permissions" page: actions on projects, tables, instances, resources, functions.
"""

from collections.abc import Iterable
from typing import Protocol

from yunbox.kernel.call import Access, Charge, Place
from yunbox.kernel.errors import NotFound
from yunbox.schema.tables import TableName
from yunbox.services.maxcompute.prices import DOWNLOAD, UPLOAD
from yunbox.storage.tables.model import Project
from yunbox.storage.tables.reader import CatalogueReader

UPLOADED = Charge(uploaded=UPLOAD)
DOWNLOADED = Charge(downloaded=DOWNLOAD)


class InCatalogue(Protocol):
    """A part of the service that knows the catalogue, which says whose a project is."""

    @property
    def catalogue(self) -> CatalogueReader:
        """Projects, schemas and tables."""


class InProject(Protocol):
    """Parameters that name a project."""

    @property
    def project(self) -> str:
        """The project's name."""


class OnTable(Protocol):
    """Parameters that name a table."""

    @property
    def name(self) -> TableName:
        """The table's full name."""


def in_project(params: InProject) -> tuple[Place, ...]:
    """The place of a call is its project."""
    return (Place(params.project),)


def require_project(part: InCatalogue, project: str) -> Project:
    """A project. Raises NotFound as the service does for any name it does not know."""
    found = part.catalogue.project(project)
    if found is None:
        raise NotFound(f"ODPS-0420111: Project not found - '{project}'", code="NoSuchProject")
    return found


def on_project(part: InCatalogue, action: str, project: str) -> Access:
    """An action on a project."""
    return Access(f"odps:{action}", f"projects/{project}", require_project(part, project).account_id)


def on_object(part: InCatalogue, action: str, project: str, kind: str, name: str) -> Access:
    """An action on something in a project: ``tables``, ``instances``, ``resources``, ``functions``."""
    resource = f"projects/{project}/{kind}/{name}"
    return Access(f"odps:{action}", resource, require_project(part, project).account_id)


def on_table(part: InCatalogue, action: str, name: TableName) -> Access:
    """An action on a table; a schema other than ``default`` is part of the resource."""
    if name.schema == "default":
        return on_object(part, action, name.project, "tables", name.name)
    resource = f"projects/{name.project}/schemas/{name.schema}/tables/{name.name}"
    return Access(f"odps:{action}", resource, require_project(part, name.project).account_id)


def on_tables(part: InCatalogue, action: str, names: Iterable[TableName]) -> list[Access]:
    """An action on several tables, each once."""
    return [on_table(part, action, name) for name in sorted(set(names))]


def anyone(part: object, params: object) -> tuple[Access, ...]:
    """Touches nothing that has an owner: any identity may call it."""
    return ()


def reads_project(part: InCatalogue, params: InProject) -> tuple[Access, ...]:
    """Reads a project."""
    return (on_project(part, "Read", params.project),)


def lists_project(part: InCatalogue, params: InProject) -> tuple[Access, ...]:
    """Lists what is in a project."""
    return (on_project(part, "List", params.project),)


def writes_project(part: InCatalogue, params: InProject) -> tuple[Access, ...]:
    """Changes a project."""
    return (on_project(part, "Write", params.project),)


def administers(part: InCatalogue, params: InProject) -> tuple[Access, ...]:
    """Writing policies is granting: who may only write must not be able to grant itself the rest."""
    return (on_project(part, "Admin", params.project),)
