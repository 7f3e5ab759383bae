"""Five tables and a view that both servers have."""

from tests.unit.sql.hologres.planned import Tables, table
from yunbox.sql.hologres.catalog import Relation

_NUMERIC_10_2, _CHAR_3, _VARCHAR_20 = (10 << 16 | 2) + 4, 7, 24

POSTGRES = """
create table shop (id int primary key, name text not null, city varchar(20), price numeric(10, 2), code char(3),
  opened date, at timestamp, seen timestamptz, tags text[], score float8, flag bool, note jsonb);
insert into shop values
 (1, 'one', 'Paris', 10.50, 'a', '2024-01-01', '2024-01-01 10:00', '2024-01-01 10:00+00', '{x,y}', 1.5, true,
  '{"a":1}'),
 (2, 'two', 'Rome', 20.00, 'b', '2024-02-01', '2024-02-01 11:00', '2024-02-01 11:00+00', '{}', 2.5, false,
  '[1,2]'),
 (3, 'three', null, null, null, null, null, null, null, null, null, null);
create table sale (shop int, day date, amount numeric(12, 3), pieces int8, primary key (shop, day));
insert into sale values (1, '2024-01-02', 5.125, 3), (1, '2024-01-03', 7, 4), (2, '2024-01-02', 1.5, 1);
create view big as select id, name as title, price * 2 as twice from shop where price > 15;
"""

DUCK = """
create table shop (id integer, name varchar, city varchar, price decimal(10, 2), code varchar, opened date,
  "at" timestamp, seen timestamp, tags varchar[], score double, flag boolean, note varchar);
insert into shop values
 (1, 'one', 'Paris', 10.50, 'a  ', '2024-01-01', '2024-01-01 10:00', '2024-01-01 10:00', ['x', 'y'], 1.5, true,
  '{"a": 1}'),
 (2, 'two', 'Rome', 20.00, 'b  ', '2024-02-01', '2024-02-01 11:00', '2024-02-01 11:00', [], 2.5, false,
  '[1, 2]'),
 (3, 'three', null, null, null, null, null, null, null, null, null, null);
create table sale (shop integer, day date, amount decimal(12, 3), pieces bigint);
insert into sale values (1, '2024-01-02', 5.125, 3), (1, '2024-01-03', 7, 4), (2, '2024-01-02', 1.5, 1);
"""
_LEDGER = """
create table ledger (id int primary key, kind text, rate numeric(4, 3), price numeric(15, 2), whole numeric(18, 0),
  long numeric(38, 6), pieces int);
insert into ledger values
 (1, 'a', 0.125, 10.50, 1, 1.000001, 1), (2, 'a', -1.000, 9999999999999.99, 999999999999999999, 2.5, 2147483647),
 (3, 'b', 9.999, -9999999999999.99, -999999999999999999, 999999999999.999999, -3),
 (4, 'b', null, 0.00, 0, null, null), (5, 'b', 0.000, null, null, -1.5, 0),
 (6, null, 0.005, 20.00, 5, 0.000000, 7), (7, 'c', null, null, null, null, null);
"""
_CREW = """
create table crew (id int primary key, boss int, team int, name text, pay numeric(10, 2), born date, kept bool);
insert into crew values
 (1, null, 1, 'Ann', 99.99, '1975-12-31', true), (2, 1, 1, 'Bob', 10.50, '1990-05-17', true),
 (3, 1, 2, 'ann', 10.50, '2000-01-01', false), (4, 2, null, 'Cid', 0.00, null, null),
 (5, 2, 3, '', -1.25, '1990-05-17', false), (6, 3, 9, null, 99.99, '1969-07-20', true),
 (7, 3, 1, 'Bob', null, '2000-01-01', null), (8, null, 2, 'b%', 55.00, '1990-05-18', true);
create table team (id int primary key, title text, lead int, budget numeric(10, 2));
insert into team values (1, 'red', 1, 100.00), (2, 'blue', 3, 10.50), (3, null, null, null), (4, 'a', 99, 0.00);
"""
POSTGRES = _LEDGER + _CREW + POSTGRES
DUCK = _LEDGER + _CREW + DUCK

_SHOP = (
    ("id", 23, -1), ("name", 25, -1), ("city", 1043, _VARCHAR_20), ("price", 1700, _NUMERIC_10_2),
    ("code", 1042, _CHAR_3), ("opened", 1082, -1), ("at", 1114, -1), ("seen", 1184, -1), ("tags", 1009, -1),
    ("score", 701, -1), ("flag", 16, -1), ("note", 3802, -1),
)  # fmt: skip
_SALE = (("shop", 23, -1), ("day", 1082, -1), ("amount", 1700, (12 << 16 | 3) + 4), ("pieces", 20, -1))
_ENTRY = (
    ("id", 23, -1), ("kind", 25, -1), ("rate", 1700, (4 << 16 | 3) + 4), ("price", 1700, (15 << 16 | 2) + 4),
    ("whole", 1700, (18 << 16) + 4), ("long", 1700, (38 << 16 | 6) + 4), ("pieces", 23, -1),
)  # fmt: skip
_MEMBER = (("id", 23, -1), ("boss", 23, -1), ("team", 23, -1), ("name", 25, -1), ("pay", 1700, _NUMERIC_10_2),
           ("born", 1082, -1), ("kept", 16, -1))  # fmt: skip
_TEAM = (("id", 23, -1), ("title", 25, -1), ("lead", 23, -1), ("budget", 1700, _NUMERIC_10_2))
_BIG = table("big", (("id", 23, -1), ("title", 25, -1), ("twice", 1700, -1)), 16390)

CATALOG = Tables(
    table("shop", _SHOP, 16384, primary_key=("id",), unique=(("shop_pkey", ("id",)),)),
    table("ledger", _ENTRY, 16393, primary_key=("id",), unique=(("ledger_pkey", ("id",)),)),
    table("crew", _MEMBER, 16396, primary_key=("id",), unique=(("crew_pkey", ("id",)),)),
    table("team", _TEAM, 16399, primary_key=("id",), unique=(("team_pkey", ("id",)),)),
    table("sale", _SALE, 16387, primary_key=("shop", "day"), unique=(("sale_pkey", ("shop", "day")),)),
    Relation(
        _BIG.oid, "public", "big", _BIG.columns, "v",
        query="select id, name as title, price * 2 as twice from shop where price > 15",
    ),
)  # fmt: skip
