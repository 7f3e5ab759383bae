"""The pieces of the system catalogue: names within texts, OIDs that are derived, and rows of a moment."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yunbox.engine.holo.system import definitions
from yunbox.engine.holo.system.moment import Moment
from yunbox.engine.holo.system.splitting import split
from yunbox.engine.holo.system.tables import Tables
from yunbox.sql.hologres.catalogue import oids
from yunbox.sql.hologres.catalogue.nothing import NOTHING
from yunbox.sql.hologres.catalogue.relations import relations
from yunbox.sql.hologres.catalogue.views import view_of
from yunbox.storage.rows.catalogue import PUBLIC, Catalogue
from yunbox.storage.rows.model import Column, Relation
from yunbox.wire.pgwire.report import PgError

OIDS = st.integers(16_384, 1 << 27).map(lambda oid: oid - 1) | st.integers(16_384, 1 << 26).map(
    lambda oid: oid | 1 << 31
)
KEYED = Relation(
    16_400, "public", "t", 1, (Column("k", 1, 20, not_null=True), Column("Gone", 2, 25, dropped=True)), primary_key=(1,)
)
MOMENT = Moment(Catalogue(b"v", {PUBLIC.name: PUBLIC}, {KEYED.oid: KEYED}))


@pytest.mark.parametrize(("text", "parts"), [
    ("t", ("t",)), ("S.T", ("s", "t")), ('"S"."a.b"', ("S", "a.b")), (' a . b ', ("a", "b")), ('"x""y"', ('x"y',)),
])  # fmt: skip
def test_names_are_split(text: str, parts: tuple[str, ...]) -> None:
    assert split(text) == parts


@pytest.mark.parametrize("text", ["", " ", "a.", ".a", "a b", '"a', "a.b.c.d"])
def test_what_is_no_name_is_refused(text: str) -> None:
    with pytest.raises(PgError):
        split(text)


@given(OIDS)
def test_derived_oids_are_apart_and_lead_back(oid: int) -> None:
    made = (oids.index_oid, oids.constraint_oid, oids.row_type_oid, oids.rows_type_oid, oids.rule_oid)
    found = {one(oid) for one in made} | {oid, oids.default_oid(oid, 1)}
    assert len(found) == len(made) + 2
    assert all(0 < one < 1 << 32 for one in found)
    assert oids.relation_of(oids.index_oid(oid)) == oid
    assert oids.row_type_of(oids.rows_type_oid(oid)) == oids.row_type_oid(oid)
    assert oids.relation_of(oid) is None


def test_rows_of_a_moment() -> None:
    classes = {row["relname"]: row for row in definitions.pg_class(MOMENT)}
    assert classes["t"]["oid"] == KEYED.oid
    assert classes["t_pkey"]["relkind"] == "i"
    assert classes["pg_class"]["oid"] == 1259
    columns = [row["attname"] for row in definitions.pg_attribute(MOMENT) if row["attrelid"] == KEYED.oid]
    assert columns == ["k", "........pg.dropped.2........"]


def test_every_table_can_be_made_and_every_view_has_its_columns() -> None:
    tables = Tables(MOMENT)
    for schema, name in relations():
        assert tables.table(schema, name).column_names == [one.name for one in relations()[schema, name].columns]
    for key in NOTHING:
        assert key in relations()
        assert not view_of(relations()[key])
