"""How our own processes reach another of our services: as any client would, by its protocol, with a key."""
