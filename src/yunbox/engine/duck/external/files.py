"""Which objects a table reads: those of its location, or of some of its partitions."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from yunbox.engine.duck.external.options import source_of
from yunbox.engine.duck.messages import Listings, RemoteObject
from yunbox.kernel.errors import Internal, InvalidArgument
from yunbox.schema.locations import split_location
from yunbox.schema.tables import PartitionValues, Table
from yunbox.storage.objects.model import ObjectRecord
from yunbox.storage.objects.view import ObjectView, view_of
from yunbox.storage.tables.folders import is_folder_of, partition_of, partition_prefixes

_PLACES_MAX = 16
"""A mounted bucket is listed whole, rather than partition by partition, above this."""


@dataclass(frozen=True)
class ExternalFile:
    """An object under a table's location, and the values of its partition."""

    key: str
    record: ObjectRecord
    partition: PartitionValues = ()
    remote: RemoteObject | None = None


class ExternalFiles:
    """Finds the objects of external tables, for one statement after another."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._view: ObjectView | None = None
        self._listings: Listings = {}
        self.unlisted: list[tuple[str, str]] = []

    @property
    def view(self) -> ObjectView:
        """The object store, opened when it is first needed."""
        if self._view is None:
            if self._folder is None:
                raise Internal("This worker has no object store")
            self._view = view_of(self._folder)
        return self._view

    def begin(self, listings: Listings) -> None:
        """A new statement, and what its planner has been told of mounted buckets."""
        self._listings, self.unlisted = listings, []

    def of(self, table: Table, partitions: Sequence[PartitionValues] | None) -> list[ExternalFile]:
        """The objects behind a table, or behind some of its partitions."""
        source = source_of(table)
        bucket, prefix = split_location(source.location)
        places: list[tuple[PartitionValues, str]] = [((), prefix)]
        if partitions is not None:
            places = [(v, prefix + folder) for v in partitions for folder in partition_prefixes(table, v)]
        if self.view.bucket(bucket).remote:
            return self._remote_files(bucket, prefix, places)
        found = self._files_at(bucket, places)
        missing = set(partitions or ()) - {file.partition for file in found}
        if missing:
            found += self._files_at(bucket, [place for place in self._folders(table) if place[0] in missing])
        return found

    def newest_partition(self, table: Table, partitions: Sequence[PartitionValues]) -> PartitionValues | None:
        """The last of a table's partitions that has objects; none while a mounted bucket has to be listed first."""
        for values in reversed(partitions):
            if self.of(table, [values]):
                return values
            if self.unlisted:
                return None
        return None

    def _files_at(self, bucket: str, places: Sequence[tuple[PartitionValues, str]]) -> list[ExternalFile]:
        return [
            ExternalFile(key, record, values)
            for values, place in places
            for key, record in self.view.objects(bucket, place)
            if _holds_rows(key[len(place) :], record)
        ]

    def _folders(self, table: Table) -> Iterator[tuple[PartitionValues, str]]:
        """The folders of partitions that there are, also such as spell a value or a name in a way of their own."""
        bucket, prefix = split_location(source_of(table).location)
        paths = [""]
        for column in table.partition_columns:
            paths = [
                f"{path}{folder}/"
                for path in paths
                for folder in self.view.folders(bucket, prefix + path)
                if is_folder_of(column, folder)
            ]
        for path in paths:
            with suppress(InvalidArgument):  # a folder that no partition can be
                yield partition_of(table, path), prefix + path

    def _remote_files(
        self, bucket: str, whole: str, places: Sequence[tuple[PartitionValues, str]]
    ) -> list[ExternalFile]:
        """The same of a mounted bucket, as far as it was listed; what was not is noted."""
        found: list[ExternalFile] = []
        for values, place in places:
            known = bucket, whole if len(places) > _PLACES_MAX else place
            if known not in self._listings:
                self.unlisted += [known] if known not in self.unlisted else []
                continue
            found += [
                ExternalFile(key, record, values, RemoteObject(bucket, key, record.etag))
                for key, record in self._listings[known]
                if key.startswith(place) and _holds_rows(key[len(place) :], record)
            ]
        return found


def _holds_rows(below: str, record: ObjectRecord) -> bool:
    """Whether an object below a folder is data: no folder, and no part begins with a dot or an underscore.

    So have it Hive and Spark, whose writers keep what is not committed yet in such folders. A partition's may begin so.
    """
    *folders, name = below.split("/")
    hidden = any(part[:1] in ("_", ".") and "=" not in part for part in folders)
    return not hidden and name[:1] not in ("", ".", "_") and record.size > 0
