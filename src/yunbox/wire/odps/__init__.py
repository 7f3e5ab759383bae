"""The ODPS (MaxCompute) protocol as bytes: type names, tunnel framing, signatures."""
