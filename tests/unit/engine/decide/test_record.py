"""A decision's JSON: its bytes, and reading them back, those of earlier releases too."""

import json
from pathlib import Path

import msgspec
import pytest
from msgspec import structs

from engine.audit.comparison.former_form import former_decision
from engine.decide.decide import decide
from engine.decide.facts_record import (
    ExclusionRecord,
    FactsRecord,
    StockRecord,
    facts_to_json,
)
from engine.decide.matching.matcher import Matcher
from engine.decide.order_record import OrderRecord, order_of, timestamp
from engine.decide.record import SCHEMA, DecisionRecord, facts_of, from_json, to_json, with_facts
from engine.decide.record_parts import ReasonRecord
from engine.decide.sentence_record import in_every_language, texts_by_field
from tests.support.facts import LILLE, LYON, NOW, PARIS, decided, node, order, policies, snapshot
from tests.support.wide_network import shipped_policies, wide_order

SCHEMA_0 = (Path(__file__).parents[3] / "data" / "decisions_schema_0.ndjson").read_bytes().splitlines()
"""Decisions as they were logged before the schema had a number: filled, split, partial and unfilled ones, dry runs,
orders that are collected, wait, were rejected, lacked what others took, and choices that are not proven the best.
"""


MOST_BYTES = 200_000
"""Of the answer for an order of 100 lines over 1,000 nodes."""


def made(**more: object) -> DecisionRecord:
    facts = snapshot([node("lyon", LYON)], {"A": {"lyon": 1}})
    return DecisionRecord.of(decided(order(("A", 3), place=PARIS), facts), "d1", "0.1.0", b"{}", **more)


@pytest.mark.parametrize("body", SCHEMA_0, ids=range(len(SCHEMA_0)))
def test_a_decision_without_a_schema_number_is_read_and_written_back_byte_for_byte(body):
    record = from_json(body)
    assert record.schema == 0
    assert to_json(record) == body


@pytest.mark.parametrize("body", SCHEMA_0, ids=range(len(SCHEMA_0)))
def test_the_order_of_an_old_decision_is_the_order_that_was_decided(body):
    record = from_json(body)
    assert OrderRecord.of(order_of(record.order)) == record.order


@pytest.mark.parametrize("body", SCHEMA_0, ids=range(len(SCHEMA_0)))
def test_the_facts_of_an_old_decision_are_made_of_its_record_and_say_the_same(body):
    decision = json.loads(body)
    assert former_decision(decision, json.loads(facts_of(body, b""))) == decision | {"schema": 1}


def test_facts_that_are_lost_are_not_made_up():
    with pytest.raises(ValueError, match="the facts of decision d1 are not in the log"):
        facts_of(to_json(made()), b"")


def test_the_record_has_the_stock_of_where_it_ships_from_and_sums_up_what_rules_excluded():
    facts = snapshot(
        [node("lille", LILLE), node("lyon", LYON), node("paris", PARIS)],
        {"A": {"lille": 1, "lyon": 3, "paris": 9}, "B": {"lille": 9, "paris": 5}},
    )
    rules = ["when: {node.id: [lyon, paris]}, then: {exclude: unless_needed}", "then: {keep: 1}"]
    record = DecisionRecord.of(decided(order(("A", 2), ("B", 1), ("B", 2)), facts, *rules), "d1", "0.1.0", b"{}")
    assert [(item.node, len(item.lines)) for item in record.shipments] == [("lille", 2), ("lyon", 1)]
    assert record.stock == {
        "A": {"lyon": StockRecord(on_hand=3, held=0, floor=1)},
        "B": {"lille": StockRecord(on_hand=9, held=0, floor=1)},
    }
    options = {"1": 2, "2": 1, "3": 1}
    assert record.excluded == [ExclusionRecord(rules=["test/r1"], unless_needed=True, options=options)]


def test_a_record_is_answered_with_its_facts_and_read_back_without_them():
    decision = decided(order(("A", 3), place=PARIS), snapshot([node("lyon", LYON)], {"A": {"lyon": 1}}))
    facts = facts_to_json(FactsRecord.of(decision))
    record = DecisionRecord.of(decision, "d1", "0.1.0", facts)
    whole = from_json(with_facts(to_json(record), facts))
    assert (whole.facts.document, whole.facts.sha256) == (FactsRecord.of(decision), record.facts.sha256)
    assert structs.replace(whole, facts=record.facts) == record


