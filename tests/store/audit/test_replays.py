"""Logged decisions are made again byte for byte, whatever was loaded, changed and activated since."""

import dataclasses
import json

import pytest
from msgspec import structs

from api.language.messages import message_book
from engine.audit.comparison import meanings
from engine.audit.comparison.meanings import MEANINGS
from engine.decide.order_record import seconds as order_instant
from engine.decide.record import to_json
from engine.errors import NotFound
from engine.model.node_loads import units_field
from engine.orders.quotes.quotes import QuoteRequest
from engine.orders.quotes.take_up import TakeRequest
from engine.store.entry_codec.codec import encode
from engine.store.log import decision_log
from engine.version import MEANING
from tests.conftest import activate
from tests.support.decision_json import json_of
from tests.support.decisions_of_many_kinds import RULES, life, stocked
from tests.support.facts import LILLE, LYON, NOW, order, product


@pytest.fixture
def shop(bare):
    bare.load(stocked())
    activate(bare, *RULES)
    return bare


def replayed(shop):
    return list(shop.replays.between(None, None))


def verify_all_identical(shop, least):
    found = replayed(shop)
    assert len(found) >= least
    assert {item.outcome for item in found} == {"identical"}, [item for item in found if item.outcome != "identical"]


def test_every_kind_of_decision_comes_out_identical(shop, clock):
    life(shop, clock)
    records = [item.record for item in replayed(shop)]
    assert {record.because for record in records} == {None, "rejected", "amended"}
    assert {"filled", "partial", "unfilled"} <= {record.status for record in records}
    assert any(record.lacked for record in records)
    assert any(record.follows.rest for record in records if record.follows)
    verify_all_identical(shop, 8)


def test_they_do_after_other_facts_policies_and_processes(shop, clock, opened):
    life(shop, clock)
    shop.master_data.put_products(lambda _: [product("A", weight=7_000, category="toys")])
    shop.master_data.put_nodes(lambda network: [dataclasses.replace(network.nodes["lyon"], handling=1_000_000)])
    shop.decide(order(("A", 1)))
    shop.load(stocked(1, handling=9_000_000))
    activate(shop, "when: {node.id: lyon}, then: {exclude: true}")
    shop.decide(order(("B", 1)))
    verify_all_identical(opened(), 10)


def test_only_those_of_the_time_asked_for_are_replayed(shop, clock):
    names = []
    for _ in range(3):
        names.append(json_of(shop.decide(order(("B", 1))))["id"])
        clock.now += 60
    found = shop.replays.between(NOW + 60, NOW + 120)
    assert [item.record.id for item in found] == names[1:2]
    assert [item.record.id for item in shop.replays.between(NOW + 60, None)] == names[1:]


@pytest.fixture
def rewrite(redis_client, client, keys):
    """Lets a function rewrite record and facts of each logged decision."""

    def rewrite(change):
        entries = [entry for entry in decision_log.entries(client, keys) if entry.kind == "decided"]
        stored = dict(redis_client.xrange(keys.log))
        redis_client.delete(keys.log)
        for entry in entries:
            place = "-".join(map(str, entry.id))
            body = encode(*change(entry.record, json.loads(entry.logged_facts)))
            redis_client.xadd(keys.log, {**stored[place.encode()], b"body": body}, id=place)

    return rewrite


def compact(value):
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def test_what_was_altered_is_named(shop, rewrite):
    name = json_of(shop.decide(order(("B", 2))))["id"]
    rewrite(lambda record, facts: (to_json(structs.replace(record, cost_micros=1)), compact(facts)))
    found = shop.replays.of_decision(name)
    assert (found.outcome, [item.path for item in found.differences]) == ("different", ["cost_micros"])
    assert (found.differences[0].recorded, found.differences[0].replayed) == (1, found.replay.record.cost_micros)
    assert found.why == ()


