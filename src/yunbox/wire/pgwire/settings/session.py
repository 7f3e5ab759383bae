"""The settings of one session through its transactions."""

import re
from collections.abc import Iterator, Mapping, Sequence

from yunbox.wire.pgwire.report import PgError, failure
from yunbox.wire.pgwire.settings.kinds import Whole, identifier
from yunbox.wire.pgwire.settings.parameters import PARAMETERS, Parameter
from yunbox.wire.pgwire.settings.zone import zone_of
from yunbox.wire.pgwire.values.codec import Style

_OWN = re.compile(r"[A-Za-z_\x80-\U0010ffff][\w$]*(?:\.[A-Za-z_\x80-\U0010ffff][\w$]*)+")
_LETTERS_MAX = 10_000
_OF_ROLES = ("role", "session_authorization", "is_superuser")
_OF_TRANSACTION = ("transaction_deferrable", "transaction_isolation", "transaction_read_only")


class Settings:
    """What each parameter is. ``defaults`` are the session's own, which RESET comes back to: those of the server and
    what the client said when it connected. ``free`` names beginnings of names that are taken though nobody knows them;
    ``version`` is another after each change.
    """

    def __init__(self, defaults: Mapping[str, str], free: Sequence[str] = ()) -> None:
        self._free = tuple(free)
        self._defaults = {name: one.default for name, one in PARAMETERS.items()}
        self._kept: dict[str, str] = {}
        self._local: dict[str, str] = {}
        self._before: list[tuple[dict[str, str], dict[str, str]]] = []
        self._style: Style | None = None
        for name, value in defaults.items():
            one = PARAMETERS.get(name.lower())
            now = self._defaults.get(name.lower(), "")
            self._defaults[name.lower()] = value if one is None or one.fixed else one.kind.read(name, value, now)
        self._told: dict[str, str] = {}
        self._changed = True
        self.version = 0

    def show(self, name: str) -> str:
        """What SHOW says. Raises PgError 42704."""
        key = name.lower()
        for values in (self._local, self._kept, self._defaults):
            if key in values:
                return values[key] or (self.show(f"default_{key}") if key in _OF_TRANSACTION else "")
        raise _unknown(name)

    def number(self, name: str) -> int:
        """The number of a setting that is one, in its own unit."""
        kind = PARAMETERS[name].kind
        assert isinstance(kind, Whole)
        return kind.number(self.show(name))

    def set(self, name: str, values: Sequence[str], *, local: bool = False) -> None:
        """SET name TO values; with ``local`` until the transaction ends. Raises PgError."""
        key, one = name.lower(), self._changeable(name)
        if one is None or not one.listed:
            if len(values) != 1:
                raise failure("22023", f"SET {name} takes only one argument")
            text = values[0]
        else:
            text = ", ".join(map(identifier, values)) if key == "search_path" else ", ".join(values)
        if len(text) > _LETTERS_MAX:
            raise failure("22023", f'value for parameter "{name}" is too long')
        self._put(key, text if one is None else one.kind.read(name, text, self.show(key)), local=local)

    def assign(self, name: str, text: str, local: bool) -> None:
        """What set_config does: a list of names is one text. Raises PgError."""
        one = self._changeable(name)
        listed = [part.strip().strip('"') for part in text.split(",") if part.strip()]
        self.set(name, listed if one is not None and one.listed else [text], local=local)

    def reset(self, name: str, *, local: bool = False) -> None:
        """RESET name, or SET name TO DEFAULT. Raises PgError."""
        key = name.lower()
        self._changeable(name)
        self._put(key, self._defaults.get(key, ""), local=local)

    def act_as(self, values: Mapping[str, str], *, local: bool) -> None:
        """Set what no statement sets by name: as whom the session acts."""
        for name, value in values.items():
            self._put(name, value, local=local)

    def authenticated(self, name: str) -> str:
        """What a setting was when the client had logged in."""
        return self._defaults[name]

    def reset_all(self) -> None:
        """RESET ALL, which lets the session act as whom it does."""
        self._kept = {key: value for key, value in self._kept.items() if key in _OF_ROLES}
        self._local = {key: value for key, value in self._local.items() if key in _OF_ROLES}
        self._touched()

    def _changeable(self, name: str) -> Parameter | None:
        """A parameter; None is one that the client invents. Raises PgError 42704, 42602 or 55P02."""
        one = PARAMETERS.get(name.lower())
        if one is None:
            if "." not in name and not name.lower().startswith(self._free or ("\0",)):
                raise _unknown(name)
            if "." in name and not _OWN.fullmatch(name):
                detail = "Custom parameter names must be two or more simple identifiers separated by dots."
                raise failure("42602", f'invalid configuration parameter name "{name}"', detail)
        elif one.fixed:
            raise failure("55P02", f'parameter "{one.name}" cannot be changed')
        return one

    def _put(self, key: str, value: str, *, local: bool) -> None:
        if local:
            self._local[key] = value
        else:
            self._kept[key] = value
            self._local.pop(key, None)
        self._touched()

    def _touched(self) -> None:
        self._style, self._changed = None, True
        self.version += 1

    # -- transactions and savepoints

    def begin(self) -> None:
        """A transaction or a savepoint begins."""
        self._before.append((dict(self._kept), dict(self._local)))

    def end(self) -> None:
        """The innermost savepoint is released, or the transaction commits: then what is local is over."""
        self._before.pop()
        if self._local and not self._before:
            self._local = {}
            self._touched()

    def undo(self) -> None:
        """The innermost savepoint, or the transaction, is as if it had never been."""
        before = self._before.pop()
        if before != (self._kept, self._local):
            self._kept, self._local = before
            self._touched()

    # -- what others are told

    def reports(self) -> list[tuple[str, str]]:
        """What clients are to be told: of reported parameters those that changed since the last time."""
        if not self._changed:
            return []
        self._changed = False
        now = {one.name: self.show(one.name) for one in PARAMETERS.values() if one.reported}
        changed = [(name, value) for name, value in now.items() if self._told.get(name) != value]
        self._told = now
        return changed

    @property
    def style(self) -> Style:
        """How values are written; ``now`` is the caller's to say."""
        if self._style is None:
            dates, order = self.show("DateStyle").upper().split(", ")
            self._style = Style(
                dates, order, self.show("IntervalStyle"), zone_of(self.show("TimeZone")),
                self.number("extra_float_digits"), self.show("bytea_output") == "escape",
            )  # fmt: skip
        return self._style


class Shown(Mapping[str, str]):
    """What SHOW says, by name in any case."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def __getitem__(self, name: str) -> str:
        try:
            return self._settings.show(name)
        except PgError:
            raise KeyError(name) from None

    def __iter__(self) -> Iterator[str]:
        return iter(PARAMETERS)

    def __len__(self) -> int:
        return len(PARAMETERS)


def _unknown(name: str) -> PgError:
    return failure("42704", f'unrecognized configuration parameter "{name}"')
