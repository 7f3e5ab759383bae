"""What both shells do with a script: settings, security statements, SQL, and the results as text."""

import argparse
import io
import json
import re
import sys
import time
from collections.abc import Iterator
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

from yunbox.cli.config import resolve
from yunbox.cli.http import ServerError
from yunbox.cli.maxcompute_client import Finished, MaxComputeClient, finished
from yunbox.cli.table import is_terminal, write_csv, write_json, write_table
from yunbox.kernel.errors import InvalidArgument, KernelError
from yunbox.kernel.texts import format_bytes, format_cost, whole_number
from yunbox.meter.prices import load_prices
from yunbox.services.maxcompute.prices import SCAN
from yunbox.sql.maxcompute.flags import without_effect
from yunbox.sql.maxcompute.script import leading_settings, split_script

_SCREEN_ROWS_MAX = 10_000
_SECURITY = re.compile(
    r"\s*(whoami|grant|revoke|list\s+(users|roles)|add\s+user|remove\s+user|create\s+role|(drop|delete)\s+role|"
    r"show\s+(grants|acl|securityconfiguration)|describe\s+role|desc\s+role)\b",
    re.IGNORECASE,
)
_USE = re.compile(r"\s*use\s+(\w+)\s*$", re.IGNORECASE)
_COST = re.compile(r"\s*cost\s+sql\s+(.*)", re.IGNORECASE | re.DOTALL)
_QUIT = re.compile(r"\s*(quit|exit|q)\s*$", re.IGNORECASE)
_DEFAULT_ZONE = "Asia/Shanghai"
_OFF = ("off", "false", "no", "0")


class StatementFailed(KernelError):
    """A statement ended with the status Failed."""


class Quit(Exception):
    """The user asked to leave."""


class Console:
    """One user's surroundings: the project, the settings, and how results are shown."""

    def __init__(self, args: argparse.Namespace) -> None:
        connection, project, config = resolve(args)
        if not project:
            raise InvalidArgument("No project is chosen: give --project, or project_name in the configuration")
        self.client = MaxComputeClient(connection, project)
        self.settings: dict[str, str] = {}
        self.quiet = bool(getattr(args, "quiet", False))
        self.with_logview = getattr(args, "logview", True) and config.get("log_view", "on").lower() not in _OFF
        self.as_json = getattr(args, "output", "text") == "json"
        self.rows_max = self._rows_max(config)
        self._prices = load_prices()

    @staticmethod
    def _rows_max(config: dict[str, str]) -> int | None:
        """What a screen shows at most; a file gets every row unless the configuration says otherwise."""
        text = config.get("instance_tunnel_max_record", "")
        if (rows := whole_number(text)) is not None:
            return rows
        return _SCREEN_ROWS_MAX if is_terminal() else None

    def run_script(self, text: str) -> None:
        """Run every statement of a script; the first that fails ends it."""
        for statement in split_script(text):
            self.run(statement)

    def run(self, statement: str) -> None:
        """Run one statement."""
        settings, rest = leading_settings(statement + ";")
        if settings:
            self.settings.update(settings)
            self.say("\n".join([*(f"{name} has no effect in Yunbox" for name in without_effect(settings)), "OK"]))
        body = rest.strip().rstrip(";").strip()
        if body:
            self._run(body)

    def _run(self, body: str) -> None:
        if _QUIT.match(body):
            raise Quit
        if found := _USE.match(body):
            self.client.project = found.group(1).lower()
            self.say("OK")
        elif found := _COST.match(body):
            print(self.price(found.group(1)))
        elif _SECURITY.match(body):
            print(self.client.security(body))
        else:
            self._run_sql(body)

    def price(self, query: str) -> str:
        """What a statement would read and cost."""
        scanned, complexity = self.estimate(query)
        cost = self._prices.cost(SCAN, scanned, complexity)
        return (
            f"Input: {scanned} Bytes ({format_bytes(scanned)})\nComplexity: {complexity}\n"
            f"Cost: {format_cost(cost)} {self._prices.currency}"
        )

    def estimate(self, query: str) -> tuple[int, float]:
        """The bytes and the complexity that a statement would be billed."""
        instance, done = self.client.submit(query, self.settings, "SQLCost")
        result = finished(instance, done) if done else self.client.wait(instance)
        if result.status != "Success":
            raise StatementFailed(result.text)
        cost = json.loads(result.text)["Cost"]["SQL"]
        return int(cost["Input"]), float(cost["Complexity"])

    def _run_sql(self, body: str) -> None:
        started = time.monotonic()
        instance, done = self.client.submit(body + ";", self.settings)
        self.say(f"ID = {instance}")
        self._say_logview(instance)
        result = finished(instance, done) if done else self._wait(instance)
        if result.status != "Success":
            raise StatementFailed(result.text or f"the instance is {result.status}")
        self._say_cost(instance, time.monotonic() - started)
        self._show(result)

    def _wait(self, instance: str) -> Finished:
        self.say(f"Running instance {instance} ...")
        try:
            return self.client.wait(instance)
        except KeyboardInterrupt:
            self.say("Stopping the instance ...")
            self.client.stop(instance)
            raise

    def _show(self, result: Finished) -> None:
        if not result.is_select:
            if self.as_json:
                print(json.dumps({"result": result.text or "OK"}, ensure_ascii=False))
            elif result.text and result.text != "OK":
                print(result.text, end="" if result.text.endswith("\n") else "\n")
            self.say("OK")
            return
        columns, count, rows = self.client.rows(result.id)
        shown: Iterator[Any] = rows if self.rows_max is None else islice(rows, self.rows_max)
        zone = ZoneInfo(self.settings.get("odps.sql.timezone") or _DEFAULT_ZONE)
        as_csv = self.settings.get("odps.sql.select.output.format", "").lower() == "csv"
        if self.as_json:
            written = write_json(columns, shown, sys.stdout, zone)
        elif as_csv or not is_terminal():
            if isinstance(sys.stdout, io.TextIOWrapper):
                sys.stdout.reconfigure(newline="")  # CRLF as RFC 4180 has it, whatever the platform
            written = write_csv(columns, shown, sys.stdout, zone)
        else:
            written = write_table(columns, shown, sys.stdout, zone)
        sys.stdout.flush()
        more = f" of {count}" if written < count else ""
        self.say(f"{written}{more} records")

    def _say_logview(self, instance: str) -> None:
        if self.quiet or not self.with_logview:
            return
        try:
            self.say(f"Log view:\n{self.client.logview(instance)}")
        except ServerError as error:
            self.say(f"No log view: {error.message}")

    def _say_cost(self, instance: str, seconds: float) -> None:
        if self.quiet:
            return
        scanned = int(self.client.summary(instance)["Cost"]["Input"])
        cost = format_cost(self._prices.cost(SCAN, scanned))
        self.say(f"Scanned {format_bytes(scanned)}, cost {cost} {self._prices.currency}, {seconds:.2f} s")

    def say(self, text: str) -> None:
        """Tell a person something that is no result."""
        if not self.quiet:
            print(text, file=sys.stderr, flush=True)
