"""The relational schema of what MaxCompute itself remembers: instances, sessions, resources, grants.

What was said of a project goes with it, as another of its name has other users.
"""

from yunbox.identity.epoch import watched

MAXCOMPUTE_SCHEMA = """
CREATE TABLE IF NOT EXISTS instances (
    id TEXT PRIMARY KEY, project TEXT NOT NULL, owner TEXT NOT NULL, account_id TEXT NOT NULL,
    started REAL NOT NULL, ended REAL, status TEXT NOT NULL, task_name TEXT NOT NULL, task_type TEXT NOT NULL,
    task_status TEXT NOT NULL, source TEXT NOT NULL, outcome TEXT NOT NULL DEFAULT '{}'
);
CREATE INDEX IF NOT EXISTS instances_by_project ON instances (project, started);
CREATE TABLE IF NOT EXISTS tunnel_sessions (
    id TEXT PRIMARY KEY, kind TEXT NOT NULL, project TEXT NOT NULL, owner TEXT NOT NULL, created REAL NOT NULL,
    status TEXT NOT NULL, body TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS tunnel_blocks (
    session TEXT NOT NULL REFERENCES tunnel_sessions(id) ON DELETE CASCADE, block INTEGER NOT NULL,
    file TEXT NOT NULL, PRIMARY KEY (session, block)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS resources (
    project TEXT NOT NULL, schema TEXT NOT NULL, name TEXT NOT NULL, type TEXT NOT NULL, comment TEXT NOT NULL,
    owner TEXT NOT NULL, created REAL NOT NULL, modified REAL NOT NULL, last_updator TEXT NOT NULL,
    size_bytes INTEGER NOT NULL, md5 TEXT NOT NULL, is_temp INTEGER NOT NULL, source_table TEXT NOT NULL,
    file TEXT NOT NULL, PRIMARY KEY (project, schema, name)
);
CREATE TABLE IF NOT EXISTS functions (
    project TEXT NOT NULL, schema TEXT NOT NULL, name TEXT NOT NULL, class_type TEXT NOT NULL,
    resources TEXT NOT NULL, owner TEXT NOT NULL, created REAL NOT NULL, PRIMARY KEY (project, schema, name)
);
CREATE TABLE IF NOT EXISTS project_users (
    project TEXT NOT NULL, name TEXT NOT NULL, user_id TEXT NOT NULL, created REAL NOT NULL,
    PRIMARY KEY (project, name)
);
CREATE TABLE IF NOT EXISTS project_roles (
    project TEXT NOT NULL, name TEXT NOT NULL, policy TEXT NOT NULL DEFAULT '', created REAL NOT NULL,
    PRIMARY KEY (project, name)
);
CREATE TABLE IF NOT EXISTS project_role_members (
    project TEXT NOT NULL, role TEXT NOT NULL, user TEXT NOT NULL, PRIMARY KEY (project, role, user)
);
CREATE TABLE IF NOT EXISTS project_grants (
    project TEXT NOT NULL, grantee_type TEXT NOT NULL, grantee TEXT NOT NULL, object_type TEXT NOT NULL,
    object TEXT NOT NULL, action TEXT NOT NULL,
    PRIMARY KEY (project, grantee_type, grantee, object_type, object, action)
);
CREATE TABLE IF NOT EXISTS project_policies (project TEXT PRIMARY KEY, document TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS project_statuses (project TEXT PRIMARY KEY, status TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS project_tags (
    project TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (project, key)
) WITHOUT ROWID;
CREATE TRIGGER IF NOT EXISTS project_gone AFTER DELETE ON projects BEGIN
    DELETE FROM project_users WHERE project = OLD.name;
    DELETE FROM project_roles WHERE project = OLD.name;
    DELETE FROM project_role_members WHERE project = OLD.name;
    DELETE FROM project_grants WHERE project = OLD.name;
    DELETE FROM project_policies WHERE project = OLD.name;
    DELETE FROM project_statuses WHERE project = OLD.name;
    DELETE FROM project_tags WHERE project = OLD.name;
    DELETE FROM functions WHERE project = OLD.name;
END;
""" + watched("project_users", "project_roles", "project_role_members", "project_grants", "project_policies")
