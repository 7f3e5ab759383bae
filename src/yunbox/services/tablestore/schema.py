"""The tables of Tablestore's tables: definitions in JSON, rows by key in PlainBuffer, as clients send both."""

TABLESTORE_SCHEMA = """
CREATE TABLE IF NOT EXISTS ots_tables (
    instance TEXT NOT NULL, name TEXT NOT NULL, definition TEXT NOT NULL, created REAL NOT NULL,
    PRIMARY KEY (instance, name)
);
CREATE TABLE IF NOT EXISTS ots_rows (
    instance TEXT NOT NULL, name TEXT NOT NULL, key BLOB NOT NULL, row BLOB NOT NULL,
    PRIMARY KEY (instance, name, key),
    FOREIGN KEY (instance, name) REFERENCES ots_tables (instance, name)
);
"""
