"""PyODPS's SQLAlchemy dialect and its DB-API."""

import warnings
from collections.abc import Iterator
from urllib.parse import quote_plus

import pandas
import pytest
from odps import ODPS

from yunbox.testing.server import Server

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import sqlalchemy
    from odps import dbapi

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::sqlalchemy.exc.SADeprecationWarning")


@pytest.fixture
def engine(server: Server, project: str) -> Iterator[sqlalchemy.Engine]:
    url = f"odps://{server.access_key_id}:{server.access_key_secret}@{project}/?endpoint={quote_plus(server.endpoint)}"
    made = sqlalchemy.create_engine(url)
    yield made
    made.dispose()


def test_queries_and_parameters(engine: sqlalchemy.Engine) -> None:
    with engine.connect() as connection:
        assert connection.execute(sqlalchemy.text("select 1 as a, 'x' as b")).fetchall() == [(1, "x")]
        answer = connection.execute(sqlalchemy.text("select :n + 1 as a"), {"n": 4}).scalar()
        assert answer == 5


def test_tables_are_reflected(engine: sqlalchemy.Engine, o: ODPS) -> None:
    o.create_table("t", ("a bigint comment 'first', b string", "pt string"), comment="things")
    o.execute_sql("create view v as select 1 as x")
    inspector = sqlalchemy.inspect(engine)
    assert inspector.has_table("t")
    assert not inspector.has_table("nope")
    assert "t" in inspector.get_table_names()
    assert inspector.get_view_names() == ["v"]
    assert [column["name"] for column in inspector.get_columns("t")] == ["a", "b", "pt"]


def test_expressions_compile_and_run(engine: sqlalchemy.Engine, o: ODPS) -> None:
    o.create_table("t", "a bigint, b string")
    o.write_table("t", [[1, "x"], [2, "y"], [3, "y"]])
    table = sqlalchemy.Table("t", sqlalchemy.MetaData(), autoload_with=engine)
    query = sqlalchemy.select(table.c.b, sqlalchemy.func.sum(table.c.a)).group_by(table.c.b).order_by(table.c.b)
    with engine.connect() as connection:
        assert connection.execute(query.limit(10)).fetchall() == [("x", 1), ("y", 5)]


def test_pandas_reads_through_sqlalchemy(engine: sqlalchemy.Engine, o: ODPS) -> None:
    o.create_table("t", "a bigint")
    o.write_table("t", [[1], [2]])
    with engine.connect() as connection:
        frame = pandas.read_sql(sqlalchemy.text("select sum(a) as s from t"), connection)
    assert frame["s"].tolist() == [3]


def test_db_api(server: Server, project: str) -> None:
    connection = dbapi.connect(
        project=project, access_id=server.access_key_id, secret_access_key=server.access_key_secret,
        endpoint=server.endpoint,
    )  # fmt: skip
    cursor = connection.cursor()
    cursor.execute("create table t (a bigint)")
    cursor.execute("insert into t values (1), (2), (3)")
    cursor.execute("select a from t order by a limit 10")
    assert [column[0] for column in cursor.description] == ["a"]
    assert cursor.fetchone()[0] == 1
    assert [row[0] for row in cursor.fetchall()] == [2, 3]
