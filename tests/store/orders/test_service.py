"""Pointsman as its callers use it: what it refuses, answers again, and makes available again."""

import datetime
import os
import re
import signal

import pytest
import redis
from freezegun import freeze_time

from api.files.inventory_folder import load_inventory
from engine.errors import InputInvalid, KeyReused, NotFound, NotReady, OrderInvalid, StoreUnavailable
from engine.service import Pointsman
from engine.settings import Settings
from engine.store.connection.embedded import socket_of
from engine.store.connection.server import open_server
from engine.store.ledger import RequestKey
from engine.store.stock import Movement
from tests.conftest import SMALL, activate
from tests.support.decision_json import json_of
from tests.support.facts import LYON, collected, inventory, node, order
from tests.support.order_json import shipped_units


@pytest.mark.parametrize(
    ("refused", "message"),
    [
        (order(("SHRT", 1)), "lines.0.sku: no product goes by the SKU 'SHRT'"),
        (order(("SHIRT", 1), ("X", 1), ("Y", 1)), "lines.1.sku: .*'X'\nlines.2.sku: .*'Y'"),
        (collected(("SHIRT", 1), at="lyno"), "collect_at: no node goes by the id 'lyno'; did you mean 'lyon'?"),
        (collected(("SHIRT", 1), at="zzz"), "collect_at: no node goes by the id 'zzz'$"),
    ],
)
def test_an_order_that_names_something_unknown_is_refused_and_changes_nothing(pointsman, contents, refused, message):
    before = contents()
    with pytest.raises(OrderInvalid) as caught:
        pointsman.decide(refused)
    assert re.match(message.replace("?", r"\?"), str(caught.value))
    assert contents() == before


@pytest.mark.parametrize(
    ("channel", "hint"),
    [
        ("Marketplace", "; did you mean 'marketplace'?"),
        ("wbe", "; did you mean 'web'?"),
        ("fax", "; it has marketplace, web"),
    ],
)
def test_an_order_by_a_channel_that_the_network_does_not_list_is_refused(bare, channel, hint):
    bare.load(inventory([node("lyon", LYON)], {"A": {"lyon": 1}}, channels=frozenset({"web", "marketplace"})))
    activate(bare, "then: {keep: 0}")
    with pytest.raises(OrderInvalid) as caught:
        bare.decide(order(("A", 1), channel=channel))
    assert str(caught.value) == f"channel: the network lists no channel '{channel}'{hint}"
    assert bare.decide(order(("A", 1), channel="web")).new


def test_availability_on_a_channel_that_the_network_does_not_list_is_refused(bare):
    bare.load(inventory([node("lyon", LYON)], {"A": {"lyon": 1}}, channels=frozenset({"web", "marketplace"})))
    activate(bare, "then: {keep: 0}")
    for asked in (bare.stock.availability, lambda _, channel: bare.availability_feed.read(channel)):
        with pytest.raises(InputInvalid, match="no channel 'Web'; did you mean 'web'"):
            asked(["A"], "Web")
    assert bare.stock.availability(["A"], "web").skus[0].free == 1


def test_a_refusal_leaves_the_key_free(pointsman):
    key = RequestKey(caller="a test", name="k")
    with pytest.raises(OrderInvalid):
        pointsman.decide(order(("SHRT", 1)), key=key)
    assert pointsman.decide(order(("SHIRT", 1)), key=key).new


def test_a_key_is_answered_with_the_first_decision_even_when_the_stock_is_gone(pointsman):
    key = RequestKey(caller="a test", name="k")
    sent = order(("RARE", 3))
    first = pointsman.decide(sent, key=key)
    again = pointsman.decide(sent, key=key)
    assert (again.body, again.new, first.new) == (first.body, False, True)
    with pytest.raises(KeyReused):
        pointsman.decide(order(("RARE", 2)), key=key)


def test_an_unknown_decision_is_not_found(pointsman):
    with pytest.raises(NotFound, match="nobody"):
        pointsman.decision("nobody")


def test_units_of_an_expired_hold_can_be_sold_again(pointsman, clock):
    activate(pointsman, "then: {hold: 30 m}")
    assert shipped_units(json_of(pointsman.decide(order(("RARE", 3))))) == 3
    clock.now += 30 * 60 - 1
    assert json_of(pointsman.decide(order(("RARE", 1))))["status"] == "unfilled"
    clock.now += 1
    assert shipped_units(json_of(pointsman.decide(order(("RARE", 3))))) == 3
    audit = pointsman.check()
    assert (audit.clean, audit.held, audit.shipped, audit.ended) == (True, 3, 6, 3)


def test_an_expired_hold_is_ended_once_by_whichever_worker_reads_it_first(pointsman, opened, clock):
    activate(pointsman, "then: {hold: 30 m}")
    pointsman.decide(order(("RARE", 2)))
    clock.now += 3_600
    for worker in (pointsman, opened(), opened()):
        assert worker.availability("RARE", "web").free == 3
    audit = pointsman.check()
    assert (audit.clean, audit.held, audit.ended) == (True, 0, 2)


