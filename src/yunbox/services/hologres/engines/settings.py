"""``pg_settings``, which is of the session that asks: its settings as values in the query that the view stands for."""

from collections.abc import Mapping

from yunbox.wire.pgwire.settings.kinds import Choice, Switch, Whole
from yunbox.wire.pgwire.settings.parameters import PARAMETERS, Parameter

_KINDS = ((Switch, "bool"), (Whole, "integer"), (Choice, "enum"))
_LETTERS = "name, setting, unit, category, short_desc, extra_desc, context, vartype, source, min_val, max_val, enumvals"


def pg_settings(settings: Mapping[str, str]) -> str:
    """The query."""
    rows = ", ".join(_row(one, settings) for _, one in sorted(PARAMETERS.items()))
    return (
        f"SELECT {_LETTERS}, boot_val, reset_val, sourcefile, sourceline, pending_restart FROM (VALUES {rows}) AS s("
        f"{_LETTERS}, boot_val, reset_val, sourcefile, sourceline, pending_restart)"
    )


def _row(one: Parameter, settings: Mapping[str, str]) -> str:
    value = settings.get(one.name.lower(), one.default)
    kind = next((name for of, name in _KINDS if isinstance(one.kind, of)), "string")
    texts = [one.name, value, None, "Session", "", None, "internal" if one.fixed else "user", kind,
             "default" if value == one.default else "session"]  # fmt: skip
    listed = ", ".join(map(_literal, texts))
    default = _literal(one.default)
    return f"({listed}, NULL::text, NULL::text, NULL::text[], {default}, {default}, NULL::text, NULL::int, false)"


def _literal(text: str | None) -> str:
    return "NULL::text" if text is None else "'" + text.replace("'", "''") + "'::text"
