"""ALTER TABLE and ALTER VIEW, carried out on a catalogue."""

from dataclasses import replace

from yunbox.sql.flink.binder.context import Context
from yunbox.sql.flink.binder.queries import Queries
from yunbox.sql.flink.binder.scope import Column
from yunbox.sql.flink.binder.tables import column_expression
from yunbox.sql.flink.catalog import Catalog, renamed
from yunbox.sql.flink.definitions import checked, exists_already
from yunbox.sql.flink.errors import ValidationFailed
from yunbox.sql.flink.parser.tokens import tokens
from yunbox.sql.flink.plans import Field, Table, TableColumn, View, WatermarkSpec
from yunbox.sql.flink.statements import tree

_FAILED = "Failed to execute ALTER TABLE statement.\n"
_ALTERS = (
    tree.RenameTable, tree.SetOptions, tree.ResetOptions, tree.ChangeColumns, tree.DropColumns, tree.RenameColumn,
    tree.AlterView,
)  # fmt: skip


def alter(statement: tree.Statement, context: Context) -> bool:
    """Carry one out; False when it is no ALTER."""
    if not isinstance(statement, _ALTERS):
        return False
    catalog = context.catalog
    if isinstance(statement, tree.AlterView):
        _alter_view(statement, context)
        return True
    if isinstance(statement, tree.RenameTable):
        _rename(statement, catalog)
        return True
    entry = catalog.table(statement.path)
    full = catalog.full(statement.path)
    if not isinstance(entry, Table):
        if statement.if_exists and entry is None:
            return True
        path = ".".join(f"`{one}`" for one in full)
        word = "is a view" if entry is not None else "doesn't exist"
        raise ValidationFailed(
            f"Table {path} {word}." if entry is not None else f"Table {path} {word} or is a temporary table."
        )
    catalog.put(checked(_altered(statement, entry, context), context))
    return True


def _altered(statement: tree.Statement, table: Table, context: Context) -> Table:
    if isinstance(statement, tree.SetOptions):
        return replace(table, options={**table.options, **statement.options})
    if isinstance(statement, tree.ResetOptions):
        if "connector" in statement.keys:
            raise ValidationFailed("ALTER TABLE RESET does not support changing 'connector'")
        return replace(table, options={key: value for key, value in table.options.items() if key not in statement.keys})
    if isinstance(statement, tree.ChangeColumns):
        return _changed(statement, table, context)
    if isinstance(statement, tree.DropColumns):
        return _dropped(statement, table)
    if isinstance(statement, tree.RenameColumn):
        return _column_renamed(statement, table)
    return table


# -- columns


def _changed(statement: tree.ChangeColumns, table: Table, context: Context) -> Table:
    columns = list(table.columns)
    for placed in statement.columns:
        made = _column(placed.column, columns, context)
        place = next((i for i, one in enumerate(columns) if one.name == made.name), None)
        if (place is not None) != statement.modify:
            state = f"Try to add a column `{made.name}` which already exists in the table." if place is not None else (
                f"Try to modify a column `{made.name}` which does not exist in the table.")  # fmt: skip
            raise ValidationFailed(_FAILED + state)
        if place is not None:
            del columns[place]
        columns.insert(_position(placed, columns, place), made)
    key = statement.primary_key or table.primary_key
    if statement.primary_key and table.primary_key and not statement.modify:
        raise ValidationFailed(f"{_FAILED}The base table has already defined the primary key constraint "
                               f"[{', '.join(f'`{one}`' for one in table.primary_key)}]. You might want to drop it "
                               "before adding a new one.")  # fmt: skip
    watermark = table.watermark
    if statement.watermark is not None:
        if watermark is not None and not statement.modify:
            raise ValidationFailed(f"{_FAILED}The base table has already defined the watermark strategy.")
        watermark = WatermarkSpec(".".join(statement.watermark.column), statement.watermark.expression)
    return replace(table, columns=tuple(columns), primary_key=key, watermark=watermark)


def _position(placed: tree.Placed, columns: list[TableColumn], old: int | None) -> int:
    if placed.where == "FIRST":
        return 0
    if placed.where == "AFTER":
        for place, one in enumerate(columns):
            if one.name == placed.after:
                return place + 1
        raise ValidationFailed(f"{_FAILED}Referenced column `{placed.after}` by 'AFTER' does not exist in the table.")
    return len(columns) if old is None else old


