"""`pointsman policy test`: runs the tests in *_test.yaml files."""

import sys
from pathlib import Path, PurePath

import click

from api.cli.options import AS_JSON
from api.cli.output.junit import junit_xml
from api.cli.output.mistakes import fail_with_mistakes
from api.cli.policy.report import ReportPrinter, read_folder
from api.files.file_content import write_content
from api.language.current import say
from engine.decide.policy_tests.runner import TEST_SUFFIX, run_policy_tests, select_tests
from engine.errors import InputInvalid
from rules.errors import PolicyInvalid
from rules.policy import PolicySet


@click.command("test")
@click.argument("path", type=click.Path(exists=True, path_type=Path))
@click.option("-k", "word", default="", help="Run only tests with this in their name or their file's.")
@click.option("--coverage", is_flag=True, help="Show what each rule does in the tests.")
@click.option("--strict", is_flag=True, help="Fail as well if a rule, a test or a file tests nothing.")
@click.option("--junit", type=click.Path(dir_okay=False, path_type=Path), help="Write the results as JUnit XML.")
@AS_JSON
def run_tests(path: Path, word: str, junit: Path | None, *, coverage: bool, strict: bool, as_json: bool) -> None:
    """Run the tests in the *_test.yaml files under PATH.

    The order of each is decided by all policies under PATH, and the decision compared with what the test expects.
    Exits with 1 if one differs.

    PATH is a folder, or one policy file: then its own tests are run, with all policies of its folder.

    Example: pointsman policy test policies --coverage
    """
    if strict and word:
        raise click.UsageError(say("--strict needs all tests; leave -k out"))
    try:
        policies, tests = read_folder(path)
    except (InputInvalid, PolicyInvalid) as error:
        fail_with_mistakes(error, say("no test was run"))
    selected = select_tests(tests, word)
    if not selected:
        raise click.UsageError(
            say("none of the {count} tests has '{word}' in its name or its file's", count=len(tests), word=word)
        )
    printer = ReportPrinter(as_json=as_json)
    report = run_policy_tests(policies, selected, find_changing=coverage, progress=printer.dot)
    own = None if path.is_dir() else _policies_of(path, policies)
    printer.report(
        report, left_out=len(tests) - len(selected), coverage=coverage, strict=strict, of_policies=own or None
    )
    if junit:
        write_content(junit, junit_xml(report, strict=strict))
    sys.exit(0 if report.succeeds(strict=strict) else 1)


def _policies_of(path: Path, policies: PolicySet) -> frozenset[str]:
    """The policies in a policy file, or in that beside a test file."""
    name = path.name.removesuffix(TEST_SUFFIX) if path.name.endswith(TEST_SUFFIX) else path.stem
    return frozenset(policy for policy, file in policies.files.items() if PurePath(file).stem == name)
