"""CREATE, ALTER and DROP of tables and views."""

from dataclasses import replace
from typing import Literal

from yunbox.sql.flink.errors import ParseFailed, UnsupportedSql
from yunbox.sql.flink.parser.cursor import LOOSE
from yunbox.sql.flink.parser.queries import QueryParser
from yunbox.sql.flink.statements.tree import (
    AlterView,
    ChangeColumns,
    ColumnDef,
    CreateTable,
    CreateView,
    Distribution,
    DropColumns,
    DropTable,
    LikeTable,
    Path,
    Placed,
    RenameColumn,
    RenameTable,
    ResetOptions,
    SetOptions,
    Statement,
    WatermarkDef,
)

_LIKE_WHAT = ("ALL", "CONSTRAINTS", "DISTRIBUTION", "GENERATED", "METADATA", "OPTIONS", "PARTITIONS", "WATERMARKS")


class _Body:
    """What stands between the parentheses of CREATE TABLE."""

    def __init__(self) -> None:
        self.columns: list[ColumnDef] = []
        self.primary_key: tuple[str, ...] = ()
        self.watermark: WatermarkDef | None = None
        self.names_only = False


class TableParser(QueryParser):
    """Reads statements about tables and views."""

    # -- CREATE TABLE

    def create_table(self, *, temporary: bool, or_replace: bool) -> Statement:
        """What stands behind CREATE [TEMPORARY] TABLE."""
        if_not_exists = self.word("IF", "NOT", "EXISTS")
        path = self.path()
        body = self._body_of_table() if self.is_mark("(") else _Body()
        comment = self.string() if self.word("COMMENT") else ""
        distribution = self._distribution()
        partition_keys = self.names() if self.word("PARTITIONED", "BY") else ()
        options = self.options() if self.word("WITH") else {}
        like = self._like_table() if self.word("LIKE") else None
        query = self.query() if like is None and self.word("AS") else None
        keys = body.primary_key or tuple(one.name for one in body.columns if one.primary_key)
        if body.names_only and query is None:
            raise ParseFailed("Columns without types are those of CREATE TABLE ... AS SELECT.")
        return CreateTable(
            path, tuple(body.columns), temporary, if_not_exists, or_replace, keys, body.watermark, comment,
            distribution, partition_keys, options, like, query, body.names_only,
        )  # fmt: skip

    def _body_of_table(self) -> _Body:
        body = _Body()
        self.expect("(")
        while not self.is_mark(")"):
            self._element(body)
            if not self.mark(","):
                break
        self.expect(")")
        return body

    def _element(self, body: _Body) -> None:
        if self.is_word("CONSTRAINT", "PRIMARY", "UNIQUE"):
            body.primary_key = self._key()
        elif self.is_word("WATERMARK"):
            if body.watermark is not None:
                raise ParseFailed("Multiple WATERMARK declarations are not supported yet.")
            body.watermark = self._watermark()
        else:
            body.columns.append(self.column(body))

    def column(self, body: _Body | None = None) -> ColumnDef:
        """One column."""
        start = self.at
        name = self.column_name()
        if self.word("AS"):
            text = self._expression_text()
            comment = self.string() if self.word("COMMENT") else ""
            return ColumnDef(name, kind="computed", expression=text, comment=comment, at=self.since(start))
        if body is not None and self.is_mark(",", ")"):
            body.names_only = True
            return ColumnDef(name, at=self.since(start))
        made = ColumnDef(name, self.data_type(), at=self.since(start))
        return self._column_clauses(made)

    def _column_clauses(self, made: ColumnDef) -> ColumnDef:
        if self.word("METADATA"):
            key = self.string() if self.word("FROM") else ""
            made = replace(made, kind="metadata", metadata_key=key, virtual=self.word("VIRTUAL"))
        if self.word("CONSTRAINT"):
            self.name()
        if self.word("PRIMARY", "KEY"):
            self._not_enforced()
            made = replace(made, primary_key=True)
            if made.type is not None:
                made = replace(made, type=made.type.of(nullable=False))
        elif self.is_word("UNIQUE"):
            raise ParseFailed("UNIQUE constraint is not supported yet")
        if self.word("COMMENT"):
            made = replace(made, comment=self.string())
        return made

    def _expression_text(self) -> str:
        start = self.at
        self.expression()
        at = self.since(start)
        return self.text[at.start : at.end]

    def _key(self) -> tuple[str, ...]:
        if self.word("CONSTRAINT"):
            self.name()
        if self.is_word("UNIQUE"):
            raise ParseFailed("UNIQUE constraint is not supported yet")
        self.expect_word("PRIMARY", "KEY")
        names = self.names()
        self._not_enforced()
        return names

    def _not_enforced(self) -> None:
        if not self.word("NOT", "ENFORCED"):
            raise ParseFailed(
                "Flink doesn't support ENFORCED mode for PRIMARY KEY constraint. ENFORCED/NOT ENFORCED controls if the "
                "constraint checks are performed on the incoming/outgoing data. Flink does not own the data therefore "
                "the only supported mode is the NOT ENFORCED mode"
            )

    def _watermark(self) -> WatermarkDef:
        start = self.take().start
        self.expect_word("FOR")
        column = (self.column_name(),) if self.is_word(*LOOSE) else self.path()
        self.expect_word("AS")
        return WatermarkDef(column, self._expression_text(), self.since(start))

    def _distribution(self) -> Distribution | None:
        if not self.is_word("DISTRIBUTED"):
            return None
        self.take()
        kind, columns = "", ()
        if self.word("BY"):
            kind = self.one_of("HASH", "RANGE")
            columns = self.names()
        buckets = None
        if self.word("INTO"):
            buckets = self.whole()
            self.expect_word("BUCKETS")
        return Distribution(kind, columns, buckets)

    def _like_table(self) -> LikeTable:
        path = self.path()
        options: list[tuple[str, str]] = []
        if self.mark("("):
            while not self.mark(")"):
                how = self.one_of("INCLUDING", "EXCLUDING", "OVERWRITING") or self.fail()
                what = self.one_of(*_LIKE_WHAT) or self.fail()
                options.append((how, what))
        return LikeTable(path, tuple(options))

    def options(self) -> dict[str, str]:
        """('key' = 'value', ...)."""
        found: dict[str, str] = {}
        self.expect("(")
        while not self.is_mark(")"):
            key = self.string()
            self.expect("=")
            if key in found:
                raise ParseFailed(f"The option '{key}' is given twice.")
            found[key] = self.string()
            if not self.mark(","):
                break
        self.expect(")")
        return found

    # -- views

    def create_view(self, *, temporary: bool) -> Statement:
        """What stands behind CREATE [TEMPORARY] VIEW."""
        if_not_exists = self.word("IF", "NOT", "EXISTS")
        path = self.path()
        columns = self.names() if self.is_mark("(") else ()
        comment = self.string() if self.word("COMMENT") else ""
        self.expect_word("AS")
        query, text = self._query_with_text()
        return CreateView(path, query, text, columns, comment, temporary, if_not_exists)

    def _query_with_text(self):
        start = self.at
        query = self.query()
        at = self.since(start)
        return query, self.text[at.start : at.end]

    def alter_view(self) -> Statement:
        """What stands behind ALTER VIEW."""
        path = self.path()
        if self.word("RENAME"):
            self.expect_word("TO")
            return RenameTable(path, self.path(), view=True)
        self.expect_word("AS")
        query, text = self._query_with_text()
        return AlterView(path, query, text)

    def drop_table(self, *, view: bool, temporary: bool) -> Statement:
        """What stands behind DROP [TEMPORARY] TABLE or VIEW."""
        if_exists = self.word("IF", "EXISTS")
        return DropTable(self.path(), view, temporary, if_exists)

    # -- ALTER TABLE

    def alter_table(self) -> Statement:
        """What stands behind ALTER TABLE."""
        if_exists = self.word("IF", "EXISTS")
        path = self.path()
        if self.word("RENAME"):
            return self._rename(path, if_exists)
        if self.word("SET"):
            return SetOptions(path, self.options(), if_exists)
        if self.word("RESET"):
            self.expect("(")
            keys = [self.string()]
            while self.mark(","):
                keys.append(self.string())
            self.expect(")")
            return ResetOptions(path, tuple(keys), if_exists)
        if self.is_word("COMPACT") or self.ahead().upper in ("PARTITION", "DISTRIBUTION", "IF"):
            raise UnsupportedSql(f"ALTER TABLE ... {self.token.upper} {self.ahead().upper}".rstrip())
        if (word := self.one_of("ADD", "MODIFY")) != "":
            return self._change(path, word == "MODIFY", if_exists)
        self.expect_word("DROP")
        return self._drop_parts(path, if_exists)

    def _rename(self, path: Path, if_exists: bool) -> Statement:
        if self.word("TO"):
            return RenameTable(path, self.path(), if_exists=if_exists)
        old = self.name()
        self.expect_word("TO")
        return RenameColumn(path, old, self.name(), if_exists)

    def _change(self, path: Path, modify: bool, if_exists: bool) -> Statement:
        several = self.mark("(")
        columns: list[Placed] = []
        key: tuple[str, ...] = ()
        watermark = None
        while True:
            if self.is_word("CONSTRAINT", "PRIMARY", "UNIQUE"):
                key = self._key()
            elif self.is_word("WATERMARK"):
                watermark = self._watermark()
            else:
                self.word("COLUMN")
                columns.append(self._placed())
            if not (several and self.mark(",")):
                break
        if several:
            self.expect(")")
        return ChangeColumns(path, modify, tuple(columns), key, watermark, if_exists)

    def _placed(self) -> Placed:
        column = self.column()
        where: Literal["", "FIRST", "AFTER"] = ""
        if self.word("FIRST"):
            where = "FIRST"
        elif self.word("AFTER"):
            return Placed(column, "AFTER", self.name())
        return Placed(column, where)

    def _drop_parts(self, path: Path, if_exists: bool) -> Statement:
        if self.word("PRIMARY", "KEY"):
            return DropColumns(path, primary_key=True, if_exists=if_exists)
        if self.word("CONSTRAINT"):
            self.name()
            return DropColumns(path, primary_key=True, if_exists=if_exists)
        if self.word("WATERMARK"):
            return DropColumns(path, watermark=True, if_exists=if_exists)
        self.word("COLUMN")
        columns = self.names() if self.is_mark("(") else (self.name(),)
        return DropColumns(path, columns, if_exists=if_exists)
