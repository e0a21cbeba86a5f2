"""The rules that every engine is given: like the shipped ones, seeded, with numbers as round as authors write them."""

import random
from collections.abc import Callable, Mapping

from rules.conditions import All, AnyOf, Compare, Condition, Not, Operator, comparisons
from rules.effects import Effect
from rules.policy import Policy, PolicySet, Rule
from rules.vocabulary import CHANNELS, LIFECYCLES, Fact, Value
from tests.support.conditions import compare

COUNTS = (12, 30, 100, 300)
SEED = 20_261_127
_KILOMETRES = (1, 2, 5, 8, 10, 15, 20, 30, 50, 80, 100, 150, 200, 300, 400, 500, 600, 800)
_EUROS = (2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 15, 20, 25, 30, 40, 50, 75, 100, 150, 200, 250, 300, 400, 500)
_UNITS = (2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 25, 30, 50, 100)
_DAYS = (7, 10, 14, 15, 20, 21, 28, 30, 45, 60, 75, 90, 120, 150, 180, 270, 365)
_GRAMS = (50, 100, 200, 250, 500, 750, 1_000, 1_500, 2_000, 3_000, 5_000, 10_000, 15_000, 20_000)
_HOURS = tuple(range(0, 1_440, 60))
_TRAVEL = (240, 480, 720, 1_440, 2_160, 2_880, 3_600, 4_320, 5_760, 7_200)
_SHOPS = ("city_centre", "retail_park", "small", "medium", "large", "outlet", "closing")
_CATEGORIES = ("textile", "home", "electronics", "toys", "beauty", "shoes", "garden", "sports")
_REGIONS = (
    "Île-de-France",
    "Provence-Alpes-Côte d'Azur",
    "Hauts-de-France",
    "Auvergne-Rhône-Alpes",
    "Nouvelle-Aquitaine",
    "Occitanie",
    "Pays de la Loire",
    "Bretagne",
    "Normandie",
    "Grand Est",
)

Draw = random.Random


def conditions(count: int) -> Mapping[str, Condition]:
    """The first `count` rules by id. Every fact they mention is known, since the engines differ on what is not."""
    draw = random.Random(SEED)
    kinds = list(_KINDS)
    return {f"bench/r{number:03}": kinds[number % len(kinds)](draw) for number in range(count)}


def policies(conditions: Mapping[str, Condition]) -> PolicySet:
    """The conditions as rules for options. All have the same effect, because only matching is measured."""
    rules = tuple(
        Rule(id=name, because={"en": name}, condition=condition, effects=(Effect(name="prefer", value=1_000_000),))
        for name, condition in conditions.items()
    )
    return PolicySet(policies=(Policy(id="bench", owner="", description="", rules=rules),), texts={})


def mentioned(conditions: Mapping[str, Condition]) -> tuple[Fact, ...]:
    """The facts that the rules look at, by path."""
    facts = {item.fact.path: item.fact for condition in conditions.values() for item in comparisons(condition)}
    return tuple(facts[path] for path in sorted(facts))


def _is(path: str, *words: Value) -> Compare:
    return compare(path, Operator.EQUALS, *words)


def _all(*parts: Condition) -> Condition:
    return All(parts=parts)


def _two_of(draw: Draw, numbers: tuple[int, ...]) -> tuple[int, int]:
    low, high = sorted(draw.sample(numbers, 2))
    return low, high


def _overstock(draw: Draw) -> Condition:
    return _all(
        _is("product.lifecycle", draw.choice(LIFECYCLES)),
        _is("node.type", draw.choice(("store", "warehouse", "distributor"))),
        compare("stock.days_of_cover", Operator.MORE_THAN, draw.choice(_DAYS)),
    )


def _near(draw: Draw) -> Condition:
    modes = draw.sample(("van", "truck", "bike", "rail", "pickup"), 2)
    return _all(
        _is("service.mode", *modes),
        compare("route.distance", Operator.AT_MOST, draw.choice(_KILOMETRES) * 1_000),
    )


def _region(draw: Draw) -> Condition:
    return _all(
        _is("node.region", draw.choice(_REGIONS)),
        _is("product.category", *draw.sample(_CATEGORIES, 2)),
        compare("stock.available", Operator.AT_LEAST, draw.choice(_UNITS)),
    )


def _channel(draw: Draw) -> Condition:
    return _all(
        _is("order.channel", *draw.sample(CHANNELS, 2)),
        compare("node.tags", Operator.HAS, draw.choice(_SHOPS)),
    )


def _slow(draw: Draw) -> Condition:
    late = _is("route.late", True)  # noqa: FBT003  # a flag is what the fact is
    return _all(
        _is("order.delivery", draw.choice(("standard", "express"))),
        AnyOf(parts=(late, compare("route.arrives", Operator.MORE_THAN, draw.choice(_TRAVEL)))),
    )


def _dear(draw: Draw) -> Condition:
    return _all(
        compare("route.cost", Operator.MORE_THAN, draw.choice(_EUROS) * 1_000_000),
        compare("order.value", Operator.LESS_THAN, draw.choice(_EUROS) * 1_000_000),
    )


def _heavy(draw: Draw) -> Condition:
    return _all(
        compare("product.weight", Operator.BETWEEN, *_two_of(draw, _GRAMS)),
        Not(part=_is("service.mode", draw.choice(("truck", "van", "bike")))),
    )


def _hours(draw: Draw) -> Condition:
    return _all(
        compare("now.time", Operator.BETWEEN, *_two_of(draw, _HOURS)),
        _is("node.type", draw.choice(("store", "warehouse", "supplier"))),
        compare("stock.on_hand", Operator.LESS_THAN, draw.choice(_UNITS)),
    )


def _gift(draw: Draw) -> Condition:
    return _all(
        compare("product.tags", Operator.HAS_ANY, *draw.sample(("gift", "fragile", "bulky"), 2)),
        compare("order.units", Operator.AT_LEAST, draw.choice(_UNITS)),
    )


def _carbon(draw: Draw) -> Condition:
    return _all(
        compare("route.co2", Operator.MORE_THAN, draw.choice(_GRAMS) * 1_000),
        Not(part=AnyOf(parts=(_is("order.delivery", "express"), _is("order.channel", draw.choice(CHANNELS))))),
        compare("route.distance", Operator.MORE_THAN, draw.choice(_KILOMETRES) * 1_000),
    )


_KINDS: tuple[Callable[[Draw], Condition], ...] = (
    _overstock,
    _near,
    _region,
    _channel,
    _slow,
    _dear,
    _heavy,
    _hours,
    _gift,
    _carbon,
)
