"""How the effects of several rules combine into one outcome."""

import itertools

import pytest

from rules.effects import (
    DEFAULT_HOLD,
    STAGE_OF,
    Disposition,
    Effect,
    Exclusion,
    LevelOutcome,
    LineOutcome,
    LookaheadWeight,
    NodeOutcome,
    OptionOutcome,
    OrderOutcome,
    OtherSku,
    PositionOutcome,
    PromiseFrom,
    PromiseOutcome,
    RejectionOutcome,
    ReturnOutcome,
    ShipmentLimit,
    UntilShipped,
    Uplift,
    combine,
)
from rules.reserves import Allotment, Cap, Protection, Reserve
from rules.vocabulary import Stage


def units(count: int) -> Reserve:
    return Reserve(units=count)


def share(points: int) -> Reserve:
    return Reserve(share=points)


def protects(channel: str, reserve: Reserve) -> Protection:
    return Protection(channel=channel, reserve=reserve)


def allots(channel: str = "web", *, per: str = "day", **size: int) -> Allotment:
    return Allotment(channel=channel, per=per, **size)


def caps(channel: str, units: int) -> Cap:
    return Cap(channel=channel, units=units)


COMBINED = [
    ("exclude", [Exclusion.UNLESS_NEEDED], OptionOutcome(exclude=Exclusion.UNLESS_NEEDED)),
    ("exclude", [Exclusion.UNLESS_NEEDED, Exclusion.YES], OptionOutcome(exclude=Exclusion.YES)),
    ("prefer", [4_000_000, 1_500_000, 1_500_000], OptionOutcome(adjustment=-7_000_000)),
    ("avoid", [2_500_000, 2_500_000], OptionOutcome(adjustment=5_000_000)),
    ("tier", [7, 3, 9], OptionOutcome(tier=3)),
    ("tier", [9], OptionOutcome(tier=9)),
    ("keep", [units(3), units(1)], PositionOutcome(keep=units(3))),
    ("keep", [units(3), share(1_000), share(500)], PositionOutcome(keep=Reserve(units=3, share=1_000))),
    (
        "protect",
        [protects("web", units(2)), protects("app", units(1)), protects("web", units(5)), protects("web", share(100))],
        PositionOutcome(protect=(protects("app", units(1)), protects("web", Reserve(units=5, share=100)))),
    ),
    (
        "allocate",
        [allots(units=2), allots(units=5), allots(share=100), allots(units=1, per="week"), allots("app", units=1)],
        PositionOutcome(
            allocate=(
                allots("app", units=1),
                allots(share=100),
                allots(units=5),
                allots(units=1, per="week"),
            )
        ),
    ),
    (
        "cap",
        [caps("web", 2), caps("app", 9), caps("web", 5)],
        PositionOutcome(cap=(caps("app", 9), caps("web", 2))),
    ),
    ("multiple_of", [6, 12, 4], PositionOutcome(multiple_of=12)),
    ("min_shelf_life", [10, 30, 0], PositionOutcome(min_shelf_life=30)),
    ("oversell", [10, 4, 7], PositionOutcome(oversell=4)),
    (
        "promise_from",
        [PromiseFrom.PLANNED, PromiseFrom.IN_TRANSIT, PromiseFrom.CONFIRMED],
        PositionOutcome(promise_from=PromiseFrom.IN_TRANSIT),
    ),
    ("slack", [60, 2880, 0], PositionOutcome(slack=2880)),
    ("haircut", [500, 1_000], PositionOutcome(haircut=1_000)),
    ("backorder", [True, True], LineOutcome(backorder=True)),
    ("preorder_from", [739_962, 739_997], LineOutcome(preorder_from=739_997)),
    ("keep_together", [True, True], LineOutcome(keep_together=True)),
    ("max_shipments", [3, 2], OrderOutcome(max_shipments=2)),
    (
        "max_shipments",
        [3, ShipmentLimit(at_most=2), ShipmentLimit(at_most=1)],
        OrderOutcome(max_shipments=3, shipments_unless_needed=1),
    ),
    ("fewest_shipments", [True], OrderOutcome(fewest_shipments=True)),
    ("split_penalty", [3_000_000, 4_000_000], OrderOutcome(split_penalty=4_000_000)),
    ("ship_complete", [True], OrderOutcome(ship_complete=True)),
    ("carbon_price", [100_000, 250_000], OrderOutcome(carbon_price=250_000)),
    ("lookahead", [LookaheadWeight(share=8_000), LookaheadWeight(share=500)], OrderOutcome(lookahead=8_000)),
    ("hold", [1_440, 720], OrderOutcome(hold=720)),
    ("hold", [DEFAULT_HOLD + 60], OrderOutcome(hold=DEFAULT_HOLD + 60)),
    ("hold", [UntilShipped(extra=240), UntilShipped()], OrderOutcome(hold_after_shipping=0)),
    ("hold", [UntilShipped(extra=240), 720, 1_440], OrderOutcome(hold=720, hold_after_shipping=240)),
    ("priority", [60, 80], OrderOutcome(priority=80)),
    ("priority", [0], OrderOutcome(priority=0)),
    ("approve", [True, True], OrderOutcome(approve=True)),
    ("daily_units", [40, 10], NodeOutcome(daily_units=10)),
    ("daily_weight", [40_000, 10_000], NodeOutcome(daily_weight=10_000)),
    ("daily_orders", [40, 0], NodeOutcome(daily_orders=0)),
    ("hourly_orders", [4, 2], NodeOutcome(hourly_orders=2)),
    ("disposition", [Disposition.RESTOCK], ReturnOutcome(disposition=Disposition.RESTOCK)),
    (
        "disposition",
        [Disposition.RESTOCK, Disposition.DESTROY, Disposition.DONATE],
        ReturnOutcome(disposition=Disposition.DESTROY),
    ),
    ("disposition", [Disposition.KEEP, Disposition.DESTROY], ReturnOutcome(disposition=Disposition.KEEP)),
    ("as_sku", [OtherSku(sku="C-2"), OtherSku(sku="C-1")], ReturnOutcome(as_sku="C-1")),
    ("rest_after_rejection", [30, 240, 120], RejectionOutcome(node_rest=240)),
    ("reroute_if_late", [True, True], PromiseOutcome(reroute_if_late=True)),
    ("keep", [Reserve(cover=2), Reserve(cover=5), units(3)], PositionOutcome(keep=Reserve(units=3, cover=5))),
    (
        "protect",
        [protects("web", Reserve(cover=2)), protects("web", Reserve(cover=3)), protects("web", units(1))],
        PositionOutcome(protect=(protects("web", Reserve(units=1, cover=3)),)),
    ),
    (
        "allocate",
        [allots(cover=3), allots(cover=2), allots(units=9)],
        PositionOutcome(allocate=(allots(cover=3), allots(units=9))),
    ),
    ("alert_below", [units(10), Reserve(cover=5), units(4)], LevelOutcome(alert=Reserve(units=10, cover=5))),
    ("min", [3, 8, 0], LevelOutcome(minimum=8)),
    ("max", [30, 80, 40], LevelOutcome(maximum=30)),
    ("target_cover", [14, 28, 7], LevelOutcome(target_cover=28)),
    ("uplift", [Uplift(share=15_000), Uplift(share=7_000)], LevelOutcome(uplift=15_000)),
    ("uplift", [Uplift(share=7_000), Uplift(share=5_000)], LevelOutcome(uplift=7_000)),
    ("transfer", [False], LevelOutcome(transfer=False)),
]


