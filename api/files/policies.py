"""Finds policy files and their test files under a path, and reads them."""

import dataclasses
from pathlib import Path

from api.files.file_content import read_content
from engine.decide.policy_tests.runner import TEST_SUFFIX
from engine.errors import InputInvalid, Mistake
from rules.lint.check import CheckResult
from rules.policy_documents import NAMES, is_policy_file, is_refused_file


def policy_files(path: Path) -> dict[str, bytes]:
    """Contents by name: of the policy files under a directory (test files left out), or of the one file.

    Files named *.yml, *.xls and the like are included so that the loader refuses them: their author believes that they
    count. Raises InputInvalid if there is no policy file.
    """
    if path.is_file() and path.name.endswith(TEST_SUFFIX):
        message = f"this is a test file; run: pointsman policy test {path}"
        raise InputInvalid([Mistake(where=str(path), field="", message=message)])
    files = [path] if path.is_file() else sorted(item for item in path.rglob("*") if _looks_like_policy(item))
    if not files:
        raise InputInvalid([Mistake(where=str(path), field="", message=f"there is no policy file ({NAMES}) here")])
    root = path.parent if path.is_file() else path
    return {item.relative_to(root).as_posix(): read_content(item) for item in files}


def policy_files_beside(path: Path) -> dict[str, bytes]:
    """As `policy_files`; of a single file also the policy files in its directory, which decide together with it."""
    files = policy_files(path)
    if path.is_file() and is_policy_file(path.name):
        siblings = sorted(item for item in path.parent.iterdir() if item.is_file() and is_policy_file(item.name))
        files |= {item.name: read_content(item) for item in siblings}
    return files


def policy_test_files(path: Path) -> dict[str, bytes]:
    """Contents by name: of the test files under a directory, or of the one that belongs to a single policy file."""
    if path.is_dir():
        files, root = sorted(path.rglob(f"*{TEST_SUFFIX}")), path
    else:
        test_file = path if path.name.endswith(TEST_SUFFIX) else path.with_name(path.stem + TEST_SUFFIX)
        files, root = [test_file] if test_file.exists() else [], path.parent
    return {item.relative_to(root).as_posix(): read_content(item) for item in files}


def findings_under(path: Path, checked: CheckResult) -> CheckResult:
    """Only the findings in files at or under `path`, their files named relative to where `path` is."""
    root = path.parent if path.is_file() else path
    located = ((root / item.file, item) for item in checked.findings)
    kept = (dataclasses.replace(item, file=file.as_posix()) for file, item in located if path in (file, *file.parents))
    return dataclasses.replace(checked, findings=tuple(kept))


def _looks_like_policy(path: Path) -> bool:
    return (is_policy_file(path.name) or is_refused_file(path.name)) and path.is_file()
