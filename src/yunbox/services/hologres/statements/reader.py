"""From the tokens of a statement to a command of the session's own; all else is a query.

Sources: the PostgreSQL documentation, "SQL Commands": BEGIN, SET, SHOW, PREPARE, DECLARE and their kin.
"""

from collections.abc import Callable

from yunbox.services.hologres.statements import commands as c
from yunbox.services.hologres.statements.copies import read_copy
from yunbox.services.hologres.statements.cursor import Cursor
from yunbox.services.hologres.statements.lexer import Piece
from yunbox.services.hologres.statements.replication import read_start
from yunbox.wire.pgwire.report import failure

_ISOLATIONS = ("serializable", "repeatable read", "read committed", "read uncommitted")


def read(piece: Piece) -> c.Command:
    """What a statement is. Raises PgError 42601."""
    reader = _READERS.get(piece.tokens[0].word)
    if reader is None:
        return c.Query(piece.text)
    cursor = Cursor(piece)
    cursor.advance()
    return reader(cursor)


# -- transactions


def _modes(cursor: Cursor) -> tuple[tuple[str, str], ...]:
    """What a transaction is to be, as the settings that say so."""
    made: list[tuple[str, str]] = []
    while not cursor.ended and not cursor.peek("and"):
        if cursor.take("isolation", "level"):
            made.append(("transaction_isolation", _isolation(cursor)))
        elif cursor.take("read"):
            made.append(("transaction_read_only", {"only": "on", "write": "off"}[_word(cursor, "only", "write")]))
        else:
            off = cursor.take("not")
            cursor.need("deferrable")
            made.append(("transaction_deferrable", "off" if off else "on"))
        if cursor.take(",") and cursor.ended:
            raise cursor.wrong()
    return tuple(made)


def _isolation(cursor: Cursor) -> str:
    for level in _ISOLATIONS:
        if cursor.take(*level.split()):
            return level
    raise cursor.wrong()


def _word(cursor: Cursor, *words: str) -> str:
    found = cursor.one_of(*words)
    if not found:
        raise cursor.wrong()
    return found


def _begin(cursor: Cursor) -> c.Command:
    cursor.one_of("work", "transaction")
    return cursor.end(c.Begin(_modes(cursor)))


def _start(cursor: Cursor) -> c.Command:
    cursor.need("transaction")
    return cursor.end(c.Begin(_modes(cursor), "START TRANSACTION"))


def _chained(cursor: Cursor) -> bool:
    cursor.one_of("work", "transaction")
    if not cursor.take("and"):
        return False
    off = cursor.take("no")
    cursor.need("chain")
    return not off


def _commit(cursor: Cursor) -> c.Command:
    if cursor.take("prepared"):
        return c.NotOffered("COMMIT PREPARED")
    return cursor.end(c.Commit(_chained(cursor)))


def _rollback(cursor: Cursor) -> c.Command:
    if cursor.take("prepared"):
        return c.NotOffered("ROLLBACK PREPARED")
    cursor.one_of("work", "transaction")
    if cursor.take("to"):
        cursor.take("savepoint")
        return cursor.end(c.RollbackTo(cursor.name()))
    return cursor.end(c.Rollback(_chained(cursor)))


def _savepoint(cursor: Cursor) -> c.Command:
    return cursor.end(c.Savepoint(cursor.name()))


def _release(cursor: Cursor) -> c.Command:
    cursor.take("savepoint")
    return cursor.end(c.Release(cursor.name()))


# -- settings


