"""SelectObject as oss2 and alibabacloud-oss-v2 ask it."""

import base64
import gc
import gzip
import json
import random
import warnings
from collections.abc import Iterator

import oss2
import pytest

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import alibabacloud_oss_v2 as v2

pytestmark = pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")  # frames end before their connection does


@pytest.fixture(autouse=True)
def collected() -> Iterator[None]:
    """Connections that the clients leave to the garbage collector go before the next test."""
    yield
    gc.collect()


CITIES = (
    "Year,State,CityName,Value,Unit\n"
    "2015,CA,Hayward,14.8,%\n"
    '2014,NY,"New York, NY",21.5,%\n'
    "2015,TX,Austin,,\n"
    '2013,CA,"The ""Bay""",70.25,count\n'
)
PEOPLE = {
    "people": [
        {"name": "Ann", "age": 43, "home": {"city": "Bonn", "codes": [1, 2]}},
        {"name": "Bob", "age": 7, "home": {"city": "Rome"}},
        {"name": "Cy", "home": None},
    ]
}


def ask(bucket: oss2.Bucket, key: str, sql: str, **params: object) -> bytes:
    result = bucket.select_object(key, sql, select_params={"EnablePayloadCrc": True, **params})
    assert result.status == 206
    return result.read()


def refused(bucket: oss2.Bucket, key: str, sql: str, **params: object) -> str:
    with pytest.raises(oss2.exceptions.ServerError) as caught:
        ask(bucket, key, sql, **params)
    assert caught.value.status == 400
    return caught.value.code


@pytest.fixture
def cities(bucket: oss2.Bucket) -> oss2.Bucket:
    """A bucket with a CSV object."""
    bucket.put_object("c", CITIES)
    return bucket


USE = {"CsvHeaderInfo": "Use"}


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("select Year, cityname from ossobject where value > 14.8", '2014,"New York, NY"\n2013,"The ""Bay"""\n'),
        ("select _1, _3 from ossobject where _5 = '%'", '2015,Hayward\n2014,"New York, NY"\n'),
        ("select s.Year from ossobject s where s.state in ('NY', 'TX') and s.year between 2014 and 2015",
         "2014\n2015\n"),
        ("select Year from ossobject where CityName like '%a%' and not Unit = ''", "2015\n2013\n"),
        ("select State from ossobject where (Value || Unit) = '14.8%'", "CA\n"),
        ("select CityName from ossobject where Value = ''", "Austin\n"),
        ("select CityName from ossobject where cast(Value as double) * 2 = 43", '"New York, NY"\n'),
        ("select count(*), avg(cast(year as int)), max(cast(year as int)) from ossobject where year = 2015",
         "2,2015,2015\n"),
        ("select sum(cast(value as double)), min(state) from ossobject", "106.55,CA\n"),
        ("select Year from ossobject limit 2", "2015\n2014\n"),
        ("select Year from ossobject limit 1'", "2015\n"),
        ("select Year from ossobject where state = 'none'", ""),
    ],
)  # fmt: skip
def test_questions_to_csv(cities: oss2.Bucket, sql: str, expected: str) -> None:
    assert ask(cities, "c", sql, **USE).decode() == expected


def test_all_of_it_comes_as_it_was(cities: oss2.Bucket) -> None:
    assert ask(cities, "c", "select * from ossobject").decode() == CITIES
    rest = CITIES.partition("\n")[2]
    assert ask(cities, "c", "select * from ossobject", CsvHeaderInfo="Ignore").decode() == rest
    headed = ask(cities, "c", "select year from ossobject limit 1", **USE, OutputHeader=True)
    assert headed.lower() == b"year\n2015\n"


def test_columns_are_kept_in_their_places(cities: oss2.Bucket) -> None:
    assert ask(cities, "c", "select _2 from ossobject limit 1", KeepAllColumns=True) == b",State,,,\n"


def test_marks_are_the_requests(bucket: oss2.Bucket) -> None:
    bucket.put_object("t", b"a|'x|y'|c\r\n#no\r\n1|2\r\n")
    params = {"FieldDelimiter": "|", "QuoteCharacter": "'", "CommentCharacter": "#", "RecordDelimiter": "\r\n"}
    out = ask(
        bucket, "t", "select _2, _1 from ossobject", **params, OutputFieldDelimiter=";", OutputRecordDelimiter="!"
    )
    assert out == b"x|y;a!2;1!"
    bucket.put_object("u", b"a,b;c,d;")
    assert ask(bucket, "u", "select _2 from ossobject", RecordDelimiter=";") == b"b\nd\n"


