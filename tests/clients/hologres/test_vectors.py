"""Vectors: columns of one length whoever writes them, distances as numpy has them, and the vendor's two clients."""

import json
import re
from collections.abc import Iterator
from typing import Any

import holo_search_sdk
import numpy as np
import psycopg
import pytest
from hologres_vector import HologresVector

from tests.clients.hologres.clients import account, allow, connected, made_user, where
from yunbox.testing.server import Server

DIMENSIONS, ROWS = 16, 400
LETTERS = "0123456789.-e"
METHODS = {
    "euclidean": lambda v, q: np.sqrt(((v - q) ** 2).sum(axis=1)),
    "squared_euclidean": lambda v, q: ((v - q) ** 2).sum(axis=1),
    "inner_product": lambda v, q: v @ q,
    "cosine": lambda v, q: v @ q / np.linalg.norm(v, axis=1) / np.linalg.norm(q),
}
FUNCTIONS = [
    "pm_squared_euclidean_distance", "pm_euclidean_distance", "pm_inner_product_distance", "euclidean_distance",
    "inner_product_distance", "cosine_distance",
]  # fmt: skip


@pytest.fixture
def session(server: Server) -> Iterator[psycopg.Connection[Any]]:
    with connected(server) as made:
        made.execute("create extension if not exists proxima")
        made.execute("drop table if exists features, others, copied, inserted, strict")
        yield made
        made.execute("drop table if exists features, others, copied, inserted, strict")


def made(session: psycopg.Connection[Any], dimensions: int = DIMENSIONS, more: str = "") -> None:
    session.execute(f"""
        create table features (id bigint primary key,
            v float4[] check (array_ndims(v) = 1 and array_length(v, 1) = {dimensions}){more})
    """)


def vectors(count: int = ROWS) -> Any:
    return np.random.default_rng(7).standard_normal((count, DIMENSIONS), dtype=np.float32)


@pytest.fixture
def filled(session: psycopg.Connection[Any]) -> Any:
    found = vectors()
    made(session)
    with session.cursor().copy("copy features from stdin") as copy:
        for number, row in enumerate(found):
            copy.write_row((number, row.tolist()))
    return found


def text_of(vector: Any) -> str:
    return "{" + ",".join(map(str, vector.tolist())) + "}"


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("prefix", ["", "approx_"])
def test_distances_are_those_of_numpy(session, filled, name, prefix):
    sought = vectors(1)[0] * np.float32(0.5)
    head = "pm_" if name.startswith("pm_") else ""
    function = f"{head}{prefix}{name.removeprefix('pm_')}"
    way = name.removeprefix("pm_").removesuffix("_distance")
    expected = METHODS[way](filled.astype(np.float64), sought.astype(np.float64))
    nearest = np.argsort(expected if "euclidean" in way else -expected)[:10].tolist()
    order = "asc" if "euclidean" in way else "desc"
    sql = f"select id, {function}(v, '{text_of(sought)}') as distance from features order by distance {order} limit 10"
    found = session.execute(sql).fetchall()
    assert [row[0] for row in found] == nearest
    np.testing.assert_allclose([row[1] for row in found], expected[nearest], rtol=1e-5, atol=1e-6)
    assert session.execute(sql).description[1].type_code == 700
    prepared = f"select id from features order by {function}(v, %s::float4[]) {order} limit 10"
    assert [row[0] for row in session.execute(prepared, (sought.tolist(),))] == nearest


def test_a_squared_distance_has_no_rounded_root(session):
    made(session, 2)
    session.execute("insert into features values (1, '{1,1}'), (2, null)")
    found = session.execute("select pm_squared_euclidean_distance(v, '{0,0}') from features order by id").fetchall()
    assert found == [(2.0,), (None,)]


def test_what_is_near_enough(session, filled):
    sought = text_of(filled[3])
    sql = f"select id from features where pm_approx_euclidean_distance(v, '{sought}') < 1e-3"
    assert session.execute(sql).fetchall() == [(3,)]


