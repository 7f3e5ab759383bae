"""What a session brings to a statement: the settings that values and their texts depend on, and who asks."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, tzinfo
from functools import cached_property, lru_cache

from yunbox.wire.pgwire.values import zones
from yunbox.wire.pgwire.values.codec import Style

_SEPARATOR = "|"
_MARK = re.compile(r"\\(.)")


@dataclass(frozen=True)
class Session:
    """``now_us`` is when the transaction began, in microseconds since 2000 (UTC); ``settings`` are those of SHOW,
    ``schemas`` those of the search path that are there, ``definitions`` what those that it sees are called,
    ``assigned`` what set_config has set: names, values, and whether until the transaction ends."""

    date_style: str = "ISO"
    date_order: str = "MDY"
    interval_style: str = "postgres"
    zone: str = "UTC"
    float_digits: int = 1
    bytea_escape: bool = False
    now_us: int = 0
    statement_us: int = 0
    user: str = "postgres"
    database: str = "postgres"
    process: int = 0
    server_version: str = "PostgreSQL 11.3"
    settings: Mapping[str, str] = field(default_factory=dict)
    schemas: tuple[str, ...] = ("public",)
    definitions: str = ""
    assigned: list[tuple[str, str, bool]] = field(default_factory=list, compare=False)
    ends: tuple[str, int, str, int] | None = None
    """The addresses and ports of the connection's ends, the server's and the client's, where it has any."""
    session_user: str = ""
    """Who has logged in, where that is another role than ``user``, as whom it acts."""

    @cached_property
    def token(self) -> str:
        """The settings of texts in one text, which functions take as an argument."""
        parts = (
            self.date_style, self.date_order, self.interval_style, self.zone, self.float_digits,
            int(self.bytea_escape), self.now_us,
        )  # fmt: skip
        return _SEPARATOR.join(map(str, parts))

    @cached_property
    def names(self) -> str:
        """What functions of the catalogue take as an argument: which definitions, who asks, and the search path."""
        return _SEPARATOR.join(map(marked, (self.definitions, self.user, *self.schemas)))

    @cached_property
    def style(self) -> Style:
        """The same for codecs."""
        return style_of(self.token)


def marked(name: str) -> str:
    """A name without the letter that stands between names."""
    return name.replace("\\", "\\\\").replace(_SEPARATOR, "\\:")


def unmarked(name: str) -> str:
    """The other way round."""
    return _MARK.sub(lambda found: _SEPARATOR if found[1] == ":" else "\\", name)


@lru_cache(256)
def style_of(token: str) -> Style:
    """The style of ``Session.token``."""
    dates, order, intervals, zone, digits, escapes, now = token.split(_SEPARATOR)
    return Style(dates, order, intervals, zone_of(zone), int(digits), escapes == "1", int(now))


@lru_cache(256)
def zone_of(name: str) -> tzinfo:
    """A zone by its name, or UTC."""
    return zones.named(name) or UTC
