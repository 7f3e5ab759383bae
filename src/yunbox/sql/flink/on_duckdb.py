"""Flink SQL as an engine takes a dialect: its functions as macros and in Python."""

from yunbox.sql.flink.functions.macros import load_macros
from yunbox.sql.flink.functions.natives import NATIVES

MACROS = load_macros()

__all__ = ["MACROS", "NATIVES"]
