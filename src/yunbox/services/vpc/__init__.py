"""VPC: virtual networks and their parts as resources, with the rules that the vendor keeps for their addresses."""
