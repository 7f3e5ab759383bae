"""What Terraform's provider asks, resource by resource: created, read twice without a change, imported, destroyed.

Each transcript is of a run of the provider that applied, planned "No changes", imported and destroyed.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.clients.terraform.replay import FOLDER, NEW, OLD, Replay, transcript
from yunbox.testing.server import Server

NAMES = sorted(path.stem for path in FOLDER.glob("*.json"))


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """A server for each: they make things of the same names."""
    with Server(tmp_path / "data") as made:
        yield made


@pytest.mark.parametrize("style", [OLD, NEW])
@pytest.mark.parametrize("name", NAMES)
def test_the_provider_gets_the_answers_it_needs(server: Server, name: str, style: str) -> None:
    replay = Replay(server, style)
    replay.play(transcript(name))


@pytest.mark.parametrize("name", NAMES)
def test_a_transcript_is_of_a_whole_life(name: str) -> None:
    """Each has all phases, reads again what it read, and ends with what is not there any more."""
    calls = transcript(name)
    phases = list(dict.fromkeys(call["phase"] for call in calls))
    assert phases[:2] == ["create", "again"]
    assert phases[-1] == "destroy"
    assert {"import"} <= set(phases)
    again = [call for call in calls if call["phase"] == "again"]
    assert all(call["status"] < 500 for call in calls)
    assert any(call.get("answer") == "as before" for call in again)
    ended = [call for call in calls if call["phase"] == "destroy"]
    gone = [call for call in ended if call["status"] == 404 or "[]" in str(call.get("answer"))]
    assert gone, "it is read until it is not there any more"
