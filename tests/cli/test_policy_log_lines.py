"""What the log, the history and the commands say of gates, overrides and canaries, in English and French."""

import click
import pytest

from api.cli.ledger_log import entry_line
from api.cli.output.policy_lines import history_lines
from api.cli.output.times import Times
from api.cli.policy.gate import gate_lines
from api.cli.policy.trials import _lines, _order_lines, _Share
from api.language.current import say_message, speaking
from api.records.trials import TrialOrdersRecord, trial_record
from engine.errors import InputInvalid, NotActivated, NotFound
from engine.policies.canary_request import CanaryRequest
from engine.simulation.gate import run_gate
from engine.simulation.trial_turns import TrialTurns
from tests.support.facts import order, policy_file

WHO = {"who": "Ada"}
WHY = {**WHO, "note": "strike"}


def published(pointsman, rule, gate=None):
    files = {**policy_file(rule), **({"gate.yaml": gate} if gate else {})}
    return pointsman.publish(files, **WHY).version


def logged(pointsman, *kinds):
    """What the lines of these kinds say after the version's name."""
    times = Times.of(pointsman)
    entries = [entry for entry in pointsman.entries(on_damaged=str) if entry.kind in kinds]
    return [entry_line(entry, times).partition(f"{entry.decision}  ")[2].partition("  [")[0] for entry in entries]


def past(pointsman, version, *kinds):
    """What the history says after the instant."""
    changes = [item for item in pointsman.versions.history() if item.version == version and item.kind in kinds]
    return [
        line.partition("+01:00  ")[2].replace(version[:12], "V") for line in history_lines(changes, Times.of(pointsman))
    ]


def canary(pointsman, version, share, **more):
    pointsman.trials.start_canary(CanaryRequest(version=version, share=share, stop_if=(), **more), **WHO)


def test_the_log_says_what_was_overridden_and_why(pointsman, clock):
    version = published(pointsman, "then: {exclude: true}", gate=b"cost: {at_most: +1%}")
    overridden = {**WHY, "override_gate": True}
    pointsman.versions.activate(version, since=clock.now + 60, **overridden)
    pointsman.versions.activate(version, **overridden)
    assert logged(pointsman, "activated")[-1] == "by Ada, without a gate that passed: strike"
    assert logged(pointsman, "scheduled")[-1].endswith(" on, without a gate that passed: strike")
    assert logged(pointsman, "published")[-1] == "by Ada: strike"


def test_a_canary_that_breaks_its_bound_is_told_in_words_with_what_was_seen(pointsman):
    before = pointsman.versions.timeline().active[:12]
    version = published(pointsman, "then: {exclude: true}")
    request = CanaryRequest(version=version, share=2_000, stop_if=["unfilled > +0"], least_orders=1)
    pointsman.trials.start_canary(request, **WHO)
    pointsman.trials.grow_canary(10_000, **WHY)
    pointsman.decide(order(("SHIRT", 1), id="W-1"))
    TrialTurns(pointsman).take_turn()
    ended = "it broke a bound: unfilled > +0"
    assert logged(pointsman, "canary_started", "canary_grown") == [
        f"20% of the orders, beside {before}",
        "100% of the orders, before: 20%: strike",
    ]
    (line,) = logged(pointsman, "canary_ended")
    assert line.startswith(f"100% of the orders, {ended}; 1 order; cost -")
    assert line.endswith("; units unfilled +1 on 0; shipments -1 on 1")
    kinds = ("canary_started", "canary_grown", "canary_ended")
    assert past(pointsman, version, *kinds) == [
        "canary     V  20% of the orders  Ada",
        "canary     V  100% of the orders  Ada  strike",
        f"canary over  V  pointsman  {ended}",
    ]
    with speaking("fr"):
        assert past(pointsman, version, *kinds)[1:] == [
            "canari     V  100\xa0% des commandes  Ada  strike",
            "canari fini  V  pointsman  une borne a été franchie\xa0: unfilled > +0",
        ]


def test_a_promoted_canary_ends_in_words_and_without_a_gap_for_its_author(pointsman):
    version = published(pointsman, "then: {hold: 3 h}")
    canary(pointsman, version, 500)
    pointsman.versions.activate(version, **WHY)
    assert past(pointsman, version, "canary_ended") == ["canary over  V  it decides all orders now"]
    assert logged(pointsman, "canary_ended") == ["5% of the orders, it decides all orders now"]


def test_the_log_says_what_came_of_a_gate_and_of_whose_run(pointsman):
    before = pointsman.versions.timeline().active[:12]
    pointsman.decide(order(("SHIRT", 1), id="W-1"))
    version = published(pointsman, "then: {exclude: true}", gate=b"unfilled: {at_most: +0}")
    run_gate(pointsman, version, who="Ada", workers=1)
    assert logged(pointsman, "gate_run") == [f"by Ada, did not pass beside {before}"]


def test_shares_and_bounds_are_written_in_french_as_french_writes_numbers(pointsman):
    pointsman.decide(order(("SHIRT", 1), id="W-1"))
    version = published(pointsman, "then: {exclude: true}", gate=b"cost: {at_most: +0.5%}")
    result = run_gate(pointsman, version, who="Ada", workers=1)
    with speaking("fr"):
        assert any("au plus +0,5\xa0%" in line for line in gate_lines(result, Times.of(pointsman), "EUR"))
        with pytest.raises(click.BadParameter, match="'5' n'est pas une part"):
            _Share().convert("5", None, None)


def test_a_figure_of_a_shadow_is_shown_from_what_it_was_to_what_it_is_and_no_order_is_said_to_be_none(pointsman):
    version = published(pointsman, "then: {hold: 3 h}")
    pointsman.trials.start_shadow(version, share=10_000, **WHO)
    pointsman.decide(order(("SHIRT", 1), id="W-1"))
    TrialTurns(pointsman).take_turn()
    record = trial_record(pointsman.trials, "shadow")
    lines = list(_lines(record, Times.of(pointsman), "EUR"))
    assert "  late: +0, from 0 to 0, between 0 and 0 (95%)" in lines
    assert "  shipments: +0, from 1 to 1, between 0 and 0 (95%)" in lines
    rows = TrialOrdersRecord.of(pointsman.trials.changed_orders("shadow", limit=10))
    assert list(_order_lines(rows, "EUR")) == ["  no order comes out otherwise"]


def test_a_second_canary_and_bounds_that_are_none_are_refused_before_its_gate_is_run(pointsman):
    first, second = published(pointsman, "then: {hold: 3 h}"), published(pointsman, "then: {exclude: true}")
    with pytest.raises(NotFound) as missing:
        pointsman.trials.last("canary")
    canary(pointsman, first, 500)
    with pytest.raises(NotActivated) as refused:
        pointsman.trials.verify_may_start(CanaryRequest(version=second, share=500, stop_if=()))
    with pytest.raises(InputInvalid) as mistyped:
        pointsman.trials.verify_may_start(CanaryRequest(version=second, share=500, stop_if=["cots > 3"]))
    with speaking("fr"):
        assert say_message(str(missing.value)) == "il n'y a pas de canari, et il n'y en a pas eu"
        assert say_message(str(refused.value)).endswith("est déjà le canari\xa0; mettez-y fin d'abord")
        assert "vouliez-vous dire 'cost'" in say_message(mistyped.value.mistakes[0].message)
    pointsman.trials.end_canary(**WHO)
    pointsman.trials.verify_may_start(CanaryRequest(version=second, share=500, stop_if=()))
