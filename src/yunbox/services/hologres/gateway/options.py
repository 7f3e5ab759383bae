"""The text ``options`` of a client that connects: words of a command line, of which one may be a security token.

Sources: the PostgreSQL documentation, "StartupMessage"; the vendor's page "RAM role authorization mode", by which
``options=sts_token=...`` hands over the token of a temporary AccessKey, whose id and secret are user and password.
"""

from urllib.parse import unquote

from yunbox.wire.pgwire.frontend import Startup

TOKEN = "sts_token="  # noqa: S105 - the name of it


def token_of(startup: Startup) -> str:
    """The security token that a client sends along, which may be encoded as in a URL; empty for none."""
    found = (one for one in words_of(startup.parameters.get("options", "")) if one.startswith(TOKEN))
    return unquote(next(found, "").removeprefix(TOKEN))


def words_of(text: str) -> list[str]:
    """A command line: space ends a word, but not behind a backslash."""
    words: list[str] = []
    word, inside, escaped = "", False, False
    for letter in text:
        if letter.isspace() and not escaped:
            words += [word] if inside else []
            word, inside = "", False
        elif letter == "\\" and not escaped:
            escaped = inside = True
            continue
        else:
            word, inside = word + letter, True
        escaped = False
    return [*words, word] if inside else words