def _column(given: tree.ColumnDef, columns: list[TableColumn], context: Context) -> TableColumn:
    if given.type is not None:
        return TableColumn(given.name, given.type, given.kind, given.metadata_key, given.virtual, "", given.comment)
    visible = tuple(Column(one.name, one.type) for one in columns if one.kind != "computed")
    of = column_expression(given.expression, visible, context).type
    return TableColumn(given.name, of, "computed", expression=given.expression, comment=given.comment)


def _used_by(table: Table, name: str) -> str:
    """What else of a table names a column."""
    for one in table.columns:
        if one.kind == "computed" and one.name != name and name in _names(one.expression):
            return f"computed column `{one.name}`"
    if table.watermark is not None and (name == table.watermark.column or name in _names(table.watermark.expression)):
        return "watermark expression"
    return ""


def _names(expression: str) -> set[str]:
    return {one.text for one in tokens(expression) if one.kind in ("word", "name")}


def _dropped(statement: tree.DropColumns, table: Table) -> Table:
    if statement.primary_key:
        if not table.primary_key:
            raise ValidationFailed(f"{_FAILED}The base table does not define any primary key.")
        return replace(table, primary_key=())
    if statement.watermark:
        if table.watermark is None:
            raise ValidationFailed(f"{_FAILED}The base table does not define any watermark strategy.")
        return replace(table, watermark=None)
    for name in statement.columns:
        _check_there(table, name)
        if name in (*table.primary_key, *table.partition_keys):
            what = "primary key" if name in table.primary_key else "partition keys"
            raise ValidationFailed(f"{_FAILED}The column `{name}` is used as the {what}.")
        rest = replace(table, columns=tuple(one for one in table.columns if one.name not in statement.columns))
        if used := _used_by(rest, name):
            raise ValidationFailed(f"{_FAILED}The column `{name}` is referenced by {used}.")
    return replace(table, columns=tuple(one for one in table.columns if one.name not in statement.columns))


def _check_there(table: Table, name: str) -> None:
    if all(one.name != name for one in table.columns):
        raise ValidationFailed(f"{_FAILED}The column `{name}` does not exist in the base table.")


def _column_renamed(statement: tree.RenameColumn, table: Table) -> Table:
    _check_there(table, statement.old)
    if used := _used_by(table, statement.old):
        raise ValidationFailed(f"{_FAILED}The column `{statement.old}` is referenced by {used}.")
    if any(one.name == statement.new for one in table.columns):
        raise ValidationFailed(f"{_FAILED}The column `{statement.new}` already existed in table schema.")

    def new(name: str) -> str:
        return statement.new if name == statement.old else name

    columns = tuple(replace(one, name=new(one.name)) for one in table.columns)
    key, partition = (tuple(new(one) for one in names) for names in (table.primary_key, table.partition_keys))
    return replace(table, columns=columns, primary_key=key, partition_keys=partition)


# -- names and views


def _rename(statement: tree.RenameTable, catalog: Catalog) -> None:
    entry = catalog.table(statement.path)
    if entry is None or isinstance(entry, View) != statement.view:
        if statement.if_exists:
            return
        word = "View" if statement.view else "Table"
        raise ValidationFailed(f"{word} {'.'.join(f'`{one}`' for one in catalog.full(statement.path))} doesn't exist.")
    old = (entry.catalog, entry.database, entry.name)
    new = (*old[:2], statement.new[-1]) if len(statement.new) == 1 else catalog.full(statement.new)
    if new[:2] != old[:2]:
        raise ValidationFailed("A table is renamed within its database.")
    if catalog.table(new) is not None:
        raise exists_already(new, "AlterTable")
    catalog.remove(entry)
    catalog.put(renamed(entry, new))


def _alter_view(statement: tree.AlterView, context: Context) -> None:
    catalog = context.catalog
    entry = catalog.table(statement.path)
    if not isinstance(entry, View):
        raise ValidationFailed(f"View {'.'.join(f'`{one}`' for one in catalog.full(statement.path))} doesn't exist or "
                               "is a temporary view.")  # fmt: skip
    found = Queries().query(statement.query, context)
    fields = tuple(Field(one.name, one.type, one.time) for one in found.columns if not one.hidden)
    home = {"home_catalog": catalog.current_catalog, "home_database": catalog.current_database}
    catalog.put(replace(entry, query=statement.query_text, fields=fields, **home))
