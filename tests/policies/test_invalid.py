"""Every bad file in `invalid/` gives exactly the findings listed beside it: NAME.yaml, .csv or .xlsx, or a folder NAME
of files that are checked together, gives the lines of NAME.expected.
"""

from pathlib import Path

import pytest

from api.files.policies import policy_files
from rules.finding_codes import CODES
from rules.lint.check import check
from rules.syntax.yaml_document import MAX_BYTES

INVALID = Path(__file__).parent / "invalid"
EXPECTED = sorted(INVALID.glob("*.expected"))
LARGE = "file-too-large"
"""Made by the test, to keep a file of a mebibyte out of the repository."""


def files(name: str) -> dict[str, bytes]:
    if name == LARGE:
        return {f"{LARGE}.yaml": b"#" * (MAX_BYTES + 1)}
    (path,) = (item for item in INVALID.iterdir() if item.stem == name and item.suffix != ".expected")
    return policy_files(path)


@pytest.mark.parametrize("path", EXPECTED, ids=lambda path: path.stem)
def test_a_bad_file_gives_the_findings_beside_it(path):
    assert [str(finding) for finding in check(files(path.stem)).findings] == path.read_text("utf-8").splitlines()


@pytest.mark.parametrize("code", CODES)
def test_every_code_has_a_bad_file_of_its_name_that_shows_it(code):
    codes = {line.split("  ")[1] for line in (INVALID / f"{code}.expected").read_text("utf-8").splitlines()}
    assert codes == {code}


def test_every_bad_file_has_its_findings_beside_it():
    named = {path.stem for path in INVALID.iterdir() if path.suffix != ".expected"} | {LARGE}
    assert named == {path.stem for path in EXPECTED}
    assert all(path.read_text("utf-8") for path in EXPECTED)


@pytest.mark.parametrize("path", EXPECTED, ids=lambda path: path.stem)
def test_there_is_a_policy_set_exactly_if_there_are_no_errors(path):
    checked = check(files(path.stem))
    assert (checked.policies is None) is bool(checked.errors)
    assert set(checked.errors) | set(checked.warnings) == set(checked.findings)
