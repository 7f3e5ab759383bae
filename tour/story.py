"""Telling a story in steps: each says in one line what happened and how long it took."""

import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from guest import POLICIES, ROLE, STREAMER, Guest, enter
from yunbox.testing.server import Server

_TITLE_WIDTH = 36


@dataclass(frozen=True)
class Step:
    """One step: a title, and what it does; it returns the line that says what happened."""

    title: str
    run: Callable[["Story"], str]


@dataclass(frozen=True)
class Stage:
    """A chapter of the tour. ``after`` lines say where its results are and what to try next."""

    name: str
    title: str
    steps: tuple[Step, ...]
    after: Callable[["Story"], list[str]]


@dataclass
class Story:
    """The running tour: its folder, its server, and what one step leaves for the next."""

    folder: Path
    notes: dict[str, Any] = field(default_factory=dict)
    server: Server | None = None
    guest: Guest | None = None

    def tell(self, stages: list[Stage]) -> int:
        """Run the stages against a server of their own; nothing is left running."""
        started = time.monotonic()
        shutil.rmtree(self.folder, ignore_errors=True)
        data = self.folder / "data"
        data.mkdir(parents=True, mode=0o700)
        server = Server(data)
        self.server = server
        first = (Step("start the server", lambda _: _start(server)), Step("take a role", _take_role))
        try:
            for number, stage in enumerate(stages):
                print(f"\n{stage.title}", flush=True)
                for step in (*first, *stage.steps) if number == 0 else stage.steps:
                    self._take(step)
        except Exception as error:
            print(f"\nThe tour stopped: {error}\nThe server's log: {data / 'logs' / 'calls.jsonl'}", file=sys.stderr)
            return 1
        finally:
            if self.guest is not None:
                self.guest.leave()
            if server.process is not None:
                server.stop()
        lines = [line for stage in stages for line in stage.after(self)]
        print("\n" + "\n".join(lines))
        print(f"\nDone in {time.monotonic() - started:.1f} s; nothing is left running.")
        return 0

    @property
    def role(self) -> Guest:
        """As whom the stages are told."""
        assert self.guest is not None
        return self.guest

    @property
    def data(self) -> str:
        """The server's data folder, as one writes it in a shell."""
        return shlex.quote(str(self.folder / "data"))

    def yunbox(self, *words: str) -> str:
        """What a `yunbox` command prints."""
        assert self.server is not None
        command = [sys.executable, "-m", "yunbox", words[0], "--data", str(self.server.data), *words[1:]]
        run = subprocess.run(command, check=False, capture_output=True, text=True)
        if run.returncode:
            raise RuntimeError(f"yunbox {words[0]}: {run.stderr.strip()}")
        return run.stdout

    def _take(self, step: Step) -> None:
        print(f"  {step.title:<{_TITLE_WIDTH}}", end="", flush=True)
        started = time.monotonic()
        told = step.run(self)
        head, *rest = told.splitlines()
        print(f"{time.monotonic() - started:6.2f} s  {head}", flush=True)
        for line in rest:
            print(f"{'':<{_TITLE_WIDTH + 12}}{line}")

    def say(self, text: str) -> None:
        """Show progress on the line of the step under way."""
        if sys.stdout.isatty():
            print(f"\r  {text:<{_TITLE_WIDTH + 30}}\r", end="", flush=True)


def _start(server: Server) -> str:
    server.start()
    return f"ready at {server.endpoint} (process {server.pid})"


def _take_role(story: Story) -> str:
    """From here on every SDK works with credentials that come from the metadata server and go out of date."""
    assert story.server is not None
    story.guest = enter(story.server)
    key = story.role.key
    return (
        f"all stages run as the role {ROLE}, with {len(POLICIES)} policies; credentials ({key.id[:8]}...) expire\n"
        f"and renew themselves; the user {STREAMER} is for what knows no tokens: Kafka's clients, Flink's connectors"
    )
