"""Decisions that an earlier release logged, without a schema number, go on living under this one."""

import json
import zlib

import pytest

from engine.audit.comparison.former_form import former_decision
from engine.decide.record import SCHEMA
from engine.orders.rejection import RejectionRequest
from engine.store.ledger import RequestKey
from tests.conftest import activate
from tests.support.decision_json import json_of
from tests.support.facts import LILLE, LYON, inventory, node, order
from tests.support.ledger_entries import ledger_entries
from tests.support.stored_bodies import stored_entry


@pytest.fixture
def shop(bare):
    bare.load(inventory([node("lyon", LYON), node("lille", LILLE)], {"A": {"lyon": 4, "lille": 4}}))
    activate(bare)
    return bare


@pytest.fixture
def logged_before(redis_client, network):
    """Rewrites the log, which has decisions alone of the ledger, as it was written before the schema had a number."""

    def rewrite() -> None:
        log = f"{{{network}}}:log"
        entries = ledger_entries(redis_client, network)
        redis_client.delete(log)
        for place, fields in entries:
            entry = stored_entry(redis_client, network, place, fields)
            before = zlib.compress(_schema_0(entry.body, entry.logged_facts))
            redis_client.xadd(log, fields | {b"body": before}, id=place)

    return rewrite


def _schema_0(body, facts):
    former = former_decision(json.loads(body), json.loads(facts))
    del former["schema"]
    return json.dumps(former, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def test_it_is_answered_as_it_was_logged(shop, logged_before):
    sent = order(("A", 2))
    made = shop.decide(sent, key=RequestKey(caller="oms", name="k"))
    logged_before()
    shown = shop.decision(json_of(made)["id"])
    assert shown.body == _schema_0(made.body, made.facts)
    assert shown.record.schema == 0
    assert json.loads(shown.facts) == {name: json.loads(made.facts)[name] for name in ("stock", "excluded")}
    whole = {name: value for name, value in json.loads(shown.whole).items() if name != "facts"}
    assert whole == json_of(shown)
    for key in (RequestKey(caller="oms", name="k"), None):
        again = shop.decide(sent, key=key)
        assert (again.new, again.body) == (False, shown.body)


def test_its_hold_is_confirmed_and_the_ledger_is_clean(shop, logged_before):
    name = json_of(shop.decide(order(("A", 2))))["id"]
    logged_before()
    assert shop.check().clean
    assert [item.state for item in shop.holds.confirm(name).shipments] == ["confirmed"]
    assert shop.check().clean


def test_what_a_node_rejects_of_it_is_decided_again(shop, logged_before):
    first = json_of(shop.decide(order(("A", 2))))
    logged_before()
    rejection = RejectionRequest(decision=first["id"], node=first["shipments"][0]["node"], reason="other")
    second = json_of(shop.rerouting.reject(rejection))
    assert (second["schema"], second["status"]) == (SCHEMA, "filled")
    assert [link.record.schema for link in shop.rerouting.chain(first["id"]).links] == [0, SCHEMA]
    assert shop.check().clean
