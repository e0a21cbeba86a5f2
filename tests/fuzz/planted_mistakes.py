"""Plants a rule that does nothing in a policy set of which every rule counts."""

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from rules.effects import SUMMED
from rules.vocabulary import NODE_CLOCK, Stage, stage_knows
from tests.fuzz.live_policies import LivePolicies, text_of
from tests.fuzz.random_rules import Written

_NEW, _OTHER = "r98", "r99"
_DATES_COMPARED = re.compile(r"(date|weekday): .*same_as")


@dataclass(frozen=True, slots=True, kw_only=True)
class Planted:
    """A file, and the warning that must be given of a rule in it."""

    content: bytes
    code: str
    rule: str


def planted(live: LivePolicies, chance: random.Random) -> Iterator[Planted]:
    """One mistake of each kind that the set has a place for."""
    name, rule = chance.choice(list(live.written.items()))
    bounds = [key for key in rule.window if key.startswith(("from", "until"))]
    listed = replace(rule, conditions=[*rule.conditions], is_row=False)
    if rule.conditions:
        opposite = f"{{none: [{chance.choice(rule.conditions)}]}}"
        yield _with(live, {_NEW: replace(listed, conditions=[*listed.conditions, opposite])}, "never-fires", _NEW)
    clock = "node" if stage_knows(rule.stage, NODE_CLOCK) else "now"
    for window, condition in (
        ("weekdays: [monday]", f"{{{clock}.weekday: [tuesday, sunday]}}"),
        ('hours: ["08:00", "12:00"]', f'{{{clock}.time: {{at_least: "12:00"}}}}'),
        ("from: 2026-05-31", "{now.date: {less_than: 2026-05-31}}"),
    ):
        keys = [window] if window.startswith("from") else [*bounds, window]
        conditions = [*listed.conditions, condition]
        yield _with(live, {_NEW: replace(listed, conditions=conditions, window=keys)}, "never-fires", _NEW)
    yield _with(live, {_NEW: listed}, "always-silenced", name, overrides={_NEW: [name]})
    narrower = replace(listed, conditions=[*listed.conditions, _NARROWER[rule.stage]])
    ranked = [effect for effect in rule.effects if effect.partition(":")[0] not in SUMMED]
    if any(_DATES_COMPARED.search(condition) for condition in (*rule.conditions, *live.terms.values())):
        return  # a check does not see which dates the clocks of a place and of the installation may share
    if ranked:
        yield _with(live, {_NEW: replace(narrower, effects=ranked[:1])}, "shadowed", _NEW)
    if rule.stage is Stage.OPTION:
        excluding = replace(listed, effects=["exclude: true"])
        preferring = replace(narrower, effects=["prefer: 3.25"])
        yield _with(live, {_NEW: excluding, _OTHER: preferring}, "excluded-and-preferred", _OTHER)


_NARROWER = dict.fromkeys(Stage, "{now.weekday: [monday, saturday]}") | {
    Stage.OPTION: "{node.country: {same_as: order.country}}",
    Stage.POSITION: "{stock.on_hand: {at_least: 2}}",
    Stage.SHIPMENT: "{shipment.weight: {more_than: 2 kg}}",
}


def _with(
    live: LivePolicies, more: dict[str, Written], code: str, rule: str, overrides: dict[str, list[str]] | None = None
) -> Planted:
    """The set with more rules. What it overrides itself is left out, so that it silences nothing that was planted."""
    return Planted(content=text_of({**live.written, **more}, live.terms, overrides), code=code, rule=f"p/{rule}")