def test_a_day_begins_at_midnight_of_the_installation(pointsman, clock):
    activate(pointsman, "when: {node.id: lyon}, then: {daily_orders: 1}")
    clock.now += 13 * 3_600  # 23:00 in Paris
    assert json_of(pointsman.decide(order(("RARE", 1))))["status"] == "filled"
    assert json_of(pointsman.decide(order(("RARE", 1))))["unfilled"][0]["reasons"][0]["code"] == "node_full"
    clock.now += 3_600
    assert json_of(pointsman.decide(order(("RARE", 1))))["status"] == "filled"


def test_a_dry_run_decides_the_same_and_writes_nothing(pointsman, contents):
    before = contents()
    sent = order(("SHIRT", 12))
    tried = json_of(pointsman.decide(sent, dry_run=True))
    assert contents() == before
    made = json_of(pointsman.decide(sent))
    assert {**made, "id": None, "hold": None} == {**tried, "id": None, "hold": None}


def test_a_decision_can_be_made_as_of_another_instant(pointsman):
    made = json_of(pointsman.decide(order(("SHIRT", 1)), now=1_800_000_000))
    assert made["decided_at"] == "2027-01-15T08:00:00Z"


def test_requests_fail_while_the_server_is_away_and_succeed_when_it_is_back(tmp_path, clock):
    with (
        open_server(Settings(data=tmp_path / "data")) as server,
        Pointsman(Settings(redis_url=server.url), clock=clock) as pointsman,
    ):
        pointsman.load(load_inventory(SMALL))
        activate(pointsman)
        pointsman.decide(order(("RARE", 1)))
        with redis.Redis.from_url(server.url) as client:
            client.shutdown(nosave=True)
        for ask in (lambda: pointsman.decide(order(("RARE", 1))), pointsman.ready, pointsman.check):
            with pytest.raises(StoreUnavailable, match="try again"):
                ask()
        server.ensure_running()
        pointsman.decide(order(("RARE", 1)))
        assert (pointsman.check().clean, pointsman.check().held) == (True, 2)


def test_an_embedded_server_that_was_killed_is_started_again_by_the_next_decision(tmp_path, clock):
    with Pointsman(Settings(data=tmp_path / "data", fsync="always"), clock=clock) as pointsman:
        pointsman.load(load_inventory(SMALL))
        activate(pointsman)
        first = pointsman.decide(order(("RARE", 1)))
        with redis.Redis(unix_socket_path=str(socket_of((tmp_path / "data").resolve()))) as client:
            os.kill(client.info("server")["process_id"], signal.SIGKILL)
        assert json_of(pointsman.decide(order(("RARE", 9))))["score"]["unfilled_units"] == 7
        assert pointsman.decision(json_of(first)["id"]).body == first.body
        assert (pointsman.check().clean, pointsman.check().held) == (True, 3)
        for act in (
            lambda: pointsman.holds.confirm(json_of(first)["id"]),
            lambda: pointsman.decision(json_of(first)["id"]),
            lambda: pointsman.stock.move([Movement(op="a", node="lyon", sku="RARE", delta=1)]),
            lambda: pointsman.stock.show("RARE"),
        ):
            with redis.Redis(unix_socket_path=str(socket_of((tmp_path / "data").resolve()))) as client:
                os.kill(client.info("server")["process_id"], signal.SIGKILL)
            act()
        assert (pointsman.check().clean, pointsman.check().confirmed) == (True, 1)


def test_the_error_says_whether_a_network_or_policies_are_missing(bare):
    with pytest.raises(NotReady, match="pointsman load"):
        bare.decide(order())
    bare.load(load_inventory(SMALL))
    with pytest.raises(NotReady, match="policy publish"):
        bare.decide(order(("SHIRT", 1)))
    activate(bare)
    assert json_of(bare.decide(order(("SHIRT", 1))))["status"] == "filled"


@pytest.mark.parametrize(
    ("instant", "local"),
    [("2026-03-29T00:59:59Z", "2026-03-29T01:59"), ("2026-03-29T01:00:00Z", "2026-03-29T03:00")],
)
def test_without_a_clock_argument_the_system_clock_is_used(server_url, network, instant, local):
    with Pointsman(Settings(redis_url=server_url, network=network)) as pointsman:
        pointsman.load(load_inventory(SMALL))
        activate(pointsman)
        with freeze_time(instant):
            record = json_of(pointsman.decide(order(("SHIRT", 1), placed_at=pointsman.now)))
        assert record["decided_at"] == instant
        assert pointsman.network().local(seconds_of(instant)).strftime("%Y-%m-%dT%H:%M") == local


def seconds_of(text):
    return int(datetime.datetime.fromisoformat(text).timestamp())