def test_altered_facts_show_in_the_hash_and_in_what_comes_out(shop, rewrite):
    name = json_of(shop.decide(order(("B", 1))))["id"]

    def change(record, facts):
        facts["stock"]["B"]["held"][0] += 1
        return to_json(record), compact(facts)

    rewrite(change)
    found = shop.replays.of_decision(name)
    assert found.outcome == "different"
    assert "facts.sha256" in [item.path for item in found.differences]


def test_the_same_values_in_other_bytes_are_not_identical(shop, rewrite):
    name = json_of(shop.decide(order(("B", 1))))["id"]
    rewrite(lambda record, facts: (to_json(record), json.dumps(facts, sort_keys=True).encode()))
    found = shop.replays.of_decision(name)
    assert (found.outcome, [item.path for item in found.differences]) == ("different", ["(bytes)"])


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"meaning": MEANING + 1}, f"it was decided by meaning {MEANING + 1}, and this release decides by {MEANING}"),
        ({"tzdata": "1999z"}, "its clocks went by tzdata 1999z"),
    ],
)
def test_another_meaning_or_time_zone_database_is_named_as_the_reason(shop, rewrite, changed, why):
    name = json_of(shop.decide(order(("B", 1))))["id"]
    rewrite(lambda record, facts: (to_json(record), compact({**facts, **changed})))
    assert [reason for reason in shop.replays.of_decision(name).why if reason.startswith(why)]


def test_each_of_two_reasons_is_told_in_french_too(shop, rewrite):
    name = json_of(shop.decide(order(("B", 1))))["id"]
    later = {"meaning": MEANING + 1, "tzdata": "1999z"}
    rewrite(lambda record, facts: (to_json(record), compact({**facts, **later})))
    why = shop.replays.of_decision(name).why
    assert len(why) == 2
    assert [reason for reason in why if message_book("fr").translate(reason) == reason] == []


def test_an_entry_whose_facts_were_kept_in_part_is_not_called_different(shop, rewrite):
    names = [json_of(shop.decide(order((sku, 1))))["id"] for sku in ("B", "A")]

    def as_before(record, facts):
        facts = {"stock": facts["stock"], "excluded": facts["excluded"]}
        for columns in facts["stock"].values():
            columns.pop("empty", None)
        return to_json(record), compact(facts)

    rewrite(as_before)
    first, second = map(shop.replays.of_decision, names)
    assert first.outcome == "identical", "nothing had been given, and no place was without it"
    assert second.outcome == "facts_incomplete"
    assert "the release that logged it kept neither" in second.why[0]


def test_a_decision_whose_network_is_not_kept_can_t_be_replayed(shop, keys, client):
    name = json_of(shop.decide(order(("B", 1))))["id"]
    shop.load(stocked(2, handling=1))
    client.redis.delete(keys.former_versions)
    found = shop.replays.of_decision(name)
    assert (found.outcome, found.replay) == ("not_replayable", None)
    assert "is not kept any more" in found.why[0]


def test_other_policies_decide_the_same_facts_otherwise(shop):
    name = json_of(shop.decide(order(("B", 1), place=LYON)))["id"]
    active = shop.versions.find("active")
    activate(shop, "when: {node.id: lyon}, then: {exclude: true}")
    other = shop.versions.find("active")
    found = shop.replays.of_decision(name, policies=other)
    assert found.outcome == "identical"
    assert [item.node for item in found.by_other_policies.record.shipments] == ["lille"]
    assert shop.replays.of_decision(name, policies=active).by_other_policies.body == found.entry.body


def test_a_decision_that_does_not_exist_is_told(shop):
    with pytest.raises(NotFound):
        shop.replays.of_decision("nothing")


def test_units_and_grams_of_a_day_are_kept_where_a_rule_limits_them(shop):
    shop.decide(order(("B", 2), place=LILLE))
    shop.decide(order(("B", 1), place=LILLE))
    second = replayed(shop)[1].replay
    assert second.made_on.snapshot.loads[units_field("lille")] == 2


def taken_up(shop, quote, name):
    return json_of(shop.quote_take_up.take(TakeRequest(quote=quote.id, promise=1, order_id=name), caller="oms"))["id"]


