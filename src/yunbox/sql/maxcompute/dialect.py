"""MaxCompute's grammar for queries, as a sqlglot dialect, and the one place where sqlglot's errors become ours.

Functions are kept by the name the user wrote (no sqlglot normalisation): what they mean is the business of
the ``functions`` package. Statements around queries are parsed by ``statements``.
"""

import re
from functools import lru_cache
from typing import Any, ClassVar

from sqlglot import exp, parser
from sqlglot.dialects.hive import Hive
from sqlglot.errors import ParseError, TokenError
from sqlglot.parsers.hive import HiveParser
from sqlglot.tokens import Token, TokenType

from yunbox.kernel.errors import InvalidArgument
from yunbox.schema.types import DataType
from yunbox.sql.maxcompute.errors import At, ParseFailed, SemanticError
from yunbox.sql.maxcompute.grammar import check
from yunbox.sql.maxcompute.grammar import place as at
from yunbox.sql.maxcompute.script import pieces
from yunbox.wire.odps.types import parse_type

_NO_HEX = re.compile(r"\b[xX]'[0-9a-fA-F]*[^'0-9a-fA-F][^']*'")
_ESCAPE = re.compile(r"\\(?:(\d+)|.)", re.DOTALL)
_DANGLING = re.compile(r",\s*(?:[);]|\Z|(?:from|where)\b)", re.IGNORECASE)
_ENDING = (TokenType.R_PAREN, TokenType.SEMICOLON, TokenType.FROM, TokenType.WHERE)
_OCTAL_DIGITS = 3
_ENDS = {"'": "string", '"': "string", "`": "quoted name"}
_CLASS = re.compile(r"<class '[^']*'>")
_TOKEN = re.compile(r" but got <Token .*", re.DOTALL)
_KEPT = ("CAST", "SAFE_CAST", "EXTRACT", "TRIM")
_LOOSE: dict[TokenType, tuple[int, type[exp.Binary]]] = {
    TokenType.DPIPE: (3, exp.DPipe), TokenType.AMP: (2, exp.BitwiseAnd), TokenType.PIPE: (1, exp.BitwiseOr),
}  # fmt: skip
"""The operators that bind looser than + and -, the higher number the tighter: || before & before |."""
_TYPED = (exp.DType.DATE, exp.DType.DATETIME, exp.DType.TIMESTAMP, exp.DType.TIMESTAMPNTZ, exp.DType.JSON)
_NO_ALIAS = frozenset((
    TokenType.ALL, TokenType.EXISTS, TokenType.FALSE, TokenType.IN, TokenType.IS, TokenType.NULL, TokenType.PARTITION,
    TokenType.PERCENT, TokenType.RANGE, TokenType.ROLLUP, TokenType.ROW, TokenType.ROWS, TokenType.SET, TokenType.TABLE,
    TokenType.TRUE, TokenType.UPDATE,
))  # fmt: skip
"""Words of the vendor's grammar that name no table without quotes."""


def _extract(self: Any) -> exp.Expr:
    """``EXTRACT(unit FROM x)`` as a plain call of extract('unit', x)."""
    unit = self._advance_any()
    if unit is None or not unit.text.isalpha():
        self.raise_error("a unit such as YEAR expected")
    self._match(TokenType.FROM) or self._match(TokenType.COMMA)
    name = exp.Literal.string(unit.text.lower() if unit else "")
    value = self._parse_bitwise()
    if value is None:
        self.raise_error("a date expected")
    return self.expression(exp.Anonymous(this="extract", expressions=[name, value]))


def _trim(self: Any) -> exp.Expr:
    """``TRIM([BOTH|LEADING|TRAILING] [chars] [FROM] x)`` as a call of trim, ltrim or rtrim."""
    name = "trim"
    if self._match_texts(("BOTH", "LEADING", "TRAILING")):
        name = {"LEADING": "ltrim", "TRAILING": "rtrim"}.get(self._prev.text.upper(), "trim")
    if self._match(TokenType.FROM):
        return self.expression(exp.Anonymous(this=name, expressions=[self._parse_bitwise()]))
    first = self._parse_bitwise()
    if self._match(TokenType.FROM):
        arguments = [self._parse_bitwise(), first]
    elif self._match(TokenType.COMMA):
        arguments = [first, self._parse_bitwise()]
    else:
        arguments = [first]
    return self.expression(exp.Anonymous(this=name, expressions=arguments))


