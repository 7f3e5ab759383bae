"""External tables over buckets that are mounted from elsewhere: PyODPS here, the objects in another server."""

import gzip
import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import oss2
import pandas
import pytest
import requests
from odps import ODPS, errors

from tests.clients.maxcompute.test_external_tables import keys, rows
from yunbox.testing.server import Server

pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


@contextmanager
def mounted(folder: Path, scheme: str, ttl: str = "0") -> Iterator[tuple[Server, Server]]:
    """A server, and the one that its bucket ``lake`` is mounted from."""
    for name in ("here", "there"):
        (folder / name).mkdir()
    with Server(folder / "here") as here, Server(folder / "there") as there:
        bucket_of(there).create_bucket()
        words = (
            "mount-remote", "lake", "--scheme", scheme, "--bucket", "lake", "--endpoint", there.endpoints["oss"],
            "--region", there.region, "--access-key-id", there.access_key_id, "--ttl", ttl,
        )  # fmt: skip
        run(here, "oss", *words, YUNBOX_REMOTE_SECRET=there.access_key_secret)
        yield here, there


def run(server: Server, *words: str, **env: str) -> str:
    command = [sys.executable, "-m", "yunbox", *words, "--data", str(server.data)]
    return subprocess.run(command, check=True, env={**os.environ, **env}, capture_output=True, text=True).stdout


