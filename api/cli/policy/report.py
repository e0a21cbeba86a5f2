"""Reads a folder of policies and tests for `pointsman policy test`, and prints the report of a run."""

import functools
from collections.abc import Collection, Iterator
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from api.cli.options import print_json
from api.files.inventory_folder import load_inventory
from api.files.policies import policy_files, policy_test_files
from api.files.policy_tests.reader import OpenNetwork, read_policies_and_tests
from api.language.current import say, say_message, text
from api.records.policy_tests import ReportRecord
from engine.decide.policy_tests.runner import TEST_SUFFIX, Coverage, PolicyTest, Report, TestResult
from engine.errors import InputInvalid, Mistake
from engine.model.facts import Inventory
from rules.policy import PolicySet, split_rule_id

_WHAT_NOW = text("\nIf the decision is what you want now, change what the test expects; if not, the rule.")
NARROWEST = 20
"""Columns; in a narrower terminal, dots are wrapped as if it had so many."""


def read_folder(path: Path) -> tuple[PolicySet, list[PolicyTest]]:
    """The policies and the tests under `path`; of a single file its own tests, and all policies of its folder.

    Raises PolicyInvalid with every mistake, InputInvalid if there are no policies or no tests.
    """
    folder = path if path.is_dir() else path.parent
    tests = policy_test_files(path)
    if not tests:
        message = say(
            "there are no tests here; write them into a file whose name ends in {test_suffix}", test_suffix=TEST_SUFFIX
        )
        raise InputInvalid([Mistake(where=str(path), field="", message=message)])
    return read_policies_and_tests(policy_files(folder), tests, open_network=networks_in(folder))


def networks_in(folder: Path) -> OpenNetwork:
    """The function that loads the network directories which test files in `folder` name; each is loaded once."""

    @functools.cache
    def load(directory: Path) -> Inventory:
        return load_inventory(directory)

    def open_network(file: str, directory: str) -> Inventory:
        path = (folder / file).parent / directory
        if not path.is_dir():
            raise InputInvalid([Mistake(where=directory, field="", message=say("there is no such directory"))])
        return load(path.resolve())

    return open_network


class ReportPrinter:
    """Prints a dot for each test as it is run, and the report afterwards; or, as JSON, only the report."""

    def __init__(self, *, as_json: bool) -> None:
        self._as_json = as_json
        self._console = Console(highlight=False)
        self._file = ""
        self._column = 0

    def dot(self, result: TestResult) -> None:
        """Print one letter for the test: a dot if it passed, F if not. A new file starts a line with its name."""
        if self._as_json:
            return
        if result.test.file != self._file:
            self._start_line(("\n" if self._file else "") + result.test.file + " ")
            self._file = result.test.file
        elif self._column >= max(NARROWEST, self._console.width):
            self._start_line("\n" + " " * (len(self._file) + 1))
        click.echo(click.style(".", fg="green") if result.passed else click.style("F", fg="red"), nl=False)
        self._column += 1

    def _start_line(self, start: str) -> None:
        click.echo(start, nl=False)
        self._column = len(start.lstrip("\n"))

    def report(
        self, report: Report, *, left_out: int, coverage: bool, strict: bool, of_policies: Collection[str] | None = None
    ) -> None:
        """The coverage is of the rules of these policies, by id; by default of all."""
        if self._as_json:
            print_json(ReportRecord.of(report, strict=strict))
            return
        click.echo()
        for result in report.failed:
            self._console.print(*_failure(result), sep="\n")
        if report.failed:
            self._console.print(Text(say(_WHAT_NOW), style="dim"))
        if coverage:
            self._console.print(_coverage_table(report, of_policies))
        if strict and report.untested:
            self._console.print(
                Text(say("\nNot tested:"), style="bold red"),
                *(Text(say_message(part)) for part in report.untested),
                sep="\n",
            )
        self._console.print(_summary(report, left_out, report.succeeds(strict=strict)))


def _failure(result: TestResult) -> Iterator[Text | Table]:
    case = result.test
    yield Text(f"\n{case.file}:{case.line}  {case.name}", style="bold")
    table = Table(box=None, padding=(0, 2, 0, 2))
    # folded: a word that does not fit, such as the id of a rule, goes on in the next line and is not cut
    table.add_column("", overflow="fold")
    table.add_column(say("expected"), style="green", overflow="fold")
    table.add_column(say("got"), style="red", overflow="fold")
    for item in result.differences:
        table.add_row(*(Text(say_message(part)) for part in (item.what, item.expected, item.got)))
    yield table
    yield Text(say("  rules that fired: {fired}", fired=", ".join(sorted(result.fired)) or say("none")), style="dim")


def _coverage_table(report: Report, policies: Collection[str] | None) -> Table:
    table = Table(title=say("What each rule does in {count} tests", count=len(report.results)), title_justify="left")
    shown = [item for item in report.coverage if policies is None or split_rule_id(item.rule)[0] in policies]
    table.add_column(say("rule"), no_wrap=True, min_width=max((len(item.rule) for item in shown), default=0))
    for name in ("fires", "doesn't", "decides"):
        table.add_column(say(name), justify="right")
    for item in shown:
        table.add_row(item.rule, *map(str, (item.fired, item.quiet, item.changed)), style=_style(item))
    return table


def _style(item: Coverage) -> str:
    if not item.fired:
        return "red"
    return "" if item.quiet and item.changed else "yellow"


def _summary(report: Report, left_out: int, succeeded: bool) -> Text:  # noqa: FBT001  # called once, where its value is computed
    failed = len(report.failed)
    parts = [say("{failed} failed", failed=failed)] if failed else []
    parts += [say("{count} passed", count=len(report.results) - failed)]
    parts += [say("{left_out} left out", left_out=left_out)] if left_out else []
    parts += (
        [say("{count} not tested", count=len(report.untested))]
        if report.untested and not failed and not succeeded
        else []
    )
    return Text("\n" + ", ".join(parts), style="bold green" if succeeded else "bold red")
