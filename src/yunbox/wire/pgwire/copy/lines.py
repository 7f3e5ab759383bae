"""Bytes that come in pieces as lines, in the formats text and CSV."""

import re
from collections.abc import Iterator

from yunbox.wire.pgwire.copy.options import Options
from yunbox.wire.pgwire.report import PgError, failure

LINE_BYTES_MAX = (1 << 30) - 1
_END = b"\\."


class Lines:
    """Lines, and how many line ends each has inside. What ends the first one ends all: ``\\n``, ``\\r`` or both.

    A line of ``\\.`` is the end of the data: what comes after it is passed over.
    """

    def __init__(self, options: Options) -> None:
        self._csv = options.format == "csv"
        self._parts: list[bytes] = []
        self._held = self._wanted = 0
        self._end = b""
        self._ended = False
        self.within = 0
        """The line ends that are quoted in a line whose own end is wrong."""
        if self._csv:
            mark, escape = re.escape(options.mark.encode()), re.escape(options.before_mark.encode())
            inside = rb"[^%b]" % mark if mark == escape else rb"(?:%b(?:.|\Z)|[^%b%b])" % (escape, mark, escape)
            self._token = re.compile(rb"%b%b*+(?:%b|\Z)|[\r\n]" % (mark, inside, mark), re.DOTALL)
            self._special = (options.mark.encode(), b"\r", b"\\.")
        else:
            self._token = re.compile(rb"\\(?:.|\Z)|[\r\n]", re.DOTALL)
            self._special = (b"\\", b"\r")

    def feed(self, data: bytes) -> Iterator[tuple[bytes, int]]:
        """The lines that became whole; one that is long is not looked at again before it has doubled."""
        if self._ended:
            return iter(())
        self._parts.append(data)
        self._held += len(data)
        if self._held > LINE_BYTES_MAX:
            raise failure("54000", "a line of COPY data is longer than 1 GB")
        return self._whole(last=False) if self._held >= self._wanted else iter(())

    @property
    def is_plain(self) -> bool:
        """Whether the next byte begins a line, which ``\\n`` may end."""
        return not self._held and not self._ended and self._end in (b"", b"\n")

    def passed(self) -> None:
        """Plain lines were taken otherwise."""
        self._end = b"\n"

    def finish(self) -> Iterator[tuple[bytes, int]]:
        """What is left."""
        yield from self._whole(last=True)
        rest = b"".join(self._parts)
        self._keep(b"")
        if rest and not self._ended:
            yield rest, self._inner(rest)

    def _keep(self, rest: bytes) -> None:
        self._parts, self._held, self._wanted = [rest], len(rest), 2 * len(rest)

    def _whole(self, *, last: bool) -> Iterator[tuple[bytes, int]]:
        held, start = b"".join(self._parts), 0
        if self._end in (b"", b"\n") and not any(special in held for special in self._special):
            *lines, rest = held.split(b"\n")
            self._end = b"\n" if lines else self._end
            self._keep(rest)
            yield from ((line, 0) for line in lines)
            return
        for found in self._token.finditer(held):
            at, part = found.start(), found[0]
            if (found.end() == len(held) and not last and part != b"\n") or self._ended:
                break  # what comes next may belong to it
            if part == _END and self._is_end(held, at):
                if start < at:
                    yield held[start:at], self._inner(held[start:at])
                return
            if part in (b"\r", b"\n") and at >= start:
                line, inner = held[start:at], self._inner(held[start:at])
                self.within = inner
                start = at + self._width(held, at)
                self.within = 0
                if self._csv and line == _END:
                    self._ended = True
                    return
                yield line, inner
        self._keep(held[start:])

    def _inner(self, line: bytes) -> int:
        """The line ends that are quoted; of two bytes the first counts, and before one is known."""
        return line.count(b"\n" if self._end == b"\n" else b"\r") if self._csv else 0

    def _is_end(self, held: bytes, at: int) -> bool:
        """Whether a ``\\.`` in text ends the data: it must end the line too. Raises PgError 22P04."""
        after = held[at + 2 : at + 4]
        if self._end == b"\r\n":
            if after[:1] == b"\n":
                raise _corrupt("does not match previous newline style")
            if after[:1] != b"\r":
                raise _corrupt("corrupt")
            after = after[1:]
        if after[:1] not in (b"\r", b"\n"):
            raise _corrupt("corrupt")
        if after[:1] != self._end[-1:] and self._end:
            raise _corrupt("does not match previous newline style")
        self._ended = True
        return True

    def _width(self, held: bytes, at: int) -> int:
        """How long the end of a line is. Raises PgError 22P04 when it is another than the first one's."""
        end = b"\r\n" if held[at : at + 2] == b"\r\n" and self._end != b"\r" else held[at : at + 1]
        if not self._end:
            self._end = end
        if end != self._end:
            kind = "unquoted" if self._csv else "literal"
            name = "newline" if end == b"\n" else "carriage return"
            letter = "\\n" if end == b"\n" else "\\r"
            hint = f"Use quoted CSV field to represent {name}." if self._csv else f'Use "{letter}" to represent {name}.'
            raise failure("22P04", f"{kind} {name} found in data", hint=hint)
        return len(end)


def _corrupt(how: str) -> PgError:
    return failure("22P04", f"end-of-copy marker {how}")
