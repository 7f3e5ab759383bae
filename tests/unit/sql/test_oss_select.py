"""OSS Select's SQL: what was parsed is read, or refused."""

import pytest

from yunbox.kernel.errors import InvalidArgument
from yunbox.sql.oss.select import CsvColumns, Selection, translate


def read(text: str) -> Selection:
    return translate(text, CsvColumns(3, {"name": 0}))


@pytest.mark.parametrize(
    "rest",
    [
        "_1 from ossobject where _1 between symmetric 3 and 1", "_1 from ossobject limit 1 by _1",
        "* exclude (_1) from ossobject", "* replace (1 as a) from ossobject", "_1 from ossobject limit 5 with ties",
        "max(_1, _2) from ossobject", "as struct _1 from ossobject", "count(distinct _1) from ossobject",
        "sum(_1) filter (where _1 > 1) from ossobject", "distinct _1 from ossobject",
        "_1 from ossobject limit 5 offset 2",
        "cast(_1 as int format 'x') from ossobject", "_1 from ossobject tablesample (1 rows)",
        "_1 from ossobject where _1 ilike 'a'", "_1 from ossobject where _1 like any ('a')",
        "_1 from ossobject order by _1", "_1 from ossobject group by _1", "max(_1) ignore nulls from ossobject",
    ],
)  # fmt: skip
def test_what_is_not_read_is_refused(rest: str):
    with pytest.raises(InvalidArgument) as caught:
        read(f"select {rest}")
    assert caught.value.code == "SqlSyntaxError"


def test_not_like_is_not_like():
    assert " NOT LIKE " in read("select _1 from ossobject where name not like 'a%'").where
    assert " NOT LIKE " in read("select _1 from ossobject where name not like 'a%' escape '!'").where
    assert " NOT LIKE " not in read("select _1 from ossobject where name like 'a%'").where
