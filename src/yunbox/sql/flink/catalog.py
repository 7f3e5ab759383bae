"""What a session's names mean: catalogs, databases, tables, views and functions, and those that are temporary.

It is plain state that a service may keep as JSON. Names are case-sensitive, as Flink's are; a temporary object hides
the permanent one of its name. What DDL does to it stands in ``definitions``.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from yunbox.sql.flink.errors import ValidationFailed
from yunbox.sql.flink.plans import Field, Table, TableColumn, View, WatermarkSpec
from yunbox.sql.flink.types import FlinkType

DEFAULT_CATALOG, DEFAULT_DATABASE = "default_catalog", "default_database"
_PATH_LENGTH_MAX = 3
FullPath = tuple[str, str, str]


@dataclass(frozen=True)
class Function:
    """A function that a user registered: a class, or what a Python file has, by name."""

    name: str
    class_name: str
    language: str = "JAVA"
    temporary: bool = False
    system: bool = False


@dataclass
class Database:
    """A database of a catalog."""

    comment: str = ""
    options: dict[str, str] = field(default_factory=dict)
    tables: dict[str, Table | View] = field(default_factory=dict)
    functions: dict[str, Function] = field(default_factory=dict)


@dataclass
class CatalogEntry:
    """One catalog."""

    comment: str = ""
    options: dict[str, str] = field(default_factory=dict)
    databases: dict[str, Database] = field(default_factory=dict)


class Catalog:
    """All that names stand for, and the catalog and database that names without one are in."""

    def __init__(self) -> None:
        self.current_catalog = DEFAULT_CATALOG
        self.current_database = DEFAULT_DATABASE
        self.catalogs = {
            DEFAULT_CATALOG: CatalogEntry(
                options={"type": "generic_in_memory"}, databases={DEFAULT_DATABASE: Database()}
            )
        }
        self.temporary: dict[FullPath, Table | View] = {}
        self.temporary_functions: dict[tuple[str, ...], Function] = {}

    # -- names

    def full(self, path: tuple[str, ...]) -> FullPath:
        """A name with its catalog and database."""
        if len(path) > _PATH_LENGTH_MAX:
            raise ValidationFailed(f"Object '{'.'.join(path)}' not found")
        missing = _PATH_LENGTH_MAX - len(path)
        made = (self.current_catalog, self.current_database)[:missing] + path
        return made[0], made[1], made[2]

    def table(self, path: tuple[str, ...]) -> Table | View | None:
        """A table or view, the temporary one before the other; None when there is none."""
        if len(path) > _PATH_LENGTH_MAX:
            return None
        full = self.full(path)
        return self.temporary.get(full) or self.permanent(full)

    def permanent(self, full: FullPath) -> Table | View | None:
        """A table or view that is not temporary."""
        database = self.database(full[0], full[1])
        return database.tables.get(full[2]) if database is not None else None

    def database(self, catalog: str, name: str) -> Database | None:
        """A database, or None."""
        entry = self.catalogs.get(catalog)
        return entry.databases.get(name) if entry is not None else None

    def function(self, path: tuple[str, ...]) -> Function | None:
        """A user's function, or None. Their names have no case."""
        if len(path) == 1 and (found := self.temporary_functions.get((path[0].lower(),))) is not None:
            return found
        if len(path) > _PATH_LENGTH_MAX:
            return None
        full = self.full(path)
        key = (full[0], full[1], full[2].lower())
        if (found := self.temporary_functions.get(key)) is not None:
            return found
        database = self.database(full[0], full[1])
        return database.functions.get(full[2].lower()) if database is not None else None

    def functions(self) -> list[Function]:
        """All functions of users."""
        lasting = [
            one
            for catalog in self.catalogs.values()
            for database in catalog.databases.values()
            for one in database.functions.values()
        ]
        return [*self.temporary_functions.values(), *lasting]

    # -- changes

    def put(self, entry: Table | View) -> None:
        """Keep a table or a view under its name."""
        full = (entry.catalog, entry.database, entry.name)
        if entry.temporary:
            self.temporary[full] = entry
            return
        self.existing_database(full[0], full[1]).tables[full[2]] = entry

    def remove(self, entry: Table | View) -> None:
        """Forget a table or a view."""
        full = (entry.catalog, entry.database, entry.name)
        if entry.temporary:
            del self.temporary[full]
        else:
            del self.existing_database(full[0], full[1]).tables[full[2]]

    def existing_database(self, catalog: str, name: str) -> Database:
        """A database that must be there."""
        self.existing_catalog(catalog)
        found = self.database(catalog, name)
        if found is None:
            raise ValidationFailed(f"Database '{name}' does not exist in catalog '{catalog}'.")
        return found

    def existing_catalog(self, name: str) -> CatalogEntry:
        """A catalog that must be there."""
        found = self.catalogs.get(name)
        if found is None:
            raise ValidationFailed(f"A catalog with name [{name}] does not exist.")
        return found

    def use_catalog(self, name: str) -> None:
        """USE CATALOG: its default database, or its first, is the current one."""
        entry = self.existing_catalog(name)
        default = DEFAULT_DATABASE if DEFAULT_DATABASE in entry.databases else entry.options.get("default-database", "")
        self.current_catalog = name
        self.current_database = default or next(iter(entry.databases), "default")

    def tables_of(self, catalog: str, database: str) -> Iterator[Table | View]:
        """All tables and views of a database, the temporary ones in the place of those they hide, by name."""
        found = dict(self.existing_database(catalog, database).tables)
        for full, entry in self.temporary.items():
            if full[:2] == (catalog, database):
                found[full[2]] = entry
        for name in sorted(found):
            yield found[name]

    # -- JSON

    def to_json(self, *, with_temporary: bool = True) -> dict[str, Any]:
        """The state as JSON's values; a session that ends leaves its temporary objects out."""
        catalogs = {
            name: {
                "comment": entry.comment,
                "options": entry.options,
                "databases": {key: _database_to_json(one) for key, one in entry.databases.items()},
            }
            for name, entry in self.catalogs.items()
        }
        temporary = list(self.temporary.values()) if with_temporary else []
        functions = self.temporary_functions if with_temporary else {}
        return {
            "current": [self.current_catalog, self.current_database],
            "catalogs": catalogs,
            "temporary": [entry_to_json(one) for one in temporary],
            "temporary_functions": [[list(key), vars(one)] for key, one in functions.items()],
        }

    @classmethod
    def from_json(cls, state: Mapping[str, Any]) -> "Catalog":
        """The reverse of ``to_json``."""
        made = cls()
        made.current_catalog, made.current_database = state["current"]
        made.catalogs = {
            name: CatalogEntry(
                entry["comment"],
                dict(entry["options"]),
                {key: _database_from_json(one) for key, one in entry["databases"].items()},
            )
            for name, entry in state["catalogs"].items()
        }
        for one in state["temporary"]:
            made.put(entry_from_json(one))
        made.temporary_functions = {tuple(key): Function(**one) for key, one in state["temporary_functions"]}
        return made

    def copy(self) -> "Catalog":
        """One whose changes are its own; tables and views are never changed in their place."""
        made = Catalog()
        made.current_catalog, made.current_database = self.current_catalog, self.current_database
        made.catalogs = {
            name: CatalogEntry(
                entry.comment,
                dict(entry.options),
                {
                    key: Database(one.comment, dict(one.options), dict(one.tables), dict(one.functions))
                    for key, one in entry.databases.items()
                },
            )
            for name, entry in self.catalogs.items()
        }
        made.temporary = dict(self.temporary)
        made.temporary_functions = dict(self.temporary_functions)
        return made


