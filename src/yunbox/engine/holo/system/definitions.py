"""The rows of system tables that definitions make: of relations, their columns, types, keys and defaults.

Each function gives the rows of the table of its name by their columns; what it leaves out is 0, false, empty or NULL.
Source: the PostgreSQL 11 documentation, "System Catalogs".
"""

import json
import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import msgspec

from yunbox.engine.holo.system.moment import Moment, index_name
from yunbox.sql.hologres.catalogue import oids
from yunbox.sql.hologres.catalogue.extensions import EXTENSIONS
from yunbox.sql.hologres.catalogue.relations import fixed_rows, relations
from yunbox.sql.hologres.catalogue.types import TYPES
from yunbox.storage.rows.grants import Acl
from yunbox.storage.rows.model import FIRST_DATABASE, FOREIGN, PARTITIONED, SEQUENCE, TABLE, VIEW, Column
from yunbox.storage.rows.sequences import BITS
from yunbox.storage.rows.table_groups import FIRST_GROUP, group_of, in_group
from yunbox.wire.pgwire.settings.kinds import identifier
from yunbox.wire.pgwire.values.modifiers import format_type

Rows = Iterator[dict[str, Any]]
BTREE, _INT8 = 403, 20
_WRAPPER, _SERVER = 13_995, 13_996
_TEXT = re.compile(r"'(?:[^']|'')*'")
_NEGATIVE = re.compile(r"-[0-9]{1,9}(?:\.[0-9]+)?")
_LEADS = {"pg_class": 1259, "pg_type": 1247, "pg_namespace": 2615, "pg_constraint": 2606, "pg_attrdef": 2604,
          "pg_rewrite": 2618}  # fmt: skip


@cache
def _fixed(name: str) -> tuple[dict[str, Any], ...]:
    """The rows of a table that no definition changes, by column."""
    labels = [one.name for one in relations()["pg_catalog", name].columns]
    return tuple(dict(zip(labels, row, strict=True)) for row in fixed_rows(name))


@cache
def _types() -> dict[int, dict[str, Any]]:
    return {row["oid"]: row for row in _fixed("pg_type")}


@cache
def _classes() -> dict[int, int]:
    """The operator class of indexes on values of a type."""
    made = {}
    for row in _fixed("pg_opclass"):
        if row["opcmethod"] == BTREE and row["opcdefault"]:
            made[row["opcintype"]] = row["oid"]
    made[1043] = made[25]
    return made


def pg_namespace(moment: Moment) -> Rows:
    """Schemas."""
    for name, oid in moment.schemas.items():
        owner, grants = moment.schema_grants(name)
        yield {"oid": oid, "nspname": name, "nspowner": moment.owner_oid(owner), "nspacl": acl_of(grants)}


def pg_class(moment: Moment) -> Rows:
    """Tables, views, and the indexes of primary keys."""
    for one in moment.relations:
        yield {
            "oid": one.oid, "relname": one.name, "relnamespace": moment.schemas[one.schema],
            "reltype": 0 if one.kind == SEQUENCE else oids.row_type_oid(one.oid),
            "relowner": moment.owner_oid(one.owner),
            "relfilenode": 0 if one.kind in (VIEW, PARTITIONED, FOREIGN) else one.oid,
            "relhasindex": bool(one.primary_key), "relpersistence": "p", "relkind": one.kind,
            "relnatts": len(one.columns), "relchecks": len(one.vectors),
            "relhasrules": one.kind == VIEW, "relispopulated": True,
            "relreplident": "d" if one.node or one.kind == PARTITIONED else "n", "relispartition": one.parent != 0,
            "relhassubclass": one.kind == PARTITIONED,
            "relpartbound": moment.bound(one), "relacl": acl_of(one.grants),
        }  # fmt: skip
    for one in moment.own:
        if one.primary_key:
            yield {
                "oid": oids.index_oid(one.oid), "relname": index_name(one), "relnamespace": moment.schemas[one.schema],
                "relowner": moment.owner_oid(one.owner), "relam": BTREE, "relfilenode": oids.index_oid(one.oid),
                "relpersistence": "p", "relkind": "I" if one.kind == PARTITIONED else "i",
                "relnatts": len(one.primary_key), "relispopulated": True, "relreplident": "n",
                "relispartition": one.parent != 0,
            }  # fmt: skip


