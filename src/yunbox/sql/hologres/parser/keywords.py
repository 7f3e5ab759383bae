"""Which words are names and which are not: PostgreSQL's four classes of keywords.

Source: the PostgreSQL documentation, "SQL Key Words", as ``pg_get_keywords()`` of version 15 lists them.
"""

RESERVED = frozenset(
    """
    all analyse analyze and any array as asc asymmetric both case cast check collate column constraint create
    current_catalog current_date current_role current_time current_timestamp current_user default deferrable
    desc distinct do else end except false fetch for foreign from grant group having in initially intersect into
    lateral leading limit localtime localtimestamp not null offset on only or order placing primary references
    returning select session_user some symmetric table then to trailing true union unique user using variadic
    when where window with
    """.split()  # noqa: SIM905 - words, as one reads them
)
"""No name of anything, unless it is quoted."""

TYPE_OR_FUNCTION = frozenset(
    """
    authorization binary collation concurrently cross current_schema freeze full ilike inner is isnull join left
    like natural notnull outer overlaps right similar tablesample verbose
    """.split()  # noqa: SIM905 - words, as one reads them
)
"""A function or a type may have such a name, a column or a table not."""

COLUMN_NAME = frozenset(
    """
    between bigint bit boolean char character coalesce dec decimal exists extract float greatest grouping inout
    int integer interval least national nchar none normalize nullif numeric out overlay position precision real
    row setof smallint substring time timestamp treat trim values varchar xmlattributes xmlconcat xmlelement
    xmlexists xmlforest xmlnamespaces xmlparse xmlpi xmlroot xmlserialize xmltable
    """.split()  # noqa: SIM905 - words, as one reads them
)
"""A column or a table may have such a name, a function or a type not."""

_AFTER_AS = frozenset(
    """
    array as char character create day except fetch filter for from grant group having hour intersect into
    isnull limit minute month notnull offset on order over overlaps precision returning second to union varying
    where window with within without year
    """.split()  # noqa: SIM905 - words, as one reads them
)


def is_column_name(word: str) -> bool:
    """Whether a column or a table may be called so."""
    return word not in RESERVED and word not in TYPE_OR_FUNCTION


def is_function_name(word: str) -> bool:
    """Whether a function or a type may be called so."""
    return word not in RESERVED and word not in COLUMN_NAME


def is_bare_label(word: str) -> bool:
    """Whether a column of a result may be called so without AS."""
    return word not in _AFTER_AS
