"""Parses the `then` of a rule into effects, and checks that their stage knows the facts of the rule's conditions."""

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType

from rules.conditions import Condition, comparisons
from rules.effects import (
    MAX_HOLD,
    OF_RETURNS,
    OF_SHIPMENTS,
    STAGE_OF,
    Disposition,
    Effect,
    EffectValue,
    Exclusion,
    LookaheadWeight,
    OtherSku,
    PromiseFrom,
    ShipmentLimit,
    UntilShipped,
    Uplift,
)
from rules.errors import LiteralInvalid
from rules.reserves import FULL_SHARE
from rules.syntax import literals
from rules.syntax.amount_range import UNITS, Range, single_value
from rules.syntax.channel_effects import COVER, FOR_CHANNELS, alert, days, for_channel, kept
from rules.syntax.condition_parser import Notes
from rules.syntax.typo_hints import decimal_comma_hint, missing_colon_hint, typo_hint
from rules.syntax.yaml_document import Node, Path
from rules.vocabulary import DISPOSITIONS, IN_TRANSIT, Fact, Kind, Stage, group_of, stage_knows

MOST_MONEY = 100_000 * literals.MICROS
"""No real preference or penalty is larger; the limit keeps sums from overflowing."""
MOST_DAYS = 3_650
"""Of shelf life that is left."""
_WHOLE_DAYS = re.compile(r"(\S*[0-9])\s*days?")
MAX_SLACK = 90 * 24 * 60
"""Minutes."""
MOST_UPLIFT = 10 * FULL_SHARE
"""Basis points: ten times the usual demand."""
MAX_REST = 30 * 24 * 60
"""Minutes; a node that is out for longer should be excluded by a rule, or removed from the network."""

UNTIL_SHIPPED = "until_shipped"
_UNTIL_SHIPPED = re.compile(rf"{UNTIL_SHIPPED}(?:\s*\+\s*(.+))?", re.DOTALL)
_OF_SHIPMENT = "shipment"
_ABOUT_RETURNS = frozenset({"return", "need"})
"""A rule that mentions facts of one of these groups is about returns."""
_STAGE_WORDS = {Stage.POSITION: "place", Stage.OPTION: "way", Stage.LEVEL: "stock of a place, whatever the order"}
"""What merchandisers call a stage, where that differs from its name."""


def effects(raw: Node, path: Path, notes: Notes, *, window: str = "") -> tuple[Effect, ...]:
    """The effects under `then`; mistakes become findings in `notes`, and their effects are left out. `window` is the
    rule's, as `window_text` writes it.
    """
    if not isinstance(raw, dict) or not raw:
        hint = missing_colon_hint(raw, frozenset(STAGE_OF)) if isinstance(raw, str) else ""
        notes.add(path, "wrong-type", f"'then' is a mapping of effects, as 'prefer: 4.00'{hint}")
        return ()
    return tuple(
        Effect(name=name, value=value)
        for name, item in raw.items()
        for value in _values(name, item, (*path, name), notes, window)
    )


def placed_effects(
    effects: tuple[Effect, ...], condition: Condition, facts: Mapping[str, Fact], path: Path, notes: Notes
) -> tuple[Effect, ...]:
    """The effects, those that act on a whole shipment or on the place of a returned unit said to: their rule mentions
    facts of it. Adds findings for effects that act where the rule's facts are not known, or that can't act on these.
    `path` is that of `then`.
    """
    if _is_about_returns(effects, facts.values()):
        effects = tuple(replace(effect, of_return=effect.name in OF_RETURNS) for effect in effects)
    elif any(fact.group == _OF_SHIPMENT for fact in facts.values()):
        effects = tuple(replace(effect, of_shipment=effect.name in OF_SHIPMENTS) for effect in effects)
        pairs = (item for item in comparisons(condition) if item.other is not None)
        if any(fact.group == _OF_SHIPMENT for item in pairs for fact in item.facts):
            text = "a fact of the shipment can be compared with an amount, not with another fact"
            notes.add(path, "wrong-type", text)
    stages = {effect.name: effect.stage for effect in effects}
    for effect in effects:
        if effect.of_shipment and effect.value is Exclusion.UNLESS_NEEDED:
            text = "exclude: 'unless_needed' is for units; a whole shipment is excluded with true, or dearer with avoid"
            notes.add((*path, effect.name), "bad-value", text)
    for name, stage in stages.items():
        note_unknown_facts(notes, (*path, name), name, stage, facts)
    return effects


