"""From the tokens of a statement to a definition."""

from yunbox.services.hologres.definitions import (
    alter,
    analyze,
    calls,
    create,
    databases,
    defaults_granted,
    drop,
    extensions,
    foreign,
    grants,
    owners,
    publications,
    roles,
    security_labels,
    views,
)
from yunbox.services.hologres.definitions.base import Definition
from yunbox.services.hologres.dynamic import definitions as dynamic
from yunbox.services.hologres.statements.cursor import Cursor
from yunbox.services.hologres.statements.lexer import Piece
from yunbox.wire.pgwire.report import failure

_READERS = {
    ("create", "table"): create.read_table,
    ("create", "dynamic", "table"): dynamic.read_create,
    ("alter", "dynamic", "table"): dynamic.read_alter,
    ("drop", "dynamic", "table"): dynamic.read_drop,
    ("create", "schema"): create.read_schema,
    ("create", "view"): views.read_view,
    ("create", "or", "replace", "view"): views.read_replaced,
    ("create", "foreign", "table"): foreign.read_create,
    ("import", "foreign", "schema"): foreign.read_import,
    ("create", "extension"): extensions.read_create,
    ("drop", "extension"): extensions.read_drop,
    ("create", "publication"): publications.read_create,
    ("drop", "publication"): publications.read_drop,
    ("drop", "foreign", "table"): drop.read_foreign,
    ("alter", "foreign", "table"): alter.read_foreign,
    ("drop", "table"): drop.read_tables,
    ("drop", "view"): drop.read_views,
    ("drop", "schema"): drop.read_schemas,
    ("alter", "table"): alter.read_table,
    ("alter", "view"): alter.read_view,
    ("comment", "on"): alter.read_comment,
    ("truncate",): drop.read_truncate,
    ("analyze",): analyze.read_analyze,
    ("call",): calls.read_call,
    ("alter", "sequence"): alter.read_sequence,
    ("alter", "schema"): owners.read_schema,
    ("create", "database"): databases.read_create,
    ("alter", "database"): owners.read_database,
    ("drop", "database"): databases.read_drop,
    ("alter", "default", "privileges"): defaults_granted.read_defaults,
    ("reassign", "owned", "by"): owners.read_reassign,
    ("drop", "owned", "by"): owners.read_drop_owned,
    ("grant",): grants.read_grant,
    ("revoke",): grants.read_revoke,
    ("security", "label"): security_labels.read_label,
    **{
        (how, what): roles.reader(what, how)
        for how in ("create", "alter", "drop")
        for what in ("user", "role", "group")
    },
}
_KINDS = frozenset(
    ("temporary", "temp", "unlogged", "global", "local", "dynamic", "external", "materialized", "unique")
)
"""What stands between CREATE and what is made."""
_WORDS = frozenset(words[0] for words in _READERS)


def read(piece: Piece) -> Definition | None:
    """What a statement defines; None for one that is no definition. Raises PgError 42601, 0A000."""
    if piece.tokens[0].word == "delete":
        return publications.read_forget(Cursor(piece))
    if piece.tokens[0].word not in _WORDS:
        return None
    cursor = Cursor(piece)
    for words, reader in _READERS.items():
        if cursor.take(*words):
            return reader(cursor)
    count = 3 if cursor.second.word in _KINDS else 2
    shown = " ".join(token.text.upper() for token in piece.tokens[:count])
    raise failure("0A000", f"{shown} is not supported")
