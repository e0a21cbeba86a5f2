"""`pointsman connector check`, `test` and `schema`: whether the files of connectors are right, without any server."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path

import click
import orjson

from api.cli.connector.choice import CONNECTORS, FOLDER, chosen
from api.cli.options import AS_JSON, print_json
from api.cli.output.mistakes import fail_with_mistakes
from api.connectors.language.connector import Connector
from api.connectors.language.json_schema import connector_schema, connector_test_schema
from api.connectors.testing.comparison import TestResult
from api.connectors.testing.connector_test import read_connector_tests
from api.connectors.testing.outbound import written_of
from api.connectors.testing.runner import made_of, run_connector_test
from api.connectors.testing.yaml_text import text_of_test
from api.files.file_content import read_content, write_content
from api.language.current import counted, say, say_message
from api.records.connectors import ConnectorTestRecord, ConnectorTestsRecord
from engine.errors import InputInvalid
from engine.settings import Settings
from rules.errors import Finding, PolicyInvalid


@click.command()
@CONNECTORS
@FOLDER
@AS_JSON
@click.pass_obj
def check(settings: Settings, names: tuple[str, ...], folder: Path | None, *, as_json: bool) -> None:
    """Report every mistake in connectors' files, and try their samples.

    CONNECTOR is a name, a file or a folder; without any, all of the folder are checked. Each mistake is told with its
    file:line:column and what to write instead. Exits with 1 if there is a mistake, or if a sample does not give what
    its test expects.

    Example: pointsman connector check connectors/stock-csv.yaml
    """
    try:
        connectors = chosen(settings, names, folder)
        results = _results(connectors)
    except (InputInvalid, PolicyInvalid) as error:
        fail_with_mistakes(error, say("nothing was run"))
    untested = [item for item in connectors if not any(name == item.name for name, _ in results)]
    if as_json:
        print_json(ConnectorTestsRecord(tests=[ConnectorTestRecord.of(name, result) for name, result in results]))
    else:
        for connector in connectors:
            own = [result for name, result in results if name == connector.name]
            click.echo(_line(connector, own))
            _print_differences(own)
        if len(connectors) > 1:
            click.echo(_summary(connectors, results))
        if untested:
            named = ", ".join(item.name for item in untested)
            click.echo(say("without a sample: {names}; write NAME_test.yaml beside the file", names=named))
    sys.exit(0 if all(result.passed for _, result in results) else 1)


@click.command("test")
@CONNECTORS
@FOLDER
@click.option(
    "--sample",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Print what the connector makes of this file, as a test to start from.",
)
@AS_JSON
@click.pass_obj
def run_tests(
    settings: Settings, names: tuple[str, ...], folder: Path | None, sample: Path | None, *, as_json: bool
) -> None:
    """Run the tests beside the files of connectors.

    Each has a sample in NAME_test.yaml, and what the connector is to make of it. Nothing is sent, and nothing is taken
    over. Exits with 1 if a test differs, or if there is none.

    Example: pointsman connector test stock-csv
    """
    try:
        connectors = chosen(settings, names, folder)
        if sample is not None:
            _print_sample(connectors, sample)
            return
        results = _results(connectors)
    except (InputInvalid, PolicyInvalid) as error:
        fail_with_mistakes(error, say("no test was run"))
    if as_json:
        print_json(ConnectorTestsRecord(tests=[ConnectorTestRecord.of(name, result) for name, result in results]))
    else:
        for connector in connectors:
            own = [result for name, result in results if name == connector.name]
            if own:
                passed = say("passed") if all(result.passed for result in own) else say("DIFFERS")
                click.echo(f"{passed}  {_line(connector, own)}")
                _print_differences(own)
        click.echo(_summary(connectors, results))
    sys.exit(0 if results and all(result.passed for _, result in results) else 1)


@click.command()
@click.option("--tests", is_flag=True, help="The schema of NAME_test.yaml.")
@click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write the schema to this file instead of printing it.",
)
def schema(output: Path | None, *, tests: bool) -> None:
    """Write the JSON Schema that helps editors with connectors' files.

    With it they complete keys and fields, and underline mistakes.

    Example: pointsman connector schema --output connectors/connector.schema.json
    """
    made = connector_test_schema() if tests else connector_schema()
    text = orjson.dumps(made, option=orjson.OPT_INDENT_2) + b"\n"
    if output is None:
        click.echo(text.decode(), nl=False)
    else:
        write_content(output, text)


def _results(connectors: Sequence[Connector]) -> list[tuple[str, TestResult]]:
    """Of every test, the mistakes of all files together. Raises PolicyInvalid, InputInvalid."""
    findings: list[Finding] = []
    tests = []
    for connector in connectors:
        try:
            tests += [(connector, test) for test in read_connector_tests(connector)]
        except PolicyInvalid as error:
            findings += error.findings
    if findings:
        raise PolicyInvalid(findings)
    return [(connector.name, run_connector_test(connector, test)) for connector, test in tests]


def _line(connector: Connector, results: Sequence[TestResult]) -> str:
    failed = sum(not result.passed for result in results)
    what = say("{name}: {kind}, {tests}", name=connector.name, kind=connector.kind, tests=counted(len(results), "test"))
    return what + (say(", {failed} of them differ", failed=failed) if failed else "")


def _print_differences(results: Sequence[TestResult]) -> None:
    """Each test that differs once, with its place, and below it how."""
    for result in results:
        if not result.passed:
            click.echo(f"  {result.test.file}:{result.test.line}  {result.test.name}")
        for difference in result.differences:
            click.echo(f"      {say_message(difference)}")


def _summary(connectors: Sequence[Connector], results: Sequence[tuple[str, TestResult]]) -> str:
    """The last line, which says at once whether there is anything to look for above it."""
    failed = sum(not result.passed for _, result in results)
    words = {"connectors": counted(len(connectors), "connector"), "tests": counted(len(results), "test")}
    if not failed:
        return say("{connectors}, {tests}: nothing differs", **words)
    return say("{connectors}, {tests}; tests that differ: {failed}", **words, failed=failed)


def _print_sample(connectors: Sequence[Connector], sample: Path) -> None:
    if len(connectors) != 1:
        raise click.UsageError(say("--sample is of one connector; name it"))
    (connector,) = connectors
    stat = sample.stat()
    if connector.sends is not None:
        written = written_of(connector, read_content(sample), where=str(sample), at=int(stat.st_mtime))
        click.echo(written, nl=False)
        return
    made = made_of(connector, read_content(sample), name=sample.name, received_at=int(stat.st_mtime), headers={})
    beside = os.path.relpath(sample, Path(connector.document.file).parent)
    click.echo(text_of_test(connector.name, beside, made), nl=False)