def test_raw_data_has_no_frames(cities: oss2.Bucket) -> None:
    result = cities.select_object(
        "c", "select Year from ossobject limit 1", select_params={**USE, "OutputRawData": True}
    )
    assert result.headers["x-oss-select-output-raw"] == "true"
    assert result.resp.read() == b"2015\n"


def test_gzip_is_read_through(bucket: oss2.Bucket) -> None:
    bucket.put_object("z", gzip.compress(CITIES.encode()) + gzip.compress(b"2000,ZZ,End,1,%\n"))
    out = ask(bucket, "z", "select state from ossobject where year < 2014", **USE, CompressionType="GZIP")
    assert out == b"CA\nZZ\n"
    bucket.put_object("n", b"no gzip")
    assert refused(bucket, "n", "select * from ossobject", CompressionType="GZIP") == "InvalidCompressionFormat"


def test_ranges_of_lines_splits_and_bytes(bucket: oss2.Bucket) -> None:
    rows = [f"{number},{'x' * 20}" for number in range(1000)]
    bucket.put_object("r", "\n".join(["n,t", *rows]) + "\n")
    meta = bucket.create_select_object_meta("r", {"RecordDelimiter": "\n"})
    assert (meta.csv_rows, meta.csv_splits) == (1001, 1)
    assert ask(bucket, "r", "select n from ossobject", **USE, LineRange=(0, 3)) == b"0\n1\n2\n"
    assert ask(bucket, "r", "select n from ossobject", **USE, LineRange=(10, 11)) == b"9\n10\n"
    assert ask(bucket, "r", "select n from ossobject", **USE, LineRange=(1000, None)) == b"999\n"
    assert ask(bucket, "r", "select count(*) from ossobject", SplitRange=(0, None)) == b"1001\n"
    found = b""
    size = bucket.head_object("r").content_length
    for start in range(0, size, 1000):
        result = bucket.select_object(
            "r",
            "select _1 from ossobject",
            byte_range=(start, min(start + 999, size - 1)),
            select_params={"AllowQuotedRecordDelimiter": False},
        )
        found += result.read()
    assert found.decode().split() == ["n", *map(str, range(1000))]


def test_progress_tells_how_much_was_read(cities: oss2.Bucket) -> None:
    seen: list[int] = []
    cities.select_object("c", "select * from ossobject", progress_callback=lambda done, _: seen.append(done)).read()
    assert seen[-1] == len(CITIES)


def broken(bucket: oss2.Bucket, key: str, sql: str, **params: object) -> tuple[bytes, str]:
    """What comes before the data is found to be wrong, and the code of that."""
    result = bucket.select_object(key, sql, select_params=params)
    found = b""
    with pytest.raises(oss2.exceptions.SelectOperationFailed) as caught:
        for chunk in result:
            found += chunk
    return found, caught.value.code.decode()


def test_partial_records_are_skipped_when_asked(bucket: oss2.Bucket) -> None:
    """oss2's tests; 0016-00000834: the rows before one too many are told."""
    bucket.put_object("p", b"1,2,3\n4\n5,6,7\n")
    assert ask(bucket, "p", "select _3 from ossobject") == b"3\n\n7\n"
    skip = {"SkipPartialDataRecord": True, "MaxSkippedRecordsAllowed": 1}
    assert ask(bucket, "p", "select _3 from ossobject", **skip) == b"3\n7\n"
    assert ask(bucket, "p", "select count(_3) from ossobject", **skip) == b"2\n"
    skip["MaxSkippedRecordsAllowed"] = 0
    assert broken(bucket, "p", "select _3 from ossobject", **skip) == (b"3\n", "ExceedMaxSkippedRecords")
    assert broken(bucket, "p", "select count(_3) from ossobject", **skip) == (b"", "ExceedMaxSkippedRecords")
    assert ask(bucket, "p", "select _3 from ossobject limit 1", **skip) == b"3\n"


