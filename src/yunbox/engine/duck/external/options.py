"""How the rows of a location are written: delimiters, quoting, NULL, compression, from a table's properties."""

from dataclasses import replace

from yunbox.engine.duck.external import orc
from yunbox.engine.duck.scan import quote_text
from yunbox.kernel.errors import InvalidArgument, NotFound
from yunbox.kernel.texts import whole_number
from yunbox.schema.locations import ExternalSource
from yunbox.schema.tables import Table


def source_of(table: Table) -> ExternalSource:
    """Where rows lie and how, with the options that stand in the table's properties: the compression of ORC does."""
    if table.source is None:
        raise NotFound(f"{table.name} is no external table")
    options = {**table.properties, **dict(table.source.options)}
    return replace(table.source, options=tuple(options.items()))


def option(source: ExternalSource, *names: str, default: str = "") -> str:
    """The first of some options that is given, whatever its case."""
    options = {name.lower(): value for name, value in source.options}
    return next((options[name] for name in names if name in options), default)


def skipped_lines(source: ExternalSource) -> int:
    """How many lines at the head of a file are no rows."""
    text = option(source, "odps.text.option.header.lines.count", "skip.header.line.count", default="0")
    lines = whole_number(text)
    if lines is None or lines > 1000:
        raise InvalidArgument("odps.text.option.header.lines.count is a number of lines")
    return lines


def csv_options(source: ExternalSource) -> str:
    """How DuckDB is to read the text."""
    delimiter, quoting = _delimiter(source), _quote(source)
    escape = option(source, "escapechar", "escape.delim", default=quoting)
    null = option(source, "odps.text.option.null.indicator", "serialization.null.format", default=_null(source))
    return (
        f"auto_detect = false, header = false, skip = {skipped_lines(source)}, delim = {quote_text(delimiter)}, "
        f"quote = {quote_text(quoting)}, escape = {quote_text(escape)}, nullstr = {quote_text(null)}, "
        f"null_padding = true, parallel = {'false' if quoting else 'true'}, max_line_size = 67108864"
    )


def _delimiter(source: ExternalSource) -> str:
    default = {"tsv": "\t", "text": "\x01"}.get(source.format, ",")
    text = option(source, "odps.text.option.delimiter", "field.delim", "separatorchar", default=default)
    return text.replace("\\t", "\t").replace("\\001", "\x01").replace("\\u0001", "\x01")


def _quote(source: ExternalSource) -> str:
    return "" if source.format == "text" else option(source, "quotechar", default='"')


def _null(source: ExternalSource) -> str:
    return "\\N" if source.format in ("text", "tsv") else ""


def write_options(source: ExternalSource) -> str:
    """How DuckDB is to write the rows."""
    if source.format == "parquet":
        codec = option(source, "mcfed.parquet.compression", "parquet.compression", default="zstd").lower()
        if codec not in ("zstd", "snappy", "gzip", "uncompressed", "none"):
            raise InvalidArgument(
                f"The compression {codec!r} of Parquet is not one of zstd, snappy, gzip, uncompressed"
            )
        return f"FORMAT parquet, COMPRESSION {'uncompressed' if codec == 'none' else codec}"
    if source.format == "json":
        return "FORMAT json"
    if source.format == "orc":
        orc_codec(source)
        return "FORMAT parquet, COMPRESSION uncompressed"  # on the way to ORC
    header = "true" if skipped_lines(source) else "false"
    quoting = f", QUOTE {quote_text(_quote(source))}" if _quote(source) else ""
    marks = f"DELIMITER {quote_text(_delimiter(source))}{quoting}, NULLSTR {quote_text(_null(source))}"
    return f"FORMAT csv, HEADER {header}, {marks}"


def orc_codec(source: ExternalSource) -> str:
    """The compression of ORC, by Arrow's name for it."""
    name = option(source, "mcfed.orc.compress", "orc.compress", default="zlib").lower()
    if name not in orc.CODECS:
        raise InvalidArgument(f"The compression {name!r} of ORC is not one of {', '.join(orc.CODECS)}")
    return orc.CODECS[name]


def ending_of(source: ExternalSource) -> str:
    """What the names of files in a format end in."""
    return {"parquet": ".parquet", "orc": ".orc", "json": ".json", "tsv": ".tsv", "text": ".txt"}.get(
        source.format, ".csv"
    )
