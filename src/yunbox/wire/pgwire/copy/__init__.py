"""COPY's three formats without I/O: rows as the bytes that a file or a stream has, and back.

Source: the PostgreSQL documentation, "COPY", "File Formats". Bytes come in pieces of any size, and a piece need not end
where a row does.
"""