@pytest.mark.parametrize(("sql", "sqlstate", "told"), [
    ("select euclidean_distance(v, '{1}') from features", "22000", "size of left array: 16, size of right array: 1"),
    ("select approx_euclidean_distance(v, v) from features", "0A000", "second argument is no constant"),
    ("select approx_euclidean_distance(v, (select v from features limit 1)) from features", "0A000", "no constant"),
    ("select approx_cosine_distance('{1}', '{2}')", "0A000", "constants alone"),
    ("select euclidean_distance(v, 1) from features", "42883", "euclidean_distance(real[], integer) does not exist"),
    ("select euclidean_distance(v, array_fill(null::float4, array[16])) from features", "22004", "NULL"),
])  # fmt: skip
def test_what_is_no_distance(session, filled, sql, sqlstate, told):
    with pytest.raises(psycopg.Error, match=re.escape(told)) as caught:
        session.execute(sql)
    assert caught.value.sqlstate == sqlstate


def refused(session: psycopg.Connection[Any], sql: Any, *values: Any) -> psycopg.Error:
    with pytest.raises(psycopg.Error) as caught:
        session.execute(sql, values or None)
    return caught.value


WRITES = [
    "insert into features values (8, '{1,2,3}')",
    "insert into features values (8, '{}')",
    "insert into features values (8, array[1, 2, 3])",
    "insert into features (v, id) select '{1,2,3}'::float4[], g from generate_series(5, 9) g",
    "insert into features select g, array_fill(0.5::float4, array[1 + g % 2]) from generate_series(10, 2000) g",
    "insert into features values (1, '{1,2}') on conflict (id) do update set v = excluded.v || excluded.v",
    "update features set v = '{1}' where id = 1",
    "update features set v = v || v where id < 5",
]


@pytest.mark.parametrize("sql", WRITES)
def test_vectors_of_another_length_are_refused(session, sql):
    made(session, 2)
    session.execute("insert into features values (1, '{1,2}'), (2, null)")
    error = refused(session, sql)
    assert error.sqlstate == "23514"
    assert error.diag.message_primary == 'new row for relation "features" violates check constraint "features_v_check"'
    assert error.diag.constraint_name == "features_v_check"
    assert error.diag.message_detail.startswith("Failing row contains (")
    assert session.execute("select * from features order by id").fetchall() == [(1, [1.0, 2.0]), (2, None)]


@pytest.mark.parametrize("how", ["(format text)", "(format csv)", "(format binary)"])
@pytest.mark.parametrize("wrong", [[1.0], [], [1.0, 2.0, 3.0]])
def test_copies_too(session, how, wrong):
    made(session, 2)
    with pytest.raises(psycopg.errors.CheckViolation) as caught, session.cursor() as cursor:
        rows = [(1, [1.0, 2.0]), (2, wrong)]
        if "csv" in how:
            with cursor.copy(f"copy features from stdin {how}") as copy:
                for number, row in rows:
                    copy.write(f'{number},"{{{",".join(map(str, row))}}}"\n')
        else:
            with cursor.copy(f"copy features from stdin {how}") as copy:
                copy.set_types(["int8", "float4[]"])
                for row in rows:
                    copy.write_row(row)
    assert caught.value.diag.constraint_name == "features_v_check"
    assert session.execute("select count(*) from features").fetchone() == (0,)


@pytest.mark.parametrize("odd", [[], [None], [[None, 1.5]], [[]], [[float("nan"), -0.0], [1e-30, 3e38]]])
def test_packed_arrays_are_stored_as_any(session, odd):
    """COPY takes many of them as they are, beside columns of other types and with defaults."""
    chance = np.random.default_rng(3)
    vectors = [*chance.standard_normal((200, 16), dtype=np.float32).tolist(), *odd]
    rows = [(at, one, None if at % 5 == 0 else f"n{at}", one) for at, one in enumerate(vectors)]
    for name in ("copied", "inserted"):
        session.execute(
            f"create table {name} (id bigint primary key, v float4[], more int default 7, n text, w float8[])"
        )
    with session.cursor().copy("copy copied (id, v, n, w) from stdin (format binary)") as copy:
        copy.set_types(["int8", "float4[]", "text", "float8[]"])
        for row in rows:
            copy.write_row(row)
    insert = "insert into inserted (id, v, n, w) values (%s, %s::float4[], %s, %s::float8[])"
    for row in rows:
        session.execute(insert, row)
    found = [session.execute(f"select * from {name} order by id").fetchall() for name in ("copied", "inserted")]
    assert repr(found[0]) == repr(found[1])
    assert len(found[0]) == len(rows)


