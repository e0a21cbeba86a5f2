"""`pointsman policy test`."""

import sys
from pathlib import Path

import click

from api.cli import policy_test_report
from api.cli.options import AS_JSON
from api.cli.output.junit import junit_xml
from api.files.file_content import write_content
from engine.decide.policy_tests.runner import picked, try_cases


@click.command("test")
@click.argument("path", type=click.Path(exists=True, path_type=Path))
@click.option("-k", "word", default="", help="Only cases with this in their name or their file's.")
@click.option("--coverage", is_flag=True, help="Show what each rule does in the cases.")
@click.option("--strict", is_flag=True, help="Fail as well if a rule, a case or a file tests nothing.")
@click.option("--junit", type=click.Path(dir_okay=False, path_type=Path), help="Write the results as JUnit XML.")
@AS_JSON
def run_tests(path: Path, word: str, junit: Path | None, *, coverage: bool, strict: bool, as_json: bool) -> None:
    """Decide the cases of the *_test.yaml files under PATH by all its policies; exit 1 if one comes otherwise.

    PATH is a folder, or one policy file, whose own cases are then decided by all policies of its folder.

    Example: pointsman policy test policies --coverage
    """
    if strict and word:
        raise click.UsageError("--strict looks at all cases; leave -k out")
    policies, cases = policy_test_report.read_folder(path)
    chosen = picked(cases, word)
    if not chosen:
        raise click.UsageError(f"none of the {len(cases)} cases has '{word}' in its name or its file's")
    printed = policy_test_report.Printed(as_json=as_json)
    report = try_cases(policies, chosen, weigh=coverage, progress=printed.dot)
    printed.report(report, left_out=len(cases) - len(chosen), coverage=coverage, strict=strict)
    if junit:
        write_content(junit, junit_xml(report, strict=strict))
    sys.exit(0 if report.succeeds(strict=strict) else 1)
