"""One house a test, as the spine's tests have it."""

from tests.unit.spine.conftest import house

__all__ = ["house"]