def test_a_packed_array_that_may_not_be_null(session):
    session.execute("create table strict (id bigint primary key, v float4[] not null)")
    with pytest.raises(psycopg.errors.NotNullViolation) as caught:  # noqa: SIM117
        with session.cursor().copy("copy strict from stdin (format binary)") as copy:
            copy.set_types(["int8", "float4[]"])
            for number in range(100):
                copy.write_row((number, None if number == 60 else [0.5] * 16))
    assert caught.value.diag.message_detail == "Failing row contains (60, null)."


def test_many_rows_of_a_query(session, filled):
    session.execute(
        f"create table others (v float4[] check (array_ndims(v) = 1 and array_length(v, 1) = {DIMENSIONS}))"
    )
    session.execute("insert into others select v from features union all select null")
    assert session.execute("select count(*), count(v) from others").fetchone() == (ROWS + 1, ROWS)
    same = "select count(*) from others join features using (v)"
    assert session.execute(same).fetchone() == (ROWS,)


def test_values_come_back_as_they_were(session):
    rows = [[0.1, -0.0], [1e-30, 3.4e38], [float("inf"), 1e-5], [float("nan"), 123456.79], [16777216.0, 1e6], None]
    made(session, 2)
    session.cursor().executemany("insert into features values (%s, %s::float4[])", list(enumerate(rows)))
    stored = [None if row is None else np.array(row, np.float32).tolist() for row in rows]
    for sql in ("select v from features order by id", "select v from features where id + 0 >= 0 order by id"):
        for binary in (False, True):
            found = [row[0] for row in session.cursor(binary=binary).execute(sql)]
            assert repr([None if row is None else np.array(row, np.float32).tolist() for row in found]) == repr(stored)


@pytest.mark.parametrize("value", ["%s", "%s::float4[]", "%s::real[]", "'{0.1,2}'::float4[]", "array[0.1, 2]::real[]"])
def test_by_key_without_the_engine(session, value):
    made(session, 2)
    sql = f"insert into features values (1, {value}) on conflict (id) do update set (id, v) = row (excluded.*)"
    given = ([0.1, 2.0],) if "%s" in value else None
    for _ in range(2):
        session.execute(sql, given)
    assert session.execute("select v from features where id = 1").fetchone() == ([0.1, 2.0],)
    assert "Fixed" in str(session.execute(f"explain {sql}", given).fetchall())


def test_null_among_the_numbers(session):
    made(session, 2)
    session.execute("insert into features values (1, '{1,NULL}'), (2, '{1,2}')")
    assert session.execute("select v from features where v[1] = 1 order by id").fetchall() == [([1, None],), ([1, 2],)]
    assert refused(session, "select euclidean_distance(v, '{0,0}') from features").sqlstate == "22004"


# -- definitions


@pytest.mark.parametrize(("column", "sqlstate"), [
    ("v float4[] check (array_length(v, 1) = 4)", "0A000"),
    ("v float4[] check (array_ndims(v) = 1 and array_length(v, 1) > 4)", "0A000"),
    ("v float4[] check (array_ndims(v) = 2 and array_length(v, 1) = 4)", "0A000"),
    ("v float4[] check (array_ndims(w) = 1 and array_length(w, 1) = 4)", "0A000"),
    ("v float8[] check (array_ndims(v) = 1 and array_length(v, 1) = 4)", "0A000"),
    ("v int check (v > 0)", "0A000"),
    ("v float4[], check (array_ndims(v) = 1 and array_length(v, 1) = 4)", "0A000"),
    ("v float4[] check (array_ndims(v) = 1 and array_length(v, 1) = 0)", "22023"),
    ("v float4[] check (array_ndims(v) = 1 and array_length(v, 1) = 99999)", "22023"),
])  # fmt: skip
def test_other_checks_are_refused(session, column, sqlstate):
    assert refused(session, f"create table features (w float4[], {column})").sqlstate == sqlstate


