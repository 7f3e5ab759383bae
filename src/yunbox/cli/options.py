"""The options that every command has, for actions: they may stand behind an action's name too."""

import argparse
from pathlib import Path


def add_common(command: argparse.ArgumentParser) -> None:
    """Add --data and --output; what is not given there is what stands before the action."""
    command.add_argument("--data", type=Path, default=argparse.SUPPRESS, help="the data folder")
    command.add_argument("--output", choices=("text", "json"), default=argparse.SUPPRESS, help="how to print")
