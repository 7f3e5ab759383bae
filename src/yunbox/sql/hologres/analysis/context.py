"""What all parts of one statement's analysis share: catalogue, session, parameters, and what was read so far."""

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from yunbox.sql.hologres.analysis.coercion import Coercion, Parameters
from yunbox.sql.hologres.catalog import Catalog, Relation
from yunbox.sql.hologres.catalogue.absent import is_absent
from yunbox.sql.hologres.catalogue.extensions import extension_of_type
from yunbox.sql.hologres.catalogue.types import BY_NAME, REGCLASS, REGNAMESPACE, REGTYPE, TYPES
from yunbox.sql.hologres.errors import error, placed, unsupported
from yunbox.sql.hologres.expr import Use
from yunbox.sql.hologres.parser.cursor import Cursor
from yunbox.sql.hologres.parser.tree import Constant, TypeName
from yunbox.sql.hologres.session import Session
from yunbox.wire.pgwire.values.modifiers import modifier

_VIEWS_MAX = 32
_INTERVAL_FIELDS = {
    "year": 4, "month": 2, "day": 8, "hour": 1024, "minute": 2048, "second": 4096, "year to month": 6,
    "day to hour": 1032, "day to minute": 3080, "day to second": 7176, "hour to minute": 3072, "hour to second": 7168,
    "minute to second": 6144,
}  # fmt: skip
_FULL_PRECISION = 0xFFFF
_OBJECT_MISSING = {REGTYPE: ("42704", "type"), REGNAMESPACE: ("3F000", "schema")}


@dataclass(slots=True, eq=False)
class Read:
    """One read of a stored table: the token that stands for it in the SQL, and the columns that it gives.

    ``of_changes`` is set for one that reads the log of the table's changes, and ``files`` says which objects are read
    in the place of a table.
    """

    token: str
    relation: Relation
    columns: tuple[str, ...]
    of_changes: bool = False
    files: tuple[tuple[str, str], ...] = ()


