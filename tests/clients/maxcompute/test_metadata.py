"""What PyODPS and SQLAlchemy tell of tables, projects, instances and transfers beside their rows."""

from collections.abc import Iterator

import pytest
from odps import ODPS, options
from odps.models.cluster_info import ClusterSortOrder, ClusterType
from odps.tunnel import TableTunnel
from sqlalchemy import MetaData, Table, create_engine, func, inspect, select, text

from yunbox.testing.server import Server


@pytest.mark.parametrize(
    ("clause", "kind", "columns", "ordered", "buckets"),
    [
        ("clustered by (a) into 8 buckets", ClusterType.HASH, ["a"], [], 8),
        ("clustered by (a, `B`) sorted by (b desc, a) into 16 buckets", ClusterType.HASH, ["a", "b"],
         [("b", ClusterSortOrder.DESC), ("a", ClusterSortOrder.ASC)], 16),
        ("range clustered by (a) sorted by (a)", ClusterType.RANGE, ["a"], [("a", ClusterSortOrder.ASC)], 0),
    ],
)  # fmt: skip
def test_how_a_table_is_clustered(
    o: ODPS, clause: str, kind: ClusterType, columns: list[str], ordered: list[tuple], buckets: int
) -> None:
    o.execute_sql(f"create table t (a bigint, b string) {clause}")
    table = o.get_table("t")
    info = table.cluster_info
    assert (info.cluster_type, info.cluster_cols, info.bucket_num) == (kind, columns, buckets)
    assert [(column.name, column.order) for column in info.sort_cols] == ordered
    assert not table.table_properties
    shown = o.execute_sql("show create table t").open_reader().raw
    o.delete_table("t")
    o.execute_sql(shown)
    assert o.get_table("t").cluster_info.bucket_num == buckets, "SHOW CREATE TABLE makes it again"
    copy = o.get_table("t").get_ddl()
    assert "CLUSTERED BY" in copy
    o.delete_table("t")
    o.execute_sql(copy)


def test_a_plain_table_is_not_clustered(o: ODPS) -> None:
    table = o.create_table("t", "a bigint")
    assert table.cluster_info is None
    assert o.get_table("t").stored_as == "AliOrc"


def test_a_project_says_what_it_keeps(o: ODPS) -> None:
    o.execute_sql("create table t as select 1 as a")
    found = o.get_project().extended_properties
    size = o.get_table("t").size
    assert found["usedQuotaPhysicalSize"] == found["StandardSize"] == str(size)
    assert found["usedRecycleBinPhysicalSize"] == "0"


@pytest.fixture
def metrics() -> Iterator[None]:
    """PyODPS with metrics on."""
    options.tunnel.enable_client_metrics = True
    yield
    options.tunnel.enable_client_metrics = False


@pytest.mark.usefixtures("metrics")
def test_what_a_transfer_cost(o: ODPS) -> None:
    o.create_table("t", "a bigint")
    tunnel = TableTunnel(o)
    session = tunnel.create_upload_session("t")
    with session.open_record_writer(0) as writer:
        writer.write(session.new_record([1]))
    session.commit([0])
    stream = tunnel.create_stream_upload_session("t")
    with stream.open_record_writer() as packs:
        packs.write(stream.new_record([2]))
    download = tunnel.create_download_session("t")
    with download.open_record_reader(0, download.count) as reader:
        assert [record[0] for record in reader] == [1, 2]
    instance = o.execute_sql("select a from t")
    with instance.open_reader(tunnel=True) as result:
        assert len(list(result)) == 2
    for told in (writer.metrics, packs.metrics, reader.metrics):
        assert 0 < told.server_total_cost < 60_000_000, "microseconds"
        assert told.server_total_cost >= told.server_io_cost + told.storage_cost


@pytest.mark.filterwarnings("ignore:The _ConnectionFairy:sqlalchemy.exc.SADeprecationWarning")
def test_sqlalchemy_in_another_schema(o: ODPS, server: Server) -> None:
    o.create_schema("other")
    hints = {"odps.namespace.schema": "true"}
    o.execute_sql(f"create table {o.project}.other.t (a bigint, m map<string,bigint>)", hints=hints)
    url = f"odps://{server.access_key_id}:{server.access_key_secret}@{o.project}/?endpoint={server.endpoint}"
    engine = create_engine(url)
    assert inspect(engine).get_table_names(schema="other") == ["t"]
    assert inspect(engine).has_table("t", schema="other")
    assert not inspect(engine).has_table("t")
    assert Table("t", MetaData(), autoload_with=engine, schema="other").columns.keys() == ["a", "m"]
    with engine.connect() as connection:
        assert connection.execute(select(func.char_length("abc"))).scalar() == 3
        for kind in ("array<string>", "map<string,string>", "string", "json", "bigint"):
            assert connection.execute(text(f"select cast(null as {kind}) as v")).fetchall() == [(None,)], kind
