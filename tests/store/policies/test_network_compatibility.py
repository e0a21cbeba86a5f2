"""Policies that do not fit the network never decide in it, whichever of the two comes second, however close."""

import pytest

from engine.errors import Contended, InputInvalid, NotActivated
from engine.store import policy_versions
from engine.store.network import load
from tests.conftest import activate
from tests.support.facts import LYON, NOW, inventory, node, order, policy_file

HOUR = 3_600
WHO = {"who": "a test", "note": ""}
ACTS = {"activates": "activate", "schedules": "schedule", "goes back": "roll_back"}
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


def act(pointsman, does, version):
    match does:
        case "activates":
            pointsman.versions.activate(version, **WHO)
        case "schedules":
            pointsman.versions.activate(version, since=NOW + HOUR, **WHO)
        case "goes back":
            assert pointsman.versions.roll_back(**WHO) == version


@pytest.fixture
def before_each(monkeypatch):
    """Before each call of what a module calls `name`, something else; how often it came to that."""

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


@pytest.mark.parametrize("does", ACTS)
def test_who_makes_policies_decide_while_a_network_they_do_not_fit_is_brought_in_keeps_it_out(
    *, shop, in_euros, opened, redis_client, network, before_each, does
):
    other, before = opened(), shop.network()
    staged = before_each(load, "stage", only(1, lambda: act(other, does, in_euros)))
    with pytest.raises(InputInvalid, match=rf"{in_euros[:12]}: does not fit this network.*other-currency"):
        shop.load(stocked("USD", units=5))
    assert len(staged) == 1
    assert opened().network() == before
    assert redis_client.keys(f"{{{network}}}:staged:*") == []
    assert other.decide(order(("A", 1)), now=NOW + HOUR).record["policy_version"] == in_euros


@pytest.mark.parametrize("brought_in", ["whole", "but for its stock"])
@pytest.mark.parametrize("does", ACTS)
def test_who_brings_in_a_network_after_policies_were_held_against_the_one_before_keeps_them_from_deciding(
    *, shop, in_euros, opened, before_each, does, brought_in
):
    other, found, told = opened(), stocked("USD", units=5), history(shop)
    standing = shop.versions.standing()

    def bring_in():
        if brought_in == "whole":
            other.load(found)
        else:
            checked = lambda: other.versions.verify_fit(found.network)  # noqa: E731 - as the service gives it
            load.begin(other._client, other._keys, found, verify_policies=checked)

    tried = before_each(policy_versions, ACTS[does], only(1, bring_in))
    with pytest.raises(NotActivated, match=r"(?s)does not fit the network loaded now.*other-currency"):
        act(shop, does, in_euros)
    assert len(tried) == 1
    assert (shop.versions.standing(), history(shop)) == (standing, told)
    assert shop.decide(order(("A", 5))).record["policy_version"] == standing.active


def test_policies_that_fit_are_no_reason_to_bring_a_network_in_anew(shop, opened, before_each):
    other = opened()
    staged = before_each(load, "stage", only(1, lambda: activate(other, "then: {hold: 1 h}")))
    verified = before_each(shop.versions, "verify_fit", lambda _: None)
    shop.load(stocked("USD", units=5))
    assert (len(staged), len(verified)) == (1, 2)
    assert shop.network().currency == "USD"


def test_a_network_that_fits_is_no_reason_against_policies_and_they_are_activated_once(
    shop, in_euros, opened, before_each
):
    other, told = opened(), history(shop)
    tried = before_each(policy_versions, "activate", only(1, lambda: other.load(stocked("EUR", units=5))))
    shop.versions.activate(in_euros, **WHO)
    assert len(tried) == 2
    assert history(shop)[len(told) :] == ["activated"]
    assert shop.versions.standing().active == in_euros


def test_while_one_network_follows_another_nothing_is_activated_and_who_asks_is_told(
    shop, in_euros, opened, before_each
):
    other, standing = opened(), shop.versions.standing()
    tried = before_each(policy_versions, "activate", lambda call: other.load(stocked("EUR", units=1 + call)))
    with pytest.raises(Contended, match="loaded over and over"):
        shop.versions.activate(in_euros, **WHO)
    assert len(tried) == load.MOST_TRIES
    assert shop.versions.standing() == standing


def test_while_one_version_follows_another_no_network_is_loaded_and_who_asks_is_told(
    shop, opened, redis_client, network, monkeypatch
):
    other, before, verify, checks = opened(), shop.network(), shop.versions.verify_fit, []

    def and_others_decide(found):
        said = verify(found)
        checks.append(activate(other, f"then: {{hold: {1 + len(checks)} h}}"))
        return said

    monkeypatch.setattr(shop.versions, "verify_fit", and_others_decide)
    with pytest.raises(Contended, match="activated over and over"):
        shop.load(stocked("USD", units=5))
    assert len(checks) == 1 + load.MOST_TRIES
    assert opened().network() == before
    assert redis_client.keys(f"{{{network}}}:staged:*") == []


def test_policies_that_decide_because_those_that_are_due_can_not_be_read_keep_a_network_out(
    shop, in_euros, redis_client, clock
):
    shop.versions.activate(in_euros, **WHO)
    keys = shop._keys
    redis_client.hset(keys.policies, "f" * 64, SPOILT)
    redis_client.zadd(keys.scheduled_policies, {f"{NOW}:{'f' * 64}": NOW})
    with pytest.raises(InputInvalid, match=r"does not fit this network.*other-currency"):
        shop.load(stocked("USD", units=5))
    assert shop.decide(order(("A", 1))).record["policy_version"] == in_euros


def test_policies_that_others_have_taken_the_place_of_keep_no_network_out(shop, in_euros, clock):
    shop.versions.activate(in_euros, **WHO)
    plain = shop.publish(policy_file(), **WHO).version
    shop.versions.activate(plain, since=NOW + HOUR, **WHO)
    with pytest.raises(InputInvalid):
        shop.load(stocked("USD", units=5))
    clock.now += HOUR
    shop.load(stocked("USD", units=5))
    assert shop.network().currency == "USD"