def test_a_check_is_in_the_catalogue(session):
    made(session, 4, ", u float4[] constraint of_u check (array_ndims(u) = 1 and array_length(u, 1) = 2)")
    sql = """
        select conname, pg_get_constraintdef(oid), conkey from pg_constraint
        where conrelid = 'features'::regclass and contype = 'c' order by conname
    """
    assert session.execute(sql).fetchall() == [
        ("features_v_check", "CHECK (((array_ndims(v) = 1) AND (array_length(v, 1) = 4)))", [2]),
        ("of_u", "CHECK (((array_ndims(u) = 1) AND (array_length(u, 1) = 2)))", [3]),
    ]
    assert session.execute("select relchecks from pg_class where relname = 'features'").fetchone() == (2,)
    clauses = "select check_clause from information_schema.check_constraints where constraint_name = 'of_u'"
    assert session.execute(clauses).fetchone() == ("(((array_ndims(u) = 1) AND (array_length(u, 1) = 2)))",)


def test_columns_with_checks_come_and_go(session):
    made(session, 2)
    session.execute("insert into features values (1, '{1,2}')")
    check = "check (array_ndims(w) = 1 and array_length(w, 1) = 3)"
    assert refused(session, f"alter table features add w float4[] default '{{1}}' {check}").sqlstate == "23514"
    session.execute(f"alter table features add w float4[] default '{{1,2,3}}' {check}")
    assert session.execute("select w from features where v[1] > 0").fetchone() == ([1, 2, 3],)
    session.execute("alter table features rename v to x")
    assert refused(session, "update features set x = '{1}' where id = 1").diag.constraint_name == "features_v_check"
    session.execute("alter table features drop w")
    session.execute("update features set x = '{3,4}' where id = 1")
    session.execute("create table others (like features including constraints)")
    assert refused(session, "insert into others values (1, '{1}')").diag.constraint_name == "features_v_check"
    session.execute("drop table others")
    session.execute("create table others (like features)")
    session.execute("insert into others values (1, '{1}')")


def test_partitions_have_their_tables_check(session):
    session.execute("""
        create table features (day text, v float4[] check (array_ndims(v) = 1 and array_length(v, 1) = 2))
        partition by list (day)
    """)
    session.execute("create table others partition of features for values in ('a')")
    assert refused(session, "insert into others values ('a', '{1}')").diag.constraint_name == "features_v_check"


# -- properties and the extension


def property_of(session: psycopg.Connection[Any], key: str) -> Any:
    sql = "select property_value from hologres.hg_table_properties where table_name = 'features' and property_key = %s"
    return json.loads(session.execute(sql, (key,)).fetchone()[0])


def test_indexes_are_kept_and_shown(session):
    hgraph = {"v": {"algorithm": "HGraph", "distance_method": "Cosine", "builder_params": {
        "base_quantization_type": "rabitq", "max_degree": 64, "ef_construction": 400, "use_reorder": True,
        "precise_quantization_type": "fp32", "precise_io_type": "reader_io", "extra_columns": "id"}}}  # fmt: skip
    graph = {"v": {"algorithm": "Graph", "distance_method": "InnerProduct",
                   "builder_params": {"min_flush_proxima_row_count": 1000}, "searcher_init_params": {}}}  # fmt: skip
    check = "check (array_ndims(v) = 1 and array_length(v, 1) = 2)"
    session.execute(f"create table features (id int, v float4[] {check}) with (vectors = '{json.dumps(hgraph)}')")
    assert property_of(session, "vectors") == hgraph
    assert property_of(session, "column_array_info") == {"2": [2]}
    session.execute(f"call set_table_property('features', 'proxima_vectors', '{json.dumps(graph)}')")
    assert property_of(session, "proxima_vectors") == graph
    session.execute("alter table features rename v to x")
    assert list(property_of(session, "vectors")) == ["x"]
    session.execute("alter table features rename id to number")
    assert property_of(session, "vectors")["x"]["builder_params"]["extra_columns"] == "number"
    session.execute("alter table features set (vectors = '{}')")
    assert property_of(session, "vectors") == {}
    session.execute("alter table features drop x")
    assert property_of(session, "proxima_vectors") == {}


