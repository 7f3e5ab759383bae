"""CloudMonitor (Cms 2019-01-01): what services did, minute by minute, and alarms on it."""
