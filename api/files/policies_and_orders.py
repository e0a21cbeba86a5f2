"""Orders and policies from the file system."""

import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from marshmallow import ValidationError

from api.shapes.mistakes import mistakes_of
from api.shapes.order import OrderRequest
from api.shapes.strict_json import NotJson, read_json
from engine.decide.policy_tests.runner import TEST_SUFFIX
from engine.errors import InputInvalid, Mistake, OrderInvalid
from engine.model.facts import Order
from rules.lint.check import CheckResult
from rules.loader import is_policy_file


def policy_files(path: Path) -> dict[str, bytes]:
    """The policy files under a directory (tests left out), or the one file, by name; raises InputInvalid. Files named
    *.yml come along, to be refused: who wrote one believes that it counts.
    """
    if path.is_file() and path.name.endswith(TEST_SUFFIX):
        message = f"this is a test file; run: pointsman policy test {path}"
        raise InputInvalid([Mistake(where=str(path), field="", message=message)])
    found = [path] if path.is_file() else sorted(item for item in path.rglob("*.y*ml") if _is_meant(item))
    if not found:
        raise InputInvalid([Mistake(where=str(path), field="", message="there is no policy file (*.yaml) here")])
    root = path.parent if path.is_file() else path
    return {item.relative_to(root).as_posix(): _read(item) for item in found}


def policies_beside(path: Path) -> dict[str, bytes]:
    """As `policy_files`; of one file, it and those right beside it, which decide together with it."""
    found = policy_files(path)
    if path.is_file() and is_policy_file(path.name):
        beside = sorted(item for item in path.parent.glob("*.yaml") if is_policy_file(item.name))
        found |= {item.name: _read(item) for item in beside}
    return found


def shown_at(path: Path, checked: CheckResult) -> CheckResult:
    """The findings under `path`, with their files named as seen from where it is."""
    root = path.parent if path.is_file() else path
    named = ((root / item.file, item) for item in checked.findings)
    found = (dataclasses.replace(item, file=file.as_posix()) for file, item in named if path in (file, *file.parents))
    return dataclasses.replace(checked, findings=tuple(found))


def read_order(path: Path, max_lines: int) -> Order:
    """The order in a JSON file; raises OrderInvalid with every mistake."""
    found = list(_mistakes_or_order(str(path), _read(path), OrderRequest(max_lines=max_lines)))
    mistakes = [item for item in found if isinstance(item, Mistake)]
    if mistakes:
        raise OrderInvalid(mistakes)
    return next(item for item in found if isinstance(item, Order))


def case_files(path: Path) -> dict[str, bytes]:
    """The test files under a directory, or beside the one policy file, by name."""
    if path.is_dir():
        found, root = sorted(path.rglob(f"*{TEST_SUFFIX}")), path
    else:
        beside = path if path.name.endswith(TEST_SUFFIX) else path.with_name(path.stem + TEST_SUFFIX)
        found, root = [beside] if beside.exists() else [], path.parent
    return {item.relative_to(root).as_posix(): _read(item) for item in found}


def read_orders(path: Path, max_lines: int) -> list[Order]:
    """The orders of an NDJSON file, one a line, blank lines left out; raises OrderInvalid with every mistake."""
    shape = OrderRequest(max_lines=max_lines)
    found = [
        item
        for number, line in enumerate(_read(path).splitlines(), start=1)
        if line.strip()
        for item in _mistakes_or_order(f"{path}:{number}", line, shape)
    ]
    mistakes = [item for item in found if isinstance(item, Mistake)]
    if mistakes:
        raise OrderInvalid(mistakes)
    return [item for item in found if isinstance(item, Order)]


def _is_meant(path: Path) -> bool:
    return is_policy_file(path.name) or path.suffix == ".yml"


def _mistakes_or_order(where: str, text: bytes, shape: OrderRequest) -> Iterator[Mistake | Order]:
    try:
        raw: Any = read_json(text)
        yield shape.load(raw)
    except NotJson as error:
        yield Mistake(where=where, field="", message=f"this {error}")
    except ValidationError as error:
        yield from mistakes_of(error.messages, where=where)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        mistake = Mistake(where=str(path), field="", message=f"can't be read: {error.strerror}")
        raise InputInvalid([mistake]) from None
