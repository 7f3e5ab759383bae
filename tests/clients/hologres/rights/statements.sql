-- What several roles may: each line is run on PostgreSQL and here, by the role that the last "@" line names.
-- A line that begins with "@" changes who asks (SET SESSION AUTHORIZATION); "@" alone is the superuser.
@
create user alice
create user bob
create user carol createrole
create user dave noinherit
create role readers
create role writers
create group staff
create user alice
create role public
create role none
create role pg_mine
create role s1 superuser nologin
create role f1 login nologin
create role f2 login login
create schema app
create schema closed
create table app.t (id int primary key, a text, b int)
create table app.u (id int primary key, v text)
create table t0 (id int primary key, a text)
create view app.w as select id, a from app.t
insert into app.t values (1, 'x', 10), (2, 'y', 20)
insert into app.u values (1, 'u1'), (2, 'u2')
insert into t0 values (1, 'p')
grant usage on schema app to alice, bob, readers, writers, dave
select rolname, rolsuper, rolinherit, rolcreaterole, rolcreatedb, rolcanlogin from pg_roles where rolname in ('alice', 'bob', 'carol', 'dave', 'readers', 'writers', 'staff', 's1') order by 1
-- nothing is granted yet
@alice
select current_user, session_user
select * from app.t
select count(*) from app.t
select * from app.t where id = 1
select * from app.w
insert into app.t values (3, 'z', 30)
insert into app.t values (3, 'z', 30) on conflict (id) do update set a = excluded.a
update app.t set a = 'q' where id = 1
update app.t set a = 'q'
delete from app.t where id = 1
delete from app.t
truncate app.t
drop table app.t
alter table app.t add column c int
alter table app.t rename to tt
comment on table app.t is 'mine'
select * from closed.nothing
select * from t0
create table closed.x (i int)
create table app.x (i int primary key)
create schema alices
create role more
drop role bob
grant select on app.t to bob
revoke select on app.t from bob
grant readers to bob
alter role bob superuser
alter role bob createdb
alter table app.t owner to alice
explain select * from app.t
explain select * from app.t where id = 1
select has_table_privilege('app.t', 'select'), has_schema_privilege('app', 'usage'), has_schema_privilege('app', 'create'), has_schema_privilege('closed', 'usage')
set role readers
set role bob
set session authorization bob
set session authorization alice
set role nobody
set session authorization nobody
copy app.t to stdout
-- a table's rights one by one
@
grant select on app.t to alice
grant insert on app.u to alice
@alice
select id, a from app.t order by id
select a from app.t where id = 2
select count(*) from app.t
insert into app.t values (3, 'z', 30)
insert into app.u values (3, 'u3')
insert into app.u (id, v) values (4, 'u4')
insert into app.u values (5, 'u5') returning id
insert into app.u values (3, 'again') on conflict do nothing
insert into app.u values (3, 'again') on conflict (id) do nothing
insert into app.u values (3, 'again') on conflict (id) do update set v = excluded.v
insert into app.u select id + 10, a from app.t
select * from app.u
update app.u set v = 'n'
delete from app.u
select t.a, u.v from app.t t join app.u u on t.id = u.id
update app.u set v = t.a from app.t t where t.id = app.u.id
@
grant update on app.u to alice
@alice
update app.u set v = 'n'
update app.u set v = 'n' where id = 1
update app.u set v = v || '!'
update app.u set v = 'n' returning v
@
grant delete on app.u to alice
@alice
delete from app.u where id = 11
delete from app.u
@
grant select on app.u to alice
select count(*) from app.u
@alice
insert into app.u values (3, 'again') on conflict (id) do update set v = excluded.v
update app.u set v = 'n' where id = 3 returning v
update app.u set v = t.a from app.t t where t.id = app.u.id
delete from app.u where id = 3 returning *
truncate app.u
@
grant truncate on app.u to alice
@alice
truncate app.u
-- columns
@
revoke all on app.t from alice
grant select (id, a), insert (id, a), update (a) on app.t to alice
@alice
select id from app.t where id = 1
select id, a from app.t order by id
select b from app.t
select a from app.t where id = 1
select a from app.t where b = 10
select * from app.t
select * from app.t where id = 1
select count(*) from app.t
select count(b) from app.t
select count(t) from app.t t
select a from app.t order by b
select id, a from app.t group by id, a having max(b) > 1
select x.a from (select * from app.t) x
select (select max(b) from app.t)
with q as (select id, a from app.t) select * from q order by id
select t1.a from app.t t1 join app.t t2 using (id) order by 1
select t1.a from app.t t1 join app.t t2 using (b) order by 1
insert into app.t (id, a) values (5, 'five')
insert into app.t (id, a) values (5, 'five') on conflict (id) do update set a = excluded.a
insert into app.t (id, a) values (5, 'five') on conflict (id) do update set b = 1
insert into app.t (id, a, b) values (6, 'six', 6)
insert into app.t values (6, 'six', 6)
insert into app.t values (6, 'six')
insert into app.t (id, a) values (7, 'seven') returning id
insert into app.t (id, a) values (8, 'eight') returning *
insert into app.t (id, a) select 9, 'nine'
insert into app.t default values
update app.t set a = 'A' where id = 5
update app.t set a = 'A'
update app.t set a = 'A' where b = 10
update app.t set b = 1 where id = 5
update app.t set a = 'A', b = 1
update app.t set a = b::text
delete from app.t where id = 5
select has_column_privilege('app.t', 'a', 'select'), has_column_privilege('app.t', 'b', 'select'), has_any_column_privilege('app.t', 'insert'), has_any_column_privilege('app.t', 'references')
select column_name, privilege_type from information_schema.column_privileges where table_name = 't' and grantee = 'alice' order by 1, 2
select column_name from information_schema.columns where table_schema = 'app' and table_name = 't' order by 1
@
revoke select (a) on app.t from alice
select array_to_string(attacl, ',') from pg_attribute where attrelid = 'app.t'::regclass and attacl is not null order by attnum
revoke update on app.t from alice
select array_to_string(attacl, ',') from pg_attribute where attrelid = 'app.t'::regclass and attacl is not null order by attnum
revoke all on app.t from alice
select array_to_string(attacl, ',') from pg_attribute where attrelid = 'app.t'::regclass and attacl is not null order by attnum
grant select (nothing) on app.t to alice
grant delete (a) on app.t to alice
grant usage on app.t to alice
grant nonsense on app.t to alice
grant select on app.missing to alice
grant select on missing.t to alice
grant select on app.t to missing
grant create on schema app to missing
grant select on schema app to alice
grant usage on schema missing to alice
grant select (a) on schema app to alice
grant connect on database missing to alice
-- views run in the name of their owners
@
grant select on app.w to bob
@bob
select * from app.w order by id
select a from app.w where id = 1
select * from app.t
select count(*) from app.w
@
create view bobs as select id from app.t
alter view bobs owner to bob
grant select on bobs to alice
@alice
select * from bobs
@
grant select on app.t to bob
@alice
select * from bobs order by 1
@
revoke select on app.t from bob
@alice
select * from bobs
@bob
create view own as select * from app.w
select * from own order by id
grant select on own to alice
@alice
select * from own order by id
-- groups
@
grant select on app.t to readers
grant insert, update, delete on app.t to writers
grant readers to writers
grant writers to alice
grant readers to dave
grant alice to readers
grant readers to readers
grant readers to public
grant readers to missing
revoke readers from bob
select r.rolname, m.rolname, a.admin_option from pg_auth_members a join pg_roles r on r.oid = a.roleid join pg_roles m on m.oid = a.member where r.rolname in ('readers', 'writers') order by 1, 2
@alice
select id from app.t where id = 1
insert into app.t values (20, 'w', 1)
update app.t set b = 2 where id = 20
delete from app.t where id = 20
select pg_has_role('readers', 'usage'), pg_has_role('readers', 'member'), pg_has_role('staff', 'member'), pg_has_role('dave', 'readers', 'usage'), pg_has_role('dave', 'readers', 'member')
select has_table_privilege('dave', 'app.t', 'select'), has_table_privilege('alice', 'app.t', 'select'), has_table_privilege('readers', 'app.t', 'select, insert')
set role readers
select current_user, session_user
insert into app.t values (20, 'w', 1)
select count(*) from app.t
set role writers
reset role
select current_user
grant readers to bob
@dave
select * from app.t
set role readers
select count(*) from app.t
set role none
select * from app.t
@
revoke readers from writers
@alice
select count(*) from app.t
@
revoke writers from alice
@alice
insert into app.t values (20, 'w', 1)
set role writers
@
grant staff to alice with admin option
@alice
grant staff to bob
grant staff to bob with admin option
revoke staff from bob
@bob
grant staff to carol
@
revoke admin option for staff from alice
@alice
grant staff to bob
-- who may make roles
@carol
create role made
create role made2 superuser
create role made3 in role readers
alter role made createdb
alter role made superuser
alter role s1 nologin
drop role s1
grant readers to made
grant s1 to made
drop role made3
drop role missing
drop role if exists missing
drop role carol
drop role made
@
create role made4 nologin role alice admin bob
select m.rolname, a.admin_option from pg_auth_members a join pg_roles r on r.oid = a.roleid join pg_roles m on m.oid = a.member where r.rolname = 'made4' order by 1
drop role made4
alter group staff add user bob
alter group staff drop user bob
alter role readers rename to lookers
select count(*) from pg_roles where rolname in ('readers', 'lookers')
select array_to_string(array(select x::text from unnest(relacl) x where x::text like 'lookers%'), ',') from pg_class where relname = 't' and relnamespace = 'app'::regnamespace
alter role lookers rename to readers
alter role readers rename to writers
-- grant options
@
create table app.g (id int primary key, v int)
grant select on app.g to alice with grant option
@alice
grant select on app.g to bob
grant select on app.g to bob with grant option
grant insert on app.g to bob
grant all on app.g to bob
grant select, insert on app.g to carol
@bob
grant usage on schema app to carol
grant select on app.g to carol
grant select on app.g to alice with grant option
select has_table_privilege('app.g', 'select with grant option'), has_table_privilege('alice', 'app.g', 'select with grant option'), has_table_privilege('carol', 'app.g', 'select with grant option')
@
revoke select on app.g from alice
revoke grant option for select on app.g from alice
revoke grant option for select on app.g from alice cascade
select has_table_privilege('alice', 'app.g', 'select'), has_table_privilege('bob', 'app.g', 'select'), has_table_privilege('carol', 'app.g', 'select')
grant select on app.g to public with grant option
grant select on app.g to public
@carol
select * from app.g
@
grant usage on schema app to public
@carol
select * from app.g
@
revoke usage on schema app from public
revoke select on app.g from public
@alice
revoke select on app.t from bob
grant select on app.g to bob
@
select grantee, privilege_type, is_grantable from information_schema.table_privileges where table_name = 'g' and grantee not in ('postgres', current_user) order by 1, 2
-- owners
@
grant create, usage on schema app to alice
@alice
create table app.mine (id int primary key, v text)
insert into app.mine values (1, 'm')
select * from app.mine
@bob
select * from app.mine
drop table app.mine
@alice
grant select on app.mine to bob
revoke insert on app.mine from alice
insert into app.mine values (2, 'm')
select array_to_string(relacl, ',') from pg_class where relname = 'mine'
grant all on app.mine to alice
insert into app.mine values (2, 'm')
alter table app.mine owner to bob
alter table app.mine owner to staff
alter table app.mine add column c int
comment on column app.mine.v is 'v'
create view app.mineview as select * from app.mine
@bob
select * from app.mine where id = 1
create or replace view app.mineview as select * from app.mine
drop view app.mineview
@
alter table app.mine owner to bob
select pg_get_userbyid(relowner), array_to_string(relacl, ',') from pg_class where relname = 'mine'
@alice
select * from app.mine
select * from app.mineview
insert into app.mine values (3, 'm', 1)
@bob
insert into app.mine values (3, 'm', 1)
alter table app.mine rename column c to d
alter table app.mine rename to mine2
drop schema app
@
create schema authorization bob
create schema forbob authorization bob
@bob
create table forbob.x (i int primary key)
drop schema forbob
drop schema forbob cascade
create schema bobs2
@
create table forb (i int)
@alice
create schema forcarol authorization carol
@
grant create on database yunbox to alice
@alice
create schema alices
create schema forcarol authorization carol
create table alices.x (i int primary key)
alter schema alices owner to carol
drop schema alices cascade
-- a table in a schema of one's own may be dropped by the schema's owner
@
create schema hers authorization alice
create table hers.y (i int primary key)
@bob
drop table hers.y
@alice
select * from hers.y
alter table hers.y add column c int
drop table hers.y
-- what is to come
@
alter default privileges in schema app grant select on tables to bob
create table app.later (i int primary key)
select array_to_string(relacl, ',') like '%bob=r/%' from pg_class where relname = 'later'
@bob
select * from app.later
@
alter default privileges in schema app revoke select on tables from bob
select count(*) from pg_default_acl
alter default privileges for role alice grant insert on tables to bob
alter default privileges for role alice revoke all on tables from alice
alter default privileges for role alice in schema missing grant insert on tables to bob
alter default privileges in schema app grant usage on schemas to bob
alter default privileges grant usage on tables to bob
select defaclobjtype, array_to_string(defaclacl, ',') from pg_default_acl order by 1
@alice
alter default privileges for role bob grant select on tables to alice
create table app.fresh (i int primary key)
insert into app.fresh values (1)
select array_to_string(relacl, ',') from pg_class where relname = 'fresh'
@bob
insert into app.fresh values (2)
select * from app.fresh
@
alter default privileges for role alice grant all on tables to alice
alter default privileges for role alice revoke insert on tables from bob
select count(*) from pg_default_acl
-- sequences
@
create table app.s (id serial primary key, v text)
grant insert, select on app.s to alice
@alice
insert into app.s (v) values ('a')
@
grant usage on sequence app.s_id_seq to alice
@alice
insert into app.s (v) values ('a')
select id from app.s
@
revoke usage on sequence app.s_id_seq from alice
grant update on app.s_id_seq to alice
grant delete on app.s_id_seq to alice
grant select on sequence app.s to alice
grant all on all sequences in schema app to bob
select array_to_string(relacl, ',') like '%bob=rwU/%' from pg_class where relname = 's_id_seq'
@alice
insert into app.s (v) values ('a')
select has_sequence_privilege('app.s_id_seq', 'usage'), has_sequence_privilege('app.s_id_seq', 'update')
-- everything in a schema
@
grant select on all tables in schema app to carol
grant usage on schema app to carol
grant select on all tables in schema missing to carol
@carol
select count(*) from app.t
select count(*) from app.w
@
revoke select on all tables in schema app from carol
@carol
select count(*) from app.t
-- schemas that one may not use
@
grant select on app.t to carol
revoke usage on schema app from carol
@carol
select * from app.t
select 'app.t'::regclass::oid > 0
select has_table_privilege('app.t', 'select')
set search_path to app, public
select * from t
select current_schemas(false)
create table intoapp (i int primary key)
reset search_path
-- roles that others stand on
@
drop role bob
drop role alice
drop owned by carol
drop role carol
@alice
drop owned by bob
reassign owned by bob to alice
@
reassign owned by bob to alice
select tablename, tableowner from pg_tables where tableowner in ('alice', 'bob') order by 1
drop owned by bob cascade
drop role bob
select count(*) from pg_roles where rolname = 'bob'
drop role bob
drop owned by alice
drop owned by alice cascade
select tablename from pg_tables where tableowner = 'alice'
drop role alice, dave
-- blocks
@
create role blocky login
grant usage on schema app to blocky
begin
grant select on app.t to blocky
set local role blocky
select count(*) from app.t
insert into app.t values (99, 'no', 1)
rollback
select has_table_privilege('blocky', 'app.t', 'select')
begin
create role inblock
grant select on app.t to inblock
savepoint a
revoke select on app.t from inblock
rollback to savepoint a
commit
select has_table_privilege('inblock', 'app.t', 'select')
begin
set role blocky
rollback
select current_user = session_user
drop role inblock
drop owned by inblock
drop role inblock
set role blocky
show role
show is_superuser
reset role
show role
discard all
select rolname from pg_roles where rolname like 'pg\_monitor' or rolname = 'pg_read_all_stats' or rolname = 'pg_signal_backend' order by 1
create table app.r (i int primary key)
grant all privileges on table app.r to blocky with grant option granted by current_user
select array_to_string(relacl, ',') like '%blocky=a*r*w*d*D*x*t*/%' from pg_class where relname = 'r'
revoke all privileges on app.r from blocky cascade
grant select on app.r, app.t to blocky, writers
select privilege_type, is_grantable from aclexplode((select relacl from pg_class where relname = 'r')) where grantee = 'blocky'::regrole order by 1
select array_to_string(acldefault('n', 'blocky'::regrole), ','), array_to_string(acldefault('r', 'blocky'::regrole), ',')
select has_database_privilege('blocky', current_database(), 'connect'), has_database_privilege('blocky', current_database(), 'create')
select has_table_privilege('blocky', 'app.r', 'nonsense')
select has_table_privilege('nobody', 'app.r', 'select')
select has_column_privilege('blocky', 'app.r', 'nothing', 'select')
select has_schema_privilege('blocky', 'nothing', 'usage')
create schema "Odd Name"
select has_schema_privilege('Odd Name', 'usage'), has_schema_privilege('blocky', 'Odd Name', 'create')
select has_schema_privilege('"Odd Name"', 'usage')
select has_schema_privilege('', 'usage')
select has_schema_privilege('odd name', 'usage')
drop schema "Odd Name"
select pg_has_role('nobody', 'member')
select has_table_privilege('public', 'app.r', 'select')
select has_table_privilege('blocky', 'pg_authid', 'select'), has_table_privilege('blocky', 'pg_class', 'select'), has_table_privilege('blocky', 'pg_class', 'insert')
set role blocky
select count(*) > 0 from pg_class
select count(*) > 0 from pg_roles
select * from pg_authid
select count(*) from pg_shadow
reset role
-- every other way in
@
create role thief login
create table secret (id int primary key, v text, w int)
insert into secret values (1, 'one', 1)
create table loot (id int primary key, v text)
grant all on loot to thief
grant update (v) on secret to thief
@thief
prepare p as select v from secret where id = 1
execute p
deallocate p
prepare q as select v from secret
execute q
deallocate all
begin
declare c cursor for select v from secret
rollback
begin
declare c cursor with hold for select v from secret where id = 1
rollback
create table stolen as select * from secret
create table stolen as select 1 as i with no data
drop table stolen
insert into loot select id, v from secret
insert into loot values (1, (select v from secret limit 1))
insert into loot values (1, 'mine')
update loot set v = (select v from secret limit 1)
update loot set v = s.v from secret s where s.id = loot.id
delete from loot using secret s where s.v = loot.v
delete from loot where exists (select 1 from secret)
select * from loot where id in (select id from secret)
select * from loot l, lateral (select v from secret s where s.id = l.id) x
select (select max(v) from secret)
with s as (select * from secret) select count(*) from s
select 1 union all select id from secret
select 1 where exists (select 1 from secret)
values ((select v from secret))
select array(select v from secret)
create view peep as select * from secret
select * from peep
select * from peep where id = 1
drop view peep
copy (select * from secret) to stdout
copy secret (v) to stdout
explain select * from secret
explain select v from secret where id = 1
explain analyze select v from secret where id = 1
explain update secret set v = 'x' where id = 1
update secret set v = 'x'
update secret set v = 'y' where w = 1
update secret set v = 'y' where id = 1
update secret set v = v || 'z'
update secret set v = 'x' returning 1
update secret set v = 'x' returning v
update secret s set v = l.v from loot l
update secret set v = default
update secret set w = 2
select count(*) from secret
select tableoid from secret
insert into secret values (2, 'two', 2)
insert into secret (v) values ('x')
insert into loot values (1, 'x') on conflict (id) do update set v = (select v from secret limit 1)
insert into loot values (2, 'x') returning (select v from secret limit 1)
select has_column_privilege('secret', 'v', 'update'), has_table_privilege('secret', 'update')
create table twin (like secret)
create table public.own (like loot)
drop table own
alter table loot owner to thief
truncate secret
@
revoke all on secret from thief
select array_to_string(attacl, ',') from pg_attribute where attrelid = 'secret'::regclass and attacl is not null
@thief
update secret set v = 'x'
set search_path to nowhere, public
select current_schemas(true)
reset search_path
-- indexes have an owner and no ACL
@
create table indexed (id int primary key)
grant select on indexed to thief
@thief
select has_table_privilege('indexed_pkey'::regclass, 'select'), has_table_privilege('indexed'::regclass, 'select'), has_any_column_privilege('indexed_pkey'::regclass, 'select')
select has_column_privilege('indexed_pkey'::regclass, 1::int2, 'select')
select count(*) from information_schema.columns where table_name = 'indexed'
select count(*) from information_schema.tables where table_name in ('indexed', 'secret')