def pg_attribute(moment: Moment) -> Rows:
    """Columns of tables, views and indexes."""
    for one in moment.relations:
        for column in one.columns:
            if one.kind == SEQUENCE and column.number == 1:  # whatever numbers it gives
                column = msgspec.structs.replace(column, type_oid=_INT8)
            acl = acl_of(one.column_grants.get(column.number))
            yield {**_attribute(one.oid, column, column.number), "attacl": acl}
    for one in moment.own:
        for at, column in enumerate(one.key_columns, 1):
            yield {**_attribute(oids.index_oid(one.oid), column, at), "attnotnull": False, "atthasdef": False}


def acl_of(grants: Acl | None) -> list[str] | None:
    """What is granted on a thing, as texts."""
    return None if grants is None else [one.text for one in grants]


def _attribute(oid: int, column: Column, number: int) -> dict[str, Any]:
    of = TYPES[column.type_oid]
    default = column.default is not None or column.generated is not None
    return {
        "attrelid": oid, "attname": f"........pg.dropped.{number}........" if column.dropped else column.name,
        "atttypid": 0 if column.dropped else column.type_oid, "attstattarget": 0 if column.dropped else -1,
        "attlen": of.size, "attnum": number, "attndims": 1 if of.is_array else 0, "attcacheoff": -1,
        "atttypmod": column.modifier, "attbyval": of.by_value, "attstorage": of.storage, "attalign": of.align,
        "attnotnull": column.not_null and not column.dropped, "atthasdef": default and not column.dropped,
        "attisdropped": column.dropped, "attislocal": True, "attcollation": collation_of(column.type_oid),
        "atthasmissing": column.missing is not None,
        "attmissingval": None if column.missing is None else [column.missing],
    }  # fmt: skip


def collation_of(oid: int) -> int:
    """The collation of a type's values."""
    row = _types().get(oid)
    return row["typcollation"] if row is not None else 0


def pg_type(moment: Moment) -> Rows:
    """Types of rows, and of arrays of them; and those of extensions."""
    for name in moment.known.extensions:
        for one in map(TYPES.__getitem__, sorted(EXTENSIONS[name].types)):
            yield {
                "oid": one.oid, "typname": one.name, "typnamespace": moment.schemas["public"], "typlen": one.size,
                "typtype": "b", "typcategory": one.category, "typisdefined": True, "typdelim": ",",
                "typelem": one.element, "typarray": one.array, "typalign": one.align, "typstorage": one.storage,
                "typtypmod": -1, "typowner": moment.owner_oid(moment.known.extensions[name].owner),
            }  # fmt: skip
    for one in moment.relations:
        if one.kind == SEQUENCE:
            continue
        common = {"typnamespace": moment.schemas[one.schema], "typowner": moment.owner_oid(one.owner),
                  "typlen": -1, "typisdefined": True, "typdelim": ",", "typstorage": "x", "typtypmod": -1,
                  "typalign": "d"}  # fmt: skip
        row, rows = oids.row_type_oid(one.oid), oids.rows_type_oid(one.oid)
        yield {
            **common, "oid": row, "typname": one.name, "typtype": "c", "typcategory": "C", "typrelid": one.oid,
            "typarray": rows, "typinput": 2290, "typoutput": 2291, "typreceive": 2402, "typsend": 2403,
        }  # fmt: skip
        yield {
            **common, "oid": rows, "typname": f"_{one.name}", "typtype": "b", "typcategory": "A", "typelem": row,
            "typinput": 750, "typoutput": 751, "typreceive": 2400, "typsend": 2401, "typanalyze": 3816,
        }  # fmt: skip


def pg_index(moment: Moment) -> Rows:
    """The indexes of primary keys."""
    for one in moment.own:
        if one.primary_key:
            count = len(one.primary_key)
            yield {
                "indexrelid": oids.index_oid(one.oid), "indrelid": one.oid, "indnatts": count, "indnkeyatts": count,
                "indisunique": True, "indisprimary": True, "indimmediate": True, "indisvalid": True,
                "indisready": True, "indislive": True, "indkey": list(one.primary_key),
                "indcollation": [collation_of(column.type_oid) for column in one.key_columns],
                "indclass": [_classes().get(column.type_oid, 0) for column in one.key_columns],
                "indoption": [0] * count,
            }  # fmt: skip


def pg_constraint(moment: Moment) -> Rows:
    """Primary keys, and the checks of vectors."""
    for one in moment.own:
        for column in one.vectors:
            clause = check_clause(column)
            yield {
                "oid": oids.check_oid(one.oid, column.number), "conname": column.check,
                "connamespace": moment.schemas[one.schema], "contype": "c", "convalidated": True, "conrelid": one.oid,
                "confupdtype": " ", "confdeltype": " ", "confmatchtype": " ", "conislocal": not one.parent,
                "coninhcount": int(one.parent != 0), "conkey": [column.number], "conbin": clause, "consrc": clause,
            }  # fmt: skip
        if one.primary_key:
            yield {
                "oid": oids.constraint_oid(one.oid), "conname": index_name(one),
                "connamespace": moment.schemas[one.schema], "contype": "p", "convalidated": True, "conrelid": one.oid,
                "conindid": oids.index_oid(one.oid), "confupdtype": " ", "confdeltype": " ", "confmatchtype": " ",
                "conislocal": True, "connoinherit": True, "conkey": list(one.primary_key),
            }  # fmt: skip


