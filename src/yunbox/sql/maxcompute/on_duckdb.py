"""MaxCompute SQL as an engine takes a dialect: its functions as macros and in Python, and its planner."""

from yunbox.sql.maxcompute.functions import MACROS, NATIVES
from yunbox.sql.maxcompute.memo import plan

__all__ = ["MACROS", "NATIVES", "plan"]
