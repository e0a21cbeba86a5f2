"""A policy test file while it is being read: its fixtures, and what it says of nodes, services and products."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from api.files.policy_tests.shape_findings import load_shape
from api.files.policy_tests.shapes import ScenarioShapes
from engine.model.facts import Inventory
from rules.syntax.condition_parser import Notes
from rules.syntax.yaml_document import Node as Raw
from rules.syntax.yaml_document import Path
from rules.vocabulary import Kind

USUAL = "usual"
"""The name of the order and the stock that a test uses if it names none."""
LIKE = "like"
_RIVALS = {
    "away": ("latitude", "longitude"),
    "latitude": ("away",),
    "takes": ("transit", "daily_distance"),
    "transit": ("takes", "daily_distance"),
    "daily_distance": ("takes", "transit"),
    "per_kg": ("unit_prices", "parcel_prices"),
    "unit_prices": ("per_kg", "parcel_prices"),
    "parcel_prices": ("per_kg", "unit_prices"),
}
"""Keys that say the same as another key, and so replace it."""
Layers: TypeAlias = dict[str, tuple[dict[str, Any], Path]]
"""By name, the values of a node, service or product, and where they were last written."""


@dataclass(slots=True, kw_only=True)
class PolicyTestFile:
    """A test file while it is being read. `base` is the network that it names, or the default one. `kinds` are those of
    the attributes by path: if `declared`, of all that the network declares, else of those that rules compare.
    """

    notes: Notes
    root: dict[str, Raw]
    base: Inventory
    kinds: Mapping[str, Kind]
    declared: bool
    shapes: ScenarioShapes
    used: set[tuple[str, str]] = field(default_factory=set)
    """The fixtures that tests use, as (part, name)."""
    layers: dict[str, Layers] = field(default_factory=dict)
    """What the file says of nodes, services and products; filled when it is first needed."""

    def part(self, name: str) -> dict[str, Raw]:
        """The fixtures under `name`; none if that is not a mapping, which has been noted."""
        fixtures = self.root.get(name)
        return fixtures if isinstance(fixtures, dict) else {}


def resolve_fixture(
    test_file: PolicyTestFile, part: str, raw: Raw, path: Path, seen: tuple[str, ...] = ()
) -> dict[str, Raw] | None:
    """What a test gives as its order or stock, with names replaced by the fixture of that name and `like` by what it
    refers to. None if there is a mistake in it, which is noted.
    """
    if isinstance(raw, str):
        names = test_file.part(part)
        if raw not in names:
            what = "order" if part == "orders" else part
            test_file.notes.add(path, f"unknown-{what}", f"nothing goes by the name '{raw}' under {part}", names, raw)
            return None
        if raw in seen:
            test_file.notes.add(path, "cyclic-like", f"'{raw}' is like itself: {' -> '.join((*seen, raw))}")
            return None
        test_file.used.add((part, raw))
        return resolve_fixture(test_file, part, names[raw], (part, raw), (*seen, raw))
    if not isinstance(raw, dict):
        test_file.notes.add(path, "wrong-type", f"write a name from {part}, or a mapping")
        return None
    if LIKE not in raw:
        return raw
    like = resolve_fixture(test_file, part, raw[LIKE], (*path, LIKE), seen) if isinstance(raw[LIKE], str) else None
    if like is None and not isinstance(raw[LIKE], str):
        test_file.notes.add((*path, LIKE), "wrong-type", f"write a name from {part}")
    return None if like is None else {**like, **{name: item for name, item in raw.items() if name != LIKE}}


def layers_of(test_file: PolicyTestFile, test: Mapping[str, Raw], path: Path, part: str) -> Layers:
    """What the file says of `part`, overridden by what the test says."""
    if part not in test_file.layers:
        test_file.layers[part] = _layer(test_file, test_file.root, (), part)
    merged = dict(test_file.layers[part])
    for name, (after, place) in _layer(test_file, test, path, part).items():
        before = _without_rivals(merged.get(name, ({}, ()))[0], after)
        attributes = {**before.get("attributes", {}), **after.get("attributes", {})}
        merged[name] = ({**before, **after, **({"attributes": attributes} if attributes else {})}, place)
    return merged


def _without_rivals(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """What the file says, without the keys that a key of the test replaces."""
    replaced = {rival for key, rivals in _RIVALS.items() if key in after for rival in rivals}
    return {key: value for key, value in before.items() if key not in replaced}


def _layer(test_file: PolicyTestFile, root: Mapping[str, Raw], path: Path, part: str) -> Layers:
    shapes = test_file.shapes
    shape = {"nodes": shapes.node, "services": shapes.service, "products": shapes.product}[part]
    entries = root.get(part)
    named = entries.items() if isinstance(entries, dict) else ()
    return {
        name: (load_shape(shape, raw, (*path, part, name), test_file.notes), (*path, part, name)) for name, raw in named
    }