@pytest.mark.parametrize(
    ("sql", "rows", "skipped"),
    [
        ("select cast(_1 as int) from ossobject", b"1\n\n4\n", 1),
        ("select _2 from ossobject where cast(_1 as int) > 1", b"d\n", 1),
        ("select sum(cast(_1 as int)) from ossobject", b"5\n", 1),
        ("select cast(_1 as int), cast(_2 as double) from ossobject", b"", 4),
        ("select cast(_1 as int) from ossobject where _2 <> 'b'", b"1\n\n4\n", 0),  # what is not chosen fits
        ("select cast(_1 as int) from ossobject limit 1", b"1\n", 0),
    ],
)
def test_rows_of_other_types_are_skipped_and_counted(bucket: oss2.Bucket, sql: str, rows: bytes, skipped: int) -> None:
    """0016-00000834: a row whose data is not of the type that the statement expects. What is empty is of each."""
    bucket.put_object("p", b"1,a\nx,b\n,c\n4,d\n")
    assert ask(bucket, "p", sql, MaxSkippedRecordsAllowed=skipped) == rows
    if skipped:
        assert broken(bucket, "p", sql, MaxSkippedRecordsAllowed=skipped - 1)[1] == "ExceedMaxSkippedRecords"


def test_a_quote_that_is_not_closed_ends_the_answer(bucket: oss2.Bucket) -> None:
    """0016-00000834, on rows that are no CSV; oss2's tests."""
    bucket.put_object("p", b'a,b\n"c,d\ne,f\n')
    found, code = broken(bucket, "p", "select _1 from ossobject")
    assert (found.startswith(b"a\n"), code) == (True, "InvalidCsvLine")
    assert ask(bucket, "p", "select _1 from ossobject limit 1") == b"a\n"


@pytest.mark.parametrize("option", ["<SkipPartialDataRecord>perhaps</SkipPartialDataRecord>",
                                    "<MaxSkippedRecordsAllowed>abc</MaxSkippedRecordsAllowed>",
                                    "<MaxSkippedRecordsAllowed>-1</MaxSkippedRecordsAllowed>"])  # fmt: skip
def test_options_that_are_none(bucket: oss2.Bucket, option: str) -> None:
    """0016-00000834 and its like."""
    bucket.put_object("p", b"1,2\n")
    sql = base64.b64encode(b"select * from ossobject").decode()
    body = f"<SelectRequest><Expression>{sql}</Expression><Options>{option}</Options></SelectRequest>"
    with pytest.raises(oss2.exceptions.InvalidArgument):
        bucket._do("POST", bucket.bucket_name, "p", params={"x-oss-process": "csv/select"}, data=body)


def test_a_range_is_named_once(bucket: oss2.Bucket) -> None:
    """0016-00000816."""
    bucket.put_object("p", b"1,2\n")
    asked = {"AllowQuotedRecordDelimiter": False, "LineRange": (0, 1)}
    with pytest.raises(oss2.exceptions.ServerError) as caught:
        bucket.select_object("p", "select * from ossobject", byte_range=(0, 1), select_params=asked)
    assert (caught.value.status, caught.value.details["EC"]) == (400, "0016-00000816")


def test_large_results_are_many_frames(bucket: oss2.Bucket) -> None:
    chosen = random.Random(5)
    rows = [f"{number},{chosen.randbytes(40).hex()}" for number in range(20_000)]
    bucket.put_object("big", "\n".join(rows))
    assert ask(bucket, "big", "select * from ossobject").decode().split() == rows


@pytest.mark.parametrize(
    "sql",
    [
        "", "select", "drop table ossobject", "select * from other", "select * from ossobject; select 1",
        "select * from ossobject where avg(cast(year as int)) > 2016",
        "select year || cityname from ossobject",
        "select * from ossobject group by cityname",
        "select * from ossobject order by year",
        "select * from ossobject oss join s3object s3 on oss.cityname = s3.cityname",
        "select * from ossobject, read_csv('/etc/passwd')",
        "select * from ossobject union select * from ossobject",
        "select (select 1) from ossobject", "select year from ossobject where exists (select 1)",
        "select * from ossobject where year in (select 1)",
        "select getenv('HOME') from ossobject", "select year from ossobject where read_text('/etc/passwd') = ''",
        "with x as (select 1) select * from ossobject", "select distinct year from ossobject",
        "select year, count(*) from ossobject", "select cast(year as json) from ossobject",
        "select a.b.c from ossobject", "select nothing from ossobject", "select * from ossobject limit -1",
        "select * from ossobject where " + "(" * 5000, "select * from ossobject.a[*]", "select _0 from ossobject",
        "select * from ossobject qualify 1 = 1", "select * from ossobject where year = (1, 2)",
        "select * from read_text('/etc/passwd')", "select * from ossobject tablesample 1 rows",
    ],
)  # fmt: skip
def test_nothing_else_runs(cities: oss2.Bucket, sql: str) -> None:
    assert refused(cities, "c", sql, **USE) in ("SqlSyntaxError", "InvalidSqlParameter")


