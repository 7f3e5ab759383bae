"""The planner's catalogue, with what only the objects of external tables tell."""

from collections.abc import Sequence

from yunbox.engine.duck.external.files import ExternalFiles
from yunbox.schema.tables import PartitionValues, Table, TableName
from yunbox.sql.catalog import Catalog


class ExternalCatalog:
    """The planner's catalogue, which knows of external tables what only their objects tell."""

    def __init__(self, catalog: Catalog, files: ExternalFiles) -> None:
        self._catalog = catalog
        self._files = files

    def table(self, name: TableName) -> Table | None:
        """The table or view of that name, or None."""
        return self._catalog.table(name)

    def partitions(self, name: TableName) -> Sequence[PartitionValues]:
        """Every partition of a partitioned table, sorted."""
        return self._catalog.partitions(name)

    def function_exists(self, project: str, name: str) -> bool:
        """Whether a user-defined function of that name is registered in the project."""
        return self._catalog.function_exists(project, name)

    def newest_partition(self, name: TableName) -> PartitionValues | None:
        """The last partition, in their order, that holds rows."""
        table = self.table(name)
        if table is None or table.source is None:
            return self._catalog.newest_partition(name)
        return self._files.newest_partition(table, self.partitions(name))
