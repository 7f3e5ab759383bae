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
CREATE TABLE IF NOT EXISTS route_tables (
    id TEXT PRIMARY KEY, vpc_id TEXT NOT NULL REFERENCES vpcs(id), name TEXT NOT NULL, description TEXT NOT NULL,
    created REAL NOT NULL
);
CREATE TABLE IF NOT EXISTS route_table_vswitches (
    vswitch_id TEXT PRIMARY KEY REFERENCES vswitches(id), table_id TEXT NOT NULL REFERENCES route_tables(id)
);
CREATE TABLE IF NOT EXISTS route_entries (
    id TEXT PRIMARY KEY, table_id TEXT NOT NULL, vpc_id TEXT NOT NULL REFERENCES vpcs(id), cidr TEXT NOT NULL,
    hop_type TEXT NOT NULL, hop_id TEXT NOT NULL, name TEXT NOT NULL, description TEXT NOT NULL,
    is_automatic INTEGER NOT NULL, created REAL NOT NULL, UNIQUE (table_id, cidr)
);
CREATE TABLE IF NOT EXISTS eips (
    id TEXT PRIMARY KEY, region TEXT NOT NULL, address TEXT NOT NULL UNIQUE, bandwidth INTEGER NOT NULL,
    charge TEXT NOT NULL, isp TEXT NOT NULL, name TEXT NOT NULL, description TEXT NOT NULL,
    gateway_id TEXT NOT NULL, is_protected INTEGER NOT NULL, created REAL NOT NULL
);
CREATE TABLE IF NOT EXISTS nat_gateways (
    id TEXT PRIMARY KEY, vpc_id TEXT NOT NULL REFERENCES vpcs(id), vswitch_id TEXT NOT NULL REFERENCES vswitches(id),
    name TEXT NOT NULL, description TEXT NOT NULL, network_type TEXT NOT NULL, bind_mode TEXT NOT NULL,
    replies INTEGER NOT NULL, snat_table_id TEXT NOT NULL, forward_table_id TEXT NOT NULL, address TEXT NOT NULL,
    is_protected INTEGER NOT NULL, created REAL NOT NULL
);
CREATE TABLE IF NOT EXISTS snat_entries (
    id TEXT PRIMARY KEY, gateway_id TEXT NOT NULL REFERENCES nat_gateways(id), name TEXT NOT NULL,
    addresses TEXT NOT NULL, source_cidr TEXT NOT NULL, vswitch_id TEXT NOT NULL, affinity INTEGER NOT NULL,
    created REAL NOT NULL, UNIQUE (gateway_id, source_cidr)
);
CREATE TABLE IF NOT EXISTS security_groups (
    id TEXT PRIMARY KEY, vpc_id TEXT NOT NULL REFERENCES vpcs(id), name TEXT NOT NULL, description TEXT NOT NULL,
    type TEXT NOT NULL, inner_access TEXT NOT NULL, created REAL NOT NULL
);
CREATE TABLE IF NOT EXISTS security_group_rules (
    id TEXT PRIMARY KEY, group_id TEXT NOT NULL REFERENCES security_groups(id), direction TEXT NOT NULL,
    protocol TEXT NOT NULL, ports TEXT NOT NULL, source_ports TEXT NOT NULL, peer_kind TEXT NOT NULL,
    peer TEXT NOT NULL, policy TEXT NOT NULL, priority INTEGER NOT NULL, description TEXT NOT NULL,
    created REAL NOT NULL,
    UNIQUE (group_id, direction, protocol, ports, source_ports, peer_kind, peer, policy, priority)
);
CREATE TABLE IF NOT EXISTS vpc_tags (
    type TEXT NOT NULL, id TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (type, id, key)
);
CREATE TABLE IF NOT EXISTS client_tokens (
    principal TEXT NOT NULL, action TEXT NOT NULL, token TEXT NOT NULL, asked TEXT NOT NULL, answer TEXT NOT NULL,
    at REAL NOT NULL, PRIMARY KEY (principal, action, token)
);
"""
