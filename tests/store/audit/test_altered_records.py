"""A record that was altered in the store and contradicts its facts is told wherever something is made of it."""

import json

import pytest
from msgspec import structs

from api.records.problems import ProblemRecord
from engine.audit.comparison.contradictions import contradictions_named
from engine.audit.search.decision_filter import DecisionFilter
from engine.audit.search.rule_uses import rule_uses
from engine.decide.record import to_json
from engine.errors import DecisionUnreadable, RecordContradictory
from engine.store.entry_codec.codec import encode
from engine.store.log import decision_log
from tests.conftest import activate
from tests.support.facts import LILLE, LYON, inventory, node, order

RULE = "test/r1"


@pytest.fixture
def shop(bare):
    bare.load(inventory([node("lyon", LYON), node("lille", LILLE)], {"A": {"lyon": 9, "lille": 9}, "B": {"lyon": 9}}))
    activate(bare, "when: {node.id: lyon}, then: {prefer: 9.00}")
    return bare


@pytest.fixture
def alter(shop, client, keys):
    """Lets a function alter record and facts of a logged decision in the store, by hand."""

    def alter(decision, change):
        entry = decision_log.decided(client, keys, decision)
        place = "-".join(map(str, entry.id))
        entries = client.redis.xrange(keys.log)
        client.redis.delete(keys.log)
        for name, fields in entries:
            if name.decode() == place:
                record, facts = change(entry.record, json.loads(entry.logged_facts))
                document = json.dumps(facts, sort_keys=True, separators=(",", ":")).encode()
                fields[b"body"] = encode(to_json(record), document)
            client.redis.xadd(keys.log, fields, id=name)

    return alter


def without_stock(record, facts):
    return record, facts | {"stock": {"A": facts["stock"]["A"] | {"nodes": ["nowhere", "lille"]}}}


def from_nowhere(record, facts):
    shipments = [structs.replace(shipment, node="nowhere") for shipment in record.shipments]
    return structs.replace(record, shipments=shipments), facts


def of_no_units(record, facts):
    (shipment,) = record.shipments
    first, *others = shipment.lines
    lines = [structs.replace(first, quantity=0), *others]
    return structs.replace(record, shipments=[structs.replace(shipment, lines=lines)]), facts


@pytest.fixture
def altered(shop, alter):
    """Of two decisions, the first: on facts that no decision was made on."""
    name = shop.decide(order(("A", 1))).id
    shop.decide(order(("A", 1)))
    alter(name, without_stock)
    return name


def test_a_search_by_the_rule_that_decided_names_it(shop, altered):
    page = shop.decisions.page(DecisionFilter(decisive=RULE), limit=10)
    assert page.not_replayable == (altered,)
    uses = rule_uses(shop.decisions, shop.versions, start=0, end=1 << 40, weigh=10)
    assert uses.decisions == 2


@pytest.mark.parametrize("error", [KeyError, IndexError, ValueError, TypeError, ZeroDivisionError, AttributeError])
def test_whatever_it_raises_is_one_error_with_a_status_of_its_own(error):
    with pytest.raises(RecordContradictory) as raised, contradictions_named("1"):
        raise error
    assert ProblemRecord.of(raised.value).status == 409


def test_what_the_engine_itself_says_is_no_contradiction():
    with pytest.raises(DecisionUnreadable), contradictions_named("1"):
        raise DecisionUnreadable


def test_it_is_not_explained(shop, altered):
    with pytest.raises(RecordContradictory, match=f"record of decision {altered} contradicts"):
        shop.explanations.of_decision(altered)


def test_its_replay_says_so_and_the_log_has_the_traceback(shop, altered, caplog):
    first, second = shop.replays.between(None, None, policies=shop.versions.find("active"))
    assert (first.outcome, second.outcome) == ("not_replayable", "identical")
    assert first.why == (str(RecordContradictory(altered)),)
    assert "or this release has a mistake" in first.why[0]
    assert [record.exc_info[0] for record in caplog.records if record.name == "pointsman.audit"]


@pytest.mark.parametrize("change", [from_nowhere, of_no_units])
def test_it_is_named_among_the_calculations_and_counted_apart_in_a_report(shop, alter, change):
    name, other = (shop.decide(order(("A", 1), ("B", 1))).id for _ in range(2))
    alter(name, change)
    with pytest.raises(RecordContradictory):
        shop.calculations.of_decision(name)
    first, second = shop.calculations.between(None, None)
    assert isinstance(first, RecordContradictory)
    assert (second.record.id, second.agrees) == (other, True)
    emissions = shop.evidence.report(0, 1 << 34).emissions
    assert (emissions.contradictory, emissions.not_calculated, emissions.decisions) == (1, 0, 1)


def test_one_with_more_shipments_than_the_ledger_knows_is_counted_apart_in_a_report(shop, alter):
    name = shop.decide(order(("A", 1))).id
    shop.holds.confirm(name)
    alter(name, lambda record, facts: (structs.replace(record, shipments=record.shipments * 2), facts))
    assert shop.evidence.report(0, 1 << 34).emissions.contradictory == 1


def test_one_that_is_no_record_any_more_keeps_no_other_from_being_replayed(shop, redis_client, keys):
    name, _ = (shop.decide(order(("A", 1))).id for _ in range(2))
    place = redis_client.hget(keys.decisions, name)
    entries = redis_client.xrange(keys.log)
    redis_client.delete(keys.log)
    for entry, fields in entries:
        redis_client.xadd(keys.log, fields | ({b"body": encode(b"{}", b"{}")} if entry == place else {}), id=entry)
    damaged = []
    outcomes = [item.outcome for item in shop.replays.between(None, None, on_damaged=damaged.append)]
    assert (outcomes, damaged) == (["identical"], [place.decode()])
