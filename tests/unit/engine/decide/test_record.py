"""A decision's JSON: its bytes, and reading them back, those of earlier releases too."""

import json
from pathlib import Path

import msgspec
import pytest

from engine.decide.order_record import OrderRecord, order_of
from engine.decide.record import SCHEMA, DecisionRecord, ReasonRecord, from_json, to_json
from engine.decide.sentence_record import in_every_language, texts_by_field
from tests.support.facts import LYON, PARIS, decided, node, order, snapshot

SCHEMA_0 = (Path(__file__).parents[3] / "data" / "decisions_schema_0.ndjson").read_bytes().splitlines()
"""Decisions as they were logged before the schema had a number: filled, split, partial and unfilled ones, dry runs,
orders that are collected, wait, were rejected, lacked what others took, and choices that are not proven the best.
"""


def made(**more: object) -> DecisionRecord:
    facts = snapshot([node("lyon", LYON)], {"A": {"lyon": 1}})
    return DecisionRecord.of(decided(order(("A", 3), place=PARIS), facts), "d1", "0.1.0", **more)


@pytest.mark.parametrize("body", SCHEMA_0, ids=range(len(SCHEMA_0)))
def test_a_decision_without_a_schema_number_is_read_and_written_back_byte_for_byte(body):
    record = from_json(body)
    assert record.schema == 0
    assert to_json(record) == body


@pytest.mark.parametrize("body", SCHEMA_0, ids=range(len(SCHEMA_0)))
def test_the_order_of_an_old_decision_is_the_order_that_was_decided(body):
    record = from_json(body)
    assert OrderRecord.of(order_of(record.order)) == record.order


def test_a_decision_says_which_schema_its_json_has():
    assert json.loads(to_json(made()))["schema"] == SCHEMA == 1


def test_what_was_written_is_read_as_it_was():
    record = made(waiting=True)
    assert from_json(to_json(record)) == record


def test_the_bytes_have_sorted_keys_and_no_blanks():
    body = to_json(made(waiting=True))
    assert body.decode() == json.dumps(json.loads(body), sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def test_what_a_decision_has_nothing_to_say_of_is_left_out():
    assert not {"waiting", "follows", "lacked"} & json.loads(to_json(made())).keys()
    assert json.loads(to_json(made(waiting=True)))["waiting"] is True
    assert json.loads(to_json(made(lacked=[])))["lacked"] == []


def test_a_decision_of_a_newer_schema_is_refused_rather_than_misread():
    body = to_json(made()).replace(b'"schema":1', b'"schema":2')
    with pytest.raises(ValueError, match="has schema 2, and this release reads up to 1"):
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
