"""SECURITY LABEL FOR hg_anon: by which columns are masked, and for whom.

Sources: the vendor's page "Data masking"; the PostgreSQL documentation, "SECURITY LABEL".
"""

from dataclasses import dataclass

import msgspec

from yunbox.services.hologres.definitions.base import Definition, Name, Scene, no_column
from yunbox.services.hologres.definitions.names import column_of
from yunbox.services.hologres.definitions.role_names import RoleName, role_name
from yunbox.services.hologres.statements.cursor import Cursor
from yunbox.storage.rows import catalogue
from yunbox.storage.rows.catalogue import Catalogue
from yunbox.storage.rows.masks import EXTENSION, LABELS, read_rules
from yunbox.storage.rows.model import PARTITIONED, TABLE
from yunbox.storage.rows.view import Change
from yunbox.wire.pgwire.report import failure
from yunbox.wire.pgwire.values.modifiers import format_type

_TEXTS = (25, 1043)
_TAG = "SECURITY LABEL"


@dataclass(frozen=True, slots=True)
class LabelColumn:
    """SECURITY LABEL ... ON COLUMN; without a label the column is masked no more."""

    name: Name
    column: str
    label: str
    tag: str = _TAG

    def apply(self, change: Change, known: Catalogue, scene: Scene) -> None:
        """Set it. Raises PgError 22023, 42P01, 42703, 42501, 0A000."""
        _check_provided(known)
        relation = scene.need(known, self.name)
        scene.check_owns(relation)
        if relation.kind not in (TABLE, PARTITIONED) or relation.parent:
            hint = "Those of a partition are its table's."
            raise failure("0A000", f'a security label on a column of "{relation.name}" is not supported', hint=hint)
        column = relation.by_name.get(self.column)
        if column is None:
            raise no_column(self.column, relation.name)
        if self.label and column.type_oid not in _TEXTS:
            told = f"a security label on a column of type {format_type(column.type_oid, column.modifier)}"
            raise failure("0A000", f"{told} is not supported", hint="Columns of text and varchar are masked.")
        if self.label and self.label not in LABELS:
            raise failure("0A000", f'security label "{self.label}" is not supported', hint=_offered())
        columns = [msgspec.structs.replace(one, label=self.label) if one.number == column.number else one
                   for one in relation.columns]  # fmt: skip
        catalogue.replace(change, relation, msgspec.structs.replace(relation, columns=tuple(columns)))


@dataclass(frozen=True, slots=True)
class LabelRole:
    """SECURITY LABEL ... ON ROLE; without rules the role sees all masks."""

    name: RoleName
    rules: str
    tag: str = _TAG

    def apply(self, change: Change, known: Catalogue, scene: Scene) -> None:
        """Set them. Raises PgError 22023, 42704, 42501."""
        _check_provided(known)
        role = self.name.role(known, scene)
        if not scene.rights.is_superuser:
            raise failure("42501", "must be superuser to set a security label on a role")
        try:
            read_rules(self.rules)
        except ValueError as error:
            raise failure("22023", f'invalid security label rule "{error}"', hint=_offered()) from None
        catalogue.put_role(change, msgspec.structs.replace(role, label=self.rules))


def _offered() -> str:
    return f"Labels are {', '.join(LABELS)}; rules are LABEL:masked, LABEL:unmasked, all:masked and all:unmasked."


def _check_provided(known: Catalogue) -> None:
    if EXTENSION not in known.extensions:
        hint = f"It comes with an extension: CREATE EXTENSION {EXTENSION};"
        raise failure("22023", f'security label provider "{EXTENSION}" is not loaded', hint=hint)


def read_label(cursor: Cursor) -> Definition:
    """Behind SECURITY LABEL. Raises PgError 42601, 22023, 0A000."""
    if not cursor.take("for"):
        raise failure("22023", "must specify provider when multiple security label providers have been loaded")
    provider = cursor.string() if cursor.token.sort == "text" else cursor.name()
    if provider != EXTENSION:
        raise failure("22023", f'security label provider "{provider}" is not loaded')
    cursor.need("on")
    what = cursor.one_of("column", "role")
    if not what:
        raise failure("0A000", f"SECURITY LABEL ... ON {cursor.token.text.upper()} is not supported")
    if what == "role":
        role = role_name(cursor)
        cursor.need("is")
        return cursor.end(LabelRole(role, _label(cursor)))
    name, column = column_of(cursor)
    cursor.need("is")
    return cursor.end(LabelColumn(name, column, _label(cursor).strip().lower()))


def _label(cursor: Cursor) -> str:
    return "" if cursor.take("null") else cursor.string()
