"""A script as it goes to a real Flink: its statements in their own words, but for tables that have connectors of ours.

The whole script is read before anything is submitted, as what a table becomes depends on what is done with it: one that
is written needs a key. What Flink alone understands - hints, functions in Java - is not looked into.
"""

import re
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from yunbox.adapters.flink import datahub, hologres
from yunbox.adapters.flink.ddl import rewritten
from yunbox.adapters.flink.tables import Declared, Mapped, Services, Use
from yunbox.kernel.errors import KernelError, Unsupported
from yunbox.sql.flink.parser.tokens import Token, tokens
from yunbox.sql.flink.script import split_script, strip_comments
from yunbox.sql.flink.secrets import MASK, masked
from yunbox.sql.flink.statements import tree
from yunbox.sql.flink.statements.parse import parse

Path = tuple[str, str, str]
_MODE, _ZONE = "execution.runtime-mode", "table.local-time-zone"
_EMBEDDED_ONLY = ("yunbox.state.limit", "yunbox.dead-letter.table")
_NO_CONNECTOR = {"odps": "MaxCompute's tables"}
_MAPPINGS: dict[str, Callable[[Declared, Services, Use], Mapped]] = {
    "datahub": datahub.mapped,
    "hologres": hologres.mapped,
}
_OURS = (*_MAPPINGS, *_NO_CONNECTOR)
_JOBS = ("SELECT", "WITH", "VALUES", "INSERT", "EXECUTE", "BEGIN", "EXPLAIN", "(")
_PAIR = re.compile(r"'((?:[^']|'')*)'\s*=\s*'((?:[^']|'')*)'")


class NotMapped(Unsupported):
    """A statement of a script that cannot go to a real Flink: its number, and why."""


@dataclass(frozen=True)
class Script:
    """The statements to submit, what to warn of, and what is never to be shown."""

    statements: tuple[str, ...]
    warnings: tuple[str, ...] = ()
    secrets: frozenset[str] = frozenset()

    def shown(self, text: str) -> str:
        """A text of Flink's without the secrets of the script."""
        for secret in sorted(self.secrets, key=len, reverse=True):
            text = text.replace(secret, MASK)
        return text


@dataclass
class _Read:
    """What reading a script has found: its tables that are ours, by the numbers of their statements; which names are
    such tables; for each table that is written how many columns each INSERT names, 0 for all; and how its jobs run.
    """

    declared: dict[int, tuple[Path, tree.CreateTable]] = field(default_factory=dict)
    ours: dict[Path, bool] = field(default_factory=dict)
    written: dict[Path, list[int]] = field(default_factory=dict)
    modes: set[str] = field(default_factory=set)
    zones: set[str] = field(default_factory=set)


def as_it_is(text: str) -> Script:
    """A script for a Flink that has the connectors it names."""
    found = split_script(text)
    return Script(tuple(found), secrets=frozenset(secret for one in found for secret in _secrets(one)))


def translated(text: str, services: Services, *, utc: bool = False) -> Script:
    """A script for a Flink that has none of our connectors; with ``utc`` its processes are known to run in UTC.

    Raises NotMapped, KernelError.
    """
    plain = as_it_is(text)
    read = _Reader().read(plain.statements)
    statements, warnings = list(plain.statements), []
    for number, (path, table) in read.declared.items():
        with _numbered(number):
            found = _mapped(Declared(table, ".".join(path)), services, replace(_use(read, path, table), utc=utc))
            statements[number] = rewritten(table, found)
            warnings += found.warnings
    return Script(tuple(statements), tuple(warnings), plain.secrets)


@contextmanager
def _numbered(number: int) -> Generator[None]:
    """Says of which statement an error is."""
    try:
        yield
    except KernelError as error:
        raise NotMapped(f"statement {number + 1}: {error.message}") from None


def _mapped(declared: Declared, services: Services, use: Use) -> Mapped:
    connector = declared.table.options["connector"]
    if connector in _NO_CONNECTOR:
        declared.refuse(f"Flink has no connector for {_NO_CONNECTOR[connector]}, which the embedded engine has")
    return _MAPPINGS[connector](declared, services, use)


def _use(read: _Read, path: Path, table: tree.CreateTable) -> Use:
    if len(read.modes) > 1 or len(read.zones) > 1:
        raise Unsupported(f"{_MODE} and {_ZONE} must be the same for all jobs of a script")
    width = sum(1 for one in table.columns if one.kind != "computed" and not one.virtual)
    named = read.written.get(path, [])
    partly = any(0 < count < width for count in named)
    return Use(path in read.written, partly, "batch" in read.modes, next(iter(read.zones), "UTC"))