@pytest.mark.parametrize("quantity", [2, 1_000_000], ids=["filled", "with reasons for every line"])
def test_an_order_of_100_lines_over_1000_nodes_has_a_short_answer_and_facts_of_some_bytes_a_position(quantity):
    placed, facts = wide_order(lines=100, nodes=1_000, quantity=quantity)
    matcher = Matcher(shipped_policies())
    decision = decide(placed, facts, matcher, placed.placed_at)
    matcher.close()
    written = facts_to_json(FactsRecord.of(decision))
    assert decision.options > 100_000
    assert len(to_json(DecisionRecord.of(decision, "d1", "0.1.0", written))) < MOST_BYTES
    positions = sum(len(stock.nodes) for stock in decision.stock.values())
    excluded = sum(item.options * len(item.lines) for item in decision.exclusions)
    longest = max(map(len, facts.network.nodes))
    assert len(written) < positions * (longest + 14) + excluded * (longest + 3) + 10_000


def test_a_decision_says_which_schema_its_json_has():
    assert json.loads(to_json(made()))["schema"] == SCHEMA == 2


def test_what_was_written_is_read_as_it_was():
    record = made(may_wait=True)
    assert from_json(to_json(record)) == record


def test_the_bytes_have_sorted_keys_and_no_blanks():
    body = to_json(made(may_wait=True))
    assert body.decode() == json.dumps(json.loads(body), sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def test_what_a_decision_has_nothing_to_say_of_is_left_out():
    assert not {"waiting", "follows", "lacked", "awaiting_approval"} & json.loads(to_json(made())).keys()
    assert json.loads(to_json(made(may_wait=True)))["waiting"] is True
    assert json.loads(to_json(made(lacked=[])))["lacked"] == []


@pytest.mark.parametrize(
    ("rule", "requested", "said"),
    [
        ("then: {hold: until_shipped + 4 h}", None, {"until_shipped": True}),
        ("then: {hold: 4 h}", None, {}),
        ("then: {hold: until_shipped + 4 h}", 20, {"requested_minutes": 20}),
    ],
)
def test_a_hold_says_what_its_end_is_counted_from(rule, requested, said):
    facts = snapshot([node("lyon", LYON)], {"A": {"lyon": 1}})
    decision = decide(order(), facts, Matcher(policies(rule)), NOW, requested_minutes=requested)
    hold = json.loads(to_json(DecisionRecord.of(decision, "d1", "0", b"{}")))["hold"]
    ends = timestamp(NOW + (20 * 60 if requested else 4 * 3_600))
    assert hold == {"id": "d1", "expires_at": ends, **said}


def test_a_decision_says_that_it_awaits_approval():
    decision = decided(order(), snapshot([node("lyon", LYON)], {"A": {"lyon": 1}}), "then: {approve: true}")
    record = json.loads(to_json(DecisionRecord.of(decision, "d1", "0", b"{}")))
    assert (record["awaiting_approval"], record["approval_rules"]) == (True, ["test/r1"])
    assert record["rules"]["because"]["test/r1"] == {"en": "a reason"}


def test_only_rules_that_ask_for_approval_are_named_and_only_where_they_do():
    facts = snapshot([node("lyon", LYON)], {"A": {"lyon": 1}})
    rules = [
        "then: {priority: 9}",
        "then: {priority: 3, approve: true}",
        "when: {order.units: 9}, then: {approve: true}",
    ]
    assert decide(order(), facts, Matcher(policies(*rules)), NOW).approval_rules == ("test/r2",)
    record = json.loads(to_json(DecisionRecord.of(decided(order(), facts), "d1", "0", b"{}")))
    assert "approval_rules" not in record


def test_a_decision_of_a_newer_schema_is_refused_rather_than_misread():
    body = to_json(made()).replace(b'"schema":2', b'"schema":3')
    with pytest.raises(ValueError, match="has schema 3, and this release reads up to 2"):
        from_json(body)


@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b"\xff", to_json(made()).replace(b'"status"', b'"state"')])
def test_bytes_that_are_no_decision_are_refused(body):
    with pytest.raises(ValueError, match=r"JSON|Input|Expected|Object"):
        from_json(body)


def test_a_language_that_is_added_is_in_each_decision_from_then_on_and_missing_in_older_ones(tmp_path):
    for language in ("en", "fr", "de", "pt-BR"):
        (tmp_path / f"{language}.yaml").touch()
    record = in_every_language(ReasonRecord, tmp_path)
    texts = {"en": "none", "fr": "aucun", "de": "keine", "pt-BR": "nenhum"}
    written = msgspec.json.encode(record(code="no_stock", units=1, rules=[], **texts_by_field(texts)))
    assert json.loads(written) == {"code": "no_stock", "units": 1, "rules": [], **texts}
    older = b'{"code":"no_stock","en":"none","fr":"aucun","rules":[],"units":1}'
    assert msgspec.json.encode(msgspec.json.decode(older, type=record), order="sorted") == older