def _substring(self: Any) -> exp.Expr:
    """``SUBSTRING(x, start, length)``, also written ``SUBSTRING(x FROM start FOR length)``."""
    arguments = self._parse_csv(self._parse_lambda)
    if len(arguments) == 1 and self._match(TokenType.FROM):
        arguments.append(self._parse_bitwise())
        if self._match(TokenType.FOR):
            arguments.append(self._parse_bitwise())
    return self.expression(exp.Anonymous(this="substring", expressions=arguments))


def _no_literal(self: Any, this: exp.Expr, _: exp.DataType) -> exp.Expr:
    raise ParseFailed(f"no literal of {_.sql()} is written so: use CAST", at(this))


def _json_literal(self: Any, this: exp.Expr, _: Any) -> exp.Expr:
    """``json '{}'['a']`` is an element of the document, not of its text."""
    text, holder = this, None
    while isinstance(text, exp.Bracket):
        text, holder = text.this, text
    document = self.expression(exp.ParseJSON(this=text, is_literal=True))
    if holder is None:
        return document
    holder.set("this", document)
    return this


class MaxComputeParser(HiveParser):
    """sqlglot's Hive parser without its function table and without its reading of CHAR and VARCHAR.

    Operators bind as in the vendor's grammar: ^ tighter than *, and || tighter than &, which is tighter than |.
    """

    FUNCTIONS: ClassVar[dict[str, Any]] = {}
    FUNCTION_PARSERS = {  # noqa: RUF012
        **{name: made for name, made in HiveParser.FUNCTION_PARSERS.items() if name in _KEPT},
        "EXTRACT": _extract,
        "SUBSTRING": _substring,
        "TRIM": _trim,
    }
    PRIMARY_PARSERS = {  # noqa: RUF012 - with the place of each, which errors tell
        **HiveParser.PRIMARY_PARSERS,
        TokenType.NULL: lambda self, token: self.expression(exp.Null(), token),
        TokenType.TRUE: lambda self, token: self.expression(exp.Boolean(this=True), token),
        TokenType.FALSE: lambda self, token: self.expression(exp.Boolean(this=False), token),
    }
    TYPE_LITERAL_PARSERS = {  # noqa: RUF012
        **{of: _no_literal for of in exp.DType if of not in _TYPED},
        exp.DType.JSON: _json_literal,
    }
    QUERY_MODIFIER_PARSERS = {  # noqa: RUF012 - without USING SAMPLE
        token: read for token, read in HiveParser.QUERY_MODIFIER_PARSERS.items() if token != TokenType.USING
    }
    QUERY_MODIFIER_TOKENS = set(QUERY_MODIFIER_PARSERS)  # noqa: RUF012
    EXPONENT = {TokenType.CARET: exp.BitwiseXor}  # noqa: RUF012
    STRING_ALIASES = True  # double-quoted ones: select a "b"
    TABLE_ALIAS_TOKENS = HiveParser.TABLE_ALIAS_TOKENS - _NO_ALIAS
    ARRAY_CONSTRUCTORS: ClassVar[dict[str, Any]] = {}  # array(1, 2)[0] is a call and an index
    NO_PAREN_FUNCTIONS: ClassVar[dict[Any, Any]] = {}
    NO_PAREN_FUNCTION_PARSERS = {  # noqa: RUF012
        name: made for name, made in HiveParser.NO_PAREN_FUNCTION_PARSERS.items() if name in ("CASE", "IF")
    }

    def _parse_cte(self) -> Any:
        cte = super()._parse_cte()
        if cte is not None and cte.args.get("materialized") is not None:
            self.raise_error("MATERIALIZED is no part of MaxCompute's SQL")
        return cte

    def _parse_bitwise(self) -> exp.Expr | None:
        this = self._parse_term()
        return self._parse_looser(this, 1) if self._curr.token_type in _LOOSE else this

    def _parse_looser(self, this: exp.Expr | None, least: int) -> exp.Expr | None:
        """The operators of ``_LOOSE`` from a rank on, each with what binds tighter on its right."""
        while (found := _LOOSE.get(self._curr.token_type)) is not None and found[0] >= least:
            self._advance()
            right = self._parse_looser(self._parse_term(), found[0] + 1)
            this = self.expression(found[1](this=this, expression=right))
        return this

    def _parse_star_op(self, *keywords: str) -> list[exp.Expr] | None:
        return super()._parse_star_op(*[word for word in keywords if word != "EXCLUDE"])

    def _parse_string_as_identifier(self) -> exp.Identifier | None:
        doubly = self.sql[self._curr.start : self._curr.start + 1] == '"'
        return super()._parse_string_as_identifier() if doubly else None

    def _parse_group(self, *args: Any, **kwargs: Any) -> exp.Group | None:
        group = super()._parse_group(*args, **kwargs)
        if group is not None and group.args.get("all") is False:
            raise ParseFailed("GROUP BY DISTINCT is no part of MaxCompute's SQL", at(group))
        return group

    def _parse_types(self, *args: Any, **kwargs: Any) -> exp.Expr | None:
        return parser.Parser._parse_types(self, *args, **kwargs)

    def _parse_join(self, *args: Any, **kwargs: Any) -> exp.Join | None:
        comma = self._curr is not None and self._curr.token_type == TokenType.COMMA
        join = super()._parse_join(*args, **kwargs)
        if comma and join is not None:
            join.set("kind", None)  # sqlglot writes a comma as CROSS JOIN; only the written one is allowed freely
        return join


