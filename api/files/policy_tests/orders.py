"""The order of a test case: what it says, and what is plain where it says nothing."""

import dataclasses
import datetime
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, TypeAlias

from marshmallow import ValidationError

from api.files.policy_tests.defaults import CENTRE, COUNTRY
from api.files.policy_tests.scenario import USUAL, Scene, Sheet, fixture
from api.files.policy_tests.shapes import After, At, moment, note_shape
from engine.decide.order_checks import check_order
from engine.errors import OrderInvalid
from engine.model.facts import MICRODEGREES, Network, Node, Order
from rules.errors import LiteralInvalid
from rules.syntax.condition_parser import Notes
from rules.syntax.literals import SECONDS_A_DAY
from rules.syntax.yaml_document import Node as Raw
from rules.syntax.yaml_document import Path

USUAL_NOW = "2026-06-02 10:00"
COLLECTED = "click_and_collect"


def now_of(sheet: Sheet, case: Mapping[str, Raw], path: Path) -> int:
    """UTC seconds of the case's moment, or the file's, or the one that is plain."""
    in_case = "now" in case
    raw, where = (case["now"], (*path, "now")) if in_case else (sheet.root.get("now", USUAL_NOW), ("now",))
    try:
        return instant(moment(raw if isinstance(raw, str) else USUAL_NOW), sheet.base.network)
    except LiteralInvalid as error:
        sheet.notes.add(where, "bad-value", f"now: {error}")
        return instant(moment(USUAL_NOW), sheet.base.network)


def instant(when: At, network: Network) -> int:
    """UTC seconds of a moment on the network's clock."""
    day, second = divmod(when.seconds, SECONDS_A_DAY)
    local = datetime.datetime.fromordinal(day) + datetime.timedelta(seconds=second)
    return int(local.replace(tzinfo=network.zone).timestamp())


def order_of(sheet: Sheet, case: Mapping[str, Raw], path: Path, scene: Scene, now: int) -> Order | None:
    """The order, fit for the scene; None if a mistake in it was noted."""
    if "order" not in case and USUAL not in sheet.part("orders"):
        sheet.notes.add(path, "missing-key", f"'order' is missing, and no order goes by the name '{USUAL}'")
        return None
    raw = case.get("order", USUAL)
    found = fixture(sheet, "orders", raw, (*path, "order"))
    where = ("orders", raw) if isinstance(raw, str) else (*path, "order")
    order = None if found is None else read_order(sheet, found, where, scene, now)
    if order is None or found is None:
        return None
    try:
        check_order(order, scene.snapshot(order.skus))
    except OrderInvalid as error:
        for mistake in error.mistakes:
            _note_unfit(sheet.notes, _spots(order, found, where), mistake.field, scene)
        return None
    return order


def read_order(sheet: Sheet, raw: dict[str, Raw], path: Path, scene: Scene, now: int) -> Order | None:
    """The order in `raw`, which stands at `path`; None if a mistake in it was noted. Whether it fits the scene is
    not looked at.
    """
    found = len(sheet.notes.findings)
    request = _request(sheet, raw, path, scene)
    made = _loaded(sheet, request, raw, path) if len(sheet.notes.findings) == found else None
    return None if made is None else _timed(made, scene.network, now)


def _request(sheet: Sheet, raw: dict[str, Raw], path: Path, scene: Scene) -> dict[str, Any]:
    """The order as an API caller would send it."""
    request: dict[str, Any] = dict(raw)
    lines = raw.get("lines")
    if isinstance(lines, dict):
        request["lines"] = [
            {"sku": sku, **(item if isinstance(item, dict) else {"quantity": item})} for sku, item in lines.items()
        ]
    if "collect_at" in raw:
        request.setdefault("delivery", COLLECTED)
    if request.get("delivery") != COLLECTED:
        goal = raw.get("destination", {})
        if isinstance(goal, dict):
            request["destination"] = _goal(sheet, goal, (*path, "destination"), scene)
    return request


def _goal(sheet: Sheet, raw: dict[str, Raw], path: Path, scene: Scene) -> dict[str, Raw]:
    """A destination with its degrees, which people don't know by heart."""
    if "near" not in raw:
        plain = {"latitude": _degrees(CENTRE.latitude), "longitude": _degrees(CENTRE.longitude)}
        return {"country": COUNTRY, **({} if {"latitude", "longitude"} & raw.keys() else plain), **raw}
    near, nodes = raw["near"], scene.network.nodes
    rest = {key: item for key, item in raw.items() if key != "near"}
    if {"latitude", "longitude"} & rest.keys():
        sheet.notes.add((*path, "near"), "wrong-type", "write near, or latitude and longitude; not both")
    node = nodes.get(near) if isinstance(near, str) else None
    if node is None:
        sheet.notes.add((*path, "near"), "unknown-node", f"unknown node '{near}'", nodes, str(near))
        return {}
    return {**_whereabouts(node), **rest}


def _whereabouts(node: Node) -> dict[str, Raw]:
    place = node.place
    known = {"latitude": _degrees(place.latitude), "longitude": _degrees(place.longitude), "country": node.country}
    return {**known, **({"region": node.region} if node.region else {})}


def _degrees(micro: int) -> str:
    return f"{Decimal(micro) / MICRODEGREES:f}"


def _loaded(sheet: Sheet, request: dict[str, Any], raw: dict[str, Raw], path: Path) -> Any:
    """The order as its shape reads it, or None. Lines that are written by SKU have their places there."""
    lines = raw.get("lines")
    skus = list(lines) if isinstance(lines, dict) else []

    def spot(where: Path) -> Path:
        at = len(path) + 1
        if skus and where[:at] == (*path, "lines") and len(where) > at:
            return (*where[:at], skus[int(where[at])], *where[at + 1 :])
        return where

    try:
        return sheet.shapes.order.load(request)
    except ValidationError as error:
        note_shape(sheet.shapes.order, error.messages, path, sheet.notes, spot)
        return None


def _timed(order: Any, network: Network, now: int) -> Order:
    """With its instants in UTC seconds."""
    placed = now if order.placed_at is None else instant(order.placed_at, network)
    promise = order.promise_by
    if isinstance(promise, At):
        promise = instant(promise, network)
    elif isinstance(promise, After):
        promise = now + promise.minutes * 60
    changed: Order = dataclasses.replace(order, placed_at=placed, promise_by=promise)
    return changed


_Spots: TypeAlias = Mapping[str, tuple[Path, str]]


def _spots(order: Order, raw: Mapping[str, Raw], path: Path) -> _Spots:
    """Where the order names what the network must have, and what it names, by field: `lines.0.sku`, `collect_at`."""
    by_sku = isinstance(raw.get("lines"), dict)
    lines = {
        f"lines.{index}.sku": ((*path, "lines", line.sku if by_sku else index), line.sku)
        for index, line in enumerate(order.lines)
    }
    return {**lines, "collect_at": ((*path, "collect_at"), str(order.collect_at))}


def _note_unfit(notes: Notes, spots: _Spots, field: str, scene: Scene) -> None:
    where, word = spots[field]
    if field == "collect_at":
        notes.add(where, "unknown-node", f"unknown node '{word}'", scene.network.nodes, word)
    else:
        notes.add(where, "unknown-sku", f"unknown SKU '{word}'; give it under products or stock", scene.skus, word)
