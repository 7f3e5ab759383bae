"""Files of this machine that a job reads or writes: for the account alone, and never those of the server itself.

A job's process may do what the user may who runs the server. A RAM user or a role has its rights in the services, and
none to that user's files; the server's own data are reached by its services.
"""

from pathlib import Path

from yunbox.engine.stream.connectors import kinds
from yunbox.engine.stream.connectors.filesystem.options import location
from yunbox.kernel.errors import Forbidden
from yunbox.sql.flink.plans import Collect, Job, Source, walk


def check_files(job: Job, *, is_account: bool, data_folder: Path) -> None:
    """Whether who asks may use the files of a job's tables. Raises Forbidden."""
    sinks = [one for one in job.sinks if not isinstance(one, Collect)]
    sources = [node for sink in job.sinks for node in walk(sink.input) if isinstance(node, Source)]
    for one in (*sources, *sinks):
        if kinds.kind_of(one.table) is not kinds.FILESYSTEM:
            continue
        where = location(one.table, one.options)
        if where.bucket:
            continue
        if not is_account:
            raise Forbidden(
                f"Table {one.table.path} is of files of this machine, which the account alone may use: put them into "
                "a bucket, with 'path' = 'oss://BUCKET/FOLDER'"
            )
        path, home = Path(where.path).resolve(), data_folder.resolve()
        if path.is_relative_to(home) or home.is_relative_to(path):
            raise Forbidden(f"Table {one.table.path} is of files in the server's data folder, which are its own")
