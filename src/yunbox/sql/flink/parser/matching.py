"""MATCH_RECOGNIZE: what stands between its parentheses.

Source: the page "Pattern Recognition" of Flink 2.x. Patterns that its planner refuses are refused here, in its words.
"""

from typing import Literal

from yunbox.sql.flink.errors import NotSensible, UnsupportedSql
from yunbox.sql.flink.parser.calls import CallParser
from yunbox.sql.flink.parser.tree import Item, MatchRecognize, Node, PatternPart

Skip = Literal["NEXT ROW", "PAST LAST ROW", "FIRST", "LAST"]
_GROUPS = "Expression not supported: Group patterns are not supported yet."
_BRANCHES = "Expression not supported: Currently, CEP doesn't support branching patterns."
_PERMUTED = "Expression not supported: Currently, CEP doesn't support PERMUTE patterns."
_EXCLUDED = "Expression not supported: Currently, CEP doesn't support '{-' '-}' patterns."


class MatchParser(CallParser):
    """Reads MATCH_RECOGNIZE behind a table."""

    def matched(self, source: Node, start: int) -> MatchRecognize:
        """From the word on to its last parenthesis."""
        self.expect_word("MATCH_RECOGNIZE")
        self.expect("(")
        partition = self.expressions() if self.word("PARTITION", "BY") else ()
        order = self.order_keys() if self.word("ORDER", "BY") else ()
        measures = self._measures() if self.word("MEASURES") else ()
        self._one_row()
        skip, skip_to = self._after()
        self.expect_word("PATTERN")
        pattern = self._pattern()
        within = self.expression() if self.word("WITHIN") else None
        if self.is_word("SUBSET"):
            raise UnsupportedSql("SUBSET of MATCH_RECOGNIZE", self.text, self.since(self.at))
        self.expect_word("DEFINE")
        defines = self._defines()
        self.expect(")")
        at = self.since(start)
        return MatchRecognize(source, partition, order, measures, pattern, defines, within, skip, skip_to, at=at)

    def _measures(self) -> tuple[Item, ...]:
        found = [self._measure()]
        while self.mark(","):
            found.append(self._measure())
        return tuple(found)

    def _measure(self) -> Item:
        start = self.at
        if self.is_word("RUNNING", "FINAL") and self.ahead().kind == "word" and self.take().upper == "RUNNING":
            raise NotSensible("Unsupported call: RUNNING")
        expression = self.expression()
        self.expect_word("AS")
        return Item(expression, self.column_name(), at=self.since(start))

    def _one_row(self) -> None:
        if self.word("ALL", "ROWS", "PER", "MATCH"):
            raise NotSensible("All rows per match mode is not supported yet.")
        self.word("ONE", "ROW", "PER", "MATCH")

    def _after(self) -> tuple[Skip, str]:
        if not self.word("AFTER", "MATCH"):
            return "NEXT ROW", ""
        self.expect_word("SKIP")
        if self.word("PAST"):
            self.expect_word("LAST", "ROW")
            return "PAST LAST ROW", ""
        self.expect_word("TO")
        if self.word("NEXT"):
            self.expect_word("ROW")
            return "NEXT ROW", ""
        which: Skip = "FIRST" if self.word("FIRST") else "LAST"
        if which == "LAST":
            self.word("LAST")
        return which, self.name()

    def _defines(self) -> tuple[Item, ...]:
        found = [self._define()]
        while self.mark(","):
            found.append(self._define())
        return tuple(found)

    def _define(self) -> Item:
        start = self.at
        name = self.name()
        self.expect_word("AS")
        return Item(self.expression(), name, at=self.since(start))

    # -- the pattern

    def _pattern(self) -> tuple[PatternPart, ...]:
        self.expect("(")
        found: list[PatternPart] = []
        while not self.is_mark(")"):
            found.append(self._part())
        if not found:
            self.fail()
        self.expect(")")
        return tuple(found)

    def _part(self) -> PatternPart:
        start = self.at
        for mark, reason in (("(", _GROUPS), ("|", _BRANCHES), ("{", _EXCLUDED)):
            if self.is_mark(mark):
                raise NotSensible(reason)
        if self.is_word("PERMUTE"):
            raise NotSensible(_PERMUTED)
        if self.is_mark("^", "$"):
            raise NotSensible(f"Expression not supported: '{self.token.text}' in a PATTERN.")
        variable = self.name()
        least, most = self._quantifier()
        is_reluctant = (least, most) != (1, 1) and self.mark("?")
        return PatternPart(variable, least, most, is_reluctant, at=self.since(start))

    def _quantifier(self) -> tuple[int, int | None]:
        for mark, counts in (("*", (0, None)), ("+", (1, None)), ("?", (0, 1))):
            if self.mark(mark):
                return counts
        if not self.is_mark("{") or self.ahead().text == "-":
            return 1, 1
        self.take()
        if self.token.kind != "integer":
            raise NotSensible("The from should be a positive number greater than 0.")
        least = self.whole()
        most: int | None = least
        if self.mark(","):
            most = self.whole() if self.token.kind == "integer" else None
        self.expect("}")
        return least, most
