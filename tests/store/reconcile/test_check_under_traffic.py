"""A check of an undamaged ledger is clean, whatever happens between any two reads of the check."""

import contextlib
import dataclasses
import itertools

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, given

from engine.errors import PointsmanError
from engine.orders.amendment.plan import AmendRequest
from engine.orders.cancellation.plan import CancelRequest
from engine.orders.rejection import RejectionRequest
from engine.store.connection.client import Client
from engine.store.keys import Keys
from engine.store.reconcile.check import Check
from engine.store.stock import Count, Movement, Stamp
from tests.conftest import activate
from tests.support.decision_json import json_of
from tests.support.examples import examples
from tests.support.facts import LILLE, LYON, inventory, node, order

pytestmark = pytest.mark.slow

STOCK = {"A": {"lille": 500}, "B": {"lyon": 500}, "C": {"lyon": 500, "lille": 500}, "NONE": {}}


class Interrupted(Client):
    """Before each use of the connection one of `others` is called; before the first, which makes it, as well."""

    def __init__(self, url, others):
        self._others = iter(others)
        super().__init__(url)

    @property
    def redis(self):
        next(self._others, list)()
        return self._redis

    @redis.setter
    def redis(self, connection):
        self._redis = connection


class Shop:
    """What happens in a shop, a method each. What is refused (there is no hold to end, say) is ignored."""

    def __init__(self, pointsman):
        self._pointsman = pointsman
        self._decided = []
        self._numbers = itertools.count(1)
        self._places = itertools.cycle([LILLE, LYON])
        pointsman.forget()
        pointsman.load(inventory([node("lyon", LYON), node("lille", LILLE)], STOCK))
        activate(pointsman, "then: {hold: 1 h}")

    def act(self, *names):
        for name in names:
            with contextlib.suppress(PointsmanError, IndexError):
                getattr(self, name)()

    def move(self, sku="C", name="lyon"):
        self._pointsman.stock.move([Movement(op=f"{next(self._numbers)}", node=name, sku=sku, delta=3)])

    def move_another(self):
        self.move("A", "lille")

    def count(self):
        stamp = Stamp(kind="s", number=next(self._numbers))
        self._pointsman.stock.set_count(Count(node="lyon", sku="C", on_hand=300, stamp=stamp))

    def decide(self):
        self._placed = order(("A", 1), ("B", 1), ("C", 2))
        self._decided.append(json_of(self._pointsman.decide(self._placed))["id"])

    def decide_for_nothing(self):
        self._pointsman.decide(order(("NONE", 1)))

    def confirm_a_shipment(self):
        self._pointsman.holds.confirm(self._decided[-1], shipments=[("lille", "parcel")])

    def confirm_a_unit(self):
        self._pointsman.holds.confirm(self._decided[-1], lines={"C": 1})

    def undo(self):
        self._pointsman.holds.undo(self._decided[-1])

    def cancel_a_unit(self):
        self._pointsman.cancellations.cancel(CancelRequest(order=self._placed.id, lines={"C": 1}))

    def cancel(self):
        self._pointsman.cancellations.cancel(CancelRequest(order=self._placed.id))

    def amend(self):
        amended = dataclasses.replace(self._placed, place=next(self._places))
        decision = self._pointsman.amendments.amend(AmendRequest(order=amended)).decision
        self._decided += [json_of(decision)["id"]] if decision else []

    def confirm(self):
        self._pointsman.holds.confirm(self._decided.pop())

    def release(self):
        self._pointsman.holds.release(self._decided.pop(0))

    def reject(self):
        rejection = RejectionRequest(decision=self._decided[-1], node="lyon", reason="damaged")
        self._decided.append(json_of(self._pointsman.rerouting.reject(rejection))["id"])


ACTS = [name for name in vars(Shop) if not name.startswith("_") and name != "act"]


