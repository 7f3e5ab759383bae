"""Who is calling: accounts, users, keys, signatures, tokens, policies."""
