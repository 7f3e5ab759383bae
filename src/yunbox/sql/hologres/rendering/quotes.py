"""SQL that was made here, looked at letter by letter: quotes hide what stands within them."""

from collections.abc import Iterator


def outside_quotes(sql: str, at: int) -> Iterator[tuple[int, str]]:
    """The letters from a place on that are neither quotes nor within them, each with its place."""
    quote = ""
    for place in range(at, len(sql)):
        letter = sql[place]
        if quote:
            quote = "" if letter == quote else quote
        elif letter in "'\"":
            quote = letter
        else:
            yield place, letter
