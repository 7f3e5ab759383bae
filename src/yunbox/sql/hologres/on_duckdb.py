"""Hologres' SQL as an engine takes a dialect: its functions as macros and in Python, and its planner."""

from yunbox.sql.hologres.natives import NATIVES
from yunbox.sql.hologres.natives.macros import load_macros

MACROS = load_macros()

__all__ = ["MACROS", "NATIVES"]