def _database_to_json(one: Database) -> dict[str, Any]:
    return {
        "comment": one.comment,
        "options": one.options,
        "tables": [entry_to_json(entry) for entry in one.tables.values()],
        "functions": {name: vars(function) for name, function in one.functions.items()},
    }


def _database_from_json(state: Mapping[str, Any]) -> Database:
    entries = [entry_from_json(one) for one in state["tables"]]
    functions = {name: Function(**one) for name, one in state["functions"].items()}
    return Database(state["comment"], dict(state["options"]), {one.name: one for one in entries}, functions)


def type_to_json(of: FlinkType) -> dict[str, Any]:
    """A type as JSON's values."""
    made: dict[str, Any] = {"root": of.root, "nullable": of.nullable}
    if of.params:
        made["params"] = list(of.params)
    if of.children:
        made["children"] = [type_to_json(one) for one in of.children]
    if of.names:
        made["names"] = list(of.names)
    return made


def type_from_json(state: Mapping[str, Any]) -> FlinkType:
    """The reverse of ``type_to_json``."""
    children = tuple(type_from_json(one) for one in state.get("children", ()))
    params, names = tuple(state.get("params", ())), tuple(state.get("names", ()))
    return FlinkType(state["root"], params, children, names, state["nullable"])


def entry_to_json(entry: Table | View) -> dict[str, Any]:
    """A table or a view as JSON's values."""
    made = dict(vars(entry))
    if isinstance(entry, View):
        fields = [{"name": one.name, "type": type_to_json(one.type), "time": one.time} for one in entry.fields]
        return {**made, "kind": "view", "fields": fields}
    watermark = [entry.watermark.column, entry.watermark.expression] if entry.watermark is not None else None
    columns = [{**vars(one), "type": type_to_json(one.type)} for one in entry.columns]
    return {**made, "kind": "table", "columns": columns, "watermark": watermark, "options": dict(entry.options)}


def entry_from_json(state: Mapping[str, Any]) -> Table | View:
    """The reverse of ``entry_to_json``."""
    rest: dict[str, Any] = {
        key: value for key, value in state.items() if key not in ("kind", "fields", "columns", "watermark")
    }
    if state["kind"] == "view":
        fields = tuple(Field(one["name"], type_from_json(one["type"]), one["time"]) for one in state["fields"])
        return View(fields=fields, **rest)
    columns = tuple(_column_from_json(one) for one in state["columns"])
    watermark = WatermarkSpec(*state["watermark"]) if state["watermark"] is not None else None
    rest["primary_key"], rest["partition_keys"] = tuple(rest["primary_key"]), tuple(rest["partition_keys"])
    return Table(columns=columns, watermark=watermark, **rest)


def _column_from_json(state: Mapping[str, Any]) -> TableColumn:
    made: dict[str, Any] = {**state, "type": type_from_json(state["type"])}
    return TableColumn(**made)


def renamed(entry: Table | View, full: FullPath) -> Table | View:
    """The same under another name."""
    return replace(entry, catalog=full[0], database=full[1], name=full[2])
