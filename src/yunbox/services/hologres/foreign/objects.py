"""Which objects a statement reads by EXTERNAL_FILES: those of a path, each of which the session must be allowed to get.

The rights are those of OSS' ListObjects and GetObject, and each object is a GET on the bill.
"""

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from yunbox.engine.holo.messages import Files
from yunbox.kernel.errors import Forbidden, NotFound
from yunbox.services.hologres.session.ports import Context
from yunbox.services.hologres.session.used import used
from yunbox.storage.objects.model import SYMLINK, ObjectRecord
from yunbox.storage.objects.view import ObjectView, view_of
from yunbox.wire.pgwire.report import failure

OBJECTS_MAX = 10_000
_GET, _RETRIEVED = "oss.request.get", "oss.restore."
_WARM = ("Standard", "IA")


class Objects:
    """The objects of OSS as a gateway sees them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._view: ObjectView | None = None

    def found(self, files: Files, context: Context) -> Files:
        """A read with the keys of its objects. Raises Forbidden, PgError HV000, 42501, 54000, 0A000."""
        [path] = files.keys
        try:
            context.reach("oss:ListObjects", (files.bucket, path))
            records = self._listed(files.bucket, path)
            for key, record in records:
                context.reach("oss:GetObject", (files.bucket, key))
                _check_readable(files.bucket, key, record)
        except Forbidden as error:
            raise Forbidden(error.message, code="42501", reached=error.details.get("resource", "")) from None
        except NotFound as error:
            raise failure("HV000", f"oss://{files.bucket}: {error.message}") from None
        _charge([record for _, record in records])
        return replace(files, keys=tuple(key for key, _ in records))

    def _listed(self, bucket: str, path: str) -> list[tuple[str, ObjectRecord]]:
        """The object of a path, or those in it as a folder. Raises NotFound, PgError HV000, 54000, 0A000."""
        if self._view is None:
            self._view = view_of(self._folder)
        if self._view.bucket(bucket).remote:
            raise failure("0A000", f"EXTERNAL_FILES of the mounted bucket {bucket} is not supported")
        found = self._view.records(bucket, [path]) if path and not path.endswith("/") else []
        if not found:
            folder = path if path.endswith("/") or not path else f"{path}/"
            found = list(self._inside(self._view, bucket, folder))
        if not found:
            raise failure("HV000", f"there are no objects at oss://{bucket}/{path}")
        return found

    @staticmethod
    def _inside(view: ObjectView, bucket: str, folder: str) -> Iterator[tuple[str, ObjectRecord]]:
        count = 0
        for key, record in view.objects(bucket, folder):
            name = key.rpartition("/")[2]
            if not name or name[0] in "._" or not record.size:
                continue  # folders, and what writers such as Spark keep beside their files
            count += 1
            if count > OBJECTS_MAX:
                raise failure("54000", f"EXTERNAL_FILES reads at most {OBJECTS_MAX} objects")
            yield key, record


def _check_readable(bucket: str, key: str, record: ObjectRecord) -> None:
    """Raise PgError for a link, and for an object whose bytes are archived and not restored."""
    if record.kind == SYMLINK:
        raise failure("0A000", f"EXTERNAL_FILES of the symbolic link oss://{bucket}/{key} is not supported")
    now_ms = time.time_ns() // 1_000_000
    is_restored = record.restore_ready_ms <= now_ms < record.restored_until_ms
    if record.storage_class not in _WARM and not is_restored:
        raise failure("HV000", f"oss://{bucket}/{key}: The operation is not valid for the object's state.")


def _charge(records: list[ObjectRecord]) -> None:
    used(_GET, len(records))
    for record in records:
        if record.storage_class == "IA":
            used(f"{_RETRIEVED}IA", record.size)
