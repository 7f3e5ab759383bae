"""The tables of VPC, and the requests that must not be carried out twice."""

VPC_SCHEMA = """
CREATE TABLE IF NOT EXISTS vpcs (
    id TEXT PRIMARY KEY, region TEXT NOT NULL, cidr TEXT NOT NULL, name TEXT NOT NULL, description TEXT NOT NULL,
    router_id TEXT NOT NULL, route_table_id TEXT NOT NULL, created REAL NOT NULL
);
CREATE TABLE IF NOT EXISTS vswitches (
    id TEXT PRIMARY KEY, vpc_id TEXT NOT NULL REFERENCES vpcs(id), zone TEXT NOT NULL, cidr TEXT NOT NULL,
    name TEXT NOT NULL, description TEXT NOT NULL, created REAL NOT NULL
);
CREATE INDEX IF NOT EXISTS vswitches_of ON vswitches (vpc_id);
CREATE TABLE IF NOT EXISTS vpc_tags (
    type TEXT NOT NULL, id TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (type, id, key)
);
CREATE TABLE IF NOT EXISTS client_tokens (
    principal TEXT NOT NULL, action TEXT NOT NULL, token TEXT NOT NULL, asked TEXT NOT NULL, answer TEXT NOT NULL,
    at REAL NOT NULL, PRIMARY KEY (principal, action, token)
);
"""