@pytest.mark.parametrize(("index", "sqlstate"), [
    ("[]", "22023"), ("no json", "22023"), ('{"v": 1}', "22023"), ('{"w": {}}', "42703"), ('{"id": {}}', "22023"),
    ('{"v": {"algorithm": "Graph", "distance_method": "Cosine"}}', "22023"),
    ('{"v": {"algorithm": "HGraph", "distance_method": "Manhattan"}}', "22023"),
    ('{"v": {"algorithm": "HGraph", "distance_method": "Cosine", "what": {}}}', "22023"),
    ('{"v": {"algorithm": "HGraph", "distance_method": "Cosine", "builder_params": {"max_degree": 0}}}', "22023"),
    ('{"v": {"algorithm": "HGraph", "distance_method": "Cosine", "builder_params": {"what": 1}}}', "22023"),
])  # fmt: skip
def test_indexes_that_there_are_not(session, index, sqlstate):
    made(session, 2)
    assert refused(session, f"alter table features set (vectors = '{index}')").sqlstate == sqlstate


def test_tables_of_rows_alone_have_no_index(session):
    index = '{"v": {"algorithm": "HGraph", "distance_method": "Cosine"}}'
    check = "check (array_ndims(v) = 1 and array_length(v, 1) = 2)"
    properties = f"orientation = 'row', vectors = '{index}'"
    sql = f"create table features (id int primary key, v float4[] {check}) with ({properties})"
    assert refused(session, sql).sqlstate == "22023"


def test_functions_of_proxima_are_there_with_it(session):
    made(session, 2)
    session.execute("drop extension proxima")
    error = refused(session, "select pm_euclidean_distance(v, '{1,2}') from features")
    assert error.sqlstate == "42883"
    assert "function pm_euclidean_distance(real[], unknown) does not exist" in str(error)
    assert session.execute("select euclidean_distance(v, '{1,2}') from features").fetchall() == []
    assert refused(session, "drop extension proxima").sqlstate == "42704"
    session.execute("drop extension if exists proxima")
    session.execute("create extension proxima")
    assert refused(session, "create extension proxima").sqlstate == "42710"
    assert refused(session, "create extension hstore").sqlstate == "0A000"
    assert ("proxima",) in session.execute("select extname from pg_extension").fetchall()
    session.execute("create view near as select public.pm_euclidean_distance(v, '{1,2}') as d from features")
    assert refused(session, "drop extension proxima").sqlstate == "2BP01"
    assert refused(session, "drop extension proxima cascade").sqlstate == "0A000"
    session.execute("drop view near")


def test_extensions_are_made_by_superusers(server, session):
    key = made_user(server, "vectoria", allow())
    with connected(server, key) as client:
        client.execute("create extension if not exists proxima")
        assert refused(client, "create extension roaringbitmap").sqlstate in ("42501", "42710")
        assert refused(client, "drop extension proxima").sqlstate == "42501"
        session.execute("drop extension proxima")
        error = refused(client, "create extension proxima")
        assert error.sqlstate == "42501"
        assert error.diag.message_primary == 'permission denied to create extension "proxima"'


def test_a_block_makes_an_extension_or_does_not(server, session):
    session.execute("drop extension proxima")
    sql = "select pm_euclidean_distance('{1,2}', array[1, 4]::real[])"
    with connected(server, autocommit=False) as client:
        client.execute("create extension proxima")
        assert client.execute(sql).fetchone() == (2.0,)
        assert refused(session, sql).sqlstate == "42883"
        client.rollback()
        assert refused(client, sql).sqlstate == "42883"


# -- the vendor's clients


