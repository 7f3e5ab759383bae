"""The grammar of paths: what is a predicate may not stand where a value is wanted, nor the other way round."""

from collections.abc import Callable
from decimal import Decimal

from yunbox.wire.pgwire.report import PgError, failure
from yunbox.wire.pgwire.values.codec import Style
from yunbox.wire.pgwire.values.jsonpaths.tokens import KEYWORDS, Token, syntax_error, tokens
from yunbox.wire.pgwire.values.jsonpaths.tree import COMPARISONS, LEVEL_MAX, METHODS, PREDICATES, Node, Path
from yunbox.wire.pgwire.values.numbers import NUMERIC

_FLAGS = "ismxq"
_INT_MAX = (1 << 31) - 1
_SCALARS: dict[str, object] = {"null": None, "true": True, "false": False}
_KEYS = KEYWORDS | {"word", "string"}
_ADDED, _MULTIPLIED = ("+", "-"), ("*", "/", "%")


def parsed(text: str) -> Path:
    """The path of a text. Raises PgError 42601, 22P02."""
    return _Parser(text).path()


class _Parser:
    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = list(tokens(text))
        self.at = 0
        self.filters = 0
        self.subscripts = 0

    def path(self) -> Path:
        if not self._peek.kind:
            raise failure("22P02", f'invalid input syntax for type jsonpath: "{self.text}"')
        strict = self._taken("strict")
        if not strict:
            self._taken("lax")
        root = self._either()
        self._expect("")
        return Path(root, strict)

    # -- words

    @property
    def _peek(self) -> Token:
        return self.tokens[self.at]

    def _taken(self, *kinds: str) -> bool:
        found = self._peek.kind in kinds
        self.at += found
        return found

    def _expect(self, *kinds: str) -> Token:
        token = self._peek
        if token.kind not in kinds:
            raise self._wrong(token)
        self.at += 1
        return token

    def _wrong(self, token: Token) -> PgError:
        return syntax_error(self.text, token.at)

    # -- predicates

    def _either(self) -> Node:
        """A value or a predicate."""
        made = self._either_and()
        while self._peek.kind == "||":
            made = self._joined(made, self._either_and)
        return made

    def _either_and(self) -> Node:
        made = self._simple()
        while self._peek.kind == "&&":
            made = self._joined(made, self._simple)
        return made

    def _joined(self, left: Node, rest: Callable[[], Node]) -> Node:
        self._must(left, predicate=True)
        symbol = self._expect("&&", "||").kind
        return Node(symbol, args=(left, self._must(rest(), predicate=True)))

    def _must(self, node: Node, *, predicate: bool) -> Node:
        if _is_predicate(node) != predicate:
            raise self._wrong(self._peek)
        return node

    def _predicate(self) -> Node:
        return self._must(self._either(), predicate=True)

    def _value(self) -> Node:
        """A value, in whose place no predicate may stand."""
        return self._must(self._sum(), predicate=False)

    def _simple(self) -> Node:
        if self._taken("!"):
            return Node("!", args=(self._delimited(),))
        left = self._sum()
        kind = self._peek.kind
        if _is_predicate(left):
            return left
        if kind in COMPARISONS:
            self.at += 1
            return Node(kind, args=(left, self._value()))
        if self._taken("starts"):
            self._expect("with")
            token = self._expect("string", "variable")
            return Node("starts with", args=(left, Node("$name" if token.kind == "variable" else "scalar", token.text)))
        if self._taken("like_regex"):
            return self._regex(left)
        return left

    def _delimited(self) -> Node:
        if self._peek.kind == "exists":
            return self._exists()
        self._expect("(")
        made = self._predicate()
        self._expect(")")
        return made

    def _exists(self) -> Node:
        self._expect("exists")
        self._expect("(")
        made = self._value()
        self._expect(")")
        return Node("exists", args=(made,))

    def _regex(self, left: Node) -> Node:
        pattern, flags = self._expect("string").text, ""
        if self._taken("flag"):
            flags = self._expect("string").text
            for flag in flags:
                if flag not in _FLAGS:
                    detail = f'Unrecognized flag character "{flag}" in LIKE_REGEX predicate.'
                    raise failure("42601", "invalid input syntax for type jsonpath", detail)
        if "x" in flags and "q" not in flags:
            raise failure("0A000", 'XQuery "x" flag (expanded regular expressions) is not implemented')
        return Node("like_regex", (pattern, "".join(one for one in _FLAGS if one in flags)), (left,))

    # -- values

    def _sum(self) -> Node:
        made = self._product()
        while self._peek.kind in _ADDED and not _is_predicate(made):
            symbol = self._expect(*_ADDED).kind
            made = Node(symbol, args=(made, self._must(self._product(), predicate=False)))
        return made

    def _product(self) -> Node:
        made = self._signed()
        while self._peek.kind in _MULTIPLIED and not _is_predicate(made):
            symbol = self._expect(*_MULTIPLIED).kind
            made = Node(symbol, args=(made, self._must(self._signed(), predicate=False)))
        return made

    def _signed(self) -> Node:
        if self._peek.kind not in _ADDED:
            return self._primary()
        symbol = self._expect(*_ADDED).kind
        inner = self._must(self._signed(), predicate=False)
        if inner.kind == "scalar" and isinstance(inner.value, Decimal) and inner.next is None:
            return inner if symbol == "+" else Node("scalar", _negated(inner.value))
        return Node(f"{symbol}1", args=(inner,))

    def _primary(self) -> Node:
        token = self._peek
        if token.kind == "exists":
            return self._exists()
        self.at += 1
        if token.kind == "(":
            return self._parenthesised()
        return self._continued(self._first(token))

    def _first(self, token: Token) -> Node:
        if token.kind in _SCALARS:
            return Node("scalar", _SCALARS[token.kind])
        if token.kind == "string":
            return Node("scalar", token.text)
        if token.kind in ("int", "number"):
            return Node("scalar", NUMERIC.read(token.text, Style()))
        if token.kind == "variable":
            return Node("$name", token.text)
        if token.kind == "@" and not self.filters:
            raise failure("42601", "@ is not allowed in root expressions")
        if token.kind == "last" and not self.subscripts:
            raise failure("42601", "LAST is allowed only in array subscripts")
        if token.kind in ("$", "@", "last"):
            return Node(token.kind)
        raise self._wrong(token)

    def _parenthesised(self) -> Node:
        inner = self._either()
        self._expect(")")
        if _is_predicate(inner) and self._taken("is"):
            self._expect("unknown")
            return Node("is unknown", args=(inner,))
        return self._continued(inner)

    # -- steps

    def _continued(self, first: Node) -> Node:
        """A node with the steps that follow it."""
        last = first
        while last.next is not None:
            last = last.next
        while self._peek.kind in (".", "[", "?"):
            last.next = self._step()
            last = last.next
        return first

    def _step(self) -> Node:
        kind = self._expect(".", "[", "?").kind
        if kind == "?":
            self._expect("(")
            self.filters += 1
            made = self._predicate()
            self.filters -= 1
            self._expect(")")
            return Node("?", args=(made,))
        return self._subscript() if kind == "[" else self._member()

    def _subscript(self) -> Node:
        if self._taken("*"):
            self._expect("]")
            return Node("[*]")
        self.subscripts += 1
        parts = [self._range()]
        while self._taken(","):
            parts.append(self._range())
        self.subscripts -= 1
        self._expect("]")
        return Node("[]", tuple(parts))

    def _range(self) -> tuple[Node, Node | None]:
        low = self._value()
        return low, self._value() if self._taken("to") else None

    def _member(self) -> Node:
        if self._taken("*"):
            return Node(".*")
        if self._taken("**"):
            return Node(".**", self._levels() if self._taken("{") else (0, LEVEL_MAX))
        token = self._expect(*_KEYS)
        if token.kind not in (*METHODS, "datetime") or self._peek.kind != "(":
            return Node(".key", token.text)
        if token.kind == "datetime":
            return self._datetime()
        self._expect("(")
        self._expect(")")
        return Node(f".{token.kind}()")

    def _datetime(self) -> Node:
        self._expect("(")
        template = self._expect("string").text if self._peek.kind == "string" else None
        self._expect(")")
        return Node(".datetime()", template)

    def _levels(self) -> tuple[int, int]:
        low = self._level()
        high = self._level() if self._taken("to") else low
        self._expect("}")
        return low, high

    def _level(self) -> int:
        token = self._expect("int", "last")
        if token.kind == "last":
            return LEVEL_MAX
        if len(token.text) > len(str(_INT_MAX)) or int(token.text) > _INT_MAX:
            raise failure("22003", f'value "{token.text}" is out of range for type integer')
        return int(token.text)


def _is_predicate(node: Node) -> bool:
    return node.kind in PREDICATES and node.next is None


def _negated(value: Decimal) -> Decimal:
    return value.copy_negate() if value else value
