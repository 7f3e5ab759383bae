"""Data types as they are written: the spellings of Flink's DDL and CAST.

Source: the page "Data Types" of Flink 2.x.
"""

from yunbox.sql.flink.errors import ParseFailed, UnsupportedSql
from yunbox.sql.flink.parser.cursor import Cursor
from yunbox.sql.flink.types import BYTES, LENGTH_MAX, MICROS, MILLIS, STRING, FlinkType

_PLAIN = {
    "BOOLEAN": "BOOLEAN", "TINYINT": "TINYINT", "SMALLINT": "SMALLINT", "INT": "INT", "INTEGER": "INT",
    "BIGINT": "BIGINT", "FLOAT": "FLOAT", "REAL": "FLOAT", "DATE": "DATE",
}  # fmt: skip
_ABSENT = ("RAW", "VARIANT", "STRUCTURED", "BITMAP", "TIMESTAMP_TZ")
_DECIMAL_DEFAULT = (10, 0)
_DECIMAL_MAX = 38
_NANOS = 9
_TIMES = ("TIME", "TIMESTAMP", "TIMESTAMP_LTZ")


class TypeParser(Cursor):
    """Reads types."""

    def data_type(self) -> FlinkType:
        """A type, with NOT NULL, and what makes lists of it: ``INT ARRAY``, ``INT MULTISET``."""
        found = self._nullability(self._base_type())
        while (word := self.one_of("ARRAY", "MULTISET")) != "":
            found = self._nullability(FlinkType(word, children=(found,)))
        return found

    def _nullability(self, of: FlinkType) -> FlinkType:
        if self.word("NOT"):
            self.expect_word("NULL")
            return of.of(nullable=False)
        self.word("NULL")
        return of

    def _base_type(self) -> FlinkType:
        token = self.token
        if token.kind != "word":
            self.fail()
        word = token.upper
        if word in _ABSENT:
            raise UnsupportedSql(f"the type {word}")
        self.take()
        if word in _PLAIN:
            return FlinkType(_PLAIN[word])
        if word in ("CHAR", "CHARACTER", "VARCHAR", "BINARY", "VARBINARY"):
            return self._letters(word)
        if word in _TIMES:
            return self._time(word)
        if word in ("ARRAY", "MULTISET", "MAP"):
            return self._collection(word)
        made = self._other(word)
        if made is None:
            self.fail(token)
        return made

    def _other(self, word: str) -> FlinkType | None:
        if word == "STRING":
            return STRING
        if word == "BYTES":
            return BYTES
        if word == "DOUBLE":
            self.word("PRECISION")
            return FlinkType("DOUBLE")
        if word in ("DECIMAL", "DEC", "NUMERIC"):
            return self._decimal()
        if word == "ROW":
            return self._row_type()
        if word == "NULL":
            return FlinkType("NULL")
        if word == "INTERVAL":
            return self._interval()
        return None

    def _letters(self, word: str) -> FlinkType:
        varying = self.word("VARYING") if word in ("CHAR", "CHARACTER", "BINARY") else False
        root = {"CHARACTER": "CHAR"}.get(word, word)
        root = f"VAR{root}" if varying else root
        length = LENGTH_MAX if root.startswith("VAR") else 1
        if self.mark("("):
            length = self.whole()
            self.expect(")")
        elif root == "VARCHAR" or root == "VARBINARY":
            length = LENGTH_MAX
        return FlinkType(root, (length,))

    def _decimal(self) -> FlinkType:
        if not self.mark("("):
            return FlinkType("DECIMAL", _DECIMAL_DEFAULT)
        precision, scale = self.whole(), 0
        if self.mark(","):
            scale = self.whole()
        self.expect(")")
        if not 1 <= precision <= _DECIMAL_MAX or scale > precision:
            raise ParseFailed(f"DECIMAL({precision}, {scale}): the precision is from 1 to 38, the scale at most that.")
        return FlinkType("DECIMAL", (precision, scale))

    def _time(self, word: str) -> FlinkType:
        digits = 0 if word == "TIME" else MICROS
        if self.mark("("):
            digits = self.whole()
            self.expect(")")
            if digits > _NANOS:
                raise ParseFailed(f"{word}({digits}): the precision is from 0 to {_NANOS}.")
        if word == "TIME":  # a time of day is milliseconds there
            digits = min(digits, MILLIS)
        if self.word("WITHOUT"):
            self.expect_word("TIME", "ZONE")
        elif self.word("WITH"):
            if self.word("LOCAL"):
                word = "TIMESTAMP_LTZ"
            else:
                raise UnsupportedSql("the type TIMESTAMP WITH TIME ZONE")
            self.expect_word("TIME", "ZONE")
        return FlinkType(word, (digits,))

    def _interval(self) -> FlinkType:
        first = self.one_of("YEAR", "MONTH", "DAY", "HOUR", "MINUTE", "SECOND")
        if not first:
            self.fail()
        self._digits()
        if self.word("TO"):
            self.one_of("MONTH", "HOUR", "MINUTE", "SECOND") or self.fail()
            self._digits()
        months = first in ("YEAR", "MONTH")
        return FlinkType("INTERVAL YEAR TO MONTH" if months else "INTERVAL DAY TO SECOND")

    def _digits(self) -> list[int]:
        found = []
        if self.mark("("):
            found.append(self.whole())
            if self.mark(","):
                found.append(self.whole())
            self.expect(")")
        return found

    def _collection(self, word: str) -> FlinkType:
        self.expect("<")
        children = [self.data_type()]
        if word == "MAP":
            self.expect(",")
            children.append(self.data_type())
        self.expect(">")
        return FlinkType(word, children=tuple(children))

    def _row_type(self) -> FlinkType:
        if self.is_mark("<>"):
            self.take()
            return FlinkType("ROW")
        closing = ">" if self.mark("<") else ")"
        if closing == ")":
            self.expect("(")
        names, children = [], []
        while True:
            names.append(self.name() if not self._is_type_word() else f"f{len(names)}")
            children.append(self.data_type())
            if self.token.kind == "string":
                self.take()
            if not self.mark(","):
                break
        self.expect(closing)
        return FlinkType("ROW", children=tuple(children), names=tuple(names))

    def _is_type_word(self) -> bool:
        """Whether a field of a ROW has no name."""
        token = self.token
        return token.kind == "word" and not self.is_name()
