"""Reads `*_test.yaml` files into policy tests; every mistake of every file is reported at once, with its place."""

import zoneinfo
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any, TypeAlias

from api.files.policy_tests.defaults import default_network
from api.files.policy_tests.expectations import read_expectation
from api.files.policy_tests.orders import now_of, order_of, read_order
from api.files.policy_tests.policy_test_file import PolicyTestFile, resolve_fixture
from api.files.policy_tests.returns import RETURN, read_returned_unit, skus_of_return
from api.files.policy_tests.scenario import Scenario, positions, scenario_of
from api.files.policy_tests.shape_findings import note_shape_mistakes
from api.files.policy_tests.shapes import PolicyTestFileShape, ScenarioShapes
from engine.decide.policy_tests.returns import ReturnTest
from engine.decide.policy_tests.runner import TEST_SUFFIX, Case, PolicyTest, Report, run_policy_tests
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
"""Loads a network, given the name of a test file and the directory that it names; raises InputInvalid."""


def is_test_file(name: str) -> bool:
    return name.endswith(TEST_SUFFIX)


def read_policy_tests(
    files: Mapping[str, bytes], policies: PolicySet | None = None, *, open_network: OpenNetwork | None = None
) -> list[Case]:
    """The tests in the test files among `files` (contents by name); raises PolicyInvalid with every finding of all.

    With `policies`, a test that names a rule that doesn't exist is a finding. `open_network` loads the directory that a
    file names; without it, naming one is a finding: files sent over HTTP have no directories beside them.
    """
    shapes, kinds = ScenarioShapes(), _kinds(policies)
    findings: set[Finding] = set()
    tests: list[Case] = []
    for name in sorted(filter(is_test_file, files)):
        try:
            document = read(name, files[name])
            notes = Notes(document=document)
            tests += _tests(_policy_test_file(notes, shapes, kinds, open_network), policies)
            findings.update(notes.findings)
        except PolicyInvalid as error:
            findings.update(error.findings)
    if findings:
        raise PolicyInvalid(findings)
    return tests


def make_test_runner(
    files: Mapping[str, bytes], *, open_network: OpenNetwork | None = None
) -> Callable[[PolicySet], Report] | None:
    """The function that runs the tests among `files` on a policy set, for `Versions.publish`; None without tests."""
    if not any(map(is_test_file, files)):
        return None
    return lambda policies: run_policy_tests(policies, read_policy_tests(files, policies, open_network=open_network))


def read_policies_and_tests(
    policy_files: Mapping[str, bytes], test_files: Mapping[str, bytes], *, open_network: OpenNetwork | None = None
) -> tuple[PolicySet, list[Case]]:
    """A policy set and its tests; raises PolicyInvalid with every finding of both."""
    findings: list[Finding] = []
    policies, tests = None, list[Case]()
    try:
        policies = load_policies(policy_files)
    except PolicyInvalid as error:
        findings += error.findings
    try:
        tests = read_policy_tests(test_files, policies, open_network=open_network)
    except PolicyInvalid as error:
        findings += error.findings
    if policies is None or findings:
        raise PolicyInvalid(findings)
    return policies, tests


def _kinds(policies: PolicySet | None) -> dict[str, Kind]:
    """The kinds of the extra attributes that rules compare, by path."""
    rules = policies.written_rules.values() if policies else ()
    facts = [fact for rule in rules for item in comparisons(rule.condition) for fact in item.facts]
    return {fact.path: fact.kind for fact in facts if is_attribute(fact.path) and fact.kind is not Kind.ANY}


def _policy_test_file(
    notes: Notes, shapes: ScenarioShapes, kinds: Mapping[str, Kind], open_network: OpenNetwork | None
) -> PolicyTestFile:
    document = notes.document
    root = document.root
    if not isinstance(root, dict):
        notes.add((), "wrong-type", "a test file is a mapping with its tests under 'tests'")
        raise PolicyInvalid(notes.findings)
    note_shape_mistakes(PolicyTestFileShape(), PolicyTestFileShape().validate(root), (), notes)
    base = None
    if isinstance(root.get("network"), str):
        base = _network(notes, document, str(root["network"]), open_network)
    return PolicyTestFile(
        notes=notes,
        root=root,
        base=_in_time_zone(base or Inventory(network=default_network(), products={}, stock={}, paces={}), root),
        kinds=base.network.attributes if base else kinds,
        declared=base is not None,
        shapes=shapes,
    )


