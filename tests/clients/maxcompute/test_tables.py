"""Tables, partitions and schemas through PyODPS's object model."""

import pytest
from odps import ODPS
from odps.errors import NoSuchObject, ODPSError
from odps.models import TableSchema


def test_create_describe_and_drop(o: ODPS) -> None:
    table = o.create_table("t", ("a bigint, b string comment 'text'", "pt string"), comment="hello", lifecycle=7)
    assert o.exist_table("t")
    table = o.get_table("T")
    assert [(c.name, str(c.type).lower()) for c in table.table_schema.columns] == [
        ("a", "bigint"),
        ("b", "string"),
        ("pt", "string"),
    ]
    assert table.table_schema["b"].comment == "text"
    assert table.comment == "hello"
    assert table.lifecycle == 7
    assert table.owner == o.get_project().owner
    assert table.creation_time is not None
    table.drop()
    assert not o.exist_table("t")


def test_a_missing_table_is_no_such_object(o: ODPS) -> None:
    with pytest.raises(NoSuchObject):
        o.get_table("nope").reload()


def test_creating_twice_is_refused_with_the_vendors_code(o: ODPS) -> None:
    o.create_table("t", "a bigint")
    with pytest.raises(ODPSError, match="already exists"):
        o.create_table("t", "a bigint")
    o.create_table("t", "a bigint", if_not_exists=True)


def test_all_types_of_the_new_edition_come_back_as_declared(o: ODPS) -> None:
    kinds = [
        "tinyint", "smallint", "int", "bigint", "float", "double", "decimal(20,4)", "string", "varchar(10)",
        "char(3)", "binary", "date", "datetime", "timestamp", "boolean", "json", "array<string>",
        "map<string,bigint>", "struct<x:bigint,y:array<double>>",
    ]  # fmt: skip
    o.create_table("t", ", ".join(f"c{i} {kind}" for i, kind in enumerate(kinds)))
    found = [str(c.type).lower().replace(" ", "").replace("`", "") for c in o.get_table("t").table_schema.columns]
    assert found == kinds


def test_listing_tables_pages_and_filters(o: ODPS) -> None:
    for name in ("aa", "ab", "b"):
        o.create_table(name, "x bigint")
    assert [t.name for t in o.list_tables()] == ["aa", "ab", "b"]
    assert [t.name for t in o.list_tables(prefix="a")] == ["aa", "ab"]


def test_partitions_are_added_listed_and_dropped(o: ODPS) -> None:
    table = o.create_table("t", ("a bigint", "pt string, region string"))
    for day in ("20130101", "20130102"):
        table.create_partition(f"pt={day},region=cn")
    table.create_partition("pt=20130101,region=cn", if_not_exists=True)
    assert sorted(p.name for p in table.partitions) == ["pt='20130101',region='cn'", "pt='20130102',region='cn'"]
    assert [p.name for p in table.iterate_partitions("pt=20130102")] == ["pt='20130102',region='cn'"]
    assert table.exist_partition("pt=20130101,region=cn")
    table.delete_partition("pt=20130101,region=cn")
    assert not table.exist_partition("pt=20130101,region=cn")
    with pytest.raises(ODPSError):
        table.create_partition("pt=20130102,region=cn")


def test_the_largest_partition_is_one_with_data(o: ODPS) -> None:
    table = o.create_table("t", ("a bigint", "pt string"))
    o.execute_sql("insert into t partition (pt) values (1, '1'), (2, '2')")
    table.create_partition("pt=3")
    assert table.get_max_partition().name == "pt='2'"


def test_schemas_are_listed_made_and_dropped(o: ODPS) -> None:
    o.create_schema("extra")
    assert o.exist_schema("extra")
    assert {schema.name for schema in o.list_schemas()} == {"default", "extra"}
    o.delete_schema("extra")
    assert not o.exist_schema("extra")


def test_a_schema_holds_tables_of_its_own(o: ODPS) -> None:
    o.create_schema("extra")
    hints = {"odps.namespace.schema": "true"}
    o.execute_sql("create table extra.t (a bigint)", hints=hints)
    o.execute_sql("insert into extra.t values (5)", hints=hints)
    with o.execute_sql("select a from extra.t", hints=hints).open_reader() as reader:
        assert [r[0] for r in reader] == [5]
    assert not o.exist_table("t")
    assert o.exist_table("t", schema="extra")


def test_table_schema_objects_make_tables(o: ODPS) -> None:
    schema = TableSchema.from_lists(["n", "s"], ["bigint", "string"], ["pt"], ["string"])
    assert o.create_table("t", schema).table_schema.partitions[0].name == "pt"


@pytest.mark.parametrize("name", ["a.b.c.d", "../x", "x" * 129])
def test_bad_names_are_refused(o: ODPS, name: str) -> None:
    with pytest.raises((ODPSError, ValueError)):
        o.execute_sql(f"create table `{name}` (a bigint)")
