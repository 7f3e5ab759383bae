"""The official clients against a live server: a project, or a bucket, of its own for every test."""

import contextlib
import gc
import itertools
import subprocess
import sys
import warnings
from collections.abc import Callable, Iterator

import pytest

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import oss2
    from odps import ODPS, options

from tests.clients.oss.second_client import open_to_public
from yunbox.testing.server import Server

_NUMBERS = itertools.count(1)


@pytest.fixture(scope="session")
def server(shared_yunbox: Server) -> Server:
    """The server that the client tests share."""
    return shared_yunbox


@pytest.fixture(autouse=True, scope="module")
def leavings() -> Iterator[None]:
    """What a module's clients have left open is collected behind it, and is not found in another module's test."""
    yield
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()


@pytest.fixture
def connect(server: Server) -> Callable[..., ODPS]:
    """Make a PyODPS entry object, as the account or with other keys."""

    def make(project: str | None = None, key: tuple[str, str] | None = None, **kwargs: object) -> ODPS:
        key_id, secret = key or (server.access_key_id, server.access_key_secret)
        return ODPS(key_id, secret, project or server.project, endpoint=server.endpoint, **kwargs)

    return make


@pytest.fixture
def cli(server: Server) -> Callable[..., str]:
    """Run a `yunbox` command on the shared server's data."""

    def run(*words: str) -> str:
        command = [sys.executable, "-m", "yunbox", *words, "--data", str(server.data)]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout

    return run


@pytest.fixture
def project(cli: Callable[..., str]) -> str:
    """A fresh project."""
    name = f"p{next(_NUMBERS)}"
    cli("project", "create", name)
    return name


@pytest.fixture
def o(connect: Callable[..., ODPS], project: str) -> Iterator[ODPS]:
    """PyODPS in a project of its own."""
    entry = connect(project)
    options.sql.settings = {}
    yield entry


@pytest.fixture
def rows(o: ODPS) -> Callable[..., list[tuple]]:
    """Run a SELECT and return its rows as tuples."""

    def run(sql: str, **kwargs: object) -> list[tuple]:
        with o.execute_sql(sql, **kwargs).open_reader() as reader:
            return [tuple(record.values) for record in reader]

    return run


@pytest.fixture
def oss_url(server: Server) -> str:
    """The OSS endpoint."""
    return server.endpoints["oss"]


@pytest.fixture
def open_bucket(server: Server, oss_url: str) -> Callable[..., oss2.Bucket]:
    """Make an oss2 bucket object, as the account or with other keys."""

    def make(name: str, key: tuple[str, str] | None = None, version: int = 1) -> oss2.Bucket:
        pair = key or (server.access_key_id, server.access_key_secret)
        auth = oss2.Auth(*pair) if version == 1 else oss2.AuthV4(*pair)
        return oss2.Bucket(auth, oss_url, name, region=server.region)

    return make


@pytest.fixture
def bucket(open_bucket: Callable[..., oss2.Bucket], request: pytest.FixtureRequest) -> Iterator[oss2.Bucket]:
    """A fresh bucket, gone after the test: an account has a hundred at most. Tests that are marked ``public`` get one
    that is not blocked to the public, as new ones are.
    """
    made = open_bucket(f"bucket-{next(_NUMBERS)}")
    made.create_bucket()
    if request.node.get_closest_marker("public"):
        open_to_public(made)
    yield made
    with contextlib.suppress(oss2.exceptions.OssError):  # versions may remain, and keys that no client can spell
        for upload in oss2.MultipartUploadIterator(made):
            made.abort_multipart_upload(upload.key, upload.upload_id)
        for item in oss2.ObjectIterator(made):
            made.delete_object(item.key)
        made.delete_bucket()