@pytest.fixture(scope="module", params=["oss", "s3"])
def places(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[tuple[Server, Server]]:
    with mounted(tmp_path_factory.mktemp("places"), request.param) as found:
        yield found


def bucket_of(server: Server) -> oss2.Bucket:
    return oss2.Bucket(oss2.Auth(server.access_key_id, server.access_key_secret), server.endpoints["oss"], "lake")


@pytest.fixture
def there(places: tuple[Server, Server]) -> oss2.Bucket:
    return bucket_of(places[1])


@pytest.fixture
def here(places: tuple[Server, Server]) -> ODPS:
    return odps_of(places[0])


def odps_of(server: Server) -> ODPS:
    return ODPS(server.access_key_id, server.access_key_secret, server.project, endpoint=server.endpoint)


def test_text_json_and_parquet_are_read(here: ODPS, there: oss2.Bucket) -> None:
    for number in range(40):
        there.put_object(f"t/{number}.csv", f"{number},n{number}\n")
    there.put_object("t/packed.csv.gz", gzip.compress(b"100,packed\n"))
    there.put_object("t/_SUCCESS", b"x")
    here.execute_sql("create external table t (id bigint, name string) stored as csv location 'oss://lake/t/'")
    assert rows(here, "select count(*), sum(id), max(name) from t") == [(41, 780 + 100, "packed")]
    there.put_object("j/1.json", json.dumps([{"id": 1}, {"id": 2}]))
    there.put_object("j/2.json", json.dumps({"id": 3}))
    here.execute_sql("create external table j (id bigint) stored as json location 'oss://lake/j/'")
    assert rows(here, "select a.id from j a join t b on a.id = b.id order by a.id limit 9") == [(1,), (2,), (3,)]
    out = io.BytesIO()
    pandas.DataFrame({"id": range(100_000)}).to_parquet(out)
    there.put_object("p/1.parquet", out.getvalue())
    here.execute_sql("create external table p (id bigint) stored as parquet location 'oss://lake/p/'")
    assert rows(here, "select sum(id) from p") == [(sum(range(100_000)),)]
    assert here.execute_sql_cost("select sum(id) from p").input_size == len(out.getvalue())
    there.put_object("t/41.csv", "41,new\n")
    assert rows(here, "select count(*) from t") == [(42,)], "what is new there is seen"


def test_partitions_are_found_listed_alone_and_guarded(here: ODPS, there: oss2.Bucket) -> None:
    for day in range(20):
        there.put_object(f"d/pt={day:02}/x.csv", f"{day}\n")
    here.execute_sql(
        "create external table d (id bigint) partitioned by (pt string) stored as csv location 'oss://lake/d/'"
    )
    here.execute_sql("msck repair table d add partitions")
    assert len(list(here.get_table("d").partitions)) == 20
    assert rows(here, "select id, pt from d where pt = '07'") == [(7, "07")]
    assert rows(here, "select sum(id) from d where pt >= '01'") == [(190,)], "many partitions are listed at once"
    with pytest.raises(errors.ODPSError, match="full scan"):
        here.execute_sql("select sum(id) from d")
    with pytest.raises(errors.ODPSError, match=r"metering|cost|exceed"):
        here.execute_sql("select sum(id) from d where pt >= '01'", hints={"odps.sql.metering.value.max": "0.000000001"})


def test_max_pt_is_the_last_partition_with_objects(here: ODPS, there: oss2.Bucket) -> None:
    for key in ("d=a/h=1", "d=b/h=1", "d=b/h=2"):
        there.put_object(f"max/{key}/x.csv", "1\n")
    here.execute_sql(
        "create external table newest (id bigint) partitioned by (d string, h string) stored as csv"
        " location 'oss://lake/max/'"
    )
    here.execute_sql("msck repair table newest add partitions")
    here.execute_sql("alter table newest add partition (d='c', h='empty')")
    assert rows(here, "select count(*), max(d) from newest where d = max_pt('newest')") == [(2, "b")]


def test_it_is_written(here: ODPS, there: oss2.Bucket) -> None:
    here.execute_sql("create external table w (id bigint) stored as parquet location 'oss://lake/w/'")
    here.execute_sql("insert into w values (1), (2)")
    here.execute_sql("insert into w values (3)")
    assert rows(here, "select sum(id) from w") == [(6,)]
    assert len(keys(there, "w/")) == 2
    here.execute_sql("insert overwrite table w select id + 10 from w")
    assert rows(here, "select sum(id), count(*) from w") == [(36, 3)]
    assert len(keys(there, "w/")) == 1
    here.execute_sql("unload from (select id from w) into location 'oss://lake/u/' stored as csv")
    with pytest.raises(errors.ODPSError, match="not empty"):
        here.execute_sql("unload from (select id from w) into location 'oss://lake/u/' stored as csv")
    assert sorted(there.get_object(keys(there, "u/")[0]).read().split()) == [b"11", b"12", b"13"]
    here.execute_sql("create table loaded (id bigint)")
    here.execute_sql("load into loaded from location 'oss://lake/u/' stored as csv")
    here.execute_sql("create table made as select id from w")
    assert rows(here, "select sum(a.id) from loaded a join made b on a.id = b.id") == [(36,)]


def test_rows_are_changed_by_what_lies_there(here: ODPS, there: oss2.Bucket) -> None:
    there.put_object("ids/1.csv", "1\n2\n")
    here.execute_sql("create external table ids (id bigint) stored as csv location 'oss://lake/ids/'")
    here.execute_sql("create table changed (id bigint, v string) tblproperties ('transactional'='true')")
    here.execute_sql("insert into changed values (1, 'x'), (2, 'x'), (3, 'x')")
    here.execute_sql("delete from changed where id not in (select id from ids)")
    assert rows(here, "select id from changed order by id limit 9") == [(1,), (2,)]
    here.execute_sql("update changed set v = 'y' where id in (select id from ids where id > 1)")
    assert rows(here, "select id, v from changed order by id limit 9") == [(1, "x"), (2, "y")]


def test_what_is_remembered_of_a_changed_object_is_asked_for_again(tmp_path: Path) -> None:
    with mounted(tmp_path, "oss", ttl="600") as (near, far):
        there, o = bucket_of(far), odps_of(near)
        there.put_object("r/1.csv", "1\n")
        assert bucket_of(near).head_object("r/1.csv").content_length == 2
        there.put_object("r/1.csv", "22\n")
        o.execute_sql("create external table r (id bigint) stored as csv location 'oss://lake/r/'")
        assert rows(o, "select id from r") == [(22,)], "the HEAD that is remembered is older than the listing"
        there.put_object("r/2.csv", "3\n")
        bucket_of(near).put_object("r/0.csv", "4\n")
        assert rows(o, "select sum(id) from r") == [(29,)]
        there.put_object("r/2.csv", "100\n")
        there.delete_object("r/1.csv")
        run(near, "oss", "warm", "lake/r/")
        assert rows(o, "select sum(id) from r") == [(104,)], "the listing that is remembered is older than the object"


def test_failures_name_the_remote_and_leave_nothing(tmp_path: Path) -> None:
    with mounted(tmp_path, "oss") as (near, far):
        bucket_of(far).put_object("f/1.csv", "1\n")
        o = odps_of(near)
        o.execute_sql("create external table f (id bigint) stored as csv location 'oss://lake/f/'")
        assert rows(o, "select id from f") == [(1,)]
        far.kill()
        with pytest.raises(errors.ODPSError, match=r"cannot be reached|does not answer"):
            o.execute_sql("select id from f")
        assert [path for path in (near.data / "tmp").rglob("*") if "elsewhere" in path.name] == []
        far.start()


def test_who_has_no_right_reaches_no_remote(places: tuple[Server, Server], there: oss2.Bucket) -> None:
    near, far = places
    there.put_object("secret/1.csv", "1\n")
    columns = {"secret": "(id bigint)", "secret_days": "(id bigint) partitioned by (pt string)"}
    for name, of in columns.items():
        odps_of(near).execute_sql(f"create external table {name} {of} stored as csv location 'oss://lake/{name}/'")
    odps_of(near).execute_sql("alter table secret_days add partition (pt='1')")
    run(near, "ram", "create-user", "stranger")
    key = json.loads(run(near, "ram", "--output", "json", "create-key", "stranger"))
    stranger = ODPS(key["access_key_id"], key["access_key_secret"], near.project, endpoint=near.endpoint)
    may_ask = {"Effect": "Allow", "Action": ["odps:CreateInstance", "odps:Read"], "Resource": "acs:odps:*:*:projects/*"}
    run(near, "ram", "put-policy", "ask", json.dumps({"Version": "1", "Statement": [may_ask]}))
    run(near, "ram", "attach", "ask", "stranger")
    assert rows(stranger, "select 1") == [(1,)]
    before = calls(far)
    for statement in ("select * from secret", "select max_pt('secret_days')"):
        with pytest.raises(errors.ODPSError, match="privilege"):
            stranger.execute_sql(statement)
    assert calls(far) == before


def calls(server: Server) -> list[str]:
    key = server.access_key_id, server.access_key_secret
    text = requests.get(server.endpoints["metrics"], auth=key, timeout=10).text
    return [line for line in text.splitlines() if line.startswith("yunbox_calls_total") and 'service="oss"' in line]
