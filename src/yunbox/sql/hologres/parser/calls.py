"""Calls of functions, with everything that may stand in and behind their parentheses, and windows."""

from typing import Any

from yunbox.sql.hologres.parser.expressions import ExpressionParser
from yunbox.sql.hologres.parser.tree import Bound, Call, Frame, Named, Node, SortKey, Window


class CallParser(ExpressionParser):
    """Reads calls."""

    def call(self, names: tuple[str, ...], at: int) -> Node:
        """From the parenthesis behind a function's name on."""
        said: dict[str, Any] = {"args": ()}
        self.expect("(")
        if self.is_operator("*") and self.ahead().text == ")":
            self.take()
            said["star"] = True
        elif not self.is_mark(")"):
            said["distinct"] = self.word("distinct")
            if not said["distinct"]:
                self.word("all")
            said |= self._arguments()
        self.expect(")")
        return Call(names, **said, **self._behind(), at=at)

    def _arguments(self) -> dict[str, Any]:
        args: list[Node] = []
        variadic = False
        while True:
            variadic = self.word("variadic")
            args.append(self._argument())
            if variadic or not self.mark(","):
                break
        return {"args": tuple(args), "variadic": variadic, "order": self.order_by()}

    def _argument(self) -> Node:
        after = self.ahead()
        if self.token.kind in ("word", "name") and after.text in (":=", "=>"):
            at = self.at
            name = self.label()
            self.take()
            return Named(name, self.expression(), at=at)
        return self.expression()

    def _behind(self) -> dict[str, Any]:
        said: dict[str, Any] = {}
        if self.word("within", "group"):
            self.expect("(")
            said["within"] = self.order_by()
            self.expect(")")
        if self.is_word("filter") and self.ahead().text == "(":
            self.take()
            self.expect("(")
            self.expect_word("where")
            said["filter"] = self.expression()
            self.expect(")")
        if self.is_word("over") and (self.ahead().text == "(" or self.ahead().kind in ("word", "name")):
            said["over"] = self._over()
        return said

    def _over(self) -> Window:
        at = self.take().start
        if not self.is_mark("("):
            return Window(base=self.name(), reference=True, at=at)
        return self.window("", at)

    def window(self, name: str, at: int) -> Window:
        """A window in parentheses."""
        self.expect("(")
        base = ""
        if self.is_name() and not self.is_word("partition", "range", "rows", "groups"):
            base = self.name()
        partition = self.expressions() if self.word("partition", "by") else ()
        order = self.order_by()
        frame = self._frame()
        self.expect(")")
        return Window(name, base, partition, order, frame, at=at)

    def _frame(self) -> Frame | None:
        at = self.at
        unit = self.one_of("rows", "range", "groups")
        if not unit:
            return None
        if self.word("between"):
            start = self._bound()
            self.expect_word("and")
            end = self._bound()
        else:
            start, end = self._bound(), Bound("current")
        exclude = ""
        if self.word("exclude"):
            exclude = next((one for one in ("current row", "group", "ties") if self.word(*one.split())), "")
            if not exclude:
                self.expect_word("no", "others")
        return Frame(unit, start, end, exclude, at=at)  # ty: ignore[invalid-argument-type] - the word is one of those

    def _bound(self) -> Bound:
        at = self.at
        if self.word("current", "row"):
            return Bound("current", at=at)
        offset = None if self.word("unbounded") else self.expression()
        side = self.one_of("preceding", "following")
        if not side:
            self.fail()
        return Bound(side, offset, at=at)  # ty: ignore[invalid-argument-type] - the word is one of those

    def order_by(self) -> tuple[SortKey, ...]:
        """ORDER BY, if it is next."""
        if not self.word("order", "by"):
            return ()
        keys = [self._sort_key()]
        while self.mark(","):
            keys.append(self._sort_key())
        return tuple(keys)

    def _sort_key(self) -> SortKey:
        at = self.at
        value = self.expression()
        using = ""
        if self.word("using"):
            using = self.take().text
        descending = self.one_of("asc", "desc") == "desc"
        nulls = None
        if self.word("nulls"):
            said = self.one_of("first", "last")
            if not said:
                self.fail()
            nulls = said == "first"
        return SortKey(value, descending, nulls, using, at=at)
