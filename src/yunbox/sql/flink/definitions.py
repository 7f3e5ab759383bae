"""DDL carried out on a catalogue: what CREATE, ALTER and DROP make of it.

Types of computed columns are found by binding their expressions, and a watermark's column is checked here.
"""

from collections.abc import Sequence
from dataclasses import replace

from yunbox.sql.flink.binder.context import Context
from yunbox.sql.flink.binder.queries import Queries
from yunbox.sql.flink.binder.scope import Column
from yunbox.sql.flink.binder.tables import column_expression
from yunbox.sql.flink.catalog import Catalog, FullPath
from yunbox.sql.flink.errors import ValidationFailed
from yunbox.sql.flink.plans import Field, Table, TableColumn, View, WatermarkSpec
from yunbox.sql.flink.statements.tree import (
    ColumnDef,
    CreateTable,
    CreateView,
    Distribution,
    DropTable,
    LikeTable,
    WatermarkDef,
)

_MERGED = ("CONSTRAINTS", "DISTRIBUTION", "GENERATED", "METADATA", "OPTIONS", "PARTITIONS", "WATERMARKS")
_OVERWRITABLE = ("GENERATED", "METADATA", "OPTIONS", "WATERMARKS")


def exists_already(full: FullPath, kind: str) -> ValidationFailed:
    """A name is taken."""
    path = ".".join(f"`{one}`" for one in full)
    return ValidationFailed(f"Could not execute {kind} in path {path}: Table (or view) {full[1]}.{full[2]} already "
                            f"exists in Catalog {full[0]}.")  # fmt: skip


# -- tables


def create_table(node: CreateTable, context: Context) -> Table | None:
    """CREATE TABLE; None when it is there and IF NOT EXISTS was said."""
    catalog = context.catalog
    full = catalog.full(node.path)
    catalog.existing_database(full[0], full[1])
    taken = catalog.temporary.get(full) if node.temporary else catalog.permanent(full)
    if taken is not None and not (node.or_replace and isinstance(taken, Table)):
        if node.if_not_exists:
            return None
        raise exists_already(full, "CreateTable")
    made = table_of(node, context)
    catalog.put(made)
    return made


def table_of(node: CreateTable, context: Context) -> Table:
    """The table that a CREATE TABLE describes."""
    full = context.catalog.full(node.path)
    columns = list(node.columns)
    base = _like(node.like, context.catalog) if node.like is not None else None
    if node.query is not None:
        columns = _of_query(node, context)
    made = _columns(columns, base, context)
    key = node.primary_key or (base.primary_key if base is not None else ())
    watermark = _watermark(node.watermark) or (base.watermark if base is not None else None)
    table = Table(
        full[0], full[1], full[2],
        tuple(made),
        {**(base.options if base is not None else {}), **node.options},
        key,
        watermark,
        node.partition_keys or (base.partition_keys if base is not None else ()),
        node.comment or (base.comment if base is not None else ""),
        node.temporary,
        _distribution(node.distribution) or (base.distribution if base is not None else ""),
    )  # fmt: skip
    return checked(table, context)


def checked(table: Table, context: Context) -> Table:
    """A table whose names are its own, whose key is not NULL, and whose watermark is of a time."""
    names = [one.name for one in table.columns]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValidationFailed(f"A column named '{twice[0]}' already exists in the table.")
    for what, given in (("Primary key", table.primary_key), ("Partition key", table.partition_keys)):
        missing = next((name for name in given if name not in names), "")
        if missing:
            raise ValidationFailed(f"{what} column '{missing}' is not defined in the schema.")
    kinds = {one.name: one.kind for one in table.columns}
    wrong = next((name for name in table.primary_key if kinds[name] != "physical"), "")
    if wrong:
        raise ValidationFailed(f"Invalid primary key 'PK_{'_'.join(table.primary_key)}'. Column '{wrong}' is not a "
                               "physical column.")  # fmt: skip
    keyed = tuple(
        replace(one, type=one.type.of(nullable=False)) if one.name in table.primary_key else one
        for one in table.columns
    )
    table = replace(table, columns=keyed)
    _check_watermark(table, context)
    return table


def _check_watermark(table: Table, context: Context) -> None:
    spec = table.watermark
    if spec is None:
        return
    column = next((one for one in table.columns if one.name == spec.column), None)
    if column is None:
        raise ValidationFailed(f"Invalid column name '{spec.column}' for rowtime attribute in watermark declaration. "
                               f"Available columns are: [{', '.join(one.name for one in table.columns)}]")  # fmt: skip
    if column.type.root not in ("TIMESTAMP", "TIMESTAMP_LTZ") or column.type.params[0] > 3:
        raise ValidationFailed(
            "Invalid data type of time field for watermark definition. The field must be of type TIMESTAMP(p) or "
            "TIMESTAMP_LTZ(p), the supported precision 'p' is from 0 to 3, but the time field type is "
            f"{column.type.text}"
        )
    made = column_expression(spec.expression, tuple(Column(one.name, one.type) for one in table.columns), context)
    if made.type.root not in ("TIMESTAMP", "TIMESTAMP_LTZ"):
        raise ValidationFailed(f"Invalid data type of expression for watermark definition: {made.type}")