class MaxCompute(Hive):
    """The dialect: Hive's tokens with MaxCompute's parser."""

    class Tokenizer(Hive.Tokenizer):
        """Hive's tokens; no statement is an opaque command, and a comment ends where it first can."""

        NESTED_COMMENTS = False
        COMMANDS: ClassVar[set[TokenType]] = set()
        COMMAND_PREFIX_TOKENS: ClassVar[set[TokenType]] = set()
        HEX_STRINGS: ClassVar[list[str | tuple[str, str]]] = [("X'", "'"), ("x'", "'")]
        KEYWORDS = {  # noqa: RUF012
            **Hive.Tokenizer.KEYWORDS,
            "DATETIME": TokenType.DATETIME,
            "TIMESTAMP_NTZ": TokenType.TIMESTAMPNTZ,
        }

    Parser = MaxComputeParser


_DIALECT = MaxCompute()


def tokenize(text: str) -> list[Token]:
    """The tokens of a statement."""
    try:
        tokens = list(_DIALECT.tokenize(text))
    except TokenError as error:
        raise _unfinished(text, error) from None
    if "::" in text:  # the tokenizer makes one of 10L too
        for token in tokens:
            if token.token_type == TokenType.DCOLON and text[token.start : token.end + 1] == "::":
                raise ParseFailed("invalid token '::': use CAST", At(token.line, max(token.col - 1, 1)))
    if _DANGLING.search(text):  # in a string, perhaps
        for token, following in zip(tokens, (*tokens[1:], None), strict=True):
            if token.token_type == TokenType.COMMA and (following is None or following.token_type in _ENDING):
                raise ParseFailed("invalid token ',': something expected behind it", At(token.line, token.col))
    if "\\" in text:
        for token in tokens:
            if token.token_type == TokenType.STRING:
                _check_escapes(text[token.start : token.end + 1], token)
    return tokens


