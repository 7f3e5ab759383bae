"""What a statement may depend on besides its own text: who runs it, where, when and under which flags."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from yunbox.schema.tables import TableName
from yunbox.schema.types import DataType
from yunbox.sql.maxcompute.casts import Flags
from yunbox.sql.maxcompute.errors import ArgumentTypeWrong, At, SemanticError

_NEW_TYPES = frozenset(
    ("tinyint", "smallint", "int", "float", "varchar", "char", "date", "timestamp", "timestamp_ntz", "binary", "json")
)
_TRUE = ("true", "1", "yes", "on")


def _now() -> datetime:
    return datetime.now(UTC)


def check_keys(of: DataType, where: At) -> None:
    """Refuse a MAP whose keys are no primitive values, at any depth of a type."""
    if of.name == "map" and of.children[0].children:
        raise ArgumentTypeWrong(f"a key of a map cannot be of type {of.children[0].upper()}", where)
    for child in of.children:
        check_keys(child, where)


@dataclass(frozen=True)
class Session:
    """One statement's surroundings. ``now`` is fixed, so that getdate() is the same in every row."""

    project: str
    schema: str = "default"
    settings: Mapping[str, str] = field(default_factory=dict)
    user: str = ""
    timezone: str = "Asia/Shanghai"
    now: datetime = field(default_factory=_now)

    def flag(self, name: str, default: bool) -> bool:
        """A boolean setting; anything but a word for true is false."""
        value = self.settings.get(name)
        return default if value is None else str(value).strip().lower() in _TRUE

    @property
    def new_types(self) -> bool:
        """Whether the 2.0 type system is on: an integer literal is then INT, and TINYINT and friends exist."""
        return self.flag("odps.sql.type.system.odps2", True)

    @property
    def hive_compatible(self) -> bool:
        """Whether the Hive-compatible rules apply."""
        return self.flag("odps.sql.hive.compatible", False)

    def check_type(self, of: DataType, where: At) -> None:
        """Refuse a type that nobody has, and one of the 2.0 type system where the 1.0 types are chosen."""
        check_keys(of, where)
        if self.new_types or self.hive_compatible:
            return
        if of.name in _NEW_TYPES:
            told = (
                f"type {of.name.upper()} is not enabled in current mode, set odps.sql.type.system.odps2=true to use it"
            )
            raise SemanticError(told, where)
        for child in of.children:
            self.check_type(child, where)

    @property
    def lenient(self) -> bool:
        """Whether a project wants what the real service refuses, and which does no harm, to run all the same."""
        return self.flag("yunbox.sql.lenient", False)

    @property
    def allow_cartesian(self) -> bool:
        """Whether a join may lack an equality."""
        return self.flag("odps.sql.allow.cartesian", False)

    @property
    def order_needs_limit(self) -> bool:
        """Whether ORDER BY must come with LIMIT."""
        return self.flag("odps.sql.validate.orderby.limit", not self.lenient)

    @property
    def positions(self) -> bool:
        """Whether integers in GROUP BY and ORDER BY are positions of output columns."""
        return self.flag("odps.sql.groupby.orderby.position.alias", True)

    @property
    def group_positions(self) -> bool:
        """The same for GROUP BY alone."""
        return self.flag("odps.sql.groupby.position.alias", self.positions)

    @property
    def order_positions(self) -> bool:
        """The same for ORDER BY alone."""
        return self.flag("odps.sql.orderby.position.alias", self.positions)

    @property
    def needs_casts(self) -> bool:
        """Whether columns change their type by CAST only, as in the 2.0 type system."""
        return self.new_types and not self.hive_compatible and not self.lenient

    @property
    def conversions(self) -> Flags:
        """What becomes of a text that is no number, of a DECIMAL's zeros, and of a DATE that has a time."""
        return Flags(
            strict=self.flag("odps.function.strictmode", False) or self.flag("odps.sql.udf.strict.mode", False),
            trims=self.flag("odps.sql.decimal.tostring.trimzero", True),
            full_dates=self.flag("odps.sql.executionengine.enable.string.to.date.full.format", False),
        )

    @property
    def three_tier(self) -> bool:
        """Whether ``a.b`` means schema.table instead of project.table."""
        return self.flag("odps.namespace.schema", False) or self.flag("odps.sql.allow.namespace.schema", False)

    def table_name(self, parts: tuple[str, ...]) -> TableName:
        """The full name that one to three written parts stand for, in lower case."""
        parts = tuple(part.lower() for part in parts)
        if len(parts) == 3:
            return TableName(*parts)
        if len(parts) == 1:
            return TableName(self.project, self.schema, parts[0])
        if self.three_tier:
            return TableName(self.project, *parts)
        return TableName(parts[0], "default", parts[1])