def _columns(given: Sequence[ColumnDef], base: Table | None, context: Context) -> list[TableColumn]:
    """Those of LIKE first, then the statement's own, whose computed ones get their types."""
    made = list(base.columns) if base is not None else []
    for one in given:
        if one.type is not None:
            own = TableColumn(one.name, one.type, one.kind, one.metadata_key, one.virtual, "", one.comment)
            made = [old for old in made if old.name != one.name] + [own]
    visible = tuple(Column(one.name, one.type) for one in made if one.kind != "computed")
    computed = {one.name: _computed(one, visible, context) for one in given if one.type is None}
    made = [old for old in made if old.name not in computed]
    order = [one.name for one in made if one.name not in {own.name for own in given}]
    by_name = {one.name: one for one in made} | computed
    return [by_name[name] for name in (*order, *(own.name for own in given))]


def _computed(one: ColumnDef, visible: tuple[Column, ...], context: Context) -> TableColumn:
    of = column_expression(one.expression, visible, context).type
    return TableColumn(one.name, of, "computed", expression=one.expression, comment=one.comment)


def _of_query(node: CreateTable, context: Context) -> list[ColumnDef]:
    """The columns of CREATE TABLE ... AS SELECT: the query's, in the order of the names where there are some."""
    if node.query is None:
        return list(node.columns)
    found = Queries().query(node.query, context)
    given = {
        one.name: ColumnDef(one.name, one.type.of(nullable=one.type.nullable))
        for one in found.columns
        if not one.hidden
    }
    if node.names_only:
        missing = next((one.name for one in node.columns if one.name not in given), "")
        if missing:
            raise ValidationFailed(f"Column '{missing}' not found in the source schema.")
        return [given[one.name] for one in node.columns]
    own = {one.name for one in node.columns}
    return [*node.columns, *(one for name, one in given.items() if name not in own)]


def _watermark(given: WatermarkDef | None) -> WatermarkSpec | None:
    return WatermarkSpec(".".join(given.column), given.expression) if given is not None else None


def _distribution(given: Distribution | None) -> str:
    if given is None:
        return ""
    by = f" BY {given.kind}({', '.join(f'`{one}`' for one in given.columns)})" if given.columns else ""
    into = f" INTO {given.buckets} BUCKETS" if given.buckets is not None else ""
    return f"DISTRIBUTED{by.replace('BY (', 'BY (')}{into}"


def _like(like: LikeTable, catalog: Catalog) -> Table:
    """What of a table LIKE takes over."""
    found = catalog.table(like.path)
    full = catalog.full(like.path)
    if not isinstance(found, Table):
        path = ".".join(f"`{one}`" for one in full)
        raise ValidationFailed(f"Source table '{path}' of the LIKE clause not found in the catalog")
    how = dict.fromkeys(_MERGED, "INCLUDING")
    how |= dict.fromkeys(_OVERWRITABLE, "OVERWRITING") | {"GENERATED": "INCLUDING", "METADATA": "INCLUDING"}
    how["WATERMARKS"] = "INCLUDING"
    for one, what in like.options:
        how |= dict.fromkeys(_MERGED, one) if what == "ALL" else {what: one}
    out = {what for what, one in how.items() if one == "EXCLUDING"}
    columns = tuple(
        one for one in found.columns
        if not (one.kind == "computed" and "GENERATED" in out) and not (one.kind == "metadata" and "METADATA" in out)
    )  # fmt: skip
    return replace(
        found,
        columns=columns,
        options={} if "OPTIONS" in out else found.options,
        primary_key=() if "CONSTRAINTS" in out else found.primary_key,
        watermark=None if "WATERMARKS" in out else found.watermark,
        partition_keys=() if "PARTITIONS" in out else found.partition_keys,
        distribution="" if "DISTRIBUTION" in out else found.distribution,
    )


# -- views


def create_view(node: CreateView, context: Context) -> View | None:
    """CREATE VIEW; None when it is there and IF NOT EXISTS was said."""
    catalog = context.catalog
    full = catalog.full(node.path)
    catalog.existing_database(full[0], full[1])
    taken = catalog.temporary.get(full) if node.temporary else catalog.permanent(full)
    if taken is not None:
        if node.if_not_exists:
            return None
        raise exists_already(full, "CreateTable")
    found = Queries().query(node.query, context)
    fields = tuple(Field(one.name, one.type, one.time) for one in found.columns if not one.hidden)
    if node.columns:
        if len(node.columns) != len(fields):
            raise ValidationFailed(
                "VIEW definition and input fields not match:\n"
                f"Def fields: [{', '.join(node.columns)}].\nInput fields: [{', '.join(one.name for one in fields)}]."
            )
        fields = tuple(replace(one, name=name) for one, name in zip(fields, node.columns, strict=True))
    home = (catalog.current_catalog, catalog.current_database)
    made = View(full[0], full[1], full[2], node.query_text, fields, node.comment, node.temporary, *home)
    catalog.put(made)
    return made


def drop_table(node: DropTable, catalog: Catalog) -> Table | View | None:
    """DROP TABLE or VIEW; None when it is not there and IF EXISTS was said."""
    full = catalog.full(node.path)
    found = catalog.temporary.get(full) if node.temporary else (catalog.temporary.get(full) or catalog.permanent(full))
    if found is None or isinstance(found, View) != node.view:
        if node.if_exists:
            return None
        kind = ("Temporary view" if node.temporary else "View") if node.view else (
            "Temporary table" if node.temporary else "Table")  # fmt: skip
        raise ValidationFailed(f"{kind} with identifier '{'.'.join(full)}' does not exist.")
    if found.temporary and not node.temporary:
        word = "view" if node.view else "table"
        raise ValidationFailed(f"Temporary {word} with identifier '{'.'.join(f'`{one}`' for one in full)}' exists. "
                               f"Drop it first before removing the permanent {word}.")  # fmt: skip
    catalog.remove(found)
    return found
