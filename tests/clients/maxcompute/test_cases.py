"""What users met and found wrong, by the vendor's pages: the right value of each, through PyODPS.

``t`` is (1,a,1.1,'1'), (2,b,2.0,'2'), (2,c,NULL,NULL). Members of the same kinds are in the unit tests of the grammar,
casts, strictness and functions.
"""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from odps import ODPS, errors

SCHEMA = (
    "create table t (k bigint, v string, d double, s string)",
    "insert into t values (1, 'a', 1.1, '1'), (2, 'b', 2.0, '2'), (2, 'c', null, null)",
    "create table b (a bigint)",
    "create table p (k bigint) partitioned by (pt string)",
    "alter table p add partition (pt='pt1')",
    "create table p2 (k bigint) partitioned by (c string, d string)",
    "alter table p2 add partition (c='a', d='d1') partition (c='a', d='d2')",
    "create table hc (a bigint) clustered by (a) into 4 buckets",
    "set odps.sql.max.sequence.length=25000; create table big as select explode(sequence(1, 25000)) as n",
)
FOOD = "values (1,'food',10),(1,'drink',5),(2,'food',7) x(id,cat,amt)"
RIGHT: list[tuple[str, Any]] = [
    ("select count(*) from big x tablesample (100 rows)", [(100,)]),
    ("select sum(x) over (order by g) from values (1,10),(1,20),(2,5) y(g,x)", [(10,), (30,), (35,)]),
    ("set odps.sql.hive.compatible=true; select sum(x) over (order by g) from values (1,10),(1,20),(2,5) y(g,x)",
     [(30,), (30,), (35,)]),
    ("select count_if(c) from (select cluster_sample(2) over (partition by 1) c from "
     "(select n from big limit 10) z) y", [(2,)]),
    ("select cast('123abc' as bigint)", [(123,)]),
    ("select cast('false' as boolean), cast('' as boolean)", [(True, False)]),
    ("select cast('2022-12-20 00:01:01' as date)", [(None,)]),
    ("select cast(round(a, 3) as string) from (select cast(12.455 as decimal(38,18)) a) z", [("12.455",)]),
    ("select conv('1100',2,16), conv('ab',16,16), conv('-10',10,2)", [("C", "AB", None)]),
    ("select concat_ws(':','avg',null,'34')", [(None,)]),
    ("select str_to_map('a=1,b=2')", [({"a": "1", "b": "2"},)]),
    ("select str_to_map('last_win','k=1,k=2',',','=')", [({"k": "2"},)]),
    ("select collect_set(y) within group (order by y desc) from values (1),(3),(2),(2) z(y)", [([3, 2, 1],)]),
    ("select substr('abc',0), substring('abc',0)", [(None, "")]),
    ("select hash(0,2,4), hash(0,'a'), hash(0,null)", [(66, 97, 0)]),
    ("set odps.sql.hive.compatible=true; select trunc('2024-05-15','MM')", [("2024-05-01",)]),
    ("select datediff(date '2025-03-03', date '2025-03-02', 'week')", [(1,)]),
    ("select a.`(k|v)?+.+` from t a limit 1", [(1.1, "1")]),
    ("select v like any ('a','b'), v not like all ('a') from t limit 1", [(True, False)]),
    ("select any(k = 1), percentile_cont(k, 0.5) from t", [(True, 2.0)]),
    ("select encode('a','UTF-16BE'), to_charset('a','GBK')", [(b"\x00a", b"a")]),
    ("select date '2024-01-31' + interval '1-2' year to month = date '2025-03-31'", [(True,)]),
]  # fmt: skip
REFUSED = [
    (f"select * from {FOOD} pivot (sum(amt) for cat in ('food' as f,'drink' as dr))", "ODPS-0130071", "PIVOT"),
    ("select distinct on (k) k, v from t", "ODPS-0130161", "DISTINCT ON"),
    ("select sum(k) over (order by v range between 2 preceding and 1 preceding) from t", "ODPS-0130071", "offset type"),
    ("set odps.sql.udf.strict.mode=true; select cast('abc' as bigint)", "ODPS-0123091",
     "value 'abc' cannot be casted from String to Bigint"),
    ("insert into b select 'abc'", "ODPS-0130141", "incompatible type"),
    ("select k from p where pt in (1, 2)", "ODPS-0123091", "'pt1'"),
    ("select 1BD/0BD", "ODPS-0121145", "overflow"),
    ("select array_contains(split('1,2',','), 1)", "ODPS-0130071", "STRING"),
    ("select to_date('20221118123456','yyyyMMddHHmmss')", "ODPS-0121095", "minute"),
    ("select max_pt('p')", "ODPS-0130071", "max_pt"),
    ("select split(v, \"\\01\") from t", "ODPS-0130161", "unexpected escape sequence: 01"),
    ("select k from (select k from t order by k) z", "ODPS-0130071", "LIMIT"),
    ("select a.k from t a join t b on a.k=b.k or a.v=b.v", "ODPS-0130071", "mapjoin hint"),
    ("alter table p2 drop partition (c<'n' and d='d1')", "ODPS-0130071", "one partition column"),
    ("select coalesce(null,null)", "ODPS-0130121", "coalesce"),
    ("select concat_ws(',', array(1,2,3))", "ODPS-0130121", "concat_ws"),
    ("select json_extract('{\"a\":1}','$.a')", "ODPS-0130121", "json_extract"),
    ("explain create table zz (a bigint)", "ODPS-0130161", "EXPLAIN"),
    ("insert into hc select 1", "ODPS-0130071", "clustered"),
    ("select wm_concat(v, ',') from t", "ODPS-0130", "wm_concat"),
    ("select k from t qualify k = 1", "ODPS-0130071", "QUALIFY"),
    ("select * from information_schema.tables", "ODPS-0130071", "information_schema"),
    ("analyze table t compute statistics", "ODPS-0130071", "ANALYZE"),
    ("clone table t to t9", "ODPS-0130071", "CLONE"),
    ("select regexp_replace('abc','(?=b)','x')", "ODPS-0130071", "look-around"),
    ("create table pk (a bigint not null, primary key (a)) tblproperties('transactional'='true')", "ODPS-0130071",
     "PRIMARY KEY"),
    ("select * as x from t", "ODPS-0130161", "'as'"),
    ("insert into p partition(pt='1',pt='2') select 1", "ODPS-0130071", "pt is given more than once"),
    ("select nosuchudtf(k) as (a,b) from t", "ODPS-0130071", "function nosuchudtf cannot be resolved"),
    ("@a := select 1; select * from @a", "ODPS-0130071", "script mode"),
    ("create table vec (v vector(float, 3))", "ODPS-0130071", "VECTOR"),
    ("select 1 union all select 'a'", "ODPS-0130141", "column 1"),
]  # fmt: skip


@pytest.fixture
def stocked(o: ODPS) -> Iterator[ODPS]:
    for text in SCHEMA:
        o.execute_sql(text)
    yield o


def test_right_values(stocked: ODPS, rows: Callable[..., list[tuple]]):
    wrong = {text: found for text, right in RIGHT if (found := rows(text)) != right}
    assert not wrong


def test_refusals(stocked: ODPS):
    for text, code, told in REFUSED:
        with pytest.raises(errors.ODPSError) as caught:
            stocked.execute_sql(text)
        message = str(caught.value).splitlines()[-1]
        assert message.startswith(code), text
        assert told in message, text
    assert len(list(stocked.get_table("p2").partitions)) == 2
    with stocked.get_table("b").open_reader() as reader:
        assert reader.count == 0
