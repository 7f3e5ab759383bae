"""Yunbox: Alibaba Cloud's big-data and AI stack on your own machine, spoken to by the official clients."""

__version__ = "0.1.0"
