"""Any statement of Flink SQL, from its first word on.

Source: the pages of Flink 2.x's "Table API & SQL" on each statement, and of its SQL client on SET, RESET, ADD JAR and
STOP JOB.
"""

from collections.abc import Callable
from dataclasses import replace

from yunbox.sql.flink.errors import ParseFailed, UnsupportedSql
from yunbox.sql.flink.parser.tree import Node
from yunbox.sql.flink.script import split_script
from yunbox.sql.flink.statements.objects import ObjectParser
from yunbox.sql.flink.statements.tree import (
    Describe,
    Explain,
    Insert,
    Jar,
    Refused,
    Reset,
    Select,
    Set,
    Show,
    Statement,
    StatementSet,
    StopJob,
    Use,
)

_DETAILS = ("ESTIMATED_COST", "CHANGELOG_MODE", "JSON_EXECUTION_PLAN", "PLAN_ADVICE")
_LISTS = (
    "CATALOGS", "DATABASES", "TABLES", "VIEWS", "FUNCTIONS", "COLUMNS", "JOBS", "MODULES", "JARS", "PARTITIONS",
    "PROCEDURES", "MODELS",
)  # fmt: skip
_REFUSED = {
    "UPDATE": "UPDATE", "DELETE": "DELETE", "TRUNCATE": "TRUNCATE TABLE", "ANALYZE": "ANALYZE TABLE",
    "LOAD": "LOAD MODULE", "UNLOAD": "UNLOAD MODULE", "CALL": "CALL", "COMPILE": "COMPILE PLAN", "MERGE": "MERGE",
}  # fmt: skip
_ILLEGAL = "Non-query expression encountered in illegal context"


