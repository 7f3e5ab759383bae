"""Values of expressions, as far as the files tell them: texts, variables, locals, references and some functions.

The parser leaves expressions as texts, ``${...}``. What is more than these is UNKNOWN, and so is all that needs it.
"""

import json
import re
from collections.abc import Callable, Mapping
from ipaddress import ip_network
from typing import Any

from yunbox.cli.terraform_check.model import UNKNOWN, Module, Raw, Reference, is_known
from yunbox.cli.terraform_check.reading import is_note, parsed, unquoted
from yunbox.kernel.errors import InvalidArgument

_TRAVERSAL = re.compile(r"[A-Za-z_][\w-]*(?:\.[A-Za-z_][\w-]*|\[[^\[\]]+\])*")
_STEP = re.compile(r"\.([A-Za-z_][\w-]*)|\[([^\[\]]+)\]")
_CALL = re.compile(r"([a-z0-9_]+)\((.*)\)", re.DOTALL)
_HEREDOC = re.compile(r"<<(-?)([A-Za-z_]\w*)\n(.*?)\n?[ \t]*\2", re.DOTALL)
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\"}
_WORDS: dict[str, Any] = {"true": True, "false": False, "null": None}
_ELSEWHERE = frozenset(("data", "each", "count", "self", "module", "path", "terraform"))
_DEPTH_MAX = 64


class Values:
    """Evaluates what stands in one folder."""

    def __init__(self, module: Module) -> None:
        self._module = module
        self._depth = 0

    def of(self, raw: Raw) -> Any:
        """The value of something as the parser gives it."""
        if self._depth > _DEPTH_MAX:
            return UNKNOWN  # it goes round in a circle
        self._depth += 1
        try:
            return self._of(raw)
        finally:
            self._depth -= 1

    def _of(self, raw: Raw) -> Any:
        if isinstance(raw, dict):
            return self._object(raw)
        if isinstance(raw, list):
            return [self.of(one) for one in raw]
        if not isinstance(raw, str):
            return raw
        if raw.startswith("${") and raw.endswith("}") and _closing(raw, 2) == len(raw) - 1:
            return self._expression(raw[2:-1].strip())
        if len(raw) > 1 and raw[0] == raw[-1] == '"':
            return self._quoted(raw[1:-1])
        return self._expression(raw)

    def _object(self, raw: dict[str, Raw]) -> Any:
        found = {}
        for key, value in raw.items():
            if is_note(key):
                continue
            name = self._quoted(key[1:-1]) if key.startswith('"') else UNKNOWN if "${" in key else key
            if not isinstance(name, str):
                return UNKNOWN
            found[name] = self.of(value)
        return found

    # -- texts

    def _quoted(self, inner: str) -> Any:
        heredoc = _HEREDOC.fullmatch(inner)
        if heredoc is None:
            return self._template(inner, escapes=True)
        text = f"{heredoc[3]}\n" if heredoc[3] else ""
        return self._template(_outdented(text) if heredoc[1] else text, escapes=False)

    def _template(self, text: str, *, escapes: bool) -> Any:
        """A text with what is to be put into it."""
        parts, at = [], 0
        while at < len(text):
            two = text[at : at + 2]
            if text[at : at + 3] in ("$${", "%%{"):
                parts.append(text[at + 1 : at + 3])
                at += 3
            elif two == "${":
                end = _closing(text, at + 2)
                value = self._expression(text[at + 2 : end].strip()) if end > 0 else UNKNOWN
                if not isinstance(value, str | int | float):
                    return UNKNOWN
                parts.append(_shown(value))
                at = end + 1
            elif two == "%{":
                return UNKNOWN
            elif escapes and text[at] == "\\":
                letter, at = _escaped(text, at)
                parts.append(letter)
            else:
                parts.append(text[at])
                at += 1
        return "".join(parts)

    # -- expressions

    def _expression(self, text: str) -> Any:
        if text in _WORDS:
            return _WORDS[text]
        if len(text) > 1 and text[0] == text[-1] == '"':
            return self._quoted(text[1:-1]) if '"' not in text[1:-1].replace('\\"', "") else UNKNOWN
        if _TRAVERSAL.fullmatch(text):
            return self._traversal(text)
        call = _CALL.fullmatch(text)
        if call and _closing(text, len(call[1]) + 1, ")") == len(text) - 1:
            return self._call(call[1], call[2])
        if text[:1] in ("{", "["):
            return self._again(text)
        return UNKNOWN

    def _again(self, text: str) -> Any:
        """The value of an object or a list, which the parser reads when it stands alone."""
        try:
            raw = parsed(f"x = {text}\n", "")["x"]
        except (InvalidArgument, KeyError):
            return UNKNOWN
        return UNKNOWN if isinstance(raw, str) else self.of(raw)

    def _call(self, name: str, inside: str) -> Any:
        function = _FUNCTIONS.get(name)
        given = self._again(f"[{inside}]") if function else UNKNOWN
        if function is None or not isinstance(given, list) or not is_known(given):
            return UNKNOWN
        try:
            return function(*given)
        except (TypeError, ValueError, IndexError, ArithmeticError):
            return UNKNOWN

    def _traversal(self, text: str) -> Any:
        head = re.match(r"[A-Za-z_][\w-]*", text)
        first = head[0] if head else ""
        steps = [name or key for name, key in _STEP.findall(text[len(first) :])]
        if first in _ELSEWHERE or not steps:
            return UNKNOWN
        if first in ("var", "local"):
            where = self._module.variables if first == "var" else self._module.locals
            return self._walked(self.of(where[steps[0]]), steps[1:]) if steps[0] in where else UNKNOWN
        return self._of_resource(first, steps)

    def _of_resource(self, kind: str, steps: list[str]) -> Any:
        resource = self._module.resources.get((kind, steps[0]))
        rest = steps[1:]
        if rest and not re.fullmatch(r"[A-Za-z_][\w-]*", rest[0]):
            rest = rest[1:]  # which one of many it is; they are all written alike
        if resource is None or not rest:
            return UNKNOWN
        if rest[0] in resource.body.arguments:
            return self._walked(self.of(resource.body.arguments[rest[0]]), rest[1:])
        return Reference(kind, steps[0], rest[0]) if len(rest) == 1 else UNKNOWN

    def _walked(self, value: Any, steps: list[str]) -> Any:
        for step in steps:
            name = unquoted(step)
            if isinstance(value, Mapping):
                value = value.get(name, UNKNOWN)
            elif isinstance(value, list) and name.isdigit() and int(name) < len(value):
                value = value[int(name)]
            else:
                return UNKNOWN
        return value


