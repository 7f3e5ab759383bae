"""The system tables of Hologres: their rows, made of definitions when a statement first asks for them."""