class StatementParser(ObjectParser):
    """Reads any statement."""

    def statement(self) -> Statement:
        """The whole text as one statement."""
        found = self._statement()
        self.mark(";")
        self.expect_end()
        return replace(found, text=self.text)

    def _statement(self) -> Statement:
        if self.is_query():
            return Select(self.query())
        word = self.token.upper
        if word in _REFUSED:
            while self.token.kind != "end":
                self.take()
            return Refused(_REFUSED[word])
        reader = self._statements().get(word)
        if reader is None:
            if self.token.kind == "word":
                raise ParseFailed(_ILLEGAL)
            self.fail()
        self.take()
        return reader()

    def _statements(self) -> dict[str, Callable[[], Statement]]:
        return {
            "CREATE": self.create, "DROP": self.drop, "ALTER": self.alter, "INSERT": self._insert,
            "BEGIN": self._begin, "EXECUTE": self._execute, "EXPLAIN": self._explain, "SET": self._set,
            "RESET": self._reset, "SHOW": self._show, "DESCRIBE": self._describe, "DESC": self._describe,
            "USE": self._use, "STOP": self._stop, "ADD": self._add_jar, "REMOVE": self._remove_jar,
        }  # fmt: skip

    # -- what runs

    def _insert(self) -> Insert:
        start = self.words[self.place - 1].start
        overwrite = (self.one_of("INTO", "OVERWRITE") or self.fail()) == "OVERWRITE"
        self.word("TABLE")
        at = self.at
        path = self.path()
        where = self.since(at)
        hints = self.hints()
        partition = self._partition() if self.word("PARTITION") else ()
        columns = self.names() if self.is_mark("(") and not self.is_query() else ()
        if not self.is_query() and not self.is_word("TABLE"):
            self.fail()
        query = self.query()
        if self.word("ON", "CONFLICT"):
            self.expect_word("DO")
            if (how := self.one_of("ERROR", "NOTHING", "DEDUPLICATE") or self.fail()) != "DEDUPLICATE":
                raise UnsupportedSql(f"ON CONFLICT DO {how}", self.text, self.since(start))
        text = self.text[start : self.since(start).end]
        return Insert(path, query, columns, partition, overwrite, hints, at=where, text=text)

    def _partition(self) -> tuple[tuple[str, Node | None], ...]:
        self.expect("(")
        found = []
        while True:
            name = self.name()
            found.append((name, self.expression() if self.mark("=") else None))
            if not self.mark(","):
                break
        self.expect(")")
        return tuple(found)

    def _begin(self) -> Statement:
        self.expect_word("STATEMENT", "SET")
        self.expect(";")
        return self._inserts()

    def _execute(self) -> Statement:
        if self.is_word("PLAN"):
            while self.token.kind != "end":
                self.take()
            return Refused("EXECUTE PLAN")
        if self.word("STATEMENT", "SET"):
            self.expect_word("BEGIN")
            return self._inserts()
        return self._statement()  # EXECUTE INSERT ..., EXECUTE SELECT ...

    def _inserts(self) -> StatementSet:
        found: list[Insert] = []
        while not self.word("END"):
            self.expect_word("INSERT")
            found.append(self._insert())
            self.expect(";")
        if not found:
            raise ParseFailed("NO statements in statement set.")
        return StatementSet(tuple(found))

    def _explain(self) -> Statement:
        details: list[str] = []
        if self.word("PLAN", "FOR"):
            pass
        elif self.is_word(*_DETAILS):
            details.append(self.take().upper)
            while self.mark(","):
                details.append(self.one_of(*_DETAILS) or self.fail())
        start = self.at
        if self.word("STATEMENT", "SET"):
            self.expect_word("BEGIN")
            inner: Statement = self._inserts()
        else:
            inner = self._statement()
        if not isinstance(inner, Select | Insert | StatementSet) and not hasattr(inner, "query"):
            raise ParseFailed("EXPLAIN is of a query, an INSERT or a statement set.")
        return Explain(replace(inner, text=self.text[start : self.since(start).end]), tuple(details))

    # -- the session

    def _set(self) -> Statement:
        if self.token.kind == "end" or self.is_mark(";"):
            return Set()
        key = self._setting()
        if not self.mark("="):
            return Set(key)
        return Set(key, self._value())

    def _setting(self) -> str:
        """A key in quotes, or as older scripts have it without."""
        if self.token.kind == "string":
            return self.take().text
        parts = [self._bare()]
        while self.is_mark(".", "-"):
            parts.append(self.take().text)
            parts.append(self._bare())
        return "".join(parts)

    def _bare(self) -> str:
        if self.token.kind not in ("word", "integer"):
            self.fail()
        return self.take().text

    def _value(self) -> str:
        if self.token.kind == "string":
            return self.take().text
        start = self.at
        while self.token.kind != "end" and not self.is_mark(";"):
            self.take()
        at = self.since(start)
        return self.text[at.start : at.end]

    def _reset(self) -> Statement:
        return Reset("" if self.token.kind == "end" or self.is_mark(";") else self._setting())

    def _use(self) -> Statement:
        if self.word("CATALOG"):
            return Use((self.name(),), catalog=True)
        if self.is_word("MODULES"):
            while self.token.kind != "end":
                self.take()
            return Refused("USE MODULES")
        return Use(self.path())

    def _stop(self) -> Statement:
        self.expect_word("JOB")
        job = self.string()
        savepoint = drain = False
        while self.word("WITH"):
            word = self.one_of("SAVEPOINT", "DRAIN") or self.fail()
            savepoint, drain = savepoint or word == "SAVEPOINT", drain or word == "DRAIN"
        if drain and not savepoint:
            raise ParseFailed("WITH DRAIN could only be used after WITH SAVEPOINT.")
        return StopJob(job, savepoint, drain)

    def _add_jar(self) -> Statement:
        self.expect_word("JAR")
        return Jar(self._value(), add=True)

    def _remove_jar(self) -> Statement:
        self.expect_word("JAR")
        return Jar(self._value(), add=False)

    # -- what is shown

    def _show(self) -> Statement:
        if self.word("CREATE"):
            what = self.one_of("TABLE", "VIEW", "CATALOG") or self.fail()
            return Show(f"CREATE {what}", self.path())
        if self.word("CURRENT"):
            return Show(f"CURRENT {self.one_of('CATALOG', 'DATABASE') or self.fail()}")
        full, user = self.word("FULL"), self.word("USER")
        what = self.one_of(*_LISTS) or self.fail()
        if what == "PARTITIONS":
            return self._show_partitions()
        source: tuple[str, ...] = ()
        if self.one_of("FROM", "IN"):
            source = self.path()
        negated = self.word("NOT")
        pattern, insensitive = None, False
        if (how := self.one_of("LIKE", "ILIKE")) != "":
            pattern, insensitive = self.string(), how == "ILIKE"
        elif negated:
            self.fail()
        name = f"{'FULL ' if full else ''}{'USER ' if user else ''}{what}"
        return Show(name, (), source, pattern, negated, insensitive)

    def _show_partitions(self) -> Statement:
        path = self.path()
        pairs: list[tuple[str, str]] = []
        if self.word("PARTITION"):
            self.expect("(")
            while not self.mark(")"):
                name = self.name()
                self.expect("=")
                pairs.append((name, self.take().text))
                self.mark(",")
        return Show("PARTITIONS", path, partition=tuple(pairs))

    def _describe(self) -> Statement:
        if self.is_word("CATALOG", "DATABASE", "FUNCTION", "JOB") and self.ahead().kind != "end":
            what = self.take().upper
            extended = self.word("EXTENDED")
            path = (self.string(),) if what == "JOB" else self.path()
            return Describe(what, path, extended)  # ty: ignore[invalid-argument-type]
        extended = self.word("EXTENDED")
        return Describe("TABLE", self.path(), extended)


def parse(text: str) -> Statement:
    """The statement that a text is."""
    try:
        return StatementParser(text).statement()
    except RecursionError:
        raise ParseFailed("The statement is nested too deeply.") from None


def parse_script(text: str) -> list[Statement]:
    """The statements of a script."""
    return [parse(one) for one in split_script(text)]