@dataclass
class Context:
    """One statement's analysis."""

    catalog: Catalog
    session: Session
    search_path: Sequence[str] = ("public",)
    parameters: Parameters = field(default_factory=Parameters)
    reads: list[Read] = field(default_factory=list)
    uses: dict[str, Relation] = field(default_factory=dict)
    """The relations that the statement names itself, as it does; not those that its views name."""
    needs: list[Use] = field(default_factory=list)
    """What is done with each relation, in the order in which they are named."""
    into_parts: bool = False
    """Whether rows may go into a partitioned table: who asks has them go to its partitions."""
    filters: bool = True
    """Whether queries of tables that ask for it have to say of which of their logical partitions they are."""
    depth: int = 0
    _names: int = 0
    _view: Relation | None = None

    def __post_init__(self) -> None:
        self.parameters.session = self.session
        self.coercion = Coercion(self.session, self.parameters, self.object, self.is_typed)

    def fresh(self, prefix: str) -> str:
        """A name that no other part of the statement's SQL has."""
        self._names += 1
        return f"{prefix}{self._names}"

    # -- relations

    def use(self, relation: Relation, *words: str) -> Use:
        """Note that something is done with a relation, in the name of whoever owns the view around it."""
        role = None if self._view is None else self._view.owner
        made = Use(relation.oid, relation.name, relation.kind, role, set(words))
        self.needs.append(made)
        return made

    def relation(self, names: Sequence[str], at: int) -> Relation:
        """A stored table or view. Raises PgError 42P01 or 0A000."""
        if self._view is not None and (known := self._view.names.get(".".join(names))) is not None:
            return self._as_it_was(names, known, self._view)
        found = self.find(names, at)
        if found is None:
            raise error("42P01", f'relation "{".".join(names)}" does not exist', at)
        if self._view is None:
            self.uses[".".join(names)] = found
        return found

    def _as_it_was(self, written: Sequence[str], oid: int, view: Relation) -> Relation:
        """A relation as it was called, with the columns that it had, when a view was made of it."""
        found = self.catalog.by_oid(oid)
        assert found is not None  # it is not dropped while there is the view
        names, schema = view.uses[oid], written[-2] if len(written) > 1 else found.schema
        columns = tuple(replace(one, name=names[one.number]) for one in found.columns if one.number in names)
        return replace(found, name=written[-1], schema=schema, columns=columns)

    @contextmanager
    def within(self, view: Relation) -> Generator[None]:
        """Names mean what they meant where a view was made."""
        before = self.search_path, self._view
        self.search_path, self._view = view.path or self.search_path, view
        self.depth += 1
        try:
            yield
        finally:
            self.search_path, self._view = before
            self.depth -= 1

    @contextmanager
    def unfiltered(self) -> Generator[None]:
        """Queries within need not say of which partitions they are."""
        before, self.filters = self.filters, False
        try:
            yield
        finally:
            self.filters = before

    def find(self, names: Sequence[str], at: int = -1) -> Relation | None:
        """The same, or None."""
        if len(names) > 3:
            raise error("42601", f"improper qualified name (too many dotted names): {'.'.join(names)}", at)
        if len(names) == 3 and names[0] != self.session.database:
            dotted = ".".join(names)
            raise error("0A000", f'cross-database references are not implemented: "{dotted}"', at)
        if len(names) > 1:
            return self.catalog.relation(names[-2], names[-1])
        path = self.search_path if "pg_catalog" in self.search_path else ("pg_catalog", *self.search_path)
        for schema in path:
            if (found := self.catalog.relation(schema, names[0])) is not None:
                return found
        return None

    def object(self, of: int, text: str) -> int:
        """The OID of what a reg... literal names. Raises PgError 42P01, 42704 or 0A000."""
        if of == REGCLASS:
            return self._relation_oid(tuple(Cursor(text).dotted_all()))
        if of == REGTYPE:
            cursor = Cursor(text)
            with placed(-1):
                name = cursor.type_name()
                if cursor.token.kind != "end":
                    cursor.fail()
                return self.type(name)[0]
        raise unsupported(f"a name of type {TYPES[of].name}")

    def is_typed(self, text: str) -> bool:
        """Whether the name of a type is one of those that are known here; the catalogue has more."""
        name = Cursor(text).type_name()
        return name.names[-1] in BY_NAME

    def _relation_oid(self, names: Sequence[str]) -> int:
        """The OID of a table, a view or an index. Raises PgError 42P01."""
        found = self.find(names)
        if found is not None:
            return found.oid
        schemas = (names[-2],) if len(names) > 1 else self.search_path
        indexes = filter(None, (self.catalog.index(schema, names[-1]) for schema in schemas))
        return next(indexes, 0) or self.relation(names, -1).oid

    # -- types

    def type(self, name: TypeName) -> tuple[int, int]:
        """The OID and modifier of a type as written. Raises PgError 42704, 22023 or 0A000."""
        if name.set_of:
            raise unsupported("SETOF", name.at)
        base = name.names[-1]
        schema = "public" if base in BY_NAME and extension_of_type(BY_NAME[base].oid) else "pg_catalog"
        if len(name.names) > 2 or (len(name.names) == 2 and name.names[0] != schema):
            raise error("42704", f'type "{".".join(name.names)}" does not exist', name.at)
        found = BY_NAME.get(base)
        extension = extension_of_type(found.oid) if found is not None else ""
        if found is None and is_absent("type", base):
            raise unsupported(f"type {base}", name.at)
        if found is None and self.find(name.names) is not None:
            raise unsupported(f"the row type of {base}", name.at)
        if found is None or (extension and not self.catalog.has_extension(extension)):
            raise error("42704", f'type "{base}" does not exist', name.at)
        if name.dimensions:
            if not found.array:
                raise error("42704", f'type "{base}[]" does not exist', name.at)
            return found.array, self._modifier(found.name, name)
        return found.oid, self._modifier(found.name, name)

    @staticmethod
    def _modifier(base: str, name: TypeName) -> int:
        numbers = [int(one.text) for one in name.modifiers if isinstance(one, Constant)]
        if base == "interval" and name.fields:
            precision = min(numbers[0], 6) if numbers else _FULL_PRECISION
            return _INTERVAL_FIELDS[name.fields] << 16 | precision
        if not numbers:
            return -1
        with placed(name.at):
            return modifier(base, numbers)