class _Reader:
    """Reads a script from its beginning, with its session: what is current and what SET has said."""

    def __init__(self) -> None:
        self.found = _Read()
        self._catalog, self._database = "default_catalog", "default_database"
        self._settings: dict[str, str] = {}

    def read(self, statements: tuple[str, ...]) -> _Read:
        """What all statements say. Raises NotMapped."""
        for number, text in enumerate(statements):
            with _numbered(number):
                self._statement(number, text)
        return self.found

    def _statement(self, number: int, text: str) -> None:
        words = tokens(text)
        match words[0].upper or words[0].text:
            case "CREATE":
                self._create(number, text, words)
            case "ALTER":
                self._check_not_ours(words, "ALTER")
            case "SET" | "RESET" | "USE":
                self._session(parse(text))
            case first if first in _JOBS:
                self._job(words)

    # -- tables

    def _create(self, number: int, text: str, words: list[Token]) -> None:
        kinds = [one.upper for one in words[1:5] if one.upper not in ("OR", "REPLACE", "TEMPORARY")]
        if kinds[:1] != ["TABLE"]:
            self._check_hints(words)
            return
        connector = _connector(text)
        try:
            table = parse(text)
        except KernelError:
            if connector in _OURS:
                raise
            return  # Flink may know better
        assert isinstance(table, tree.CreateTable)
        path = self._path(table.path)
        if table.like is not None and self._is_ours(table.like.path):
            raise Unsupported(f"LIKE {'.'.join(table.like.path)}, whose connector Flink has not")
        if table.query is not None:
            self._job(words)
        self.found.ours[path] = connector in _OURS
        if self.found.ours[path]:
            if table.query is not None or table.like is not None or not table.columns:
                raise Unsupported(f"table {'.'.join(path)} is of '{connector}': it must be declared with its columns")
            self.found.declared[number] = path, table

    def _is_ours(self, path: tuple[str, ...]) -> bool:
        return self.found.ours.get(self._path(path), False)

    def _path(self, path: tuple[str, ...]) -> Path:
        catalog, database, name = (*(self._catalog, self._database)[: 3 - len(path)], *path[-3:])
        return catalog, database, name

    def _check_not_ours(self, words: list[Token], what: str) -> None:
        for _, path in _paths(words):
            if self._is_ours(path):
                raise Unsupported(f"{what} of {'.'.join(path)}, whose connector Flink has not")

    def _check_hints(self, words: list[Token]) -> None:
        for end, path in _paths(words):
            hint = words[end].kind == "hint" and words[end + 1].upper == "OPTIONS"
            if hint and self._is_ours(path):
                raise Unsupported(f"OPTIONS of {'.'.join(path)}, whose connector Flink has not")

    # -- jobs

    def _job(self, words: list[Token]) -> None:
        self._check_hints(words)
        self.found.modes.add(self._settings.get(_MODE, "streaming").lower())
        self.found.zones.add(self._settings.get(_ZONE, "UTC"))
        for path, count in _inserts(words):
            self.found.written.setdefault(self._path(path), []).append(count)

    # -- the session

    def _session(self, statement: tree.Statement) -> None:
        if isinstance(statement, tree.Set) and statement.value is not None:
            if statement.key in _EMBEDDED_ONLY:
                raise Unsupported(f"'{statement.key}' is of the embedded engine: a real Flink has nothing like it")
            self._settings[statement.key] = statement.value
        elif isinstance(statement, tree.Reset):
            self._settings = {} if not statement.key else {**self._settings, statement.key: ""}
            self._settings = {key: value for key, value in self._settings.items() if value}
        elif isinstance(statement, tree.Use) and statement.catalog:
            self._catalog, self._database = statement.path[0], "default_database"
        elif isinstance(statement, tree.Use):
            self._catalog, self._database, _ = self._path((*statement.path, ""))


# -- words


def _paths(words: list[Token]) -> Iterator[tuple[int, tuple[str, ...]]]:
    """All names among some words, and the place behind each."""
    at = 0
    while at < len(words):
        if words[at].kind not in ("word", "name"):
            at += 1
            continue
        path = [words[at].text]
        at += 1
        while at + 1 < len(words) and words[at].text == "." and words[at + 1].kind in ("word", "name"):
            path.append(words[at + 1].text)
            at += 2
        if len(path) <= 3:
            yield at, tuple(path)


def _inserts(words: list[Token]) -> Iterator[tuple[tuple[str, ...], int]]:
    """The tables that are written, and how many of their columns are named."""
    places = {at: word.upper for at, word in enumerate(words) if word.kind == "word"}
    for at, word in places.items():
        if word != "INSERT" or places.get(at + 1) not in ("INTO", "OVERWRITE"):
            continue
        start = at + (3 if places.get(at + 2) == "TABLE" else 2)
        end, path = next(_paths(words[start:]))
        yield path, _named(words[start + end :])


def _named(words: list[Token]) -> int:
    """How many names stand in parentheses, if that is what words begin with."""
    if words[0].text != "(" or words[0].kind != "mark":
        return 0
    close = next(at for at, word in enumerate(words) if word.kind == "mark" and word.text == ")")
    inside = words[1:close]
    is_list = all(one.kind in ("word", "name") if at % 2 == 0 else one.text == "," for at, one in enumerate(inside))
    return (len(inside) + 1) // 2 if is_list else 0


def _pairs(text: str) -> list[tuple[str, str]]:
    """All that looks like options."""
    found = _PAIR.findall(strip_comments(text))
    return [(key.replace("''", "'"), value.replace("''", "'")) for key, value in found]


def _connector(text: str) -> str:
    return next((value for key, value in _pairs(text) if key == "connector"), "")


def _secrets(text: str) -> list[str]:
    """What options of a statement keep secret."""
    return [value for key, value in _pairs(text) if value and masked(key, value) != value]
