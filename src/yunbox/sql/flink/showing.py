"""What SHOW and DESCRIBE answer, in Flink's columns and words; secrets in options are masked."""

import re
from collections.abc import Callable

from yunbox.sql.flink.catalog import Catalog
from yunbox.sql.flink.errors import UnsupportedSql, ValidationFailed
from yunbox.sql.flink.functions import AGGREGATES, FUNCTIONS
from yunbox.sql.flink.parser.keywords import RESERVED
from yunbox.sql.flink.parser.tokens import tokens
from yunbox.sql.flink.plans import Table, TableColumn, View
from yunbox.sql.flink.secrets import masked, masked_text
from yunbox.sql.flink.statements import tree
from yunbox.sql.flink.types import BOOLEAN, STRING, FlinkType

_COLUMNS = ("name", "type", "null", "key", "extras", "watermark")
Answer = tuple[tuple[str, ...], list[tuple[object, ...]]]


def column_type(name: str) -> FlinkType:
    """The type of a column of an answer."""
    return BOOLEAN if name == "null" else STRING


# -- DESCRIBE


def described(statement: tree.Describe, catalog: Catalog) -> Answer:
    """DESCRIBE of a table, a catalog or a database."""
    if statement.what == "CATALOG":
        entry = catalog.existing_catalog(statement.path[0])
        rows: list[tuple[object, ...]] = [("name", statement.path[0]), ("type", entry.options.get("type", ""))]
        rows.append(("comment", entry.comment))
        return ("info name", "info value"), _with_options(rows, entry.options, extended=statement.extended)
    if statement.what == "DATABASE":
        name, database = statement.path if len(statement.path) > 1 else (catalog.current_catalog, statement.path[0])
        found = catalog.existing_database(name, database)
        rows = [("catalog", name), ("database", database), ("comment", found.comment)]
        return ("info name", "info value"), _with_options(rows, found.options, extended=statement.extended)
    if statement.what == "FUNCTION":
        raise UnsupportedSql("DESCRIBE FUNCTION")
    full = catalog.full(statement.path)
    entry = catalog.table(statement.path)
    if entry is None:
        raise ValidationFailed(f"Tables or views with the identifier '{'.'.join(full)}' doesn't exist.")
    return columns_of(entry)


def _with_options(
    rows: list[tuple[object, ...]], options: dict[str, str], *, extended: bool
) -> list[tuple[object, ...]]:
    if extended:
        rows += [(f"option:{key}", masked(key, value)) for key, value in sorted(options.items())]
    return rows


def columns_of(entry: Table | View) -> Answer:
    """The columns of a table or a view; comments are shown where there are some."""
    rows = _view_rows(entry) if isinstance(entry, View) else _table_rows(entry)
    if any(row[-1] for row in rows):
        return (*_COLUMNS, "comment"), rows
    return _COLUMNS, [row[:-1] for row in rows]


def _view_rows(view: View) -> list[tuple[object, ...]]:
    rows: list[tuple[object, ...]] = []
    for one in view.fields:
        role = {"rowtime": " *ROWTIME*", "proctime": " *PROCTIME*"}.get(one.time, "")
        rows.append((one.name, f"{one.type.text}{role}", one.type.nullable, None, None, None, None))
    return rows


def _table_rows(table: Table) -> list[tuple[object, ...]]:
    key = f"PRI({', '.join(table.primary_key)})" if table.primary_key else ""
    rows: list[tuple[object, ...]] = []
    for one in table.columns:
        watermark = table.watermark is not None and table.watermark.column == one.name
        role = " *ROWTIME*" if watermark else " *PROCTIME*" if is_proctime(one) else ""
        rows.append((
            one.name,
            f"{one.type.text}{role}",
            one.type.nullable,
            key if one.name in table.primary_key else None,
            extras(one) or None,
            normal(table.watermark.expression) if watermark and table.watermark is not None else None,
            one.comment or None,
        ))  # fmt: skip
    return rows


def is_proctime(one: TableColumn) -> bool:
    """Whether a column is the processing time."""
    return one.kind == "computed" and re.fullmatch(r"(?i)\s*proctime\s*\(\s*\)\s*", one.expression) is not None


def extras(one: TableColumn) -> str:
    """What DESCRIBE says of a column that is not physical."""
    if one.kind == "computed":
        return f"AS {normal(one.expression)}"
    if one.kind == "metadata":
        source = f" FROM '{one.metadata_key}'" if one.metadata_key else ""
        return f"METADATA{source}{' VIRTUAL' if one.virtual else ''}"
    return ""


