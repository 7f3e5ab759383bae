"""The tables of CloudMonitor: what happened in each minute, rules and how they stand, alerts, and whom to tell."""

CLOUDMONITOR_SCHEMA = """
CREATE TABLE IF NOT EXISTS metric_minutes (minute INTEGER PRIMARY KEY);
CREATE TABLE IF NOT EXISTS metric_samples (
    minute INTEGER NOT NULL, service TEXT NOT NULL, container TEXT NOT NULL, operation TEXT NOT NULL,
    outcome TEXT NOT NULL, calls INTEGER NOT NULL, uploaded_bytes INTEGER NOT NULL, downloaded_bytes INTEGER NOT NULL,
    scanned_bytes INTEGER NOT NULL, latency_ms REAL NOT NULL, latency_ms_max REAL NOT NULL,
    PRIMARY KEY (service, minute, container, operation, outcome)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS metric_samples_by_minute ON metric_samples (minute);
CREATE TABLE IF NOT EXISTS metric_resources (
    service TEXT NOT NULL, container TEXT NOT NULL, since INTEGER NOT NULL, until INTEGER,
    PRIMARY KEY (service, container)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS metric_rules (
    id TEXT PRIMARY KEY, rule TEXT NOT NULL, enabled INTEGER NOT NULL, created REAL NOT NULL, updated REAL NOT NULL
);
CREATE TABLE IF NOT EXISTS metric_states (
    rule_id TEXT NOT NULL REFERENCES metric_rules(id) ON DELETE CASCADE, container TEXT NOT NULL, state TEXT NOT NULL,
    level TEXT NOT NULL, value REAL, since REAL NOT NULL, told REAL, told_as TEXT NOT NULL, period_start REAL NOT NULL,
    PRIMARY KEY (rule_id, container)
);
CREATE TABLE IF NOT EXISTS metric_alerts (
    id TEXT PRIMARY KEY, at REAL NOT NULL, rule_id TEXT NOT NULL, alert TEXT NOT NULL, webhook TEXT NOT NULL,
    status TEXT NOT NULL, attempts INTEGER NOT NULL, answer TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS metric_alerts_by_time ON metric_alerts (at);
CREATE INDEX IF NOT EXISTS metric_alerts_waiting ON metric_alerts (status) WHERE status = 'waiting';
CREATE TABLE IF NOT EXISTS alarm_contacts (
    name TEXT PRIMARY KEY, contact TEXT NOT NULL, created REAL NOT NULL, updated REAL NOT NULL
);
CREATE TABLE IF NOT EXISTS alarm_contact_groups (
    name TEXT PRIMARY KEY, description TEXT NOT NULL, subscribed INTEGER NOT NULL, created REAL NOT NULL,
    updated REAL NOT NULL
);
CREATE TABLE IF NOT EXISTS alarm_contacts_of (
    group_name TEXT NOT NULL REFERENCES alarm_contact_groups(name) ON DELETE CASCADE,
    contact TEXT NOT NULL REFERENCES alarm_contacts(name) ON DELETE CASCADE, PRIMARY KEY (group_name, contact)
);
"""