def note_unknown_facts(notes: Notes, path: Path, effect: str, stage: Stage, facts: Mapping[str, Fact]) -> None:
    """Adds a finding at `path` if the conditions of an effect compare facts that are not known at its stage."""
    unknown = sorted(name for name, fact in facts.items() if not stage_knows(stage, fact))
    if unknown and stage is Stage.SHIPMENT:
        names = ", ".join(unknown)
        text = f"'{effect}' acts on a shipment, which may have several lines: {names} is not known of it"
        notes.add(path, "later-stage", text)
    elif unknown and stage is Stage.RETURN:
        text = f"'{effect}' acts on a returned unit, of which {', '.join(unknown)} is not known"
        notes.add(path, "later-stage", text)
    elif unknown:
        word = _STAGE_WORDS.get(stage, stage.name.lower())
        of_shipment = any(name.startswith(f"{_OF_SHIPMENT}.") for name in unknown)
        of_return = any(group_of(name) in _ABOUT_RETURNS or name == IN_TRANSIT for name in unknown)
        hint = "; on a whole shipment act exclude: true and avoid" if of_shipment else ""
        hint = "; on a returned unit act disposition, as_sku, exclude, prefer, avoid and tier" if of_return else hint
        notes.add(
            path, "later-stage", f"'{effect}' acts on the {word}, where {', '.join(unknown)} is not known yet{hint}"
        )


def _is_about_returns(effects: Collection[Effect], facts: Collection[Fact]) -> bool:
    """Whether a rule is about returns: it says what becomes of a returned unit, or mentions facts of it."""
    acts = any(STAGE_OF[effect.name] is Stage.RETURN for effect in effects)
    return acts or any(fact.group in _ABOUT_RETURNS for fact in facts)


def _values(name: str, raw: Node, path: Path, notes: Notes, window: str) -> Iterator[EffectValue]:
    if name not in STAGE_OF:
        hint = decimal_comma_hint(name, alone=raw is None)
        notes.add(path, "unknown-effect", f"unknown effect '{name}'{hint}", STAGE_OF, name)
        return
    items = raw if name in FOR_CHANNELS and isinstance(raw, list) and raw else [raw]
    for item in items:
        try:
            yield _value(name, item, window)
        except LiteralInvalid as error:
            words = DISPOSITIONS if name == "disposition" else ()
            notes.add(path, error.code, f"{name}: {error}", words, item if isinstance(item, str) else "")


def _value(name: str, raw: Node, window: str) -> EffectValue:
    if name in FOR_CHANNELS:
        return for_channel(name, raw, window)
    return _MAPPED[name](raw) if name in _MAPPED else _PARSERS[name](single_value(raw))


def _only_true(text: str) -> bool:
    if text != "true":
        raise LiteralInvalid(f"'{text}': write true, or leave the effect out")
    return True


def _only_false(text: str) -> bool:
    if text != "false":
        raise LiteralInvalid(f"'{text}': write false, or leave the effect out")
    return False


def _exclusion(text: str) -> Exclusion:
    if text == "unless_needed":
        return Exclusion.UNLESS_NEEDED
    if text != "true":
        raise LiteralInvalid(f"'{text}': write true or unless_needed")
    return Exclusion.YES


def _disposition(text: str) -> Disposition:
    if text not in DISPOSITIONS:
        raise LiteralInvalid(f"'{text}': write {', '.join(DISPOSITIONS[:-1])} or {DISPOSITIONS[-1]}")
    return Disposition(DISPOSITIONS.index(text))


def _other_sku(text: str) -> OtherSku:
    # as plain text: a word of a policy file carries its position in the file
    return OtherSku(sku=str(literals.word(text)))


def _hold(text: str) -> int | UntilShipped:
    match = _UNTIL_SHIPPED.fullmatch(text.strip())
    if match:
        return UntilShipped(extra=RANGES["hold"].parse(match[1]) if match[1] else 0)
    if re.search("until|ship", text, re.IGNORECASE):
        raise LiteralInvalid(f"'{text}': write {UNTIL_SHIPPED}, {UNTIL_SHIPPED} + 4 h, or a duration such as 48 h")
    return RANGES["hold"].parse(text)


def _carbon_price(text: str) -> int:
    return RANGES["carbon_price"].within(literals.carbon_price(text), text)


def _uplift(text: str) -> Uplift:
    return Uplift(share=literals.share(text, most=MOST_UPLIFT))


def _lookahead(text: str) -> LookaheadWeight:
    if text in ("on", "true"):
        return LookaheadWeight(share=FULL_SHARE)
    if text in ("off", "false"):
        raise LiteralInvalid(
            f"'{text}': write on, or a share such as 80%; to switch another rule's off, name it under overrides"
        )
    return LookaheadWeight(share=literals.share(text))


