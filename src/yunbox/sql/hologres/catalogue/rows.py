"""The rows of the catalogue's files."""

from importlib import resources


def rows(name: str) -> list[list[str]]:
    """The rows of one table, each as its texts."""
    text = resources.files("yunbox.sql.hologres.catalogue").joinpath(f"{name}.tsv").read_text("utf-8")
    return [line.split("\t") for line in text.splitlines()]
