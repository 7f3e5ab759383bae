"""The columns that a fixed statement gives, and rows of them as they are sent.

A stored text is sent as it is, unless the session's settings have such values written in another way, or the client
wants them in binary.
"""

import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC

from yunbox.services.hologres.fixed.scope import NotFixed, Scope
from yunbox.services.hologres.session.ports import Column
from yunbox.services.hologres.session.rows import Listed
from yunbox.sql.hologres.parser import tree
from yunbox.storage.rows import rows
from yunbox.storage.rows.model import Column as Stored
from yunbox.storage.rows.model import Relation
from yunbox.storage.rows.rows import STANDARD, fields_of
from yunbox.wire.pgwire.backend import data_row
from yunbox.wire.pgwire.values.codec import Style
from yunbox.wire.pgwire.values.types import ELEMENTS, TYPES

_UTC = frozenset(("UTC", "Etc/UTC", "Universal", "Etc/Universal", "Zulu", "Etc/Zulu"))
_AS_STORED: dict[int, Callable[[Style], bool]] = {
    17: lambda style: not style.escapes,
    700: lambda style: style.float_digits > 0,
    701: lambda style: style.float_digits > 0,
    1082: lambda style: style.dates == "ISO",
    1114: lambda style: style.dates == "ISO",
    1184: lambda style: style.dates == "ISO" and (style.zone is UTC or getattr(style.zone, "key", "") in _UTC),
    1186: lambda style: style.intervals == STANDARD.intervals,
}
"""The types whose texts depend on settings, by OID, and whether these settings have them as they are stored."""
_HEAD = struct.Struct(">cIh")
Write = Callable[[bytes | None], bytes | None]
Render = Callable[[Sequence[bytes], Sequence[int], Style], bytes]


@dataclass(frozen=True, slots=True)
class Output:
    """Which columns of a table a statement gives, under which names."""

    relation: Relation
    stored: tuple[Stored, ...]
    columns: tuple[Column, ...]

    @property
    def is_whole(self) -> bool:
        """Whether a stored row is the answer, but for its head."""
        return self.stored == self.relation.columns

    def rendered(self, found: Sequence[bytes], formats: Sequence[int], style: Style) -> bytes:
        """Stored rows as DataRow messages, one after another."""
        return self._rendered(found, formats, style, plain=self._is_sent_as_stored(formats, style))

    def renderer(self) -> "Render":
        """What does the same for one session again and again, whose settings seldom change."""
        known: dict[tuple[int, ...], bool] = {}
        of: Style | None = None

        def render(found: Sequence[bytes], formats: Sequence[int], style: Style) -> bytes:
            nonlocal of, known
            if style is not of:
                of, known = style, {}
            asked = tuple(formats)
            plain = known.get(asked)
            if plain is None:
                plain = known[asked] = self._is_sent_as_stored(asked, style)
            return self._rendered(found, asked, style, plain=plain)

        return render

    def _is_sent_as_stored(self, formats: Sequence[int], style: Style) -> bool:
        return self.is_whole and _is_plain(self.stored, formats, style)

    def _rendered(self, found: Sequence[bytes], formats: Sequence[int], style: Style, *, plain: bool) -> bytes:
        if plain:
            return b"".join(
                [self._plain(row) if self._is_full(row) else self._made(row, formats, style) for row in found]
            )
        return b"".join([self._made(row, formats, style) for row in found])

    def _plain(self, row: bytes) -> bytes:
        return _HEAD.pack(b"D", 6 + len(row), len(self.stored)) + row

    def _made(self, row: bytes, formats: Sequence[int], style: Style) -> bytes:
        fields = fields_of(self.relation, row)
        pairs = zip(self.stored, formats, strict=True)
        return data_row(
            [written(column.type_oid, fields[column.number - 1], format, style) for column, format in pairs]
        )

    def _is_full(self, row: bytes) -> bool:
        """Whether a row has all columns: one that is older than a column has fewer."""
        return len(rows.split(row)) == len(self.stored) if self.relation.is_altered else True


def _is_plain(stored: Sequence[Stored], formats: Sequence[int], style: Style) -> bool:
    return not any(formats) and all(_is_stored(column.type_oid, style) for column in stored)


def _is_stored(oid: int, style: Style) -> bool:
    """Whether a type's texts are under some settings as they are stored."""
    element = ELEMENTS.get(oid)
    asked = _AS_STORED.get(element.oid if element is not None else oid)
    return asked is None or asked(style)


def written(oid: int, field: bytes | None, format: int, style: Style) -> bytes | None:
    """A stored text of some type as a client gets it."""
    if field is None:
        return None
    codec = TYPES[oid].codec
    if format:
        return codec.pack(codec.read(field.decode(), STANDARD))
    if _is_stored(oid, style):
        return field
    return codec.write(codec.read(field.decode(), STANDARD), style).encode()


def output_of(targets: Sequence[tree.Target], scope: Scope) -> Output:
    """What a list of columns gives. Raises NotFixed for anything but columns."""
    stored: list[Stored] = []
    columns: list[Column] = []
    for target in targets:
        if isinstance(target.value, tree.Star):
            if target.value.names not in ((), (scope.name,)) or target.name:
                raise NotFixed
            found = list(scope.relation.live)
            scope.read.update(one.number for one in found)
        else:
            found = [scope.column(target.value)]
        stored += found
        columns += [Column(target.name or one.name, one.type_oid, one.modifier) for one in found]
    return Output(scope.relation, tuple(stored), tuple(columns))


def listed_rows(output: Output | None, found: Sequence[bytes] = (), *, affected: int = 0) -> Listed[bytes]:
    """Rows that were found, to be taken; or none, of a statement that gives none."""
    return Listed(found, output.rendered if output is not None else _nothing, affected=affected)


def _nothing(rows: Sequence[bytes], formats: Sequence[int], style: Style) -> bytes:
    return b""