def normal(expression: str) -> str:
    """An expression as Flink writes it: names in backticks, keywords in capitals."""
    found = tokens(expression)
    made, end = [], 0
    for token, following in zip(found, [*found[1:], found[-1]], strict=True):
        if made and token.start > end and token.kind != "end":
            made.append(" ")
        text = expression[token.start : token.end]
        if token.kind == "word":
            text = token.upper if token.upper in RESERVED or following.text == "(" else f"`{token.text}`"
        made.append(text)
        end = token.end
    return "".join(made)


# -- SHOW


def shown(statement: tree.Show, catalog: Catalog) -> Answer:
    """SHOW of anything but jobs and jars."""
    if statement.what == "CREATE TABLE":
        return ("result",), [(show_create_table(statement.path, catalog),)]
    if statement.what == "CREATE VIEW":
        return ("result",), [(show_create_view(statement.path, catalog),)]
    if statement.what == "CREATE CATALOG":
        return ("result",), [(_show_create_catalog(statement.path[0], catalog),)]
    if statement.what == "COLUMNS":
        return _show_columns(statement, catalog)
    listing = _LISTS.get(statement.what)
    if listing is None:
        raise UnsupportedSql(f"SHOW {statement.what}")
    column, names = listing
    return (column,), [(one,) for one in names(statement, catalog) if _like(one, statement)]


def _like(name: str, statement: tree.Show) -> bool:
    if statement.pattern is None:
        return True
    pattern = "".join({"%": ".*", "_": "."}.get(one, re.escape(one)) for one in statement.pattern)
    found = re.fullmatch(pattern, name, re.IGNORECASE if statement.case_insensitive else 0)
    return (found is not None) != statement.negated


def _of_database(statement: tree.Show, catalog: Catalog) -> tuple[str, str]:
    path = statement.source
    if not path:
        return catalog.current_catalog, catalog.current_database
    return (path[0], path[1]) if len(path) > 1 else (catalog.current_catalog, path[0])


def _tables(statement: tree.Show, catalog: Catalog) -> list[str]:
    return [one.name for one in catalog.tables_of(*_of_database(statement, catalog))]


def _views(statement: tree.Show, catalog: Catalog) -> list[str]:
    return [one.name for one in catalog.tables_of(*_of_database(statement, catalog)) if isinstance(one, View)]


def _databases(statement: tree.Show, catalog: Catalog) -> list[str]:
    name = statement.source[0] if statement.source else catalog.current_catalog
    return sorted(catalog.existing_catalog(name).databases)


def _user_functions(statement: tree.Show, catalog: Catalog) -> list[str]:
    own = catalog.existing_database(*_of_database(statement, catalog)).functions
    return sorted({*own, *(key[-1] for key in catalog.temporary_functions)})


def _functions(statement: tree.Show, catalog: Catalog) -> list[str]:
    return sorted({*_user_functions(statement, catalog), *(one.lower() for one in (*FUNCTIONS, *AGGREGATES))})


Names = Callable[[tree.Show, Catalog], list[str]]
_LISTS: dict[str, tuple[str, Names]] = {
    "TABLES": ("table name", _tables),
    "VIEWS": ("view name", _views),
    "DATABASES": ("database name", _databases),
    "CATALOGS": ("catalog name", lambda _, catalog: sorted(catalog.catalogs)),
    "FUNCTIONS": ("function name", _functions),
    "USER FUNCTIONS": ("function name", _user_functions),
    "MODULES": ("module name", lambda _, __: ["core"]),
    "FULL MODULES": ("module name", lambda _, __: ["core"]),
    "CURRENT CATALOG": ("current catalog name", lambda _, catalog: [catalog.current_catalog]),
    "CURRENT DATABASE": ("current database name", lambda _, catalog: [catalog.current_database]),
    "PROCEDURES": ("procedure name", lambda _, __: []),
    "MODELS": ("model name", lambda _, __: []),
}


def _show_columns(statement: tree.Show, catalog: Catalog) -> Answer:
    entry = catalog.table(statement.source)
    if entry is None:
        path = ".".join(f"`{one}`" for one in catalog.full(statement.source))
        raise ValidationFailed(f"Tables or views with the identifier '{path}' doesn't exist.")
    names, rows = columns_of(entry)
    return names, [row for row in rows if _like(str(row[0]), statement)]


