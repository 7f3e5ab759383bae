from datetime import date, datetime, timedelta, timezone

import pytest

from tests.unit.sql.conftest import Sandbox

EAST = timezone(timedelta(hours=8))


def at(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=EAST)


D, S = "datetime'2005-02-28 00:00:00'", "datetime'2005-12-31 23:59:59'"
MOMENT = "datetime'2013-06-08 01:10:00'"
EXAMPLES = [
    ("add_months('2017-02-14', 3)", "2017-05-14"),
    ("add_months('20170214', 3)", None),
    ("add_months('2017-02-14 21:30:00', 3)", "2017-05-14"),
    ("add_months(null, 3)", None),
    (f"dateadd({D}, 1, 'dd')", at(2005, 3, 1)),
    (f"dateadd({D}, -1, 'dd')", at(2005, 2, 27)),
    (f"dateadd({D}, 20, 'mm')", at(2006, 10, 28)),
    ("dateadd(datetime'2005-01-29 00:00:00', 1, 'mm')", at(2005, 2, 28)),
    ("dateadd(datetime'2005-01-30 00:00:00', 1, 'month')", at(2005, 2, 28)),
    ("dateadd(date'2005-02-18', 1, 'mm')", date(2005, 3, 18)),
    (f"dateadd({D}, 1, 'yyyy')", at(2006, 2, 28)),
    (f"dateadd({D}, 3, 'hh')", at(2005, 2, 28, 3)),
    (f"dateadd({D}, 3, 'mi')", at(2005, 2, 28, 0, 3)),
    (f"dateadd({D}, 3, 'ss')", at(2005, 2, 28, 0, 0, 3)),
    (f"dateadd({D}, null, 'dd')", None),
    ("date_add('2005-02-28 00:00:00', 1)", date(2005, 3, 1)),
    ("date_add(date'2005-02-28', -1)", date(2005, 2, 27)),
    ("date_add('2005-02-28', null)", None),
    ("date_sub('2005-03-01', 1)", date(2005, 2, 28)),
    *[
        (f"datediff(datetime'2006-01-01 00:00:00', {S}, '{part}')", 1)
        for part in ("dd", "mm", "yyyy", "hh", "mi", "ss")
    ],
    ("datediff(datetime'2013-05-31 13:00:00', datetime'2013-05-31 12:30:00', 'ss')", 1800),
    ("datediff(datetime'2013-05-31 13:00:00', datetime'2013-05-31 12:30:00', 'mi')", 30),
    (
        "datediff(to_date('2018-06-04 19:33:23.234', 'yyyy-mm-dd hh:mi:ss.ff3'), "
        "to_date('2018-06-04 19:33:23.250', 'yyyy-mm-dd hh:mi:ss.ff3'), 'ff3')",
        -16,
    ),
    ("datediff(date'2024-01-03', date'2024-01-01')", 2),
    ("datediff(date'2024-01-03', null, 'dd')", None),
    (f"datepart({MOMENT}, 'yyyy')", 2013),
    (f"datepart({MOMENT}, 'mm')", 6),
    (f"datepart({MOMENT}, 'dd')", 8),
    (f"datepart({MOMENT}, 'hh')", 1),
    (f"datepart({MOMENT}, 'mi')", 10),
    (f"datepart({MOMENT}, 'ss')", 0),
    ("datepart(date'2013-06-08', 'mm')", 6),
    ("datepart(to_date('2018-06-04 19:33:23.234', 'yyyy-mm-dd hh:mi:ss.ff3'), 'ff3')", 234),
    ("datetrunc(datetime'2011-12-07 16:28:46', 'yyyy')", at(2011, 1, 1)),
    ("datetrunc(datetime'2011-12-07 16:28:46', 'month')", at(2011, 12, 1)),
    ("datetrunc(datetime'2011-12-07 16:28:46', 'DD')", at(2011, 12, 7)),
    ("datetrunc(date'2011-12-07', 'yyyy')", date(2011, 1, 1)),
    ("datetrunc(datetime'2011-12-07 16:28:46', 'mi')", at(2011, 12, 7, 16, 28)),
    ("day('2014-09-01')", 1),
    ("day('20140901')", None),
    ("dayofmonth('2014-09-01')", 1),
    ("dayofweek('2009-07-30')", 5),
    ("dayofweek('2024-01-07')", 1),
    ("dayofyear('2016-04-09')", 100),
    ("extract(year from '2019-05-01 11:21:00')", 2019),
    ("extract(month from '2019-05-01 11:21:00')", 5),
    ("extract(day from '2019-05-01 11:21:00')", 1),
    ("extract(hour from '2019-05-01 11:21:00')", 11),
    ("extract(minute from '2019-05-01 11:21:00')", 21),
    ("from_unixtime(123456789)", at(1973, 11, 30, 5, 33, 9)),
    ("from_unixtime(null)", None),
    ("from_utc_timestamp('1970-01-30 16:00:00', 'PST')", at(1970, 1, 30, 8)),
    ("from_utc_timestamp(timestamp'1970-01-30 16:00:00', 'Asia/Shanghai')", at(1970, 1, 31)),
    ("to_utc_timestamp(timestamp'1970-01-31 00:00:00', 'Asia/Shanghai')", at(1970, 1, 30, 16)),
    ("hour('2014-09-01 12:00:00')", 12),
    ("hour('12:00:00')", 12),
    ("hour('20140901120000')", None),
    ("minute('2014-09-01 12:30:00')", 30),
    ("minute('12:30:00')", 30),
    ("second('2014-09-01 12:30:45')", 45),
    ("isdate('2021-10-11', 'yyyy-mm-dd')", True),
    ("isdate('1678952314', 'yyyy-mm-dd')", False),
    ("last_day('2017-03-04')", "2017-03-31"),
    ("last_day('2017-07-04 11:40:00')", "2017-07-31"),
    ("last_day('20170304')", None),
    ("lastday(datetime'2013-06-08 01:10:00')", at(2013, 6, 30)),
    ("month('2014-09-01')", 9),
    ("months_between('1997-02-28 10:30:00', '1996-10-30')", 3.9495967741935485),
    ("months_between('1996-10-30', '1997-02-28 10:30:00')", -3.9495967741935485),
    ("months_between('1996-09-30', '1996-12-31')", -3.0),
    ("months_between('1996-09-30', null)", None),
    ("next_day('2017-08-01', 'TU')", "2017-08-08"),
    ("next_day('2017-08-01 23:34:00', 'TU')", "2017-08-08"),
    ("next_day('20170801', 'TU')", None),
    ("next_day('2017-08-01', 'friday')", "2017-08-04"),
    ("quarter('1970-11-12 10:00:00')", 4),
    ("quarter('1970-11-12')", 4),
    ("to_char(datetime'2010-12-03 00:00:00', '阿里金融yyyy-mm*dd')", "阿里金融2010-12*03"),
    ("to_char(datetime'2008-07-18 00:00:00', 'yyyymmdd')", "20080718"),
    ("to_date('阿里巴巴2010-12*03', '阿里巴巴yyyy-mm*dd')", at(2010, 12, 3)),
    ("to_date('20080718', 'yyyymmdd')", at(2008, 7, 18)),
    ("to_date('200807182030', 'yyyymmddhhmi')", at(2008, 7, 18, 20, 30)),
    ("to_date(null, 'yyyymmdd')", None),
    ("to_date('2021-09-24')", date(2021, 9, 24)),
    ("to_millis(datetime'2021-03-31 09:00:00')", 1617152400000),
    ("to_millis(timestamp'2021-03-31 09:00:00.999999')", 1617152400999),
    ("to_millis(timestamp'1969-12-31 07:59:59.000999') - to_millis(timestamp'1969-12-31 07:59:59')", 0),
    ("unix_timestamp(datetime'2009-03-20 11:11:00')", 1237518660),
    ("unix_timestamp(null)", None),
    ("weekday(datetime'2009-03-20 11:11:00')", 4),
    ("weekofyear(to_date('20141229', 'yyyymmdd'))", 1),
    ("weekofyear(to_date('20141231', 'yyyymmdd'))", 1),
    ("weekofyear(to_date('20151229', 'yyyymmdd'))", 53),
    ("weekofyear(date'2014-12-29')", 1),
    ("year('1970-01-01 12:30:00')", 1970),
    ("cast('2022-04-24' as datetime)", at(2022, 4, 24)),
    ("datetime'2024-01-01 00:00:00' - interval 1 day", at(2023, 12, 31)),
]


