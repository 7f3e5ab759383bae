"""Which Hologres this is: what clients read as a version is that whose statements and properties are here."""

HOLOGRES_VERSION = "3.0.0"
HOLOGRES = f"Hologres {HOLOGRES_VERSION} (Yunbox)"