def _closing(text: str, at: int, sign: str = "}") -> int:
    """Where a bracket that was opened before ``at`` is closed; -1 where it is not."""
    opening = {"}": "{", ")": "("}[sign]
    depth, quoted = 1, False
    while at < len(text):
        if quoted and text[at] == "\\":
            at += 1
        elif text[at] == '"':
            quoted = not quoted
        elif not quoted and text[at] in (opening, sign):
            depth += 1 if text[at] == opening else -1
            if not depth:
                return at
        at += 1
    return -1


def _escaped(text: str, at: int) -> tuple[str, int]:
    """The letter that a backslash and what is behind it stand for, and where the text goes on."""
    letter = text[at + 1 : at + 2]
    if letter in ("u", "U"):
        size = 4 if letter == "u" else 8
        digits = text[at + 2 : at + 2 + size]
        if re.fullmatch(f"[0-9A-Fa-f]{{{size}}}", digits) and int(digits, 16) < 0x110000:
            return chr(int(digits, 16)), at + 2 + size
    return _ESCAPES.get(letter, f"\\{letter}"), at + 2


def _outdented(text: str) -> str:
    """A text without the spaces that all its lines begin with."""
    lines = text.splitlines(keepends=True)
    least = min((len(line) - len(line.lstrip(" \t")) for line in lines if line.strip()), default=0)
    return "".join(line[least:] for line in lines)


def _shown(value: str | float) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _subnet(prefix: str, bits: int, number: int) -> str:
    network = ip_network(prefix, strict=False)
    longer = network.prefixlen + int(bits)
    if not network.prefixlen <= longer <= network.max_prefixlen or not 0 <= int(number) < 1 << int(bits):
        raise ValueError(prefix)
    step = 1 << (network.max_prefixlen - longer)
    return f"{network.network_address + int(number) * step}/{longer}"


def _joined(separator: str, *lists: list[str]) -> str:
    return separator.join(_shown(item) for one in lists for item in one)


_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "jsonencode": lambda value: json.dumps(value, separators=(",", ":"), ensure_ascii=False),
    "cidrsubnet": _subnet,
    "lower": lambda text: str.lower(text),
    "upper": lambda text: str.upper(text),
    "trimspace": lambda text: str.strip(text),
    "tostring": lambda value: _shown(value),
    "join": _joined,
    "concat": lambda *lists: [item for one in lists for item in list(one)],
    "merge": lambda *maps: {key: value for one in maps for key, value in dict(one).items()},
    "toset": lambda items: list(dict.fromkeys(items)),
    "tolist": list,
}
