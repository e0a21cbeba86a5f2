"""Policies that do not fit the network never decide in it, whichever of the two changes last, however close."""

import pytest

from engine.errors import Contended, InputInvalid, NotActivated
from engine.store import policy_versions
from engine.store.network import load
from tests.conftest import activate
from tests.support.decision_json import json_of
from tests.support.facts import LYON, NOW, inventory, node, order, policy_file

HOUR = 3_600
WHO = {"who": "a test", "note": ""}
CHANGES = {"activates": "activate", "schedules": "schedule", "rolls back": "roll_back"}
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


@pytest.fixture
def before_each(monkeypatch):
    """`before_each(module, name, meanwhile)`: does `meanwhile` before each call of that function; the calls so far."""

    def hooked(module, name, meanwhile):
        real, calls = getattr(module, name), []

        def called(*args, **more):
            calls.append(name)
            meanwhile(len(calls))
            return real(*args, **more)

        monkeypatch.setattr(module, name, called)
        return calls

    return hooked


def only(number, does):
    return lambda call: does() if call == number else None


def history(pointsman):
    return [entry["act"] for entry in pointsman.versions.history()]


@pytest.mark.parametrize("does", CHANGES)
def test_policies_that_become_active_while_a_network_that_they_do_not_fit_is_staged_keep_it_out(
    *, shop, in_euros, opened, redis_client, network, before_each, does
):
    other, before = opened(), shop.network()
    staged = before_each(load, "stage", only(1, lambda: change(other, does, in_euros)))
    with pytest.raises(InputInvalid, match=rf"{in_euros[:12]}: does not fit this network.*other-currency"):
        shop.load(stocked("USD", units=5))
    assert len(staged) == 1
    assert opened().network() == before
    assert redis_client.keys(f"{{{network}}}:staged:*") == []
    assert json_of(other.decide(order(("A", 1)), now=NOW + HOUR))["policy_version"] == in_euros


@pytest.mark.parametrize("loaded", ["whole", "all but its stock"])
@pytest.mark.parametrize("does", CHANGES)
def test_a_network_loaded_after_policies_were_checked_against_the_one_before_keeps_them_from_deciding(
    *, shop, in_euros, opened, before_each, does, loaded
):
    other, in_dollars, before = opened(), stocked("USD", units=5), history(shop)
    timeline = shop.versions.timeline()

    def load_in_dollars():
        if loaded == "whole":
            other.load(in_dollars)
        else:
            verify = lambda: other.versions.verify_network(in_dollars.network)  # noqa: E731 - as the service gives it
            load.begin(other._client, other._keys, in_dollars, verify_policies=verify)

    attempts = before_each(policy_versions, CHANGES[does], only(1, load_in_dollars))
    with pytest.raises(NotActivated, match=r"(?s)does not fit the network loaded now.*other-currency"):
        change(shop, does, in_euros)
    assert len(attempts) == 1
    assert (shop.versions.timeline(), history(shop)) == (timeline, before)
    assert json_of(shop.decide(order(("A", 5))))["policy_version"] == timeline.active


def test_policies_activated_meanwhile_that_fit_are_no_reason_to_stage_a_network_again(shop, opened, before_each):
    other = opened()
    staged = before_each(load, "stage", only(1, lambda: activate(other, "then: {hold: 1 h}")))
    verified = before_each(shop.versions, "verify_network", lambda _: None)
    shop.load(stocked("USD", units=5))
    assert (len(staged), len(verified)) == (1, 2)
    assert shop.network().currency == "USD"


def test_policies_that_fit_the_network_loaded_meanwhile_are_activated_once(shop, in_euros, opened, before_each):
    other, before = opened(), history(shop)
    attempts = before_each(policy_versions, "activate", only(1, lambda: other.load(stocked("EUR", units=5))))
    shop.versions.activate(in_euros, **WHO)
    assert len(attempts) == 2
    assert history(shop)[len(before) :] == ["activated"]
    assert shop.versions.timeline().active == in_euros


def test_while_one_network_follows_another_nothing_is_activated_and_the_caller_is_told(
    shop, in_euros, opened, before_each
):
    other, timeline = opened(), shop.versions.timeline()
    attempts = before_each(policy_versions, "activate", lambda call: other.load(stocked("EUR", units=1 + call)))
    with pytest.raises(Contended, match="loaded over and over"):
        shop.versions.activate(in_euros, **WHO)
    assert len(attempts) == load.MOST_TRIES
    assert shop.versions.timeline() == timeline


def test_while_one_version_follows_another_no_network_is_loaded_and_the_caller_is_told(
    shop, opened, redis_client, network, monkeypatch
):
    other, before, verify, checks = opened(), shop.network(), shop.versions.verify_network, []

    def verify_then_activate_another(network):
        entries = verify(network)
        checks.append(activate(other, f"then: {{hold: {1 + len(checks)} h}}"))
        return entries

    monkeypatch.setattr(shop.versions, "verify_network", verify_then_activate_another)
    with pytest.raises(Contended, match="activated over and over"):
        shop.load(stocked("USD", units=5))
    assert len(checks) == 1 + load.MOST_TRIES
    assert opened().network() == before
    assert redis_client.keys(f"{{{network}}}:staged:*") == []


def test_policies_that_stay_active_because_the_due_ones_can_not_be_read_keep_a_network_out(
    shop, in_euros, redis_client, clock
):
    shop.versions.activate(in_euros, **WHO)
    keys = shop._keys
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