def _unfinished(text: str, error: TokenError) -> ParseFailed:
    """What does not end: a string, a quoted name or a comment."""
    for piece in pieces(text):
        written, what = piece.group(), _ENDS.get(piece.group()[0], "comment")
        ends = written.endswith("*/") if written.startswith("/*") else len(written) > 1 and written[-1] == written[0]
        if not written.startswith(("--", ";")) and not ends:
            return ParseFailed(f"the {what} that begins here does not end", _where(text, piece.start()))
    if (digits := _NO_HEX.search(text)) is not None:
        return ParseFailed(f"the digits of {digits.group()} are not hexadecimal ones", _where(text, digits.start()))
    return ParseFailed(_first_line(error))


def _where(text: str, index: int) -> At:
    before = text[:index]
    return At(before.count("\n") + 1, index - before.rfind("\n"))


def _check_escapes(written: str, token: Token) -> None:
    """An octal escape has three digits; ``\\01`` once meant ``\\001``, which the vendor's page "bad.escape" refuses."""
    for found in _ESCAPE.finditer(written):
        digits = found[1]
        if digits and (len(digits) < _OCTAL_DIGITS or (len(digits) > _OCTAL_DIGITS and digits.startswith("000"))):
            where = At(token.line, max(token.col - (token.end - token.start), 1))
            raise ParseFailed(f"unexpected escape sequence: {digits}", where)


def parse_query(text: str, tokens: list[Token] | None = None) -> exp.Expr:
    """The syntax tree of one query; ``tokens`` may be a part of a longer statement's."""
    return _parsed(tokens if tokens is not None else tokenize(text), text, None)


def parse_expression(text: str, tokens: list[Token]) -> exp.Expr:
    """The syntax tree of one scalar expression."""
    return _parsed(tokens, text, exp.Condition)


def _parsed(tokens: list[Token], text: str, into: type[exp.Expr] | None) -> exp.Expr:
    made = MaxComputeParser(dialect=_DIALECT)
    try:
        found = made.parse(tokens, text) if into is None else made.parse_into(into, tokens, text)
    except ParseError as error:
        raise _parse_failed(error) from None
    except RecursionError:
        raise ParseFailed("the expression is nested too deeply") from None
    if len(found) != 1 or found[0] is None:
        raise ParseFailed("one statement expected")
    check(found[0])
    return found[0]


def _parse_failed(error: ParseError) -> ParseFailed:
    detail = error.errors[0] if error.errors else {}
    near = detail.get("highlight") or ""
    described = _TOKEN.sub("", str(detail.get("description") or _first_line(error)))
    reason = _CLASS.sub("what stands here", described.rstrip("."))
    at = At(detail.get("line") or 0, max((detail.get("col") or 0) - max(len(near) - 1, 0), 0))
    return ParseFailed(f"invalid token {near!r}: {reason}" if near else reason, at)


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0] if str(error) else type(error).__name__


def data_type(node: exp.Expr) -> DataType:
    """The MaxCompute type a parsed type name stands for."""
    text = _type_text(node)
    try:
        return parse_type(text)
    except InvalidArgument as error:
        raise SemanticError(error.message, at(node)) from None


_TYPE_NAMES = {
    "TEXT": "string", "TINYINT": "tinyint", "SMALLINT": "smallint", "INT": "int", "BIGINT": "bigint",
    "TIMESTAMPNTZ": "timestamp_ntz", "NULL": "void",
}  # fmt: skip


@lru_cache(maxsize=256)
def _type_name(name: str) -> str:
    return _TYPE_NAMES.get(name, name.lower())


def _type_text(node: exp.Expr) -> str:
    if isinstance(node, exp.ColumnDef):
        return f"`{node.name}`:{_type_text(node.args['kind'])}"
    if isinstance(node, exp.DataTypeParam):
        return node.name
    if not isinstance(node, exp.DataType):
        return node.sql()
    name = _type_name(node.this.value if isinstance(node.this, exp.DType) else str(node.this))
    if not node.expressions:
        return name
    inner = ",".join(_type_text(child) for child in node.expressions)
    return f"{name}<{inner}>" if name in ("array", "map", "struct") else f"{name}({inner})"
