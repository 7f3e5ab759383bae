"""PostgreSQL's protocol, version 3, without I/O: what clients send and what a server answers."""