def test_quotes_stay_text(cities: oss2.Bucket) -> None:
    evil = "x'') union select content from read_text(''/etc/passwd'') --"
    assert ask(cities, "c", f"select * from ossobject where state = '{evil}'", **USE) == b""


# -- JSON


def test_questions_to_a_document(bucket: oss2.Bucket) -> None:
    bucket.put_object("d", json.dumps(PEOPLE, indent=2))
    form = {"Json_Type": "DOCUMENT"}
    assert ask(bucket, "d", "select s.name, s.home.city from ossobject.people[*] s where s.age > 5", **form) == (
        b'{"name":"Ann","city":"Bonn"}\n{"name":"Bob","city":"Rome"}\n'
    )
    assert ask(bucket, "d", "select home.codes[1] as code, home from ossobject.people[0]", **form) == (
        b'{"code":2,"home":{"city":"Bonn","codes":[1,2]}}\n'
    )
    assert json.loads(ask(bucket, "d", "select * from ossobject", **form)) == PEOPLE
    assert ask(bucket, "d", "select max(cast(age as int)), count(*) from ossobject.people[*]", **form) == (
        b'{"_1":43,"_2":3}\n'
    )
    assert ask(bucket, "d", "select name from ossobject.people[*] where age is null", **form) == b'{"name":"Cy"}\n'
    assert ask(bucket, "d", "select age from ossobject.people[2]", **form) == b"{}\n"


def test_questions_to_lines(bucket: oss2.Bucket) -> None:
    lines = "".join(json.dumps(person) + "\n" for person in PEOPLE["people"])
    bucket.put_object("l", lines)
    form = {"Json_Type": "LINES"}
    assert ask(bucket, "l", "select name from ossobject where home.city like 'R%'", **form) == b'{"name":"Bob"}\n'
    assert ask(bucket, "l", "select name from ossobject", **form, LineRange=(1, 1)) == b'{"name":"Bob"}\n'
    assert ask(bucket, "l", "select name from ossobject", **form, OutputRecordDelimiter=",").count(b",") == 3
    meta = bucket.create_select_object_meta("l", form)
    assert (meta.rows, meta.splits) == (3, 1)
    assert ask(bucket, "l", "select * from ossobject where true", **form) == lines.replace(" ", "").encode()
    bucket.put_object("bad", b'{"a":1}\n{oops\n')
    refused(bucket, "bad", "select a from ossobject", **form)


# -- the other client


def test_the_second_client_asks_too(bucket: oss2.Bucket, server, oss_url: str) -> None:
    config = v2.config.load_default()
    config.credentials_provider = v2.credentials.StaticCredentialsProvider(
        server.access_key_id, server.access_key_secret
    )
    config.region, config.endpoint = server.region, oss_url
    client = v2.Client(config)
    bucket.put_object("c", CITIES)
    request = v2.SelectObjectRequest(
        bucket=bucket.bucket_name,
        key="c",
        process="csv/select",
        select_request=v2.SelectRequest(
            expression=base64.b64encode(b"select Year from ossobject where Unit = 'count'").decode(),
            input_serialization=v2.InputSerialization(csv=v2.CSVInput(file_header_info="Use")),
            output_serialization=v2.OutputSerialization(enable_payload_crc=True),
        ),
    )
    result = client.select_object(request)
    assert result.status_code == 206
    assert result.body.read() == b"2013\n"


# -- what is not offered


def test_other_processing_is_refused_by_name(cities: oss2.Bucket) -> None:
    for work in (
        lambda: cities.get_object("c", process="image/resize,w_100").read(),
        lambda: cities.process_object("c", "image/resize,w_100|sys/saveas,o_eA=="),
        lambda: cities._do("POST", cities.bucket_name, "c", params={"x-oss-process": "video/snapshot"}),
    ):
        with pytest.raises(oss2.exceptions.ServerError) as caught:
            work()
        assert (caught.value.status, caught.value.code) == (501, "NotImplemented")