def check_clause(column: Column) -> str:
    """What the check of a column of vectors asks for, as PostgreSQL writes it."""
    name = identifier(column.name)
    return f"((array_ndims({name}) = 1) AND (array_length({name}, 1) = {column.length}))"


def pg_attrdef(moment: Moment) -> Rows:
    """Defaults."""
    for one in moment.own:
        for column in one.live:
            default = shown_default(column)
            if default is not None:
                yield {"oid": oids.default_oid(one.oid, column.number), "adrelid": one.oid, "adnum": column.number,
                       "adbin": default, "adsrc": default}  # fmt: skip


def shown_default(column: Column) -> str | None:
    """A default as PostgreSQL writes it: a text has its type behind it, and so has a number below 0."""
    default = column.default or column.generated
    if default is None or not (_TEXT.fullmatch(default) or _NEGATIVE.fullmatch(default)):
        return default
    if _TEXT.fullmatch(default):
        return f"{default}::{format_type(column.type_oid)}"
    return f"'{default}'::{'numeric' if '.' in default else 'integer'}"


def pg_description(moment: Moment) -> Rows:
    """Comments."""
    for schema in moment.known.schemas.values():
        if schema.comment:
            yield {"objoid": schema.oid, "classoid": _LEADS["pg_namespace"], "description": schema.comment}
    for one in moment.own:
        if one.comment:
            yield {"objoid": one.oid, "classoid": _LEADS["pg_class"], "description": one.comment}
        for column in one.live:
            if column.comment:
                yield {"objoid": one.oid, "classoid": _LEADS["pg_class"], "objsubid": column.number,
                       "description": column.comment}  # fmt: skip


def pg_depend(moment: Moment) -> Rows:
    """What stands on what: keys, defaults, views and partitions on tables."""
    for one in moment.own:
        yield _depends("pg_class", one.oid, 0, "pg_namespace", moment.schemas[one.schema], 0, "n")
        yield _depends("pg_type", oids.row_type_oid(one.oid), 0, "pg_class", one.oid, 0, "i")
        for number in one.primary_key:
            yield _depends("pg_constraint", oids.constraint_oid(one.oid), 0, "pg_class", one.oid, number, "a")
        if one.primary_key:
            index, constraint = oids.index_oid(one.oid), oids.constraint_oid(one.oid)
            yield _depends("pg_class", index, 0, "pg_constraint", constraint, 0, "i")
        for column in one.live:
            if column.default is not None:
                default = oids.default_oid(one.oid, column.number)
                yield _depends("pg_attrdef", default, 0, "pg_class", one.oid, column.number, "a")
        if one.owned_by:
            yield _depends("pg_class", one.oid, 0, "pg_class", one.owned_by, moment.drawn_by(one), "a")
        if one.parent:
            yield _depends("pg_class", one.oid, 0, "pg_class", one.parent, 0, "a")
        if one.kind == VIEW:
            yield _depends("pg_rewrite", oids.rule_oid(one.oid), 0, "pg_class", one.oid, 0, "i")
            for used in one.uses:
                yield _depends("pg_rewrite", oids.rule_oid(one.oid), 0, "pg_class", used, 0, "n")


def _depends(of: str, oid: int, sub: int, on: str, other: int, other_sub: int, how: str) -> dict[str, Any]:
    return {"classid": _LEADS[of], "objid": oid, "objsubid": sub, "refclassid": _LEADS[on], "refobjid": other,
            "refobjsubid": other_sub, "deptype": how}  # fmt: skip


def pg_rewrite(moment: Moment) -> Rows:
    """The rules of views."""
    for one in moment.own:
        if one.kind == VIEW:
            yield {"oid": oids.rule_oid(one.oid), "rulename": "_RETURN", "ev_class": one.oid, "ev_type": "1",
                   "ev_enabled": "O", "is_instead": True, "ev_qual": "<>", "ev_action": one.definition}  # fmt: skip


def pg_inherits(moment: Moment) -> Rows:
    """Partitions."""
    for one in moment.own:
        if one.parent:
            yield {"inhrelid": one.oid, "inhparent": one.parent, "inhseqno": 1}


