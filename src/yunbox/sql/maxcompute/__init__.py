"""MaxCompute SQL: its grammar, its types, its functions, and the plans they become."""
