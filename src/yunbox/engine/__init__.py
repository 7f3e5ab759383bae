"""Ports to the engines that run plans."""