def pg_sequence(moment: Moment) -> Rows:
    """Sequences."""
    for one in moment.own:
        if one.kind == SEQUENCE:
            of = one.columns[0].type_oid
            yield {"seqrelid": one.oid, "seqtypid": of, "seqstart": 1, "seqincrement": 1,
                   "seqmax": (1 << BITS[of]) - 1, "seqmin": 1, "seqcache": 1}  # fmt: skip


def pg_foreign_data_wrapper(moment: Moment) -> Rows:
    """The one by which tables of MaxCompute are read."""
    yield {"oid": _WRAPPER, "fdwname": "odps_fdw", "fdwowner": moment.owner_oid("")}


def pg_foreign_server(moment: Moment) -> Rows:
    """The one server, which is there from the start."""
    yield {"oid": _SERVER, "srvname": "odps_server", "srvowner": moment.owner_oid(""), "srvfdw": _WRAPPER}


def pg_foreign_table(moment: Moment) -> Rows:
    """Foreign tables, with where their rows lie."""
    for one in moment.own:
        if one.kind == FOREIGN:
            listed = [f"{name}={value}" for name, value in one.options.items()]
            yield {"ftrelid": one.oid, "ftserver": _SERVER, "ftoptions": listed}


def pg_partitioned_table(moment: Moment) -> Rows:
    """Tables that are partitioned: by the values of one column."""
    for one in moment.own:
        if one.kind == PARTITIONED:
            of = one.columns[one.partition - 1].type_oid
            yield {
                "partrelid": one.oid, "partstrat": "l", "partnatts": 1, "partattrs": [one.partition],
                "partclass": [_classes().get(of, 0)], "partcollation": [collation_of(of)],
            }  # fmt: skip


def pg_extension(moment: Moment) -> Rows:
    """What CREATE EXTENSION has made."""
    for one in moment.known.extensions.values():
        yield {"oid": one.oid, "extname": one.name, "extowner": moment.owner_oid(one.owner),
               "extnamespace": moment.schemas["public"], "extversion": "1.0"}  # fmt: skip


def pg_database(moment: Moment) -> Rows:
    """The databases of the instance."""
    for one in moment.known.databases.values():
        yield {
            "oid": one.oid, "datname": one.name, "datdba": moment.owner_oid(one.owner),
            "encoding": 6, "datcollate": "C", "datctype": "C",
            "datallowconn": True, "datconnlimit": -1, "datlastsysoid": FIRST_DATABASE, "dattablespace": 1663,
            "datacl": acl_of(one.grants),
        }  # fmt: skip


def hg_table_properties(moment: Moment) -> Rows:
    """The vendor's properties of tables; rows lie in one shard of one table group."""
    for one in moment.own:
        if one.kind not in (TABLE, PARTITIONED):
            continue
        found = {"table_id": str(one.oid), "schema_version": str(one.schema_version), "table_group": group_of(one),
                 **one.properties}  # fmt: skip
        if one.logical is not None:
            keys = ",".join(column.name for column in one.logical_columns)
            found |= {"is_logical_partitioned_table": "true", "logical_partition_columns": keys}
        if one.vectors:
            found["column_array_info"] = json.dumps({str(of.number): [of.length] for of in one.vectors})
        for key, value in found.items():
            yield {"table_namespace": one.schema, "table_name": one.name, "property_key": key, "property_value": value}


WORKER = "worker_1"
"""What the one worker is called."""


def hg_worker_info(moment: Moment) -> Rows:
    """Which worker has which shards: the one that there is has all, and none of a group without tables."""
    own = list(moment.own)
    for name in moment.known.groups.by_name:
        worker = WORKER if in_group(own, name) else "id/0"
        yield {"worker_id": worker, "table_group_name": name, "shard_id": 0, "warehouse_id": 1}


def hg_table_group_properties(moment: Moment) -> Rows:
    """The table groups, each of which has one shard, whatever was asked for."""
    groups, own = moment.known.groups, list(moment.own)
    for name in sorted({*groups.by_name, *(group_of(one) for one in own if one.kind in (TABLE, PARTITIONED))}):
        count = sum(1 for one in in_group(own, name) if one.kind == TABLE)
        found = {
            "is_default_tg": str(int(name == groups.default)), "shard_count": "1", "tg_version": "1",
            "table_num": str(count), "replica_count": "1", "created_manually": str(int(name != FIRST_GROUP)),
        }  # fmt: skip
        for key, value in found.items():
            yield {"tablegroup_name": name, "property_key": key, "property_value": value}
