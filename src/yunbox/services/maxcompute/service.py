"""MaxCompute put together: its parts, each of which takes just what it uses."""

from dataclasses import dataclass

from yunbox.services.maxcompute.catalogue.commits import Commit, Commits
from yunbox.services.maxcompute.catalogue.projects import Projects
from yunbox.services.maxcompute.catalogue.tables import Tables
from yunbox.services.maxcompute.functions.api import Functions
from yunbox.services.maxcompute.functions.store import FunctionStore
from yunbox.services.maxcompute.housekeeping import Sweeps
from yunbox.services.maxcompute.resources.api import Resources
from yunbox.services.maxcompute.resources.store import ResourceStore
from yunbox.services.maxcompute.security.api import Security
from yunbox.services.maxcompute.security.doors import Doors
from yunbox.services.maxcompute.security.grants import Grants
from yunbox.services.maxcompute.security.owners import Owners, table_owner
from yunbox.services.maxcompute.security.run import Language
from yunbox.services.maxcompute.sql.admission import Admission
from yunbox.services.maxcompute.sql.api import Sql
from yunbox.services.maxcompute.sql.instances import InstanceStore
from yunbox.services.maxcompute.sql.jobs import SqlJobs
from yunbox.services.maxcompute.sql.planner import Planner
from yunbox.services.maxcompute.sql.results import Results
from yunbox.services.maxcompute.sql.warehouse import Warehouse
from yunbox.services.maxcompute.tunnel.part import Tunnel, build_tunnel
from yunbox.spine.house import House
from yunbox.spine.path import Spine
from yunbox.storage.database import Database
from yunbox.storage.tables.catalogue import Catalogue
from yunbox.storage.tables.snapshots import Snapshots


@dataclass(frozen=True)
class MaxCompute:
    """The service: the parts that its operations run on, and what is done in the background.

    ``project`` is the one that is there from the start.
    """

    spine: Spine
    account_id: str
    project: str
    region: str
    catalogue: Catalogue
    projects: Projects
    tables: Tables
    sql: Sql
    tunnel: Tunnel
    resources: Resources
    functions: Functions
    security: Security
    doors: Doors
    database: Database
    sweeps: Sweeps


@dataclass(frozen=True)
class _Tables:
    """Where tables are known, and how they change."""

    catalogue: Catalogue
    snapshots: Snapshots
    commit: Commit


def build(house: House) -> MaxCompute:
    """A service and its parts."""
    catalogue = Catalogue(house.database, house.lake, house.clock)
    snapshots = Snapshots(house.database, catalogue, house.clock)
    known = _Tables(catalogue, snapshots, Commits(catalogue, snapshots, house.tunnel_pool).commit)
    grants = Grants(house.database, house.clock)
    functions = FunctionStore(house.database, house.clock)
    resources = ResourceStore(house.database, house.clock, house.folder / "resources")
    sql = _sql(house, known, functions)
    tunnel = _tunnel(house, known, sql)
    house.authoriser.add_source(grants.statements)
    owners = Owners(
        {
            "tables": table_owner(catalogue),
            "instances": lambda project, _schema, name: sql.jobs.find(project, name).owner,
            "resources": lambda project, schema, name: resources.get(project, schema, name).owner,
            "registration": lambda project, _schema, name: functions.get(project, name).owner,
        }
    )
    house.authoriser.add_source(owners.statements)
    doors = Doors(house.database)
    house.authoriser.add_source(doors.statements, binds_owner=True)
    return MaxCompute(
        spine=house.spine,
        account_id=house.account_id,
        project=house.settings.project,
        region=house.settings.region,
        catalogue=catalogue,
        projects=_projects(house, catalogue, grants, doors),
        tables=Tables(catalogue, snapshots, tunnel.previews.csv),
        sql=sql,
        tunnel=tunnel,
        resources=Resources(catalogue, resources),
        functions=Functions(catalogue, functions, resources.get),
        security=Security(catalogue, grants, Language(catalogue, grants, house.store), house.identity.issue_bearer),
        doors=doors,
        database=house.database,
        sweeps=_sweeps(house, known, sql, tunnel, resources),
    )


def _projects(house: House, catalogue: Catalogue, grants: Grants, doors: Doors) -> Projects:
    return Projects(
        catalogue=catalogue,
        authoriser=house.authoriser,
        policies=grants,
        status=doors.status,
        account_name=house.store.account_name,
        address=house.address("maxcompute"),
        account_created=house.clock.time(),
    )


def _sql(house: House, known: _Tables, functions: FunctionStore) -> Sql:
    results = Results(house.folder / "results", house.tunnel_pool, house.clock)
    warehouse = Warehouse(
        catalogue=known.catalogue,
        snapshots=known.snapshots,
        commit=known.commit,
        functions=functions,
        objects=house.objects,
        backends=house.backends,
        admission=Admission(house.ledger.prices, house.ledger),
        planner=Planner(known.snapshots),
        results=results,
        scratch=house.scratch,
        clock=house.clock,
    )
    instances = InstanceStore(house.database, house.ledger, house.clock)
    return Sql(
        known.catalogue, instances, SqlJobs(warehouse, house.pool, house.spine, instances, house.ledger.prices), results
    )


def _tunnel(house: House, known: _Tables, sql: Sql) -> Tunnel:
    return build_tunnel(
        folder=house.folder / "uploads",
        scratch=house.scratch,
        database=house.database,
        clock=house.clock,
        catalogue=known.catalogue,
        snapshots=known.snapshots,
        commit=known.commit,
        pool=house.tunnel_pool,
        instance=sql.jobs.find,
        result=sql.results.file,
        address=house.address("maxcompute"),
    )


def _sweeps(house: House, known: _Tables, sql: Sql, tunnel: Tunnel, resources: ResourceStore) -> Sweeps:
    return Sweeps(
        database=house.database,
        clock=house.clock,
        catalogue=known.catalogue,
        snapshots=known.snapshots,
        instances=sql.instances,
        results=sql.results,
        resources=resources,
        sessions=tunnel.sessions,
        uploads=house.folder / "uploads",
        started=house.clock.time(),
    )
