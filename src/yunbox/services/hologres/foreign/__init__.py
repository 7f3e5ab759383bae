"""Tables that lie elsewhere: which they are, what their columns may be, and whether a session may read them."""