def _in_time_zone(base: Inventory, root: Mapping[str, Raw]) -> Inventory:
    """The network on the clock that the file names, if it names one; a zone that there is not has been noted."""
    zone = root.get("time_zone")
    if not isinstance(zone, str) or zone not in zoneinfo.available_timezones():
        return base
    return replace(base, network=replace(base.network, time_zone=str(zone)))


def _network(notes: Notes, document: Document, directory: str, open_network: OpenNetwork | None) -> Inventory:
    """The network that the file names. Without it nothing else in the file can be read, so its mistakes are raised."""
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


def _tests(test_file: PolicyTestFile, policies: PolicySet | None) -> Iterator[Case]:
    raw = test_file.root.get("tests")
    seen: set[str] = set()
    for index, item in enumerate(raw if isinstance(raw, list) else []):
        if isinstance(item, dict):
            path: Path = ("tests", index)
            name = item.get("test")
            if isinstance(name, str) and name in seen:
                test_file.notes.add((*path, "test"), "duplicate-test", f"'{name}' stands here a second time")
            seen.add(str(name))
            yield from _test(test_file, item, path, policies)
    _note_unused(test_file)


def _test(test_file: PolicyTestFile, raw: dict[str, Any], path: Path, policies: PolicySet | None) -> Iterator[Case]:
    """The test, unless there is a mistake in it that leaves no order to decide and no unit to place."""
    now = now_of(test_file, raw, path)
    scenario = scenario_of(test_file, raw, path)
    if RETURN in raw:
        yield from _return_test(test_file, raw, path, policies=policies, scenario=scenario, now=now)
        return
    order = order_of(test_file, raw, path, scenario, now)
    where = (*path, "expect")
    expected = read_expectation(test_file, raw.get("expect"), where, scenario=scenario, order=order, policies=policies)
    if order is not None:
        line, _ = test_file.notes.document.values.get(path, (1, 1))
        yield PolicyTest(
            name=str(raw.get("test")),
            file=test_file.notes.document.file,
            line=line,
            order=order,
            snapshot=scenario.snapshot(order.skus, now),
            now=now,
            expected=expected,
            rejected=scenario.rejected,
            taken=scenario.taken,
        )


def _return_test(
    test_file: PolicyTestFile,
    raw: dict[str, Any],
    path: Path,
    *,
    policies: PolicySet | None,
    scenario: Scenario,
    now: int,
) -> Iterator[ReturnTest]:
    order = order_of(test_file, raw, path, scenario, now) if "order" in raw else None
    unit = read_returned_unit(test_file, raw[RETURN], (*path, RETURN), scenario=scenario, order=order)
    where = (*path, "expect")
    expected = read_expectation(
        test_file, raw.get("expect"), where, scenario=scenario, order=None, policies=policies, of_return=True
    )
    if unit is not None:
        line, _ = test_file.notes.document.values.get(path, (1, 1))
        yield ReturnTest(
            name=str(raw.get("test")),
            file=test_file.notes.document.file,
            line=line,
            unit=unit,
            snapshot=scenario.snapshot(skus_of_return(unit, policies), now),
            now=now,
            expected=expected,
        )


def _note_unused(test_file: PolicyTestFile) -> None:
    """Note mistakes in orders and stock that no test uses; in those that a test uses they have been noted before."""
    nothing: dict[str, Raw] = {}
    now, scenario = now_of(test_file, nothing, ()), scenario_of(test_file, nothing, ())
    for part in ("orders", "stock"):
        for name in [name for name in test_file.part(part) if (part, name) not in test_file.used]:
            fixture = resolve_fixture(test_file, part, name, (part, name))
            if fixture is not None and part == "orders":
                read_order(test_file, fixture, (part, name), scenario, now)
            elif fixture is not None:
                positions(test_file, fixture, (part, name), scenario.network.nodes)
