"""The relational schema of the table store, as kept in ``meta.db``.

``files`` is an index of each table's Delta log at ``tables.version``: it makes planning a lookup. The log is
the truth; the index is replayed from it when another writer or a crash has left it behind.
"""

TABLES_SCHEMA = """
CREATE TABLE IF NOT EXISTS projects (
    name TEXT PRIMARY KEY, account_id TEXT NOT NULL, owner TEXT NOT NULL, comment TEXT NOT NULL DEFAULT '',
    properties TEXT NOT NULL DEFAULT '{}', created REAL NOT NULL, modified REAL NOT NULL
);
CREATE TABLE IF NOT EXISTS schemas (
    project TEXT NOT NULL REFERENCES projects(name) ON DELETE CASCADE, name TEXT NOT NULL,
    owner TEXT NOT NULL, comment TEXT NOT NULL DEFAULT '', created REAL NOT NULL, modified REAL NOT NULL,
    PRIMARY KEY (project, name)
);
CREATE TABLE IF NOT EXISTS tables (
    id INTEGER PRIMARY KEY AUTOINCREMENT, project TEXT NOT NULL, schema TEXT NOT NULL, name TEXT NOT NULL,
    kind TEXT NOT NULL, columns TEXT NOT NULL, partition_columns TEXT NOT NULL, primary_key TEXT NOT NULL,
    view_text TEXT, comment TEXT NOT NULL, lifecycle_days INTEGER, properties TEXT NOT NULL, owner TEXT NOT NULL,
    location TEXT NOT NULL, version INTEGER NOT NULL DEFAULT 0,
    created REAL NOT NULL, ddl_time REAL NOT NULL, data_time REAL NOT NULL,
    UNIQUE (project, schema, name), FOREIGN KEY (project, schema) REFERENCES schemas(project, name)
);
CREATE TABLE IF NOT EXISTS partitions (
    table_id INTEGER NOT NULL REFERENCES tables(id) ON DELETE CASCADE, "values" TEXT NOT NULL,
    created REAL NOT NULL, ddl_time REAL NOT NULL, data_time REAL NOT NULL,
    PRIMARY KEY (table_id, "values")
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS files (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT, table_id INTEGER NOT NULL REFERENCES tables(id) ON DELETE CASCADE,
    path TEXT NOT NULL, partition TEXT NOT NULL, size_bytes INTEGER NOT NULL, rows INTEGER NOT NULL,
    columns TEXT NOT NULL, UNIQUE (table_id, path)
);
CREATE INDEX IF NOT EXISTS files_by_partition ON files (table_id, partition);
CREATE TABLE IF NOT EXISTS dead_files (path TEXT PRIMARY KEY, removed REAL NOT NULL);
"""
