"""One client's session: what it says, message by message, and what it is answered."""
