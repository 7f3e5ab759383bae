"""PostgreSQL's regular expressions, brought into Python's: existence of a match is the same, the longest one is found.

Source: the PostgreSQL documentation, "POSIX Regular Expressions". Where which part a group matched depends on more than
this knows (alternatives within groups, greedy beside non-greedy), the expression is refused by name.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import islice

from yunbox.sql.hologres.natives.matching import Pattern
from yunbox.sql.hologres.natives.native import Native, lax, native
from yunbox.sql.hologres.natives.stopping import LARGE, check, stoppable
from yunbox.wire.pgwire.report import PgError, failure

_CLASSES = {
    "alpha": "a-zA-Z", "digit": "0-9", "alnum": "a-zA-Z0-9", "upper": "A-Z", "lower": "a-z", "space": r" \t\n\r\f\v",
    "blank": r" \t", "punct": r"!-/:-@\[-`{-~", "print": " -~", "graph": "!-~", "cntrl": r"\x00-\x1f\x7f",
    "xdigit": "0-9A-Fa-f", "word": "a-zA-Z0-9_", "ascii": r"\x00-\x7f",
}  # fmt: skip
_WORD = "[a-zA-Z0-9_]"
_ESCAPES = {
    "d": "[0-9]", "D": "[^0-9]", "w": _WORD, "W": "[^a-zA-Z0-9_]", "s": r"[ \t\n\r\f\v]", "S": r"[^ \t\n\r\f\v]",
    "m": f"(?<!{_WORD})(?={_WORD})", "M": f"(?<={_WORD})(?!{_WORD})", "y": r"\b", "Y": r"\B", "A": r"\A", "Z": r"\Z",
    "a": r"\x07", "b": r"\x08", "B": r"\\", "e": r"\x1b", "f": r"\f", "n": r"\n", "r": r"\r", "t": r"\t", "v": r"\v",
}  # fmt: skip
_IN_BRACKETS = {"d": "0-9", "w": "a-zA-Z0-9_", "s": r" \t\n\r\f\v"}
_BOUND = re.compile(r"\{(\d+)(,(\d*))?\}")
_CONSTRAINT = re.compile(r"\^|\$|\\[mMyYAZ]|\(\?<?[=!]|\[\[:[<>]:\]\]")
"""What matches no letters, and so is not repeated."""
_REPEAT_MAX = 255
_FLAGS = "bceimnpqstwx"


def _invalid(what: str) -> PgError:
    return failure("2201B", f"invalid regular expression: {what}")


@dataclass
class _Reader:
    text: str
    newline: bool = False
    lines: bool = False
    folded: bool = False
    expanded: bool = False
    at: int = 0
    groups: int = 0
    greedy: bool = False
    lazy: bool = False
    anchored: bool = False
    choice: bool = False
    choice_in_group: bool = False
    choices: int = 0
    quantifiers: int = 0
    nested: bool = False
    repeated: list[str] = field(default_factory=list)

    def read(self) -> str:
        made = "".join(self._branch(0))
        if self.at < len(self.text):
            raise _invalid("parentheses () not balanced")
        return made

    def _branch(self, capturing: int) -> Iterator[str]:
        before = ""
        while self.at < len(self.text):
            letter = self.text[self.at]
            if letter == ")":
                break
            if letter == "|":
                self.choice = True
                self.choices += 1
                self.choice_in_group = self.choice_in_group or bool(capturing)
                self.at += 1
                before = ""
                yield "|"
                continue
            if self.expanded and letter in " \t\n\r\f\v#":
                self._skip(letter)
                continue
            bound, groups = _CONSTRAINT.match(self.text, self.at), self.groups
            inner = self.quantifiers + self.choices
            atom = self._atom(letter, capturing)
            quantifier = self._quantifier()
            if quantifier:
                self.nested = self.nested or self.quantifiers + self.choices > inner
                self.quantifiers += 1
            if quantifier and bound:
                raise _invalid("quantifier operand invalid")
            if quantifier and quantifier[0] != "?" and self.groups > groups:
                self.repeated.append(atom)
            before = atom
            yield (
                f"(?:{atom})" + quantifier
                if quantifier and len(atom) > 2 and atom[0] not in "(["
                else atom + quantifier
            )
        del before

    def _skip(self, letter: str) -> None:
        end = self.text.find("\n", self.at) if letter == "#" else self.at
        self.at = end + 1 if end >= 0 else len(self.text)

    def _atom(self, letter: str, capturing: int) -> str:
        if letter == "(":
            return self._group(capturing)
        if letter == "[":
            return self._bracket()
        if letter == "\\":
            return self._escape()
        self.at += 1
        if letter == ".":
            return r"[^\n]" if self.newline else r"(?s:.)"
        if letter == "^":
            self.anchored = True
            return "(?m:^)" if self.lines else r"\A"
        if letter == "$":
            self.anchored = True
            return r"(?=\n|\Z)" if self.lines else r"\Z"
        if letter in "*+?":
            raise _invalid("quantifier operand invalid")
        if letter == "{" and self.text[self.at : self.at + 1].isdigit():
            raise _invalid("quantifier operand invalid")
        return re.escape(letter)

    def _group(self, capturing: int) -> str:
        for begin in ("(?:", "(?=", "(?!", "(?<=", "(?<!"):
            if self.text.startswith(begin, self.at):
                self.at += len(begin)
                self.anchored = self.anchored or begin != "(?:"
                inner = "".join(self._branch(capturing))
                self._close()
                return f"{begin}{inner})"
        if self.text.startswith("(?", self.at):
            raise _invalid("quantifier operand invalid")
        self.at += 1
        self.groups += 1
        inner = "".join(self._branch(capturing + 1))
        self._close()
        return f"({inner})"

    def _close(self) -> None:
        if self.text[self.at : self.at + 1] != ")":
            raise _invalid("parentheses () not balanced")
        self.at += 1

    def _quantifier(self) -> str:
        letter = self.text[self.at : self.at + 1]
        if letter and letter in "*+?":
            self.at += 1
            made = letter
        elif letter == "{" and self.text[self.at + 1 : self.at + 2].isdigit():
            found = _BOUND.match(self.text, self.at)
            if found is None:
                raise _invalid("invalid repetition count(s)")
            least, most = int(found[1]), int(found[3]) if found[3] else None
            if least > _REPEAT_MAX or (most is not None and (most > _REPEAT_MAX or most < least)):
                raise _invalid("invalid repetition count(s)")
            self.at = found.end()
            made = found[0]
        else:
            return ""
        return made + self._laziness()

    def _laziness(self) -> str:
        lazy = self.text[self.at : self.at + 1] == "?"
        self.at += lazy
        self.lazy, self.greedy = self.lazy or lazy, self.greedy or not lazy
        after = self.text[self.at : self.at + 1]
        if (after and after in "*+?") or (after == "{" and self.text[self.at + 1 : self.at + 2].isdigit()):
            raise _invalid("quantifier operand invalid")
        return "?" if lazy else ""

    def _escape(self) -> str:
        self.at += 1
        if self.at >= len(self.text):
            raise _invalid("invalid escape \\ sequence")
        letter = self.text[self.at]
        self.at += 1
        if letter in _ESCAPES:
            self.anchored = self.anchored or letter in "mMyYAZ"
            return _ESCAPES[letter]
        if letter.isdigit() and letter != "0":
            return self._back(letter)
        code = self._code(letter)
        if code is not None:
            return re.escape(chr(code))
        if letter.isalnum():
            raise _invalid("invalid escape \\ sequence")
        return re.escape(letter)

    def _back(self, letter: str) -> str:
        if int(letter) > self.groups:
            raise _invalid("invalid backreference number")
        return f"(?:\\{letter})"

    def _code(self, letter: str) -> int | None:
        size = {"u": 4, "U": 8}.get(letter)
        digits = re.compile(rf"[0-9A-Fa-f]{{{size}}}" if size else r"[0-9A-Fa-f]+" if letter == "x" else r"$^")
        if letter == "0":
            return 0
        found = digits.match(self.text, self.at)
        if found is None:
            return None
        self.at = found.end()
        return min(int(found[0], 16), 0x10FFFF)

    def _bracket(self) -> str:
        for word, made in (("[[:<:]]", _ESCAPES["m"]), ("[[:>:]]", _ESCAPES["M"])):
            if self.text.startswith(word, self.at):
                self.at += len(word)
                self.anchored = True
                return made
        self.at += 1
        negated = self.text.startswith("^", self.at)
        self.at += negated
        parts, first = [], True
        while first or not self.text.startswith("]", self.at):
            if self.at >= len(self.text):
                raise _invalid("brackets [] not balanced")
            parts.append(self._bracketed())
            first = False
        self.at += 1
        inner = "".join(parts)
        if negated:
            return f"[^{inner}{chr(92) + 'n' if self.newline else ''}]"
        return f"[{inner}]"

    def _bracketed(self) -> str:
        text = self.text
        if text.startswith("[:", self.at):
            end = text.find(":]", self.at)
            name = text[self.at + 2 : end] if end > 0 else ""
            if name not in _CLASSES:
                raise _invalid("invalid character class")
            self.at = end + 2
            return _CLASSES[name]
        if text.startswith(("[.", "[="), self.at):
            end = text.find(text[self.at + 1] + "]", self.at + 2)
            if end != self.at + 3:
                raise _invalid("invalid collating element")
            letter = text[self.at + 2]
            self.at = end + 2
            return re.escape(letter)
        low = self._bracket_letter()
        if len(low) == 1 and text.startswith("-", self.at) and not text.startswith("-]", self.at):
            self.at += 1
            high = self._bracket_letter()
            if len(high) > 1 or high < low:
                raise _invalid("invalid character range")
            return f"{_in_set(low)}-{_in_set(high)}"
        return low if len(low) > 1 else _in_set(low)

    def _bracket_letter(self) -> str:
        letter = self.text[self.at : self.at + 1]
        if not letter:
            raise _invalid("brackets [] not balanced")
        self.at += 1
        if letter != "\\":
            return letter
        escaped = self.text[self.at : self.at + 1]
        self.at += 1
        if escaped in _IN_BRACKETS and escaped:
            return _IN_BRACKETS[escaped]
        plain = {"n": "\n", "t": "\t", "r": "\r", "f": "\f", "v": "\v", "b": "\b", "e": "\x1b", "a": "\a"}
        if escaped in plain:
            return plain[escaped]
        code = self._code(escaped) if escaped and escaped in "xuU0" else None
        if code is not None:
            return chr(code)
        if not escaped or escaped.isalnum():
            raise _invalid("invalid escape \\ sequence")
        return escaped


def _in_set(letter: str) -> str:
    return re.escape(letter) if not letter.isalnum() else letter


@lru_cache(512)
def pattern(text: str, flags: str) -> Pattern:
    """An expression with its flags. Raises PgError 2201B or 22023."""
    for flag in flags:
        if flag not in _FLAGS:
            raise failure("22023", f'invalid regular expression option: "{flag}"')
    text, flags = _embedded(text, flags)
    if "q" in flags:
        return _compiled(re.escape(text), _Reader(text), "i" in flags)
    if "b" in flags or "e" in flags[-1:]:
        raise failure("0A000", "basic and extended regular expressions are not supported")
    both = "n" in flags or "m" in flags
    reader = _Reader(text, both or "p" in flags, both or "w" in flags, "i" in flags, "x" in flags)
    return _compiled(reader.read(), reader, "i" in flags)


def _embedded(text: str, flags: str) -> tuple[str, str]:
    if text.startswith("***="):
        return text[4:], flags + "q"
    text = text.removeprefix("***:")
    found = re.match(r"\(\?([a-z]+)\)", text)
    if found is None:
        return text, flags
    for flag in found[1]:
        if flag not in _FLAGS:
            raise _invalid("invalid embedded option")
        flags = flags.replace("i", "") if flag == "c" else flags + flag
    return text[found.end() :], flags


def _may_be_empty(atom: str) -> bool:
    try:
        return re.compile(atom, re.ASCII).fullmatch("") is not None
    except re.error:  # it refers to a group that stands before it
        return True


def _compiled(made: str, reader: _Reader, folded: bool) -> Pattern:
    try:
        compiled = re.compile(made, re.ASCII | (re.IGNORECASE if folded else 0))
    except (re.error, OverflowError) as found:
        raise _invalid(str(found)) from None
    unsure = ""
    if reader.lazy and (reader.greedy or reader.choice):
        unsure = "greedy and non-greedy quantifiers together"
    elif reader.choice_in_group:
        unsure = "alternatives within a group"
    elif any(_may_be_empty(atom) for atom in reader.repeated):
        unsure = "a repeated group that may be empty"
    return Pattern(
        compiled, reader.groups, unsure, reader.lazy, reader.anchored, reader.quantifiers, reader.nested, reader.choice
    )


def _search(of: Pattern, text: str, start: int) -> re.Match[str] | None:
    """The first match, and of those that begin there the longest."""
    if of.lazy and of.unsure:
        raise failure("0A000", f"a regular expression with {of.unsure} is not supported")
    found = of.search(text, start)
    if found is None or of.lazy or of.is_longest:
        return found
    longest = None
    for end in range(len(text), found.end(), -1):
        longest = of.fullmatch(text, found.start(), end)
        if longest is not None:
            break
    if longest is None:
        return found
    if of.anchored or of.groups:
        raise failure("0A000", "a regular expression whose longest match is not its first is not supported")
    return longest


def _grouped(of: Pattern) -> None:
    if of.groups and of.unsure:
        raise failure("0A000", f"a regular expression with {of.unsure} is not supported")


def _all(of: Pattern, text: str, start: int = 0) -> Iterator[re.Match[str]]:
    while start <= len(text) and (found := _search(of, text, start)) is not None:
        yield found
        start = found.end() + (found.end() == found.start())


def _matches(text: str, regex: str, flags: str, statement: int | None) -> bool:
    of = pattern(regex, flags)
    if not of.is_short(text):
        check(statement, LARGE)
    return of.search(text) is not None


def _split_flags(flags: str) -> tuple[str, bool]:
    return flags.replace("g", ""), "g" in flags


def _match(text: str, regex: str, flags: str) -> list[str | None] | None:
    rest, every = _split_flags(flags)
    if every:
        hint = "Use the regexp_matches function instead."
        raise failure("22023", 'regexp_match() does not support the "global" option', hint=hint)
    of = pattern(regex, rest)
    _grouped(of)
    found = _search(of, text, 0)
    return None if found is None else _parts(of, found)


def _parts(of: Pattern, found: re.Match[str]) -> list[str | None]:
    return list(found.groups()) if of.groups else [found[0]]


def _every_match(text: str, regex: str, flags: str) -> list[list[str | None]]:
    rest, every = _split_flags(flags)
    of = pattern(regex, rest)
    _grouped(of)
    found = _all(of, text) if every else filter(None, [_search(of, text, 0)])
    return [_parts(of, one) for one in found]


def _replaced(text: str, regex: str, target: str, flags: str) -> str:
    if re.match(r"[0-9]", flags):
        raise failure("22023", f'invalid regular expression option: "{flags[0]}"')
    rest, every = _split_flags(flags)
    of = pattern(regex, rest)
    if re.search(r"\\[1-9]", target):
        _grouped(of)
    parts, last = [], 0
    for found in _all(of, text):
        parts += [text[last : found.start()], _filled(target, found)]
        last = found.end()
        if not every:
            break
    return "".join(parts) + text[last:]


def _filled(target: str, found: re.Match[str]) -> str:
    def put(one: re.Match[str]) -> str:
        letter = one[1]
        if letter == "&":
            return found[0]
        if letter.isdigit() and letter != "0":
            return (found[int(letter)] or "") if int(letter) <= (found.re.groups or 0) else ""
        return "\\" if letter == "\\" else one[0]

    return re.sub(r"\\(.)", put, target, flags=re.DOTALL)


def _split(text: str, regex: str, flags: str) -> list[str]:
    rest, every = _split_flags(flags)
    if every:
        raise failure("22023", 'regexp_split_to_array() does not support the "global" option')
    of = pattern(regex, rest)
    parts, last = [], 0
    for found in _all(of, text):
        if found.end() == found.start() and (found.start() == last or found.start() >= len(text)):
            continue
        parts.append(text[last : found.start()])
        last = found.end()
    return [*parts, text[last:]]


def _substring(text: str, regex: str) -> str | None:
    of = pattern(regex, "")
    if of.groups:
        _grouped(of)
    found = _search(of, text, 0)
    if found is None:
        return None
    return found[1] if of.groups else found[0]


def _similar(text: str, escape: str | None) -> str:
    """A pattern of SIMILAR TO as a regular expression."""
    mark = "\\" if escape is None else escape
    if len(mark) > 1:
        hint = "Escape string must be empty or one character."
        raise failure("22025", "invalid escape string", "", hint)
    parts, at, inside = ["^(?:"], 0, False
    while at < len(text):
        letter = text[at]
        if mark and letter == mark:
            at += 1
            if at < len(text) and text[at] == '"':
                raise failure("0A000", "separators in a pattern of SIMILAR TO are not supported")
            parts.append("\\" + text[at] if at < len(text) else "")
        elif inside:
            parts.append("\\\\" if letter == "\\" else letter)
            inside = letter != "]"
        elif letter == "[":
            inside = True
            parts.append(letter)
        else:
            parts.append({"%": ".*", "_": ".", "(": "(?:", "\\": "\\\\", ".": "\\.", "^": "\\^", "$": "\\$"}
                         .get(letter, letter))  # fmt: skip
        at += 1
    return "".join(parts) + ")$"


def _count(text: str, regex: str, start: int, flags: str) -> int:
    if start < 1:
        raise failure("22023", f'invalid value for parameter "start": {start}')
    return sum(1 for _ in _all(pattern(regex, flags), text, start - 1))


def _asked(name: str, value: int, least: int = 1, most: int | None = None) -> None:
    if value < least or (most is not None and value > most):
        raise failure("22023", f'invalid value for parameter "{name}": {value}')


def _nth(text: str, regex: str, start: int, place: int, flags: str, part: int) -> tuple[int, int] | None:
    """Where the so manieth match, or a part of it, begins and ends."""
    _asked("start", start)
    _asked("n", place)
    _asked("subexpr", part, 0)
    of = pattern(regex, flags)
    if part > of.groups:
        return None
    if part:
        _grouped(of)
    found = next(islice(_all(of, text, start - 1), place - 1, None), None)
    return None if found is None or found.start(part) < 0 else found.span(part)


def _nth_part(text: str, regex: str, start: int, place: int, flags: str, part: int) -> str | None:
    _no_global("regexp_substr", flags)
    found = _nth(text, regex, start, place, flags, part)
    return None if found is None else text[found[0] : found[1]]


def _nth_place(text: str, regex: str, start: int, place: int, end: int, flags: str, part: int) -> int:
    _asked("start", start)
    _asked("n", place)
    _asked("endoption", end, 0, 1)
    _no_global("regexp_instr", flags)
    found = _nth(text, regex, start, place, flags, part)
    return 0 if found is None else found[end] + 1


def _no_global(name: str, flags: str) -> None:
    if "g" in flags:
        raise failure("22023", f'{name}() does not support the "global" option')


def _replaced_from(text: str, regex: str, target: str, start: int, place: int, flags: str) -> str:
    """The so manieth match from a letter on, or every one where that is 0."""
    _asked("start", start)
    _asked("n", place, 0)
    of = pattern(regex, flags.replace("g", ""))
    if re.search(r"\\[1-9]", target):
        _grouped(of)
    parts, last = [], 0
    for number, found in enumerate(_all(of, text, start - 1), 1):
        if place in (0, number):
            parts += [text[last : found.start()], _filled(target, found)]
            last = found.end()
    return "".join(parts) + text[last:]


_THREE = "VARCHAR; VARCHAR; VARCHAR"
NATIVES: tuple[Native, ...] = (
    stoppable("hg_regex", _matches, _THREE, "BOOLEAN"),
    native("hg_regex_match", _match, _THREE, "VARCHAR[]"),
    native("hg_regex_matches", _every_match, _THREE, "VARCHAR[][]"),
    native("hg_regex_replace", _replaced, "VARCHAR; VARCHAR; VARCHAR; VARCHAR", "VARCHAR"),
    native("hg_regex_split", _split, _THREE, "VARCHAR[]"),
    native("hg_regex_substring", _substring, "VARCHAR; VARCHAR", "VARCHAR"),
    lax("hg_similar", lambda text, escape: None if text is None else _similar(text, escape),
        "VARCHAR; VARCHAR", "VARCHAR"),
    native("hg_regex_substr", _nth_part, "VARCHAR; VARCHAR; INTEGER; INTEGER; VARCHAR; INTEGER", "VARCHAR"),
    native("hg_regex_instr", _nth_place, "VARCHAR; VARCHAR; INTEGER; INTEGER; INTEGER; VARCHAR; INTEGER", "INTEGER"),
    native("hg_regex_replace_from", _replaced_from, "VARCHAR; VARCHAR; VARCHAR; INTEGER; INTEGER; VARCHAR",
           "VARCHAR"),
    native("hg_regex_count", _count, "VARCHAR; VARCHAR; INTEGER; VARCHAR", "INTEGER"),
)  # fmt: skip
"""Functions of regular expressions."""
