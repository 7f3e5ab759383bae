"""The public face of Flink SQL: the text of a script to statements, and a statement to what is to be done.

A ``Planner`` belongs to one session: it holds the session's catalogue and settings, and DDL, SET and USE that it plans
are carried out on them at once. What comes back says what a client sees, or what an engine is to run::

    planner = Planner(Catalog(), {})
    for statement in planner.statements(text):
        outcome = planner.plan(statement)  # a Job, Rows, Done, a StopJob, ...
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from yunbox.sql.flink import alterations, objects, parallelism, showing
from yunbox.sql.flink.binder.context import MODE, Context, UserFunctions
from yunbox.sql.flink.binder.finishing import finish
from yunbox.sql.flink.binder.inserts import bind_insert
from yunbox.sql.flink.binder.queries import Queries
from yunbox.sql.flink.binder.scope import Relation
from yunbox.sql.flink.catalog import Catalog, Function
from yunbox.sql.flink.changes import check_changes
from yunbox.sql.flink.deadletters import dead_letters
from yunbox.sql.flink.definitions import create_table, create_view, drop_table
from yunbox.sql.flink.errors import UnsupportedSql, ValidationFailed
from yunbox.sql.flink.explain import advice, explained
from yunbox.sql.flink.expr import mark
from yunbox.sql.flink.plans import Bound, Collect, Field, Job, Node, Project, Sink, UserFunction
from yunbox.sql.flink.secrets import masked
from yunbox.sql.flink.statements import tree
from yunbox.sql.flink.statements.parse import parse_script
from yunbox.sql.flink.types import STRING


@dataclass(frozen=True)
class Rows:
    """What a client is shown at once: names and types of columns, and rows of texts, booleans and NULLs."""

    fields: tuple[Field, ...]
    rows: tuple[tuple[object, ...], ...]


@dataclass(frozen=True)
class Done:
    """A statement that was carried out. ``changed`` is whether the catalogue is another now."""

    message: str = "OK"
    changed: bool = False


@dataclass(frozen=True)
class Show:
    """Something that only the service knows: its jobs."""

    what: str


@dataclass
class Session:
    """The settings of a session, and those that it began with."""

    settings: dict[str, str] = field(default_factory=dict)
    defaults: dict[str, str] = field(default_factory=dict)


Outcome = Job | Rows | Done | Show | tree.StopJob | tree.Describe


class Planner:
    """Plans the statements of one session.

    ``user_functions`` loads a registered function of Python's, to tell what it takes and gives; None for others.
    """

    def __init__(
        self,
        catalog: Catalog,
        settings: Mapping[str, str] | None = None,
        user_functions: Callable[[Function], UserFunction | None] = lambda _: None,
    ) -> None:
        self.catalog = catalog
        self.user_functions = user_functions
        self.session = Session(dict(settings or {}), dict(settings or {}))
        self.jars: list[str] = []

    @property
    def settings(self) -> dict[str, str]:
        """What SET has said."""
        return self.session.settings

    def statements(self, text: str) -> list[tree.Statement]:
        """The statements of a script."""
        return parse_script(text)

    def plan(self, statement: tree.Statement) -> Outcome:
        """Carry a statement out, or say what is to be run.

        A ``Job`` runs; ``Rows`` are shown; ``Done`` says that all is done; a ``StopJob`` and a ``Show`` are the
        service's business.
        """
        if isinstance(statement, tree.Select):
            return self._select(statement)
        if isinstance(statement, tree.Insert):
            return self._job((statement,), statement.text)
        if isinstance(statement, tree.StatementSet):
            return self._job(statement.inserts, statement.text)
        if isinstance(statement, tree.Explain):
            return self._explain(statement)
        if isinstance(statement, tree.CreateTable) and statement.query is not None:
            return self._create_as(statement)
        if isinstance(statement, tree.Refused):
            raise UnsupportedSql(statement.construct)
        return self._ddl(statement) or self._of_session(statement)

    # -- what runs

    def _context(self, text: str) -> Context:
        return Context(self.catalog, self.settings, text, user_functions=UserFunctions(self.user_functions))

    def _select(self, statement: tree.Select) -> Job:
        context = self._context(statement.text)
        found = _shown(Queries().query(statement.query, context))
        sink = Collect(found.node)
        return self._made((sink,), "collect", statement.text, context)

    def _job(self, inserts: tuple[tree.Insert, ...], text: str) -> Job:
        context = self._context(text)
        sinks = [bind_insert(one, context, Queries()) for one in inserts]
        names = ",".join(f"{one.table.catalog}.{one.table.database}.{one.table.name}" for one in sinks)
        return self._made(tuple(sinks), f"insert-into_{names}", text, context)

    def _made(self, sinks: tuple[Sink | Collect, ...], name: str, text: str, context: Context) -> Job:
        given = self.settings.get("pipeline.name", "") or name
        inputs = finish([one.input for one in sinks])
        sinks = tuple(replace(one, input=node) for one, node in zip(sinks, inputs, strict=True))
        if not context.batch:
            for one in sinks:
                check_changes(one)
        called = tuple(context.user_functions.called.values()) if context.user_functions is not None else ()
        parallelism.parallelism(self.settings)
        letters = dead_letters(self.settings, self.catalog)
        return Job(sinks, given, dict(self.settings), context.batch, text, called, letters)

    def _create_as(self, statement: tree.CreateTable) -> Outcome:
        """CREATE TABLE ... AS SELECT: the table, then the INSERT of the query."""
        made = create_table(statement, self._context(statement.text))
        if made is None or statement.query is None:
            return Done()
        names = tuple(one.name for one in statement.columns) if statement.names_only else ()
        query = statement.query
        insert = tree.Insert(statement.path, query, (), text=statement.text)
        if names:
            ordered = objects.picked(query, names)
            insert = replace(insert, query=ordered)
        try:
            return self._job((insert,), statement.text)
        except Exception:
            self.catalog.remove(made)
            raise

    def _explain(self, statement: tree.Explain) -> Rows:
        inner = statement.statement
        if isinstance(inner, tree.CreateTable) and inner.query is not None:
            inner = tree.Select(inner.query, text=inner.text)
        text = _whole(statement.text, inner)
        job = self._job_of(replace(inner, text=text))
        if job is None:
            raise ValidationFailed("EXPLAIN is of a query, an INSERT or a statement set.")
        return Rows((Field("result", STRING),), ((explained(job, statement.details),),))

    def _job_of(self, statement: tree.Statement) -> Job | None:
        made = self.plan(statement)
        return made if isinstance(made, Job) else None

    def advice(self, job: Job) -> tuple[str, ...]:
        """What the state guard says of a job before it runs."""
        return advice(job)

    # -- what changes the catalogue

    def _ddl(self, statement: tree.Statement) -> Outcome | None:
        if isinstance(statement, tree.CreateTable):
            return _done(create_table(statement, self._context(statement.text)))
        if isinstance(statement, tree.CreateView):
            return _done(create_view(statement, self._context(statement.text)))
        if isinstance(statement, tree.DropTable):
            return _done(drop_table(statement, self.catalog))
        if alterations.alter(statement, self._context(statement.text)) or objects.change(statement, self.catalog):
            return Done(changed=True)
        return None

    # -- the session

    def _of_session(self, statement: tree.Statement) -> Outcome:
        if isinstance(statement, tree.Set):
            return self._set(statement)
        if isinstance(statement, tree.Reset):
            return self._reset(statement)
        if isinstance(statement, tree.Use):
            return self._use(statement)
        if isinstance(statement, tree.Jar):
            return self._jar(statement)
        if isinstance(statement, tree.StopJob):
            return statement
        if isinstance(statement, tree.Describe):
            return statement if statement.what == "JOB" else self._rows(showing.described(statement, self.catalog))
        if isinstance(statement, tree.Show):
            return self._show(statement)
        raise UnsupportedSql(type(statement).__name__)

    def _set(self, statement: tree.Set) -> Outcome:
        if statement.value is None:
            pairs = sorted(self.settings.items())
            shown: list[tuple[object, ...]] = [
                (key, masked(key, value)) for key, value in pairs if not statement.key or key == statement.key
            ]
            return self._rows((("key", "value"), shown))
        if statement.key == MODE and statement.value.lower() not in ("batch", "streaming", "automatic"):
            raise ValidationFailed(f"Could not parse value '{statement.value}' for key '{MODE}'.")
        parallelism.check(statement.key, statement.value)
        self.settings[statement.key] = statement.value
        return Done()

    def _reset(self, statement: tree.Reset) -> Outcome:
        if not statement.key:
            self.session.settings = dict(self.session.defaults)
        elif statement.key in self.session.defaults:
            self.settings[statement.key] = self.session.defaults[statement.key]
        else:
            self.settings.pop(statement.key, None)
        return Done()

    def _use(self, statement: tree.Use) -> Outcome:
        objects.use(statement, self.catalog)
        return Done(changed=True)

    def _jar(self, statement: tree.Jar) -> Outcome:
        if statement.add:
            self.jars.append(statement.path)
        elif statement.path in self.jars:
            self.jars.remove(statement.path)
        return Done()

    def _show(self, statement: tree.Show) -> Outcome:
        if statement.what == "JOBS":
            return Show("JOBS")
        if statement.what == "JARS":
            return self._rows((("jars",), [(one,) for one in self.jars]))
        return self._rows(showing.shown(statement, self.catalog))

    @staticmethod
    def _rows(made: tuple[tuple[str, ...], list[tuple[object, ...]]]) -> Rows:
        names, rows = made
        return Rows(tuple(Field(name, showing.column_type(name)) for name in names), tuple(rows))


def _done(found: object) -> Done:
    return Done(changed=found is not None)


def _whole(text: str, inner: tree.Statement) -> str:
    """The text that places in the explained statement are of: EXPLAIN's."""
    return text if text.endswith(inner.text) or inner.text in text else inner.text


def _shown(found: Relation) -> Relation:
    """A query's columns without the hidden ones."""
    places = [i for i, one in enumerate(found.columns) if not one.hidden]
    if len(places) == len(found.node.fields):
        return found
    node: Node = found.node
    columns = tuple(found.columns[i] for i in places)
    fields = tuple(one.field for one in columns)
    kept = tuple(Bound(mark(i), found.columns[i].type) for i in places)
    return Relation(Project(fields, node, kept), columns)
