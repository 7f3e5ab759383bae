"""JSON values one after another, with whatever stands between them: OSS takes commas there, and DuckDB does not."""

import re
from collections.abc import Iterable, Iterator

from yunbox.kernel.errors import InvalidArgument

_SIGN = re.compile(rb'[{}\[\],"]')
_TOKEN = re.compile(
    rb"""("(?:[^"\\]|\\.)*")                                        # a string
    |(-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)(?=[^0-9eE.+-])  # a number, which ends here
    |(["]|[-0-9][0-9eE.+-]*\Z)                                  # one of them that goes on
    |[-0-9][0-9eE.+-]*|[^"0-9-]+                                # what is neither""",
    re.DOTALL | re.VERBOSE,
)
_TOKEN_BYTES_MAX = 64 * 1024 * 1024
_STRING_END = re.compile(rb'["\\]')


class Separated:
    """Puts a line end in the place of each comma between values; what is within values stays as it is."""

    def __init__(self) -> None:
        self.changed = False
        self._depth = 0
        self._in_string = False
        self._escaped = False

    def __call__(self, pieces: Iterable[bytes]) -> Iterator[bytes]:
        """The same bytes, but for those commas."""
        for piece in pieces:
            yield self._one(piece)

    def _one(self, piece: bytes) -> bytes:
        out, at = bytearray(piece), 0
        while at < len(piece):
            if self._escaped:
                self._escaped, at = False, at + 1
                continue
            found = (_STRING_END if self._in_string else _SIGN).search(piece, at)
            if found is None:
                break
            at = found.end()
            self._sign(found[0], out, at - 1)
        return bytes(out)

    def _sign(self, sign: bytes, out: bytearray, at: int) -> None:
        if sign == b'"':
            self._in_string = not self._in_string
        elif sign == b"\\":
            self._escaped = True
        elif sign in b"{[":
            self._depth += 1
        elif sign in b"}]":
            self._depth -= 1
        elif self._depth == 0:
            out[at] = 0x0A
            self.changed = True


def has_commas(sample: bytes) -> bool:
    """Whether commas stand between the values of a text that begins so."""
    reader = Separated()
    for _ in reader([sample]):
        pass
    return reader.changed


def numbers_marked(pieces: Iterable[bytes], mark: str) -> Iterator[bytes]:
    """JSON with each number as a text that begins with a mark: a number keeps no digits beyond a DOUBLE's.

    A text that goes on from piece to piece is not looked at again before it has doubled.
    """
    start = f'"\\u{ord(mark):04x}'.encode()
    held: list[bytes] = []
    size = wanted = 0
    for piece in pieces:
        held.append(piece)
        size += len(piece)
        if size < wanted:
            continue
        done, rest = _marked(b"".join(held), start)
        yield done
        held, size, wanted = [rest], len(rest), min(2 * len(rest), _TOKEN_BYTES_MAX + 1)
    done, rest = _marked(b"".join((*held, b"\n")), start)
    yield done
    yield rest


def _marked(text: bytes, start: bytes) -> tuple[bytes, bytes]:
    """What is whole of a text, with its numbers marked, and the rest. Raises InvalidArgument."""
    out, done = [], 0
    for found in _TOKEN.finditer(text):
        if found[3]:
            break
        out.append(start + found[2] + b'"' if found[2] else found[0])
        done = found.end()
    if len(text) - done > _TOKEN_BYTES_MAX:
        raise InvalidArgument("A value of the object is larger than 64 MB.", code="InvalidJsonData")
    return b"".join(out), text[done:]