@pytest.mark.parametrize(
    ("name", "values", "outcome"), COMBINED, ids=lambda case: str(case) if isinstance(case, str) else ""
)
def test_effects_combine_to_the_same_outcome_in_any_order(name, values, outcome):
    for ordered in itertools.permutations(values):
        assert combine(STAGE_OF[name], [Effect(name=name, value=value) for value in ordered]) == outcome


def test_every_effect_has_a_case():
    assert {name for name, _, _ in COMBINED} == set(STAGE_OF)


def test_prefer_and_avoid_add_up_to_one_adjustment():
    effects = [Effect(name="prefer", value=4_000_000), Effect(name="avoid", value=1_000_000)]
    assert combine(Stage.OPTION, effects) == OptionOutcome(adjustment=-3_000_000)


@pytest.mark.parametrize(
    ("stage", "outcome"),
    [
        (Stage.ORDER, OrderOutcome()),
        (Stage.LINE, LineOutcome()),
        (Stage.POSITION, PositionOutcome()),
        (Stage.OPTION, OptionOutcome()),
        (Stage.NODE, NodeOutcome()),
        (Stage.REJECTION, RejectionOutcome()),
        (Stage.LEVEL, LevelOutcome()),
    ],
)
def test_without_rules_nothing_is_changed(stage, outcome):
    assert combine(stage, []) == outcome


def test_effects_of_other_stages_are_ignored():
    assert combine(Stage.ORDER, [Effect(name="prefer", value=1), Effect(name="keep", value=units(1))]) == OrderOutcome()


@pytest.mark.parametrize(
    ("reserve", "on_hand", "stay"),
    [
        (units(3), 2, 3),
        (share(1_000), 0, 0),
        (share(1_000), 1, 1),
        (share(1_000), 10, 1),
        (share(1_000), 11, 2),
        (share(1), 10_000, 1),
        (share(10_000), 7, 7),
        (Reserve(units=3, share=1_000), 20, 3),
        (Reserve(units=3, share=1_000), 31, 4),
    ],
)
def test_a_share_is_rounded_up_to_whole_units(reserve, on_hand, stay):
    assert reserve.of(on_hand) == stay


def test_protections_for_others_leave_a_channel_its_own():
    outcome = PositionOutcome(keep=units(1), protect=(protects("app", units(4)), protects("web", units(2))))
    assert [outcome.floor("web").of(on_hand) for on_hand in (0, 1, 2, 3, 4, 7, 9)] == [1, 1, 1, 1, 2, 5, 5]


def test_the_floor_is_what_is_kept_and_what_is_protected_for_the_others():
    outcome = PositionOutcome(keep=units(2), protect=(protects("app", units(1)), protects("web", share(1_000))))
    assert {channel: outcome.floor(channel).of(41) for channel in ("web", "app", "store")} == {
        "web": 3,
        "app": 7,
        "store": 8,
    }
