"""The tunnel: sessions, blocks, packs and rows between clients and tables."""