def test_hologres_vector(server, session):
    at, (user, password) = where(server), account(server)
    line = HologresVector.connection_string_from_db_params(at["host"], at["port"], at["dbname"], user, password)
    for method, way in (("SquaredEuclidean", "squared_euclidean"), ("Euclidean", "euclidean"),
                        ("InnerProduct", "inner_product")):  # fmt: skip
        store = HologresVector(line, DIMENSIONS, "features", {"name": "text"}, method, pre_delete_table=True)
        found = vectors(700)
        names = [{"name": f"n{number % 7}"} for number in range(700)]
        ids, meta = [str(number) for number in range(700)], [{"part": str(number % 5)} for number in range(700)]
        for _ in range(2):  # the second time all rows are there
            store.upsert_vectors(found.tolist(), ids, meta, names)
        expected = METHODS[way](found.astype(np.float64), found[9].astype(np.float64))
        order = np.argsort(expected if "euclidean" in way else -expected)
        near = store.search(found[9].tolist(), 5, ["name"])
        assert [one["id"] for one in near] == [str(one) for one in order[:5]]
        np.testing.assert_allclose([one["distance"] for one in near], expected[order[:5]], rtol=1e-5, atol=1e-5)
        of_part = store.search(found[9].tolist(), 3, ["name"], {"part": "2"}, {"name": "n2"})
        wanted = [one for one in order.tolist() if one % 5 == 2 and one % 7 == 2][:3]
        assert [one["id"] for one in of_part] == [str(one) for one in wanted]
        assert len(store.query(["name"], {"part": "1"}, limit=1000)) == 140
        store.delete_vectors({"part": "1"})
        assert store.size() == 560
        store.delete_vectors()
        assert store.size() == 0
        store.storage.conn.close()


def test_holo_search_sdk(server, session):
    at, (user, password) = where(server), account(server)
    made(session, DIMENSIONS, ", name text")
    found = vectors(50)
    with holo_search_sdk.connect(at["host"], at["port"], at["dbname"], user, password) as client:
        table = client.open_table("features")
        table.set_vector_index("v", "Cosine", base_quantization_type="sq8_uniform")
        table.insert_multi([[number, row.tolist(), f"n{number % 3}"] for number, row in enumerate(found)])
        table.upsert_one("id", [7, found[8].tolist(), "seven"], ["id", "v", "name"], update=True)
        assert table.get_vector_index_info()["v"]["distance_method"] == "Cosine"
        assert table.get_vector_column_dimension("v") == [DIMENSIONS]
        near = table.search_vector(found[8].tolist(), "v", output_name="distance").select("id").min_distance(0.9999)
        assert {row[1] for row in near.fetchall()} == {7, 8}
        table.delete_vector_indexes()
        assert table.get_vector_index_info() == {}


def test_neighbours_are_those_of_this_moment(session, filled):
    """Rows that were written, changed and removed, alone and in a block, each time beside numpy."""
    sought = vectors(1)[0]
    present = dict(enumerate(filled.astype(np.float64)))
    sql = f"select id from features order by approx_euclidean_distance(v, '{text_of(sought)}') limit 8"

    def check() -> None:
        nearest = sorted(present, key=lambda id: float(((present[id] - sought) ** 2).sum()))[:8]
        assert [id for (id,) in session.execute(sql.encode()).fetchall()] == nearest

    check()
    for step in range(3):
        nearest = [id for (id,) in session.execute(sql.encode()).fetchall()]
        near = sought + np.float32(0.01 * (3 - step))
        session.execute("insert into features values (%s, %s)", (1000 + step, text_of(near)))
        present[1000 + step] = near.astype(np.float64)
        check()
        session.execute("delete from features where id = %s", (nearest[0],))
        del present[nearest[0]]
        check()
        far = sought + np.float32(50 + step)
        session.execute("update features set v = %s where id = %s", (text_of(far), nearest[1]))
        present[nearest[1]] = far.astype(np.float64)
        check()
    with session.transaction():
        session.execute("insert into features values (2000, %s)", (text_of(sought),))
        present[2000] = sought.astype(np.float64)
        check()
    check()
