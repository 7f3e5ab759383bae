"""Fixed statements as plans of a session: planned for a role under some definitions, and again for others and under
other ones."""

from collections.abc import Sequence
from dataclasses import dataclass

from yunbox.services.hologres.definitions.base import Name, Scene
from yunbox.services.hologres.fixed.plan import TAGS, Fixed, fixed
from yunbox.services.hologres.fixed.reads import Get
from yunbox.services.hologres.fixed.scope import Find
from yunbox.services.hologres.session.ports import Context, Kind, Plan
from yunbox.services.hologres.tables.paths import schemas_of, usable
from yunbox.sql.hologres.parser import tree
from yunbox.sql.hologres.parser.statements import parse
from yunbox.storage.rows.catalogue import Catalogue, no_relation
from yunbox.storage.rows.masks import masks_of
from yunbox.storage.rows.model import Relation
from yunbox.storage.rows.rights import check, rights_of
from yunbox.storage.rows.view import check_not_dynamic
from yunbox.wire.pgwire.report import PgError, failure


class Unfixed(PgError):
    """A statement that was a fixed plan is none any more."""


@dataclass(frozen=True, slots=True)
class Asking:
    """Who runs a statement, and where names without a schema are looked for."""

    user: str
    path: tuple[str, ...]

    @staticmethod
    def of(context: Context) -> "Asking":
        """Who runs a session's statement."""
        return Asking(context.user, schemas_of(context))

    def scene(self, known: Catalogue) -> Scene:
        """Where it finds names among some definitions."""
        return Scene(usable(self.path, known, self.user), self.user, rights=rights_of(known, self.user))

    def find(self, known: Catalogue) -> Find:
        """What finds relations for it."""
        scene = self.scene(known)

        def find(names: Sequence[str]) -> Relation | None:
            if len(names) > 2:
                return None
            try:
                return scene.find(known, Name(names[-1], names[0] if len(names) == 2 else ""))
            except PgError:
                return None

        return find


@dataclass(frozen=True, slots=True)
class Decided:
    """A fixed statement as it was planned for a role under some definitions; ``refused`` is why it may not be run."""

    at: bytes
    user: str
    statement: Fixed
    refused: PgError | None

    @property
    def table(self) -> Relation:
        """The one that it is of."""
        return self.statement.output.relation if isinstance(self.statement, Get) else self.statement.form.relation


@dataclass(slots=True, eq=False)
class FixedPlan:
    """A fixed statement as it was planned last, and what it takes to plan it again."""

    made: Decided
    text: str
    parsed: tree.Node
    types: tuple[int, ...]

    def present(self, plan: Plan, known: Catalogue, asking: Asking) -> Fixed:
        """The statement under the definitions that hold now, for who runs it.

        Raises PgError 42501 where that may not be, and 0A000 where its columns are others.
        """
        made = self.made
        if known.version != made.at or asking.user != made.user:
            made = self._again(known, asking)
            statement = made.statement
            columns = statement.output.columns if statement.output is not None else None
            if columns != plan.columns or statement.parameters != plan.parameters:
                raise failure("0A000", "cached plan must not change result type")
            self.made = made
        if made.refused is not None:
            raise PgError(made.refused.report)
        return made.statement

    def _again(self, known: Catalogue, asking: Asking) -> Decided:
        find = asking.find(known)
        made = fixed(self.parsed, find, self.types)
        if made is None or _is_masked(made, known, asking):
            raise _changed(self.parsed, find)
        return _decided(made, known, asking)


def fixed_plan(text: str, types: Sequence[int], known: Catalogue, asking: Asking) -> Plan | None:
    """A fixed statement among some definitions; None for any other. Raises PgError."""
    parsed = parse(text)
    found = fixed(parsed, asking.find(known), types)
    if found is None or _is_masked(found, known, asking):
        return None
    columns = found.output.columns if found.output is not None else None
    kind = Kind.QUERY if isinstance(found, Get) else Kind.DML
    payload = FixedPlan(_decided(found, known, asking), text, parsed, tuple(types))
    return Plan(kind, TAGS[type(found)], columns, found.parameters, payload)


def _is_masked(statement: Fixed, known: Catalogue, asking: Asking) -> bool:
    """Whether a statement reads columns that who asks sees masked: that is the engine's."""
    relation = known.relations.get(statement.need.oid)
    masks = masks_of(known, relation, asking.user) if relation is not None else {}
    if not masks:
        return False
    gives_rows = statement.output is not None and not isinstance(statement, Get)
    return gives_rows or 0 in statement.need.selected or not statement.need.selected.isdisjoint(masks)


def _decided(statement: Fixed, known: Catalogue, asking: Asking) -> Decided:
    """A fixed statement, and whether who asks may run it."""
    refused = None
    try:
        check(known, asking.user, (statement.need,))
        if not isinstance(statement, Get):
            check_not_dynamic(statement.form.relation)
    except PgError as error:
        refused = error
    return Decided(known.version, asking.user, statement, refused)


def _changed(statement: tree.Node, find: Find) -> PgError:
    """A statement that was fixed is none any more: its table is gone, or has other columns."""
    table = statement.sources[0] if isinstance(statement, tree.Select) else getattr(statement, "table", None)
    if isinstance(table, tree.TableRef) and find(table.names) is None:
        return no_relation(".".join(table.names))
    return Unfixed(failure("0A000", "cached plan must not change result type").report)
