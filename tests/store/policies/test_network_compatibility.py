"""Policies that do not fit the network never decide in it, whichever of the two changes last, however close."""

import contextlib
import functools

import pytest

from engine.errors import Contended, InputInvalid, NotActivated
from engine.service import Pointsman
from engine.store.connection.client import Client
from engine.store.keys import Keys
from engine.store.network import load
from tests.conftest import activate
from tests.support.decision_json import json_of
from tests.support.facts import LYON, NOW, inventory, node, order, policy_file
from tests.support.lossy_proxy import script_call

HOUR = 3_600
WHO = {"who": "a test", "note": ""}
CHANGES = ["activates", "schedules", "rolls back"]
IN_EUROS = "then: {prefer: 4.00 EUR}"
SPOILT = b'{"old.yaml": "policy: old\\nrules:\\n  - {id: r, because: x, then: {teleport: true}}\\n"}'


def stocked(currency, units=1):
    return inventory([node("lyon", LYON)], {"A": {"lyon": units}, f"OWN{units}": {"lyon": 1}}, currency=currency)


@pytest.fixture
def shop(bare):
    """Sells in euros; policies that speak of euros decided before those that decide."""
    bare.load(stocked("EUR"))
    activate(bare, IN_EUROS)
    activate(bare)
    return bare


@pytest.fixture
def in_euros(shop):
    """The version that speaks of euros."""
    return shop.publish(policy_file(IN_EUROS), **WHO).version


def change(pointsman, does, version):
    match does:
        case "activates":
            pointsman.versions.activate(version, **WHO)
        case "schedules":
            pointsman.versions.activate(version, since=NOW + HOUR, **WHO)
        case "rolls back":
            assert pointsman.versions.roll_back(**WHO) == version


def act_before(before, request_with, act):
    """Call `act` with 1, 2, ... before each request that contains `request_with`. Returns the numbers so far."""
    calls = []

    def count_and_act():
        calls.append(1 + len(calls))
        act(calls[-1])

    before.before, before.act = request_with, count_and_act
    return calls


def once(act):
    return lambda call: act() if call == 1 else None


def history(pointsman):
    return [change.kind for change in pointsman.versions.history()]


@pytest.mark.parametrize("does", CHANGES)
def test_policies_that_become_active_while_a_network_that_they_do_not_fit_is_staged_keep_it_out(
    *, shop, proxied, in_euros, opened, redis_client, network, does
):
    (before, worker), current = proxied, shop.network()
    stagings = act_before(before, b"HSET", once(lambda: change(shop, does, in_euros)))
    with pytest.raises(InputInvalid, match=rf"{in_euros[:12]}: does not fit this network.*other-currency"):
        worker.load(stocked("USD", units=5))
    assert stagings == [1]
    assert opened().network() == current
    assert redis_client.keys(f"{{{network}}}:staged:*") == []
    assert json_of(shop.decide(order(("A", 1)), now=NOW + HOUR))["policy_version"] == in_euros


@pytest.mark.parametrize("loaded", ["whole", "all but its stock"])
@pytest.mark.parametrize("does", CHANGES)
def test_a_network_loaded_after_policies_were_checked_against_the_one_before_keeps_them_from_deciding(
    *, shop, proxied, in_euros, server_url, network, does, loaded
):
    (before, worker), in_dollars, entries = proxied, stocked("USD", units=5), history(shop)
    timeline = shop.versions.timeline()

    def load_in_dollars():
        if loaded == "whole":
            shop.load(in_dollars)
        else:
            with contextlib.closing(Client(server_url)) as client:
                verify = functools.partial(shop.versions.verify_network, in_dollars.network)
                load.begin(client, Keys(network), in_dollars, verify_policies=verify, micros=lambda: 0)

    attempts = act_before(before, script_call("activate_policy"), once(load_in_dollars))
    with pytest.raises(NotActivated, match=r"(?s)does not fit the network loaded now.*other-currency"):
        change(worker, does, in_euros)
    assert attempts == [1]
    assert (shop.versions.timeline(), history(shop)) == (timeline, entries)
    assert json_of(shop.decide(order(("A", 5))))["policy_version"] == timeline.active


def test_policies_activated_meanwhile_that_fit_are_no_reason_to_stage_a_network_again(shop, proxied):
    before, worker = proxied
    stagings = act_before(before, b"HSET", once(lambda: activate(shop, "then: {hold: 1 h}")))
    worker.load(stocked("USD", units=5))
    assert stagings == [1]
    assert shop.network().currency == "USD"


def test_policies_that_fit_the_network_loaded_meanwhile_are_activated_once(shop, in_euros, proxied):
    (before, worker), entries = proxied, history(shop)
    load_another = once(lambda: shop.load(stocked("EUR", units=5)))
    attempts = act_before(before, script_call("activate_policy"), load_another)
    worker.versions.activate(in_euros, **WHO)
    assert attempts == [1, 2]
    assert history(shop)[len(entries) :] == ["activated"]
    assert shop.versions.timeline().active == in_euros


def test_while_one_network_follows_another_nothing_is_activated_and_the_caller_is_told(shop, in_euros, proxied):
    (before, worker), timeline = proxied, shop.versions.timeline()

    def load_another(call):
        shop.load(stocked("EUR", units=1 + call))

    attempts = act_before(before, script_call("activate_policy"), load_another)
    with pytest.raises(Contended, match="loaded over and over"):
        worker.versions.activate(in_euros, **WHO)
    assert len(attempts) == load.MOST_TRIES
    assert shop.versions.timeline() == timeline


def test_while_one_version_follows_another_no_network_is_loaded_and_the_caller_is_told(
    shop, proxied, opened, redis_client, network
):
    (before, worker), current = proxied, shop.network()

    def activate_another(call):
        activate(shop, f"then: {{hold: {call} h}}")

    attempts = act_before(before, script_call("load_swap"), activate_another)
    with pytest.raises(Contended, match="activated over and over"):
        worker.load(stocked("USD", units=5))
    assert len(attempts) == load.MOST_TRIES
    assert opened().network() == current
    assert redis_client.keys(f"{{{network}}}:staged:*") == []


def test_policies_that_stay_active_because_the_due_ones_can_not_be_read_keep_a_network_out(
    shop, in_euros, redis_client, network
):
    shop.versions.activate(in_euros, **WHO)
    keys = Keys(network)
    redis_client.hset(keys.policies, "f" * 64, SPOILT)
    redis_client.zadd(keys.scheduled_policies, {f"{NOW}:{'f' * 64}": NOW})
    with pytest.raises(InputInvalid, match=r"does not fit this network.*other-currency"):
        shop.load(stocked("USD", units=5))
    assert json_of(shop.decide(order(("A", 1))))["policy_version"] == in_euros


def test_policies_that_are_no_longer_active_keep_no_network_out(shop, in_euros, clock):
    shop.versions.activate(in_euros, **WHO)
    plain = shop.publish(policy_file(), **WHO).version
    shop.versions.activate(plain, since=NOW + HOUR, **WHO)
    with pytest.raises(InputInvalid):
        shop.load(stocked("USD", units=5))
    clock.now += HOUR
    shop.load(stocked("USD", units=5))
    assert shop.network().currency == "USD"


def test_words_are_those_of_the_network_that_another_process_loaded_meanwhile(shop):
    assert set(shop.versions.words()["node.id"]) == {"lyon"}
    with Pointsman(shop.settings) as another:
        another.load(inventory([node("lyon", LYON), node("dole", LYON)], {"A": {"dole": 1}}))
    assert set(shop.versions.words()["node.id"]) == {"lyon", "dole"}