@pytest.fixture
def check(network, server_url):
    """What a check finds while one of `others` happens at each of its steps."""

    def run(others):
        with contextlib.closing(Interrupted(server_url, others)) as client:
            return Check(client, Keys(network)).audit()

    return run


def test_units_that_move_after_a_check_is_made_and_before_it_runs_are_counted(bare, network, server_url):
    shop = Shop(bare)
    with contextlib.closing(Client(server_url)) as client:
        check = Check(client, Keys(network))
        shop.act("move", "move")
        check._read_log()
        shop.act("move")
        check._suspect_what_changed_late()
        assert list(check.recheck_all()) == []


def test_units_that_move_again_after_a_count_during_a_check_are_counted(bare, check):
    for at in range(1, 12):
        shop = Shop(bare)
        shop.act("move")
        others = [lambda: None] * at + [lambda shop=shop: shop.act("count", "move", "move")]
        audit = check([*others, *([lambda shop=shop: shop.act("move")] * 30)])
        assert audit.drifts == ()


def test_endings_of_an_order_that_is_cancelled_during_a_check_have_not_drifted(bare, network, server_url):
    shop = Shop(bare)
    shop.act("decide")
    with contextlib.closing(Client(server_url)) as client:
        check = Check(client, Keys(network))
        check._read_log()
        shop.act("cancel")
        check._suspect_what_changed_late()
        assert list(check.recheck_all()) == []


_acts = st.lists(st.sampled_from([*ACTS, *(["move"] * len(ACTS))]), max_size=3)


@examples(20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(before=_acts, meanwhile=st.lists(_acts, min_size=15, max_size=30))
def test_whatever_happens_during_a_check_nothing_has_drifted(*, bare, check, before, meanwhile):
    shop = Shop(bare)
    shop.act("decide", *before)
    assert check([lambda acts=acts: shop.act(*acts) for acts in meanwhile]).drifts == ()
    assert bare.check().drifts == ()


def test_a_hold_that_is_restored_after_it_ended_during_a_check_is_found(pointsman, redis_client, network, server_url):
    kept, other = (json_of(pointsman.decide(order(("SHIRT", 1))))["id"] for _ in range(2))
    pairs = [(name, f"{{{network}}}:hold:{name}") for name in (kept, other)]
    with contextlib.closing(Client(server_url)) as client:
        check = Check(client, Keys(network))
        check._read_log()
        before = {name: redis_client.hgetall(key) for name, key in pairs}
        pointsman.holds.release(kept)
        pointsman.holds.extend(other, minutes=9_000)
        for name, key in pairs:
            redis_client.hset(key, mapping=before[name])
            redis_client.zadd(f"{{{network}}}:expiring", {name: int(before[name][b"until"])})
        check._compare_holds()
        assert not check._suspected
        check._suspect_what_changed_late()
        drifted = {drift.suspect for drift in check.recheck_all()}
    assert drifted >= {("holds", kept), ("holds", other)}


def test_a_rest_that_is_restored_after_it_was_ended_during_a_check_is_found(
    pointsman, redis_client, network, server_url
):
    activate(pointsman, "when: {rejection.reason: no_capacity}, then: {rest_after_rejection: 2 h}")
    key = f"{{{network}}}:resting"
    made = json_of(pointsman.decide(order(("SHIRT", 1))))
    name = made["shipments"][0]["node"]
    pointsman.rerouting.reject(RejectionRequest(decision=made["id"], node=name, reason="no_capacity"))
    assert pointsman.check().clean
    with contextlib.closing(Client(server_url)) as client:
        check = Check(client, Keys(network))
        check._read_log()
        before = redis_client.hgetall(key)
        pointsman.rests.end(name, who="eve")
        redis_client.hset(key, mapping=before)
        check._compare_rests()
        assert before
        assert not check._suspected
        check._suspect_what_changed_late()
        assert ("rests", name) in {drift.suspect for drift in check.recheck_all()}