# -- SHOW CREATE


def show_create_table(path: tree.Path, catalog: Catalog) -> str:
    """The statement that makes a table, with secrets masked."""
    entry = catalog.table(path)
    full = catalog.full(path)
    name = ".".join(f"`{one}`" for one in full)
    if isinstance(entry, View):
        raise ValidationFailed(f"SHOW CREATE TABLE is only supported for tables, but {name} is a view. Please use SHOW "
                               "CREATE VIEW instead.")  # fmt: skip
    if entry is None:
        raise ValidationFailed(f"Could not execute SHOW CREATE TABLE. Table with identifier {name} does not exist.")
    return create_text(entry)


def create_text(table: Table) -> str:
    """CREATE TABLE of a table."""
    lines = [_column_text(one) for one in table.columns]
    if table.watermark is not None:
        lines.append(f"WATERMARK FOR `{table.watermark.column}` AS {normal(table.watermark.expression)}")
    if table.primary_key:
        keys = ", ".join(f"`{one}`" for one in table.primary_key)
        lines.append(f"CONSTRAINT `PK_{'_'.join(table.primary_key)}` PRIMARY KEY ({keys}) NOT ENFORCED")
    inside = ",\n".join(f"  {one}" for one in lines)
    parts = [f"CREATE {'TEMPORARY ' if table.temporary else ''}TABLE {table.path} (\n{inside}\n)"]
    if table.comment:
        parts.append(f"COMMENT '{_quoted(table.comment)}'")
    if table.distribution:
        parts.append(table.distribution)
    if table.partition_keys:
        parts.append(f"PARTITIONED BY ({', '.join(f'`{one}`' for one in table.partition_keys)})")
    parts.append(f"WITH (\n{_options_text(dict(table.options))}\n)")
    return "\n".join(parts) + "\n"


def _options_text(options: dict[str, str]) -> str:
    pairs = sorted(options.items())
    return ",\n".join(f"  '{_quoted(key)}' = '{_quoted(masked(key, value))}'" for key, value in pairs)


def _quoted(text: str) -> str:
    return text.replace("'", "''")


def _column_text(one: TableColumn) -> str:
    comment = f" COMMENT '{_quoted(one.comment)}'" if one.comment else ""
    if one.kind == "computed":
        return f"`{one.name}` {extras(one)}{comment}"
    of = _ddl_type(one.type)
    more = f" {extras(one)}" if one.kind == "metadata" else ""
    return f"`{one.name}` {of}{more}{comment}"


def _ddl_type(of: FlinkType) -> str:
    """A type as SHOW CREATE spells it."""
    text = re.sub(r"TIMESTAMP_LTZ\((\d)\)", r"TIMESTAMP(\1) WITH LOCAL TIME ZONE", str(of))
    return re.sub(r"\bSTRING\b", "VARCHAR(2147483647)", re.sub(r"\bBYTES\b", "VARBINARY(2147483647)", text))


def show_create_view(path: tree.Path, catalog: Catalog) -> str:
    """The statement that makes a view, with secrets in its hints masked."""
    entry = catalog.table(path)
    name = ".".join(f"`{one}`" for one in catalog.full(path))
    if isinstance(entry, Table):
        raise ValidationFailed(f"SHOW CREATE VIEW is only supported for views, but {name} is a table. Please use SHOW "
                               "CREATE TABLE instead.")  # fmt: skip
    if entry is None:
        raise ValidationFailed(f"Could not execute SHOW CREATE VIEW. View with identifier {name} does not exist.")
    columns = ",\n".join(f"  `{one.name}`" for one in entry.fields)
    comment = f"COMMENT '{_quoted(entry.comment)}'\n" if entry.comment else ""
    kind = "TEMPORARY VIEW" if entry.temporary else "VIEW"
    return f"CREATE {kind} {name} (\n{columns}\n)\n{comment}AS {masked_text(entry.query)}\n"


def _show_create_catalog(name: str, catalog: Catalog) -> str:
    entry = catalog.existing_catalog(name)
    comment = f"COMMENT '{_quoted(entry.comment)}'\n" if entry.comment else ""
    return f"CREATE CATALOG `{name}`\n{comment}WITH (\n{_options_text(entry.options)}\n)\n"
