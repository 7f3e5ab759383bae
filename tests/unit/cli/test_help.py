"""Every command says what it takes."""

import contextlib
import io

import pytest

from yunbox.cli.commands import _COMMANDS, run


@pytest.mark.parametrize("command", _COMMANDS)
def test_help(command: str) -> None:
    said = io.StringIO()
    with contextlib.redirect_stdout(said), pytest.raises(SystemExit) as ended:
        run([command, "--help"])
    assert ended.value.code == 0
    assert "usage:" in said.getvalue()


def test_help_of_services_options() -> None:
    said = io.StringIO()
    with contextlib.redirect_stdout(said), pytest.raises(SystemExit):
        run(["up", "--help"])
    assert "40 % of the" in said.getvalue()
