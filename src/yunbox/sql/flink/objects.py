"""DDL of catalogs, databases and functions, and USE, carried out on a catalogue."""

from dataclasses import replace

from yunbox.sql.flink.catalog import Catalog, CatalogEntry, Database, Function
from yunbox.sql.flink.errors import NotSensible, UnsupportedSql, ValidationFailed
from yunbox.sql.flink.parser.tree import Alias, Derived, Item, Name, Query, Select
from yunbox.sql.flink.statements import tree

_KINDS = ("generic_in_memory",)


def change(statement: tree.Statement, catalog: Catalog) -> bool:
    """Carry one out; False when it is none of these."""
    if isinstance(statement, tree.CreateCatalog):
        _create_catalog(statement, catalog)
    elif isinstance(statement, tree.DropCatalog):
        _drop_catalog(statement, catalog)
    elif isinstance(statement, tree.CreateDatabase):
        _create_database(statement, catalog)
    elif isinstance(statement, tree.DropDatabase):
        _drop_database(statement, catalog)
    elif isinstance(statement, tree.AlterDatabase):
        name, database = _database_path(statement.path, catalog)
        catalog.existing_database(name, database).options.update(statement.options)
    elif isinstance(statement, tree.CreateFunction):
        _create_function(statement, catalog)
    elif isinstance(statement, tree.DropFunction):
        _drop_function(statement, catalog)
    else:
        return False
    return True


def _create_catalog(statement: tree.CreateCatalog, catalog: Catalog) -> None:
    if statement.name in catalog.catalogs:
        if statement.if_not_exists:
            return
        raise ValidationFailed(f"Catalog {statement.name} already exists.")
    kind = statement.options.get("type", "")
    if not kind:
        raise ValidationFailed("Unable to create catalog '" + statement.name + "': the option 'type' is missing.")
    if kind not in _KINDS:
        raise UnsupportedSql(f"a catalog of type '{kind}'")
    database = statement.options.get("default-database", "default")
    entry = CatalogEntry(statement.comment, dict(statement.options), {database: Database()})
    catalog.catalogs[statement.name] = entry


def _drop_catalog(statement: tree.DropCatalog, catalog: Catalog) -> None:
    if statement.name not in catalog.catalogs:
        if statement.if_exists:
            return
        raise ValidationFailed(f"Catalog {statement.name} does not exist.")
    if statement.name == catalog.current_catalog:
        raise ValidationFailed("Cannot drop a catalog which is currently in use.")
    del catalog.catalogs[statement.name]


def _database_path(path: tree.Path, catalog: Catalog) -> tuple[str, str]:
    if len(path) > 2:
        raise ValidationFailed(f"'{'.'.join(path)}' is no name of a database.")
    return (path[0], path[1]) if len(path) > 1 else (catalog.current_catalog, path[0])


def _create_database(statement: tree.CreateDatabase, catalog: Catalog) -> None:
    name, database = _database_path(statement.path, catalog)
    entry = catalog.existing_catalog(name)
    if database in entry.databases:
        if statement.if_not_exists:
            return
        raise ValidationFailed(f"Database {database} already exists in Catalog {name}.")
    entry.databases[database] = Database(statement.comment, dict(statement.options))


def _drop_database(statement: tree.DropDatabase, catalog: Catalog) -> None:
    name, database = _database_path(statement.path, catalog)
    entry = catalog.existing_catalog(name)
    found = entry.databases.get(database)
    if found is None:
        if statement.if_exists:
            return
        raise ValidationFailed(f"Database {database} does not exist in Catalog {name}.")
    if (name, database) == (catalog.current_catalog, catalog.current_database):
        raise ValidationFailed("Cannot drop a database which is currently in use.")
    if found.tables and not statement.cascade:
        raise ValidationFailed(f"Database {database} in catalog {name} is not empty.")
    del entry.databases[database]


def _create_function(statement: tree.CreateFunction, catalog: Catalog) -> None:
    name = statement.path[-1].lower()
    made = Function(name, statement.class_name, statement.language, statement.temporary, statement.system)
    if statement.system:
        catalog.temporary_functions[(name,)] = made
        return
    full = catalog.full(statement.path)
    if statement.temporary:
        catalog.temporary_functions[(full[0], full[1], name)] = made
        return
    functions = catalog.existing_database(full[0], full[1]).functions
    if (name in functions) != statement.alter:
        if statement.if_not_exists:
            return
        state = "already exists" if name in functions else "does not exist"
        raise ValidationFailed(f"Function {'.'.join((*full[1:2], name))} {state} in Catalog {full[0]}.")
    functions[name] = made


def _drop_function(statement: tree.DropFunction, catalog: Catalog) -> None:
    name = statement.path[-1].lower()
    full = catalog.full(statement.path)
    key = (name,) if statement.system else (full[0], full[1], name)
    if statement.temporary:
        found = catalog.temporary_functions.pop(key, None)
    else:
        found = catalog.existing_database(full[0], full[1]).functions.pop(name, None)
    if found is None and not statement.if_exists:
        raise ValidationFailed(f"Function {'.'.join((full[1], name))} does not exist in Catalog {full[0]}.")


def use(statement: tree.Use, catalog: Catalog) -> None:
    """USE and USE CATALOG."""
    if statement.catalog:
        if statement.path[0] not in catalog.catalogs:
            raise NotSensible(f"A catalog with name [{statement.path[0]}] does not exist.")
        catalog.use_catalog(statement.path[0])
        return
    name, database = _database_path(statement.path, catalog)
    if catalog.database(name, database) is None:
        raise NotSensible(f"A database with name [{database}] does not exist in the catalog: [{name}].")
    catalog.current_catalog, catalog.current_database = name, database


def picked(query: Query, names: tuple[str, ...]) -> Query:
    """A query's columns in the order of some names."""
    items = tuple(Item(Name((name,))) for name in names)
    return Query(Select(items, source=Derived(replace(query), Alias("q"))))
