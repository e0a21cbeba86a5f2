"""`*_test.yaml` to test cases. Every mistake of every file is found in one go, with its place."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeAlias

from api.files.policy_tests.defaults import plain_network
from api.files.policy_tests.expectations import read_expectation
from api.files.policy_tests.orders import now_of, order_of, read_order
from api.files.policy_tests.scenario import Sheet, fixture, positions, scene
from api.files.policy_tests.shapes import FileShape, Shapes, note_shape
from engine.decide.policy_tests.runner import TEST_SUFFIX, Case, Report, try_cases
from engine.errors import InputInvalid
from engine.model.facts import Inventory
from rules.conditions import comparisons
from rules.errors import Finding, PolicyInvalid
from rules.loader import load_policies
from rules.policy import PolicySet
from rules.syntax.condition_parser import Notes
from rules.syntax.yaml_document import Document, Path, read
from rules.syntax.yaml_document import Node as Raw
from rules.vocabulary import Kind, is_attribute

OpenNetwork: TypeAlias = Callable[[str, str], Inventory]
"""From the name of a test file and the directory it names; raises InputInvalid."""


def is_test_file(name: str) -> bool:
    return name.endswith(TEST_SUFFIX)


def read_cases(
    files: Mapping[str, bytes], policies: PolicySet | None = None, *, open_network: OpenNetwork | None = None
) -> list[Case]:
    """The cases of the test files among `files` (contents by name); raises PolicyInvalid with every finding of all.

    With `policies`, rules that don't exist are findings. `open_network` opens the directory a file names; without it
    that is a finding, for contents that were sent have no directory beside them.
    """
    shapes, kinds = Shapes(), _kinds(policies)
    findings: set[Finding] = set()
    cases: list[Case] = []
    for name in sorted(filter(is_test_file, files)):
        try:
            document = read(name, files[name])
            notes = Notes(document=document)
            cases += _file(_sheet(notes, shapes, kinds, open_network), policies)
            findings.update(notes.findings)
        except PolicyInvalid as error:
            findings.update(error.findings)
    if findings:
        raise PolicyInvalid(findings)
    return cases


def trial(
    files: Mapping[str, bytes], *, open_network: OpenNetwork | None = None
) -> Callable[[PolicySet], Report] | None:
    """What tries a set by the test files among `files`, if there are any, as `Versions.publish` asks for it."""
    if not any(map(is_test_file, files)):
        return None
    return lambda found: try_cases(found, read_cases(files, found, open_network=open_network))


def read_tested(
    policy_files: Mapping[str, bytes], test_files: Mapping[str, bytes], *, open_network: OpenNetwork | None = None
) -> tuple[PolicySet, list[Case]]:
    """A set and its cases; raises PolicyInvalid with every finding of both."""
    findings: list[Finding] = []
    policies, cases = None, list[Case]()
    try:
        policies = load_policies(policy_files)
    except PolicyInvalid as error:
        findings += error.findings
    try:
        cases = read_cases(test_files, policies, open_network=open_network)
    except PolicyInvalid as error:
        findings += error.findings
    if policies is None or findings:
        raise PolicyInvalid(findings)
    return policies, cases


def _kinds(policies: PolicySet | None) -> dict[str, Kind]:
    """The kinds of the extra attributes that rules compare, by path."""
    facts = [
        item.fact for rule in (policies.rules.values() if policies else ()) for item in comparisons(rule.condition)
    ]
    return {fact.path: fact.kind for fact in facts if is_attribute(fact.path) and fact.kind is not Kind.ANY}


def _sheet(notes: Notes, shapes: Shapes, kinds: Mapping[str, Kind], open_network: OpenNetwork | None) -> Sheet:
    document = notes.document
    root = document.root
    if not isinstance(root, dict):
        notes.add((), "wrong-type", "a test file is a mapping with its cases under 'tests'")
        raise PolicyInvalid(notes.findings)
    note_shape(FileShape(), FileShape().validate(root), (), notes)
    base = None
    if isinstance(root.get("network"), str):
        base = _network(notes, document, str(root["network"]), open_network)
    return Sheet(
        notes=notes,
        root=root,
        base=base or Inventory(network=plain_network(), products={}, stock={}, paces={}),
        kinds=base.network.attributes if base else kinds,
        declared=base is not None,
        shapes=shapes,
    )


def _network(notes: Notes, document: Document, directory: str, open_network: OpenNetwork | None) -> Inventory:
    """The network that the file names; without it nothing else of the file can be read, so its mistakes are raised."""
    if open_network is None:
        message = "no directory can be opened here; write nodes, products and stock into this file"
        notes.add(("network",), "no-network", message)
        raise PolicyInvalid(notes.findings)
    try:
        return open_network(document.file, directory)
    except InputInvalid as error:
        for mistake in error.mistakes:
            notes.add(("network",), "bad-network", str(mistake))
        raise PolicyInvalid(notes.findings) from None


def _file(sheet: Sheet, policies: PolicySet | None) -> Iterator[Case]:
    raw = sheet.root.get("tests")
    seen: set[str] = set()
    for index, item in enumerate(raw if isinstance(raw, list) else []):
        if isinstance(item, dict):
            path: Path = ("tests", index)
            name = item.get("test")
            if isinstance(name, str) and name in seen:
                sheet.notes.add((*path, "test"), "duplicate-test", f"'{name}' stands here a second time")
            seen.add(str(name))
            yield from _case(sheet, item, path, policies)
    _note_unused(sheet)


def _case(sheet: Sheet, raw: dict[str, Any], path: Path, policies: PolicySet | None) -> Iterator[Case]:
    """The case, unless there is a mistake in it that leaves no order to decide."""
    now = now_of(sheet, raw, path)
    met = scene(sheet, raw, path)
    order = order_of(sheet, raw, path, met, now)
    where = (*path, "expect")
    expected = read_expectation(sheet, raw.get("expect"), where, scene=met, order=order, policies=policies)
    if order is not None:
        line, _ = sheet.notes.document.values.get(path, (1, 1))
        yield Case(
            name=str(raw.get("test")),
            file=sheet.notes.document.file,
            line=line,
            order=order,
            snapshot=met.snapshot(order.skus),
            now=now,
            expected=expected,
            rejected=met.rejected,
        )


def _note_unused(sheet: Sheet) -> None:
    """The mistakes of orders and stock that no case uses: of those that some does, they have been noted there."""
    nothing: dict[str, Raw] = {}
    now, met = now_of(sheet, nothing, ()), scene(sheet, nothing, ())
    for part in ("orders", "stock"):
        for name in [name for name in sheet.part(part) if (part, name) not in sheet.used]:
            found = fixture(sheet, part, name, (part, name))
            if found is not None and part == "orders":
                read_order(sheet, found, (part, name), met, now)
            elif found is not None:
                positions(sheet, found, (part, name), met.network.nodes)