def set_command(cursor: Cursor) -> c.Command:
    """Behind SET. Raises PgError 42601, 0A000."""
    if cursor.take("session", "characteristics", "as", "transaction"):
        return cursor.end(c.SetTransaction(_modes(cursor), session=True))
    scope = cursor.one_of("session", "local")
    local = scope == "local"
    if cursor.take("transaction"):
        if cursor.peek("snapshot"):
            return c.NotOffered("SET TRANSACTION SNAPSHOT")
        return cursor.end(c.SetTransaction(_modes(cursor)))
    if cursor.take("time", "zone"):
        values = None if cursor.one_of("local", "default") else (_zone(cursor),)
        return cursor.end(c.Set("TimeZone", values, local))
    if cursor.take("names"):
        default = cursor.ended or cursor.take("default")
        return cursor.end(c.Set("client_encoding", None if default else (cursor.string(),), local))
    if cursor.take("schema"):
        return cursor.end(c.Set("search_path", (cursor.string(),), local))
    if cursor.take("constraints"):
        return c.NotOffered("SET CONSTRAINTS")
    if cursor.take("role"):
        return _set_role(cursor, local=local)
    if cursor.take("session", "authorization") or (scope == "session" and cursor.take("authorization")):
        return cursor.end(c.SetRole(_role(cursor, "default"), session=True, local=local))
    return set_named(cursor, local=local)


def _set_role(cursor: Cursor, *, local: bool) -> c.Command:
    """Behind SET ROLE, also with what stands behind the name of any setting."""
    if cursor.take("to") or cursor.take("="):
        return cursor.end(c.SetRole(_role(cursor, "default"), local=local))
    return cursor.end(c.SetRole(_role(cursor, "none"), local=local))


def _role(cursor: Cursor, nobody: str) -> str | None:
    if cursor.take(nobody):
        return None
    return cursor.string() if cursor.token.sort == "text" else cursor.name()


def set_named(cursor: Cursor, *, local: bool) -> c.Command:
    """Behind SET, at a name that is no word of the statement. Raises PgError 42601."""
    name = setting_name(cursor)
    if not cursor.take("=") and not cursor.take("to"):
        raise cursor.wrong()
    if cursor.take("default"):
        return cursor.end(c.Set(name, None, local))
    return cursor.end(c.Set(name, cursor.listed(lambda: _value(cursor)), local))


def setting_name(cursor: Cursor) -> str:
    """The name of a setting, which may have dots. Raises PgError 42601."""
    name = cursor.name()
    while cursor.take("."):
        name += "." + cursor.name()
    return name


def _value(cursor: Cursor) -> str:
    """A value of a setting: a text, a number, or a word, which is as if it were quoted."""
    token = cursor.token
    if token.sort == "text":
        return cursor.string()
    if token.sort in ("word", "quoted"):
        return cursor.name()
    sign = cursor.advance().text if token.text in ("-", "+") else ""
    if cursor.token.sort != "number":
        raise cursor.wrong()
    return sign.strip("+") + cursor.advance().text


def _zone(cursor: Cursor) -> str:
    if cursor.peek("interval"):
        raise failure("0A000", "SET TIME ZONE INTERVAL is not supported")
    return _value(cursor)


def reset_command(cursor: Cursor) -> c.Command:
    """Behind RESET. Raises PgError 42601."""
    if cursor.take("all"):
        return cursor.end(c.Reset(None))
    if cursor.take("time", "zone"):
        return cursor.end(c.Reset("TimeZone"))
    if cursor.take("transaction", "isolation", "level"):
        return cursor.end(c.Reset("transaction_isolation"))
    if cursor.take("role"):
        return cursor.end(c.SetRole(None, resets=True))
    if cursor.take("session", "authorization") or cursor.take("session_authorization"):
        return cursor.end(c.SetRole(None, session=True, resets=True))
    return cursor.end(c.Reset(setting_name(cursor)))


def _show(cursor: Cursor) -> c.Command:
    if cursor.take("all"):
        return cursor.end(c.Show(None))
    if cursor.take("time", "zone"):
        return cursor.end(c.Show("TimeZone"))
    if cursor.take("transaction", "isolation", "level"):
        return cursor.end(c.Show("transaction_isolation"))
    if cursor.take("session", "authorization"):
        return cursor.end(c.Show("session_authorization"))
    return cursor.end(c.Show(setting_name(cursor)))


def _discard(cursor: Cursor) -> c.Command:
    what = _word(cursor, "all", "plans", "sequences", "temp", "temporary")
    return cursor.end(c.Discard("TEMP" if what == "temporary" else what.upper()))


# -- prepared statements and cursors


