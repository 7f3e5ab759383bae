"""Hologres' planner as sessions use it: what their settings are to it, and when a plan has to be made anew.

A plan holds what it was made of: definitions, the time, the zone, how dates are written. One that runs in another
transaction is made again, unless it was seen to be the same at quite another time, under the same settings and
definitions.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from yunbox.engine.holo.messages import System, label_of
from yunbox.engine.holo.system.scans import system_scan
from yunbox.services.hologres.engines.catalog import StoredCatalog, is_of_the_system
from yunbox.services.hologres.engines.planning import Changing, Computed
from yunbox.services.hologres.engines.reading import reading
from yunbox.services.hologres.foreign.reads import files_read, foreign_read
from yunbox.services.hologres.session.ports import Column, Context, Kind, Plan
from yunbox.services.hologres.statements.lexer import Token, tokens
from yunbox.services.hologres.tables.paths import schemas_of, usable
from yunbox.sql.hologres.session import Session
from yunbox.storage.rows.catalogue import Catalogue, version
from yunbox.storage.rows.draft import seen
from yunbox.storage.rows.model import FOREIGN
from yunbox.storage.rows.rights import Stated, check
from yunbox.storage.rows.store import RowStore
from yunbox.wire.pgwire.report import failure

if TYPE_CHECKING:
    from yunbox.sql.hologres.plans import Change
    from yunbox.sql.hologres.plans import Plan as SqlPlan

    Made = SqlPlan | Change

_ANOTHER_TIME_US = 1_234_567_890_123_456  # some 39 years, and no whole day
_NOT_OFFERED = frozenset((
    "alter", "analyze", "call", "comment", "create", "drop", "explain", "grant", "import", "merge", "reassign",
    "rebuild", "refresh", "revoke", "truncate", "vacuum",
))  # fmt: skip
"""PostgreSQL's and Hologres' statements that are not here; what is no statement at all is a syntax error."""
_DECIDING = re.compile(r"\b(?:from|where|case|coalesce|limit|union|having)\b", re.IGNORECASE)
_OF_WHAT = ("alter", "create", "drop")


class HologresPlanner:
    """Plans queries and changes of the tables of a row store."""

    def __init__(self, store: RowStore) -> None:
        self._store = store

    def plan(self, text: str, types: Sequence[int], context: Context, *, into_parts: bool = False) -> Plan:
        """What a statement is; ``into_parts`` lets one insert into a partitioned table. Raises PgError."""
        _check_offered(text)
        known = self._known(context)
        session = _session(context, known)
        made = _made(text, types, known, context, session, into_parts=into_parts)
        computed = Computed("", text=text, assigned=tuple(session.assigned), into_parts=into_parts)
        _check_assigned(computed)
        self._settle(computed, made, known, context)
        return Plan(Kind.DML if computed.change else Kind.QUERY, made.tag, _columns(made), made.parameters, computed)

    def repeated(self, plan: Plan, context: Context) -> Plan | None:
        """A plan of before for the same text once more; None where that would be another one now. Raises PgError."""
        computed: Computed = plan.payload
        known = self._known(context)
        if not _is_under(computed, known, context):
            return None
        if computed.is_lasting is None:
            other = _at_another_time(_session(context, known))
            later = _made(computed.text, plan.parameters, known, context, other, into_parts=computed.into_parts)
            computed.is_lasting = _texts(later) == computed.texts
        return replace(plan, payload=replace(computed)) if computed.is_lasting else None

    def renew(self, plan: Plan, context: Context) -> None:
        """Have a plan be one for now. Raises PgError."""
        computed: Computed = plan.payload
        known = self._known(context)
        same = _is_under(computed, known, context)
        if not (same and (computed.is_lasting or computed.now_us == context.now_us)):
            self._make_again(plan, computed, known, context, same=same)
        self._check(computed, known, context)

    def _make_again(self, plan: Plan, computed: Computed, known: Catalogue, context: Context, *, same: bool) -> None:
        session = _session(context, known)
        into_parts = computed.into_parts
        made = _made(computed.text, plan.parameters, known, context, session, into_parts=into_parts)
        if _columns(made) != plan.columns:
            raise failure("0A000", "cached plan must not change result type")
        if computed.is_lasting is None or not same:
            other = _at_another_time(session)
            later = _made(computed.text, plan.parameters, known, context, other, into_parts=into_parts)
            computed.is_lasting = _texts(later) == _texts(made)
        self._settle(computed, made, known, context)

    @staticmethod
    def _check(computed: Computed, known: Catalogue, context: Context) -> None:
        """Raise PgError 42501 where who asks may not do it; as long as nothing changes it is asked once."""
        at = known.version, context.user
        if computed.allowed != at:
            check(known, context.user, computed.needs)
            computed.allowed = at

    def _settle(self, computed: Computed, made: "Made", known: Catalogue, context: Context) -> None:
        """Keep a plan, and what it was made of."""
        _settle(computed, made, known, context)
        if computed.system is not None and context.block is not None:
            with self._store.reading() as view:
                if version(view) != known.version:
                    computed.system = replace(computed.system, definitions=known)

    def _known(self, context: Context) -> Catalogue:
        with self._store.reading() as view:
            return self._store.catalogue(seen(view, context.block))


def _made(
    text: str, types: Sequence[int], known: Catalogue, context: Context, session: Session, *, into_parts: bool = False
) -> "Made":
    from yunbox.sql.hologres import planner  # half a second of one core, of which a gateway that starts has none

    make = partial(planner.plan_change, into_parts=into_parts) if _is_change(text) else planner.plan
    path = usable(schemas_of(context), known, context.user)
    catalog = StoredCatalog(known, context.user, context.settings)
    return make(text, catalog, parameters=types, search_path=path, session=session)


def _is_under(computed: Computed, known: Catalogue, context: Context) -> bool:
    """Whether a plan was made under the same settings and definitions."""
    return computed.settings_version == context.settings_version and computed.definitions == known.version


def _is_change(text: str) -> bool:
    """Whether a statement changes rows; one that begins with WITH tells it behind that."""
    from yunbox.sql.hologres.parser.statements import kind

    return kind(text) == "dml"


def _settle(computed: Computed, made: "Made", known: Catalogue, context: Context) -> None:
    """Keep a plan, and what it was made of."""
    system = {one.token: one.relation for one in made.reads if is_of_the_system(one.relation)}
    foreign = {one.token: one.relation for one in made.reads if one.relation.kind == FOREIGN}
    computed.files = tuple(files_read(one) for one in made.reads if one.files)
    others = {*system, *foreign, *(one.token for one in computed.files)}
    reads = {one.token: reading(one, known) for one in made.reads if one.token not in others}
    computed.foreign = tuple(foreign_read(token, one, known, context) for token, one in foreign.items())
    computed.foreign_names = {token: one.name for token, one in foreign.items()}
    computed.sql, computed.reads = made.sql, reads
    names = Session(user=context.user, definitions=label_of(known.version)).names
    computed.system_reads = {token: system_scan(one.schema, one.name, names) for token, one in system.items()}
    asked = tuple({(one.schema, one.name) for one in system.values()})
    is_asked = system or label_of(known.version) in str(_texts(made))
    computed.system = System(known.version, asked, database=known.database.oid) if is_asked else None
    change = _change(made)
    if change is not None and change.target.oid not in known.relations:
        raise failure("42501", f'permission denied: "{change.target.name}" is a system catalog')
    computed.change = Changing(change, known.relations[change.target.oid]) if change is not None else None
    computed.now_us, computed.settings_version = context.now_us, context.settings_version
    computed.definitions = known.version
    computed.needs, computed.allowed = (*made.needs, *_drawn(change, known)), None


def _drawn(change: "Change | None", known: Catalogue) -> list[Stated]:
    """What is needed of the sequences that a change draws from."""
    found = [known.sequence(written) for _, written in change.drawn] if change is not None else []
    return [Stated(one.oid, one.name, {"USAGE"}, kind=one.kind) for one in found if one is not None]


def _change(made: "Made") -> "Change | None":
    from yunbox.sql.hologres.plans import Change

    return made if isinstance(made, Change) else None


def _texts(made: "Made") -> tuple[object, ...]:
    """All SQL of a plan."""
    change = _change(made)
    return (made.sql,) if change is None else (change.sql, change.conflict, change.returned)


def _columns(made: "Made") -> tuple[Column, ...] | None:
    found = made.result
    if not found and _change(made) is not None:
        return None
    return tuple(Column(one.name, one.type, one.typmod, one.table, one.number) for one in found)


def _session(context: Context, known: Catalogue) -> Session:
    style = context.style
    return Session(
        style.dates, style.order, style.intervals, context.settings["timezone"], style.float_digits, style.escapes,
        context.now_us, context.statement_us, context.user, context.database, context.process_id,
        session_user=context.session_user, settings=context.settings, definitions=label_of(known.version),
        ends=context.ends,
    )  # fmt: skip


def _at_another_time(session: Session) -> Session:
    now_us, statement_us = session.now_us + _ANOTHER_TIME_US, session.statement_us + _ANOTHER_TIME_US
    return replace(session, now_us=now_us, statement_us=statement_us)


def _check_assigned(computed: Computed) -> None:
    """Raise PgError 0A000 for settings that are set where rows decide whether they are."""
    if computed.assigned and _DECIDING.search(computed.text):
        raise failure("0A000", "set_config in a query with FROM, WHERE or CASE is not supported")


def _check_offered(text: str) -> None:
    """Raise PgError 0A000 for a statement that is not here, by its name: CREATE TABLE, not only CREATE."""
    words = tokens(text)
    first = next(words)
    if first.word not in _NOT_OFFERED:
        return
    second = next(words, None) if first.word in _OF_WHAT else None
    raise failure("0A000", f"{_named(first, second)} is not supported")


def _named(first: Token, second: Token | None) -> str:
    return f"{first.text} {second.text}".upper() if second is not None and second.sort == "word" else first.text.upper()
