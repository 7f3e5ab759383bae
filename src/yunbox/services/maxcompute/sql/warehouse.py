"""What statements work on: the catalogue, the tables' histories, the store of objects, and the guard's rules."""

from dataclasses import dataclass
from pathlib import Path

from yunbox.kernel.clock import Clock
from yunbox.services.maxcompute.catalogue.commits import Commit
from yunbox.services.maxcompute.functions.store import FunctionStore
from yunbox.services.maxcompute.sql.admission import Admission
from yunbox.services.maxcompute.sql.planner import Planner
from yunbox.services.maxcompute.sql.results import Results
from yunbox.storage.objects.backends import Backends
from yunbox.storage.objects.store import ObjectStore
from yunbox.storage.tables.catalogue import Catalogue
from yunbox.storage.tables.snapshots import Snapshots


@dataclass(frozen=True)
class Warehouse:
    """What every operation of a SQL statement gets as its first argument. ``scratch`` is emptied at every start."""

    catalogue: Catalogue
    snapshots: Snapshots
    commit: Commit
    functions: FunctionStore
    objects: ObjectStore
    backends: Backends
    admission: Admission
    planner: Planner
    results: Results
    scratch: Path
    clock: Clock
