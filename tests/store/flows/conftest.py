"""What tests of stock in motion share: receipts, and decisions that promise units of them."""

import dataclasses

import pytest

from engine.decide.decision import CountedReceipt
from engine.decide.facts_record import FactsRecord, facts_to_json
from engine.decide.record import DecisionRecord, to_json
from engine.model.receipts import Receipt
from engine.service import Pointsman
from engine.settings import Settings
from engine.store.flows.receipts import Announcement, Delivery
from engine.store.ledger import Ledger
from engine.store.outcomes import Committed
from engine.store.stock import Count, Stamp
from tests.conftest import activate
from tests.support.facts import HOUR, LYON, NOW, PARIS, decided, inventory, node, order, snapshot

DAY = 24 * HOUR


@pytest.fixture
def shop(bare):
    """Five of A in Lyon, none of B."""
    shops = [node("lyon", LYON), node("paris", PARIS)]
    bare.load(inventory(shops, {"A": {"lyon": 5}, "B": {"lyon": 0}}))
    activate(bare)
    return bare


@pytest.fixture
def count(shop):
    numbers = iter(range(1, 1_000))

    def count(units, sku="A", at="lyon"):
        shop.stock.set_count(Count(node=at, sku=sku, on_hand=units, stamp=Stamp(kind="s", number=next(numbers))))

    return count


@pytest.fixture
def announce(shop):
    def announce(name="PO-1", **values):
        received_at = values.pop("received_at", None)
        values = {
            "source": "purchase_order",
            "node": "lyon",
            "sku": "A",
            "quantity": 10,
            "expected_at": NOW + DAY,
            "status": "confirmed",
            "sequence": 1,
        } | values
        return shop.flows.inbound.announce(Announcement(id=name, **values), received_at=received_at)

    return announce


@pytest.fixture
def receive(shop):
    def receive(units, name="PO-1", *, op=None, **more):
        return shop.flows.inbound.receive(name, Delivery(units=units, **more), op=op)

    return receive


def decision_on(ledger, units, pegged, receipts, *, sku="A", priority=50, floor=0, **more):
    """A decision that ships `units` that are on hand in Lyon and those `pegged` to receipts there, all in one shipment.
    It counts on all of the `receipts`, as they are given.
    """
    total = units + sum(pegged.values())
    name = more.pop("order", None)
    made = decided(
        order((sku, total), **({"id": name} if name else {})), snapshot([node("lyon")], {sku: {"lyon": total}})
    )
    reading = ledger.read([], loads=[], now=NOW)
    by_receipt = tuple((item.id, pegged[item.id]) for item in receipts if pegged.get(item.id))
    parcel = dataclasses.replace(made.shipments[0].lines[0], receipts=by_receipt)
    claim = dataclasses.replace(
        made.claims[0],
        units=units,
        floor=floor,
        receipts=by_receipt,
        counted=tuple(
            CountedReceipt(id=item.id, status=item.status, expected_at=item.expected_at) for item in receipts
        ),
    )
    values = {
        "network_version": reading.network_version,
        "policy_version": reading.policy_version,
        "shipments": (
            dataclasses.replace(
                made.shipments[0],
                lines=(parcel,),
                ready_at=NOW + DAY if pegged else 0,
                expected={item.id: item.expected_at for item in receipts},
            ),
        ),
        "claims": (dataclasses.replace(claim, **{name: more.pop(name) for name in ("haircut",) if name in more}),),
        "load_claims": () if pegged else made.load_claims,
        "priority": priority,
        "hold_until": NOW + 3 * DAY,
    }
    return dataclasses.replace(made, **values | more)


def commit(ledger, decision, name):
    facts = facts_to_json(FactsRecord.of(decision))
    return ledger.commit(decision, name, to_json(DecisionRecord.of(decision, name, "0", facts)), None, facts=facts)


@pytest.fixture
def ledger(shop, client, keys):
    return Ledger(client, keys)


@pytest.fixture
def coming(shop):
    """The open receipts of A in Lyon, the next to arrive first."""

    def coming(sku="A") -> list[Receipt]:
        return shop.flows.inbound.coming(sku).get("lyon", [])

    return coming


@pytest.fixture
def promise(ledger, coming):
    """Commits a decision as `decision_on` makes it of what is to come now; answers the outcome."""

    def promise(name, units=0, sku="A", **more):
        pegged = {key.replace("_", "-"): more.pop(key) for key in list(more) if key.startswith("PO_")}
        return commit(ledger, decision_on(ledger, units, pegged, coming(sku), sku=sku, **more), name)

    return promise


@pytest.fixture
def promised(promise):
    """As `promise`, for decisions that are to be committed."""

    def promised(name, *given, **more):
        assert promise(name, *given, **more) == Committed()

    return promised


@pytest.fixture
def worker(shop, server_url, network, clock):
    """Another one on the same network."""
    with Pointsman(Settings(redis_url=server_url, network=network), clock=clock) as other:
        other.ready()
        yield other


@pytest.fixture
def before_first(monkeypatch):
    """Lets somebody `act` just before the first call of a method; answers what the act returned, once it did."""

    def patch(kind, method, act):
        original, begun, made = getattr(kind, method), [], []

        def after_another(*given, **more):
            if not begun:  # the act calls the method, too
                begun.append(method)
                made.append(act())
            return original(*given, **more)

        monkeypatch.setattr(kind, method, after_another)
        return made

    return patch
