"""What a client wants of its session when it connects: settings by name, and in ``options`` as a command line.

Source: the PostgreSQL documentation, "StartupMessage". Hologres' ``options=type=fixed`` asks for statements of fixed
plans only; the session keeps it as the setting ``hg_connection_type``.
"""

from collections.abc import Mapping

from yunbox.services.hologres.gateway.login import fatal
from yunbox.services.hologres.gateway.options import TOKEN, words_of
from yunbox.services.hologres.statements.offered import check_offered
from yunbox.services.hologres.statements.own_settings import FREE, OWN
from yunbox.services.hologres.statements.replication import FOLLOWING
from yunbox.wire.pgwire.frontend import Startup
from yunbox.wire.pgwire.report import PgError
from yunbox.wire.pgwire.settings.parameters import PARAMETERS
from yunbox.wire.pgwire.settings.session import Settings

SERVER_VERSION, SERVER_VERSION_NUMBER = "11.3", "110003"
"""PostgreSQL's that Hologres says it is compatible with."""
_OURS = ("user", "database", "options", "replication")


def settings_of(
    startup: Startup,
    user: str,
    *,
    is_superuser: bool,
    connections_max: int,
    has_tls: bool = False,
    database: Mapping[str, str] | None = None,
) -> Settings:
    """The settings that a session of a role begins with; ``has_tls`` is whether a client may have it encrypted,
    ``connections_max`` how many there may be, and ``database`` are those that its database has for who says nothing
    else.

    Raises PgError, which ends it.
    """
    given = dict(_options(startup.parameters.get("options", "")))
    given |= {name: value for name, value in startup.parameters.items() if name not in _OURS and not _is_asked(name)}
    replication = startup.parameters.get("replication", "false").lower()
    if replication == "database":
        given["hg_connection_type"] = FOLLOWING
    elif replication not in ("false", "off", "no", "0"):
        raise fatal("0A000", "physical replication connections are not supported")
    for name in given:
        _check(name)
    own = {
        "server_version": SERVER_VERSION, "server_version_num": SERVER_VERSION_NUMBER, "session_authorization": user,
        "is_superuser": "on" if is_superuser else "off", "ssl": "on" if has_tls else "off",
        "max_connections": str(connections_max),
    }  # fmt: skip
    try:
        for name, value in given.items():
            check_offered(name, value)
        return Settings({**OWN, **(database or {}), **given, **own}, FREE)
    except PgError as error:
        report = error.report
        raise fatal(report.sqlstate, report.message, report.detail, report.hint) from None


def _is_asked(name: str) -> bool:
    """Whether it is an extension of the protocol, which has been answered."""
    return name.startswith("_pq_.")


def _check(name: str) -> None:
    known = PARAMETERS.get(name.lower())
    if known is None and "." not in name and not name.lower().startswith(FREE):
        raise fatal("42704", f'unrecognized configuration parameter "{name}"')
    if known is not None and known.fixed:
        raise fatal("55P02", f'parameter "{known.name}" cannot be changed')


def _options(text: str) -> list[tuple[str, str]]:
    """``-c name=value``, ``--name=value``, and Hologres' own. Raises PgError."""
    made: list[tuple[str, str]] = []
    words = iter(words_of(text))
    for word in words:
        if word == "-c":
            made.append(_pair(next(words, "")))
        elif word.startswith("--"):
            name, value = _pair(word[2:])
            made.append((name.replace("-", "_"), value))
        elif word.startswith("-c"):
            made.append(_pair(word[2:]))
        elif word == "type=fixed":
            made.append(("hg_connection_type", "fixed"))
        elif word.startswith(TOKEN):
            continue  # it was looked at when its holder came in, and is no setting that anybody could read
        else:
            raise fatal("42601", f"invalid command-line argument for server process: {word}")
    return made


def _pair(word: str) -> tuple[str, str]:
    name, equals, value = word.partition("=")
    if not equals:
        raise fatal("42601", f"-c {word} requires a value")
    return name, value
