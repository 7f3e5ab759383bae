"""PostgreSQL's values in its two formats, text and binary; ``types.py`` is the table of them.

In Python a value is what PostgreSQL keeps: a DATE is days and a TIMESTAMP microseconds since 2000-01-01, whose extremes
are the infinities, so that years before Christ and after 9999 are values like any other. Binary is then a matter of
``struct``, and only text has rules.
"""
