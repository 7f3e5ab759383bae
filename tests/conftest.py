"""The shipped plugin, whether Yunbox is installed (then its entry point loads it) or run from its source."""

from importlib.metadata import entry_points

_INSTALLED = any(point.value == "yunbox.testing.plugin" for point in entry_points(group="pytest11"))
pytest_plugins = [] if _INSTALLED else ["yunbox.testing.plugin"]
