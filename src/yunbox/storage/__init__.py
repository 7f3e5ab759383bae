"""Where state lives: the ports of storage and their local-disk forms."""
