"""Many callers at once on few units: decisions, confirmations, releases, movements and counts add up in the end."""

import random

from engine.errors import Contended
from engine.store.stock import Count, Movement, Stamp
from tests.conftest import activate
from tests.store.ledger.test_scarce_stock import together
from tests.support.decision_json import json_of
from tests.support.facts import LILLE, LYON, inventory, node, order

TURNS = 25


def test_decisions_ended_holds_and_stock_messages_at_once_add_up(bare, opened):
    bare.load(inventory([node("lyon", LYON), node("lille", LILLE)], {"A": {"lyon": 2, "lille": 1}}))
    activate(bare, "when: {node.id: lyon}, then: {keep: 1}")
    bare.stock.set_count(Count(node="lyon", sku="A", on_hand=2, stamp=Stamp(kind="s", number=10)))
    workers = [opened() for _ in range(6)]

    def work(number):
        dice, worker, left, came = random.Random(number), workers[number], 0, 0
        for turn in range(TURNS):
            try:
                record = json_of(worker.decide(order(("A", 1), id=f"{number}-{turn}")))
            except Contended:
                continue
            if record["shipments"]:
                act = dice.choice(["confirm", "release", "both"])
                if act != "release":
                    left += 1
                    worker.holds.confirm(record["id"])
                    worker.holds.confirm(record["id"])
                else:
                    worker.holds.release(record["id"])
            if dice.random() < 0.3:
                came += 1
                move = Movement(op=f"{number}-{turn}", node="lille", sku="A", delta=1)
                worker.stock.move([move])
                worker.stock.move([move])
            # older than the count above: it must never be set
            worker.stock.set_count(Count(node="lyon", sku="A", on_hand=99, stamp=Stamp(kind="s", number=turn % 10)))
        return left, came

    answers = together(len(workers), work)
    left, came = (sum(column) for column in zip(*answers, strict=True))
    assert left
    assert came
    nodes = {item.node: item.position for item in bare.stock.show("A").nodes}
    assert sum(item.on_hand for item in nodes.values()) == 3 + came - left
    assert all(item.held == 0 for item in nodes.values())
    assert nodes["lyon"].on_hand >= 1, "the safety stock was sold"
    audit = bare.check()
    assert (audit.clean, audit.confirmed, audit.held) == (True, left, 0)


def test_a_confirmation_a_release_and_the_expiry_of_one_hold_at_once_end_it_once(bare, opened, clock):
    bare.load(inventory([node("lyon", LYON)], {"A": {"lyon": 100}}))
    activate(bare, "then: {hold: 1 h}")
    workers = [opened() for _ in range(3)]
    for _ in range(10):
        name = json_of(bare.decide(order(("A", 2))))["id"]
        clock.now += 3_599

        def act(number, name=name):
            if number == 0:
                clock.now += 1
                return workers[0].ready()
            verb = workers[number].holds.confirm if number == 1 else workers[number].holds.release
            try:
                return {item.state for item in verb(name).shipments}
            except Exception as error:  # noqa: BLE001  # of the one that comes too late
                return str(error)

        _, *answers = together(3, act)
        (state,) = bare.holds.state(name).shipments
        assert state.at is not None
        (refusal,) = [answer for answer in answers if isinstance(answer, str)]
        # what has expired may still leave, as nobody took the units
        assert state.state in refusal or (state.state, "expired" in refusal) == ("confirmed", True)
    audit = bare.check()
    assert (audit.clean, audit.held, audit.ended) == (True, 0, 20)
