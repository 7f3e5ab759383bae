"""A store in a folder of its own, counted anew after each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.storage.objects.shelf import Shelf


@pytest.fixture
def shelf(tmp_path: Path) -> Iterator[Shelf]:
    made = Shelf(tmp_path / "objects")
    yield made
    made.audit()
    made.store.close()
