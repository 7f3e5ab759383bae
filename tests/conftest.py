"""The shipped plugin, whether Yunbox is installed (then its entry point loads it) or run from its source; and no bound
of time for what hypothesis tries, as for nothing else in a test.
"""

from importlib.metadata import entry_points

from hypothesis import settings

_INSTALLED = any(point.value == "yunbox.testing.plugin" for point in entry_points(group="pytest11"))
pytest_plugins = [] if _INSTALLED else ["yunbox.testing.plugin"]

settings.register_profile("patient", parent=settings(), deadline=None)
settings.load_profile("patient")