def _shelf_life(text: str) -> int:
    return days(text, RANGES["min_shelf_life"])


def _slack(text: str) -> int:
    match = _WHOLE_DAYS.fullmatch(text.strip())
    if match is None:
        return RANGES["slack"].parse(text)
    return RANGES["slack"].within(literals.count(match[1]) * 24 * 60, text)


def _promise_from(text: str) -> PromiseFrom:
    try:
        return PROMISE_FROM[text]
    except KeyError:
        *others, last = PROMISE_FROM
        raise LiteralInvalid(f"'{text}': write {', '.join(others)} or {last}{typo_hint(text)}") from None


def _max_shipments(raw: Node) -> int | ShipmentLimit:
    if not isinstance(raw, dict):
        return RANGES["max_shipments"].parse(single_value(raw))
    if set(raw) != {"at_most", "unless_needed"} or raw["unless_needed"] != "true":
        raise LiteralInvalid("write a number, or {at_most: 2, unless_needed: true}")
    return ShipmentLimit(at_most=RANGES["max_shipments"].parse(single_value(raw["at_most"])))


_MONEY = Range(kind=Kind.MONEY, low=0, high=MOST_MONEY, bounds="between 0 and 100000")
RANGES: Mapping[str, Range] = MappingProxyType(
    {
        "prefer": _MONEY,
        "avoid": _MONEY,
        "tier": Range(kind=Kind.COUNT, low=1, high=9, bounds="between 1 and 9"),
        "multiple_of": Range(kind=Kind.COUNT, low=1, high=100_000, bounds="between 1 and 100000"),
        "max_shipments": Range(kind=Kind.COUNT, low=1, bounds="at least 1"),
        "split_penalty": _MONEY,
        "carbon_price": _MONEY,
        "hold": Range(kind=Kind.DURATION, low=1, high=MAX_HOLD, bounds="between 1 m and 90 d"),
        "priority": Range(kind=Kind.COUNT, low=0, high=100, bounds="between 0 and 100"),
        "oversell": UNITS,
        "min_shelf_life": Range(kind=Kind.COUNT, low=0, high=MOST_DAYS, bounds="between 0 and 3650 days"),
        "slack": Range(kind=Kind.DURATION, low=0, high=MAX_SLACK, bounds="between 0 m and 90 d"),
        "daily_orders": UNITS,
        "hourly_orders": UNITS,
        "daily_units": UNITS,
        "daily_weight": Range(kind=Kind.WEIGHT, low=0, bounds="at least 0 kg"),
        "rest_after_rejection": Range(kind=Kind.DURATION, low=1, high=MAX_REST, bounds="between 1 m and 30 d"),
        "min": UNITS,
        "max": UNITS,
        "target_cover": COVER,
    }
)
"""The accepted amounts of each effect whose value is an amount."""
AMOUNT_KINDS: Mapping[str, Kind] = MappingProxyType(
    {**{name: amounts.kind for name, amounts in RANGES.items()}, "haircut": Kind.SHARE, "preorder_from": Kind.DATE}
)
"""Of what kind the amount of each effect is, also of those that accept every amount of their kind."""
PROMISE_FROM: Mapping[str, PromiseFrom] = MappingProxyType({item.name.lower(): item for item in PromiseFrom})
"""The values of `promise_from`, as authors write them."""
ONLY_TRUE = frozenset({"keep_together", "fewest_shipments", "ship_complete", "approve", "backorder", "reroute_if_late"})
"""The effects whose only value is `true`."""
ONLY_FALSE = frozenset({"transfer"})
"""The effects whose only value is `false`."""
_PARSERS: Mapping[str, Callable[[str], EffectValue]] = {
    "exclude": _exclusion,
    "disposition": _disposition,
    "as_sku": _other_sku,
    **dict.fromkeys(ONLY_TRUE, _only_true),
    **dict.fromkeys(ONLY_FALSE, _only_false),
    **{name: amounts.parse for name, amounts in RANGES.items()},
    "carbon_price": _carbon_price,
    "hold": _hold,
    "min_shelf_life": _shelf_life,
    "target_cover": days,
    "uplift": _uplift,
    "lookahead": _lookahead,
    "promise_from": _promise_from,
    "slack": _slack,
    "haircut": literals.share,
    "preorder_from": literals.date,
}
_MAPPED: Mapping[str, Callable[[Node], EffectValue]] = {
    "max_shipments": _max_shipments,
    "keep": kept,
    "alert_below": alert,
}
"""Parsers of effects whose value may be a mapping."""
