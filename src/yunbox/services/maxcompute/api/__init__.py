"""MaxCompute's operations, one file per noun: parameters, what they touch, how they run, their routes."""