def _prepare(cursor: Cursor) -> c.Command:
    if cursor.take("transaction"):
        return c.NotOffered("PREPARE TRANSACTION")
    name, types = cursor.name(), ()
    if cursor.take("("):
        types = cursor.listed(lambda: cursor.until(",", ")"))
        cursor.need(")")
    cursor.need("as")
    return c.Prepare(name, types, *cursor.rest())


def _execute(cursor: Cursor) -> c.Command:
    name, values = cursor.name(), ()
    if cursor.take("("):
        values = cursor.listed(cursor.placed)
        cursor.need(")")
    return cursor.end(c.ExecutePrepared(name, values))


def _deallocate(cursor: Cursor) -> c.Command:
    cursor.take("prepare")
    return cursor.end(c.Deallocate(None if cursor.take("all") else cursor.name()))


def _declare(cursor: Cursor) -> c.Command:
    name = cursor.name()
    binary, scroll, hold = False, None, False
    while not cursor.take("cursor"):
        binary |= cursor.take("binary")
        if cursor.take("no", "scroll"):
            scroll = False
        elif cursor.take("scroll"):
            scroll = True
        elif not cursor.one_of("binary", "insensitive", "asensitive") and not cursor.peek("cursor"):
            raise cursor.wrong()
    if cursor.take("with", "hold"):
        hold = True
    else:
        cursor.take("without", "hold")
    cursor.need("for")
    text, start = cursor.rest()
    return c.Declare(name, text, start, binary, hold, scroll)


def _fetch(cursor: Cursor, *, move: bool = False) -> c.Command:
    """How far and which way: the words come before the cursor's name, with FROM or IN between or without."""
    count, backward = _direction(cursor)
    cursor.one_of("from", "in")
    return cursor.end(c.Fetch(cursor.name(), count, move, backward))


def _direction(cursor: Cursor) -> tuple[int | None, bool]:
    following = cursor.piece.tokens[2:]
    if not following:  # the name alone, even if it is one of these words
        return 1, False
    if cursor.one_of("next"):
        return 1, False
    if cursor.one_of("all"):
        return None, False
    if cursor.one_of("prior", "first", "last", "absolute", "backward"):
        if not cursor.ended and (cursor.token.sort == "number" or cursor.token.text in "-+"):
            cursor.whole()
        cursor.one_of("all")
        return 1, True
    if cursor.one_of("relative"):
        count = cursor.whole()
        return count, count != 1
    forward = cursor.one_of("forward")
    if forward and cursor.one_of("all"):
        return None, False
    if cursor.token.sort == "number" or cursor.token.text in ("-", "+"):
        count = cursor.whole()
        return count, count < 0
    return 1, False


def _move(cursor: Cursor) -> c.Command:
    return _fetch(cursor, move=True)


def _close(cursor: Cursor) -> c.Command:
    return cursor.end(c.CloseCursor(None if cursor.take("all") else cursor.name()))


_NOT_OFFERED = ("listen", "notify", "do", "load", "lock", "checkpoint", "cluster", "reindex",
                "create_replication_slot", "drop_replication_slot", "identify_system", "read_replication_slot",
                "timeline_history", "base_backup", "recover", "purge")  # fmt: skip


def _unlisten(cursor: Cursor) -> c.Command:
    if not cursor.take("*"):
        cursor.name()
    return cursor.end(c.Unlisten())


def _not_offered(cursor: Cursor) -> c.Command:
    return c.NotOffered(cursor.piece.tokens[0].text.upper())


_READERS: dict[str, Callable[[Cursor], c.Command]] = {
    "begin": _begin, "start": _start, "commit": _commit, "end": _commit, "rollback": _rollback, "abort": _rollback,
    "savepoint": _savepoint, "release": _release, "set": set_command, "reset": reset_command, "show": _show,
    "discard": _discard,
    "prepare": _prepare, "execute": _execute, "deallocate": _deallocate, "declare": _declare, "fetch": _fetch,
    "move": _move, "close": _close, "copy": read_copy, "unlisten": _unlisten,
    "start_replication": read_start,
    **dict.fromkeys(_NOT_OFFERED, _not_offered),
}  # fmt: skip
