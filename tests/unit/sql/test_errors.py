import pytest

from tests.unit.sql.conftest import Sandbox
from yunbox.kernel.errors import InvalidArgument, KernelError, NotFound, Refused, Unsupported
from yunbox.sql.maxcompute.errors import SqlError, full_scan

CASES = [
    ("selec 1", InvalidArgument, "ODPS-0130161:[1,1] Parse exception - "),
    ("select a frm u where", InvalidArgument, "ODPS-0130161:[1,14] Parse exception - "),
    ("", InvalidArgument, "ODPS-0130161:[0,0] Parse exception - "),
    ("select 'a from u", InvalidArgument, "ODPS-0130161:"),
    ("select a from nope", NotFound, "ODPS-0130131:[1,15] Table not found - table p.nope cannot be resolved"),
    ("select zz from u",
     InvalidArgument, "ODPS-0130071:[1,8] Semantic analysis exception - column zz cannot"),
    ("select\n  zz from u", InvalidArgument, "ODPS-0130071:[2,3] Semantic"),
    ("select no_such(1)",
     InvalidArgument, "ODPS-0130071:[1,8] Semantic analysis exception - function no_such"),
    ("select my_udf(1)",
     Unsupported, "ODPS-0130071:[1,8] Semantic analysis exception - user-defined function my_udf"),
    ("select substr('a')",
     InvalidArgument, "ODPS-0130221:[1,8] Invalid number of arguments - function substr needs"),
    ("select sqrt(array(1))", InvalidArgument, "ODPS-0130121:[1,8] Invalid argument type - "),
    ("select * from u, t", InvalidArgument, "ODPS-0130252:"),
    ("select a, name from u group by a",
     InvalidArgument, "ODPS-0130071:[1,8] Semantic analysis exception - column reference u.name should"),
    ("select * from u group by a", InvalidArgument, "ODPS-0130071:"),
    ("select a from u where sum(a) > 1", InvalidArgument, "ODPS-0130071:"),
    ("select a from u join t on u.a = t.a",
     InvalidArgument, "ODPS-0130071:[1,8] Semantic analysis exception - column a is ambiguous"),
    ("insert into u select 1",
     InvalidArgument, "ODPS-0130071:[1,13] Semantic analysis exception - wrong columns count 1"),
    ("insert into t partition(zz='1') select 1", InvalidArgument, "ODPS-0130071:"),
    ("alter table t drop partition(dt='nope')", NotFound, "ODPS-0130271:"),
    ("load overwrite table u from location 'x' stored as csv", InvalidArgument, "ODPS-0130071:[1,38]"),
    ("load overwrite table u from location 'oss://bucket/x' stored as avro", Unsupported, "ODPS-0130071:"),
    ("create table x (a bigint) stored as parquet", Unsupported, "ODPS-0130071:"),
    ("select `z(a|b)?+.+` from u", InvalidArgument, "ODPS-0130071:[1,8]"),
    ("select bloom_filter(a) from u", Unsupported, "ODPS-0130071:"),
    ("delete from t where a = 1", InvalidArgument, "ODPS-0130071:"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "kind", "message"), CASES, ids=[case[0][:40] or "empty" for case in CASES])
def test_vendor_text(box: Sandbox, text: str, kind: type[KernelError], message: str):
    with pytest.raises(kind) as caught:
        box.plan(text)
    assert isinstance(caught.value, SqlError)
    assert str(caught.value).startswith(message)
    assert caught.value.code == str(caught.value).split(":")[0]


def test_order_needs_limit(box: Sandbox):
    with pytest.raises(InvalidArgument, match="ORDER BY must be used with a LIMIT clause"):
        box.plan("select a from u order by a", **{"odps.sql.validate.orderby.limit": "true"})
    assert box.rows("select a from u order by a desc limit 1", **{"odps.sql.validate.orderby.limit": "true"}) == [(3,)]


def test_cartesian_may_be_allowed(box: Sandbox):
    assert box.rows("select count(*) from u, t", **{"odps.sql.allow.cartesian": "true"}) == [(6,)]
    query = box.query("select /*+ mapjoin(u) */ count(*) from u, t")
    assert query.hints == ("mapjoin(u)",)


def test_full_scan_says_what_to_write():
    error = full_scan("p", "t", ("dt",), "It would read 3 GB.")
    assert isinstance(error, Refused)
    assert "Table(p,t) is full scan with all partitions, please specify partition predicates." in str(error)
    assert "dt = '...'" in str(error) and str(error).endswith("It would read 3 GB.")


def test_garbage_never_escapes_the_error_tree(box: Sandbox):
    broken = [
        "select",
        "select (",
        "insert into",
        "create table",
        "alter table t",
        "show",
        "drop",
        "((((",
        "select 1 +",
    ]
    broken += ["with a as", "from t insert", "select case when", "truncate", "desc", "explain", "update", "use", "`"]
    broken += [
        "insert into t values",
        "select * from (select",
        "select f(,)",
        "create view v as",
        "select " + "(" * 3000,
    ]
    for text in broken:
        with pytest.raises(KernelError):
            box.plan(text)