def test_a_reader_without_the_right_may_not_ask(cities: oss2.Bucket, oss_url: str) -> None:
    stranger = oss2.Bucket(oss2.AnonymousAuth(), oss_url, cities.bucket_name)
    with pytest.raises(oss2.exceptions.AccessDenied):
        stranger.select_object("c", "select * from ossobject").read()
    with pytest.raises(oss2.exceptions.NoSuchKey):
        cities.select_object("missing", "select * from ossobject").read()


@pytest.mark.parametrize("text", ['{"key":"a,b"},{"key2":[1,2]}', '{\n"key": "a,b"\n},\n{"key2":\n[1, {"x": "}"}]}\n'])
def test_json_values_with_commas_between_them(bucket: oss2.Bucket, text: str) -> None:
    """As oss2's own samples have them."""
    bucket.put_object("k", text)
    assert ask(bucket, "k", "select key from ossobject", Json_Type="LINES") == b'{"key":"a,b"}\n{}\n'


@pytest.mark.parametrize(
    ("sql", "answer"),
    [
        ("select a from ossobject where cast(a as decimal) = 123456789.1234567890", b'{"a":123456789.123456789}'),
        ("select a from ossobject where a = '123456789.123456789'", b'{"a":123456789.123456789}'),
        ("select b, c.d from ossobject", b'{"b":12345678901234567890123,"d":[-1.50,"-1.50",1E+2]}'),
        ("select * from ossobject where a > 1", b'{"a":123456789.123456789,"b":12345678901234567890123,'
                                                b'"c":{"d":[-1.50,"-1.50",1E+2]},"e \\"1":null}'),
    ],
)  # fmt: skip
def test_numbers_as_texts_keep_each_digit(bucket: oss2.Bucket, sql: str, answer: bytes) -> None:
    """oss2's tests, and the vendor's page SelectObject on ParseJsonNumberAsString."""
    bucket.put_object("k", b'{"a":123456789.123456789, "b":12345678901234567890123,'
                           b'"c":{"d":[-1.50, "-1.50", 1E+2]}, "e \\"1":null}\n')  # fmt: skip
    for kind in ("DOCUMENT", "LINES"):
        assert ask(bucket, "k", sql, Json_Type=kind, ParseJsonNumberAsString="true") == answer + b"\n"


@pytest.mark.parametrize("text", [b"a,b\n1,2\n", b'{"a":1-2}', b'{"a":"1', b"{"])
def test_a_document_that_is_none_is_refused_before_an_answer_begins(bucket: oss2.Bucket, text: bytes) -> None:
    """oss2's tests: a ServerError, and not a failed answer."""
    bucket.put_object("k", text)
    for more in ({}, {"ParseJsonNumberAsString": "true"}):
        with pytest.raises(oss2.exceptions.ServerError) as caught:
            bucket.select_object("k", "select a from ossobject", None, {"Json_Type": "DOCUMENT", **more})
        assert (caught.value.status, caught.value.code) == (400, "InvalidJsonData")


def test_of_two_names_the_last_counts(bucket: oss2.Bucket) -> None:
    """oss2's tests."""
    bucket.put_object("k", b'{"a":1}\n')
    assert ask(bucket, "k", "select a as b as c from ossobject", Json_Type="LINES") == b'{"c":1}\n'


def test_options_by_their_other_name(bucket: oss2.Bucket) -> None:
    """alibabacloud-oss-v2 calls them SelectRequestOptions, and says how results are quoted."""
    bucket.put_object("k", b"a,1\nb\n")
    question = base64.b64encode(b"select _1 from ossobject where _2 is not null or _1 is not null").decode()
    for mark, status in ((b'"', 206), (b"'", 501)):
        body = (
            f"<SelectRequest><Expression>{question}</Expression><InputSerialization><CSV/></InputSerialization>"
            f"<OutputSerialization><CSV><QuoteCharacter>{base64.b64encode(mark).decode()}</QuoteCharacter></CSV>"
            "<OutputRawData>true</OutputRawData></OutputSerialization><SelectRequestOptions><SkipPartialDataRecord>true"
            "</SkipPartialDataRecord><MaxSkippedRecordsAllowed>9</MaxSkippedRecordsAllowed></SelectRequestOptions></SelectRequest>"
        )
        asked = {"x-oss-process": "csv/select"}
        try:
            answer = bucket._do("POST", bucket.bucket_name, "k", params=asked, data=body)
            assert (answer.status, answer.read()) == (status, b"a\n")
        except oss2.exceptions.ServerError as error:
            assert (error.status, error.code) == (status, "NotImplemented")