def test_what_was_promised_and_has_changed_since_comes_out_again(shop, clock):
    cart = dataclasses.replace(order(("A", 2), place=LYON), id="", promise_by=None)
    quotes = [shop.quotes.make(QuoteRequest(cart=cart, deliveries=("standard",))) for _ in range(3)]
    clock.now += 30
    first = taken_up(shop, quotes[0], "W-1")
    shop.decide(order(("A", 4), place=LYON))
    second = taken_up(shop, quotes[1], "W-2")
    shop.load(stocked(handling=2_000_000))
    third = taken_up(shop, quotes[2], "W-3")
    found = [shop.replays.of_decision(name) for name in (first, second, third)]
    assert [item.outcome for item in found] == ["identical"] * 3
    changed = [{change.field for change in item.record.quote.changed} for item in found]
    assert "network_version" in changed[2]
    assert any(changed[:2])
    assert found[0].replay.made_on.terms.arrives_by == order_instant(found[0].record.quote.arrives_by)


def test_an_order_that_was_erased_is_neither_called_different_nor_decided_again(shop):
    name = json_of(shop.decide(order(("B", 1), id="O-1", place=LYON, customer="zaphod")))["id"]
    shop.holds.confirm(name)
    before = shop.calculations.of_decision(name)
    shop.erasures.erase("O-1", note="asked for")
    found = shop.replays.of_decision(name)
    assert (found.outcome, found.differences, found.replay) == ("erased", (), None)
    after = shop.calculations.of_decision(name)
    assert (after.agrees, after.shipments[0].distance_by) == (True, "unknown")
    assert [item.emissions for item in after.shipments] == [item.emissions for item in before.shipments]


def test_a_rule_of_meaning_that_changed_since_is_named_as_the_reason(shop, rewrite, monkeypatch):
    name = json_of(shop.decide(order(("B", 1))))["id"]
    rewrite(lambda record, facts: (to_json(structs.replace(record, cost_micros=1)), compact(facts)))
    later = {**MEANINGS, MEANING + 1: "days of cover are rounded up"}
    monkeypatch.setattr(meanings, "MEANINGS", later)
    assert shop.replays.of_decision(name).why == (f"meaning {MEANING + 1}: days of cover are rounded up",)


def test_a_damaged_entry_keeps_no_other_from_being_replayed(shop, redis_client, keys):
    for _ in range(3):
        shop.decide(order(("B", 1)))
    second, fields = [item for item in redis_client.xrange(keys.log) if item[1][b"kind"] == b"decided"][1]
    others = [item for item in redis_client.xrange(keys.log) if item[0] > second]
    redis_client.xdel(keys.log, second, *[name for name, _ in others])
    damaged = {**fields, b"body": fields[b"body"][:20], b"at": b"?"}
    last = redis_client.xadd(keys.log, damaged)
    found = list(shop.replays.between(NOW, NOW + 1, on_damaged=(named := []).append))
    assert ([item.outcome for item in found], named) == (["identical"], [last.decode()])
    assert next(shop.calculations.between(NOW, NOW + 1, on_damaged=named.append)).agrees


def _without_stock(facts):
    facts["stock"] = {}


def _at_unknown_place(facts):
    facts["stock"]["B"]["nodes"][0] = "nowhere"


def _short_of_a_number(facts):
    facts["stock"]["B"]["held"].pop()


def _of_another_kind(facts):
    facts["loads"] = {"shipments": ["many"]}


@pytest.mark.parametrize("alter", [_without_stock, _at_unknown_place, _short_of_a_number, _of_another_kind])
def test_facts_that_no_decision_could_be_made_on_are_told(shop, rewrite, alter):
    name = json_of(shop.decide(order(("B", 1))))["id"]

    def change(record, facts):
        alter(facts)
        return to_json(record), compact(facts)

    rewrite(change)
    found = shop.replays.of_decision(name)
    assert found.outcome in ("different", "not_replayable")
    assert found.differences or found.why
