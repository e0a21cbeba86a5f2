"""Reads the order of a policy test and its instant of decision; what the test leaves out gets a default."""

import dataclasses
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, TypeAlias

from marshmallow import ValidationError

from api.files.policy_tests.defaults import CENTRE, COUNTRY
from api.files.policy_tests.moments import instant_of, utc_seconds
from api.files.policy_tests.policy_test_file import USUAL, PolicyTestFile, resolve_fixture
from api.files.policy_tests.scenario import Scenario
from api.files.policy_tests.shape_findings import note_shape_mistakes
from api.files.policy_tests.shapes import local_instant
from engine.decide.order_checks import check_order
from engine.errors import Mistake, OrderInvalid
from engine.model.facts import MICRODEGREES, Network, Node, Order
from rules.errors import LiteralInvalid
from rules.syntax.condition_parser import Notes
from rules.syntax.yaml_document import Node as Raw
from rules.syntax.yaml_document import Path
from rules.vocabulary import COLLECTED

USUAL_NOW = "2026-06-02 10:00"


def now_of(test_file: PolicyTestFile, test: Mapping[str, Raw], path: Path) -> int:
    """The instant of the decision in UTC seconds: that of the test, or else of its file, or else USUAL_NOW."""
    in_test = "now" in test
    raw, where = (test["now"], (*path, "now")) if in_test else (test_file.root.get("now", USUAL_NOW), ("now",))
    try:
        return utc_seconds(local_instant(raw if isinstance(raw, str) else USUAL_NOW), test_file.base.network)
    except LiteralInvalid as error:
        test_file.notes.add(where, "bad-value", f"now: {error}")
        return utc_seconds(local_instant(USUAL_NOW), test_file.base.network)


def order_of(
    test_file: PolicyTestFile, test: Mapping[str, Raw], path: Path, scenario: Scenario, now: int
) -> Order | None:
    """The order of a test, checked against its scenario; None if there is a mistake in it, which is noted."""
    if "order" not in test and USUAL not in test_file.part("orders"):
        test_file.notes.add(path, "missing-key", f"'order' is missing, and no order goes by the name '{USUAL}'")
        return None
    raw = test.get("order", USUAL)
    written = resolve_fixture(test_file, "orders", raw, (*path, "order"))
    where = ("orders", raw) if isinstance(raw, str) else (*path, "order")
    order = None if written is None else read_order(test_file, written, where, scenario, now)
    if order is None or written is None:
        return None
    try:
        check_order(order, scenario.snapshot(order.skus, now), now=now)
    except OrderInvalid as error:
        for mistake in error.mistakes:
            _note_unfit(test_file.notes, _positions_in_file(order, written, where), mistake, scenario)
        return None
    return order


def read_order(
    test_file: PolicyTestFile, raw: dict[str, Raw], path: Path, scenario: Scenario, now: int
) -> Order | None:
    """The order that is written in `raw`, at `path`; None if there is a mistake in it, which is noted. It is not
    checked against the scenario.
    """
    findings_before = len(test_file.notes.findings)
    request = _request(test_file, raw, path, scenario)
    if len(test_file.notes.findings) > findings_before:
        return None
    order = _load(test_file, request, raw, path)
    return None if order is None else _with_utc_instants(order, scenario.network, now)


def _request(test_file: PolicyTestFile, raw: dict[str, Raw], path: Path, scenario: Scenario) -> dict[str, Any]:
    """The order as an API caller would send it."""
    request: dict[str, Any] = dict(raw)
    lines = raw.get("lines")
    if isinstance(lines, dict):
        request["lines"] = [
            {"sku": sku, **(item if isinstance(item, dict) else {"quantity": item})} for sku, item in lines.items()
        ]
    if "collect_at" in raw:
        request.setdefault("delivery", COLLECTED)
    goal = raw.get("destination", {})
    if isinstance(goal, dict):
        request["destination"] = _goal(test_file, goal, (*path, "destination"), scenario)
    return request


