"""MaxCompute SQL as an engine takes a dialect: its functions as macros, and its planner."""

from yunbox.sql.maxcompute.functions import MACROS
from yunbox.sql.maxcompute.memo import plan

__all__ = ["MACROS", "plan"]
