"""DataHub over HTTP: what a request is about, which operation that is, and what answers look like."""