def _goal(test_file: PolicyTestFile, raw: dict[str, Raw], path: Path, scenario: Scenario) -> dict[str, Raw]:
    """The destination with coordinates: its own, those of the node it is `near`, or CENTRE."""
    if "near" not in raw:
        centre = {"latitude": _degrees(CENTRE.latitude), "longitude": _degrees(CENTRE.longitude)}
        return {"country": COUNTRY, **({} if {"latitude", "longitude"} & raw.keys() else centre), **raw}
    near, nodes = raw["near"], scenario.network.nodes
    others = {key: item for key, item in raw.items() if key != "near"}
    if {"latitude", "longitude"} & others.keys():
        test_file.notes.add((*path, "near"), "wrong-type", "write near, or latitude and longitude; not both")
    node = nodes.get(near) if isinstance(near, str) else None
    if node is None:
        test_file.notes.add((*path, "near"), "unknown-node", f"unknown node '{near}'", nodes, str(near))
        return {}
    return {**_destination_of(node), **others}


def _destination_of(node: Node) -> dict[str, Raw]:
    place = node.place
    coordinates = {"latitude": _degrees(place.latitude), "longitude": _degrees(place.longitude)} if place else {}
    return {"country": node.country, **coordinates, **({"region": node.region} if node.region else {})}


def _degrees(micro: int) -> str:
    return f"{Decimal(micro) / MICRODEGREES:f}"


def _load(test_file: PolicyTestFile, request: dict[str, Any], raw: dict[str, Raw], path: Path) -> Any:
    """The order as its shape reads it, or None. Findings in lines written by SKU are placed at that SKU."""
    lines = raw.get("lines")
    skus = list(lines) if isinstance(lines, dict) else []

    def place_of(where: Path) -> Path:
        at = len(path) + 1
        if skus and where[:at] == (*path, "lines") and len(where) > at:
            return (*where[:at], skus[int(where[at])], *where[at + 1 :])
        return where

    try:
        return test_file.shapes.order.load(request)
    except ValidationError as error:
        note_shape_mistakes(test_file.shapes.order, error.messages, path, test_file.notes, place_of)
        return None


def _with_utc_instants(order: Any, network: Network, now: int) -> Order:
    """The order with its instants in UTC seconds."""
    placed = now if order.placed_at is None else utc_seconds(order.placed_at, network)
    promise = None if order.promise_by is None else instant_of(order.promise_by, network, now)
    changed: Order = dataclasses.replace(order, placed_at=placed, promise_by=promise)
    return changed


_PositionsInFile: TypeAlias = Mapping[str, tuple[Path, str]]


def _positions_in_file(order: Order, raw: Mapping[str, Raw], path: Path) -> _PositionsInFile:
    """Where the order has a line or names a node, and the line's SKU or the node's id, by the field of the order:
    `lines.0.sku`, `lines.0.quantity`, `lines.0.collect_at`, `collect_at`.
    """
    by_sku = isinstance(raw.get("lines"), dict)
    lines = {
        f"lines.{index}.{field}": ((*path, "lines", line.sku if by_sku else index), line.sku)
        for index, line in enumerate(order.lines)
        for field in ("sku", "quantity")
    }
    nodes = {
        f"lines.{index}.collect_at": (
            (*path, "lines", line.sku if by_sku else index, "collect_at"),
            str(line.collect_at),
        )
        for index, line in enumerate(order.lines)
    }
    dates = {field: ((*path, field), "") for field in ("deliver_on", "promise_by")}
    return {**lines, **nodes, **dates, "collect_at": ((*path, "collect_at"), str(order.collect_at))}


def _note_unfit(notes: Notes, positions: _PositionsInFile, mistake: Mistake, scenario: Scenario) -> None:
    where, word = positions[mistake.field]
    if mistake.field.endswith("collect_at"):
        notes.add(where, "unknown-node", f"unknown node '{word}'", scenario.network.nodes, word)
    elif mistake.field.endswith((".quantity", "deliver_on", "promise_by")):
        notes.add(where, "out-of-range", mistake.message)
    else:
        notes.add(where, "unknown-sku", f"unknown SKU '{word}'; give it under products or stock", scenario.skus, word)
