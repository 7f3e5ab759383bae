"""The client's half of PostgreSQL's protocol, without I/O: what it sends as bytes, what it is answered as values."""
