"""CREATE, ALTER, DROP and their kin: from tokens to values, and what each does to the catalogue of a database."""
