"""An interactive shell: history, completion, and the price of a statement before it runs."""

import atexit
import contextlib
import sys
from pathlib import Path

from yunbox.cli.console import Console, Quit, StatementFailed
from yunbox.cli.http import ServerError
from yunbox.kernel.errors import KernelError

_HISTORY = Path("~/.yunbox_history")
_HISTORY_LINES_MAX = 5000
_KEYWORDS = (
    "SELECT FROM WHERE GROUP BY ORDER LIMIT HAVING JOIN LEFT RIGHT FULL OUTER INNER ON USING UNION ALL DISTINCT INSERT "
    "INTO OVERWRITE TABLE PARTITION VALUES CREATE VIEW DROP ALTER ADD COLUMNS PARTITIONED LIFECYCLE COMMENT IF NOT "
    "EXISTS SHOW TABLES PARTITIONS DESC EXTENDED EXPLAIN SET USE TRUNCATE AND OR NULL LIKE IN BETWEEN CASE WHEN THEN "
    "ELSE END AS WITH LATERAL EXPLODE CAST COUNT SUM AVG MIN MAX ROW_NUMBER OVER"
)


class Shell:
    """Reads statements from a person and runs them; an error does not end it."""

    def __init__(self, console: Console, *, with_price: bool = False) -> None:
        self._console = console
        self._with_price = with_price
        self._words: list[str] = []

    def run(self) -> int:
        """Read until the end of input or `quit`."""
        self._prepare()
        while True:
            try:
                statement = self._read()
                if statement is None:
                    return 0
                self._run(statement)
            except Quit:
                return 0
            except KeyboardInterrupt:
                print()
            except (StatementFailed, ServerError) as failure:
                print(f"FAILED: {failure.message}", file=sys.stderr)
            except KernelError as error:
                print(f"FAILED: {error.message}", file=sys.stderr)

    def _run(self, statement: str) -> None:
        if self._with_price and statement.lstrip()[:6].lower() in ("select", "insert", "with"):
            with contextlib.suppress(StatementFailed, ServerError):
                print(self._console.price(statement.rstrip().rstrip(";")).replace("\n", ", "), file=sys.stderr)
        self._console.run_script(statement)

    def _read(self) -> str | None:
        lines: list[str] = []
        prompt = f"{self._console.client.project}>" if sys.stdin.isatty() else ""
        while True:
            try:
                line = input(prompt)
            except EOFError:
                return None
            lines.append(line)
            text = "\n".join(lines)
            if not text.strip() or text.rstrip().endswith(";") or text.strip().lower() in ("quit", "exit"):
                return text
            prompt = " " * (len(prompt) - 1) + ">" if prompt else ""

    def _prepare(self) -> None:
        try:
            import readline
        except ImportError:
            return
        path = _HISTORY.expanduser()
        with contextlib.suppress(OSError):
            readline.read_history_file(path)
        readline.set_history_length(_HISTORY_LINES_MAX)
        atexit.register(_save_history, path)
        self._words = [*_KEYWORDS.split(), *self._tables()]
        readline.set_completer(self._complete)
        readline.parse_and_bind("tab: complete")

    def _tables(self) -> list[str]:
        with contextlib.suppress(KernelError):
            instance, done = self._console.client.submit("SHOW TABLES;", {})
            if done is not None:
                from yunbox.cli.maxcompute_client import finished

                return [line.rpartition(":")[2] for line in finished(instance, done).text.splitlines()]
        return []

    def _complete(self, text: str, state: int) -> str | None:
        found = [word for word in self._words if word.lower().startswith(text.lower())]
        return found[state] if state < len(found) else None


def _save_history(path: Path) -> None:
    import readline

    with contextlib.suppress(OSError):
        readline.write_history_file(path)
        path.chmod(0o600)
