"""Which rows a tunnel request is about: its table, its partition, its columns - or the vendor's code why not."""

from yunbox.kernel.errors import Conflict, InvalidArgument, NotFound
from yunbox.schema.tables import Column, PartitionValues, Table, TableName
from yunbox.services.maxcompute.tunnel.sessions import Target
from yunbox.storage.tables.catalogue import Catalogue
from yunbox.storage.tables.model import StoredTable, checked_partition, partition_spec

Spec = tuple[tuple[str, str], ...]


def require_table(catalogue: Catalogue, name: TableName) -> StoredTable:
    """A table that has files. Views and external tables have none, and the tunnel moves files."""
    stored = catalogue.stored(name)
    if stored is None:
        raise NotFound(f"Table not found - {name}", code="NoSuchTable")
    if stored.table.kind == "external":
        raise InvalidArgument(
            f"{name} is an external table: the tunnel reads and writes tables; use SQL, or the objects themselves",
            code="NoPermission",
        )
    if stored.table.kind != "table":
        raise InvalidArgument(f"{name} is a view: the tunnel reads and writes tables; select from the view instead")
    return stored


def require_partition(catalogue: Catalogue, stored: StoredTable, values: PartitionValues) -> None:
    """Raise NotFound unless the partition exists; a table without partitions has none to check."""
    if values and not catalogue.partition_infos(stored.id, values):
        spec = partition_spec(stored.table, values)
        raise NotFound(f"The partition {spec} of {stored.table.name} does not exist", code="NoSuchPartition")


def partition_of(table: Table, spec: Spec) -> PartitionValues:
    """The values of a complete partition spec, in column order."""
    names = [column.name for column in table.partition_columns]
    given = dict(spec)
    if not given and names:
        raise InvalidArgument(
            f"{table.name} is partitioned: name a partition by {','.join(names)}", code="MissingPartitionSpec"
        )
    if set(given) != set(names) or len(given) != len(spec):
        wanted = ",".join(f"{name}=..." for name in names) if names else "no partition"
        raise InvalidArgument(
            f"The partition spec does not fit {table.name}: give {wanted}", code="InvalidPartitionSpec"
        )
    try:
        return checked_partition(table, tuple(given[name] for name in names))
    except InvalidArgument as error:
        raise InvalidArgument(error.message, code="InvalidPartitionSpec") from None


def current(catalogue: Catalogue, target: Target) -> StoredTable:
    """The table of a session as it is now, once its columns still start with those the session began with."""
    stored = catalogue.by_id(target.table_id)
    if stored is None:
        raise NotFound(f"The table {target.name} was dropped since the session began", code="NoSuchTable")
    then, now = target.table.columns, stored.table.columns
    same = len(then) <= len(now) and all(
        (a.name, a.type) == (b.name, b.type) for a, b in zip(then, now[: len(then)], strict=True)
    )
    if not same:
        raise Conflict(
            f"The columns of {stored.table.name} have changed since the session began: open a new one",
            code="SchemaModified",
        )
    return stored


def chosen_columns(table: Table, wanted: tuple[str, ...]) -> list[Column]:
    """The columns a request names, in its order; all data columns when it names none."""
    if not wanted:
        return list(table.columns)
    by_name = {column.name: column for column in table.all_columns}
    unknown = [name for name in wanted if name not in by_name]
    if unknown or len(set(wanted)) != len(wanted):
        what = f"has no column {unknown[0]}" if unknown else "was asked twice for one column"
        raise InvalidArgument(f"{table.name} {what}", code="InvalidColumnSpec")
    return [by_name[name] for name in wanted]