@pytest.mark.parametrize(("expression", "value"), EXAMPLES)
def test_documented_examples(box: Sandbox, expression: str, value: object):
    assert box.value(expression) == value


@pytest.mark.parametrize(
    ("expression", "of"),
    [
        ("getdate()", "datetime"),
        ("now()", "datetime"),
        ("current_timestamp()", "timestamp"),
        ("current_date()", "date"),
        ("dateadd(date'2024-01-01', 1, 'hh')", "datetime"),
        ("last_day('2024-01-01')", "string"),
        ("from_unixtime(1)", "datetime"),
        ("months_between('2024-01-01', '2024-01-01')", "double"),
        ("datediff(date'2024-01-01', date'2024-01-01', 'dd')", "bigint"),
    ],
)
def test_types(box: Sandbox, expression: str, of: str):
    assert box.type(expression) == of


def test_hive_compatible_from_unixtime_is_text(box: Sandbox):
    assert box.value("from_unixtime(0)", **{"odps.sql.hive.compatible": "true"}) == "1970-01-01 08:00:00"


def test_unknown_part(box: Sandbox):
    with pytest.raises(Exception, match=r"ODPS-0130121.*date part fortnight"):
        box.plan("select datediff(date'2024-01-01', date'2024-01-01', 'fortnight')")
