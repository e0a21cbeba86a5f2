"""Every script uses only keys that it was given in KEYS: in a cluster, any other might be on another server."""

import dataclasses
import ipaddress

import pytest

from engine.errors import NotReady
from engine.events.event import START
from engine.events.stream_writer import StreamWriter
from engine.events.webhooks.deliverer import Deliverer
from engine.events.webhooks.post import Sender
from engine.events.webhooks.webhooks import Webhooks
from engine.fulfilment.parcels.handing_over import ManifestRequest
from engine.fulfilment.printing.print_job import PrintJob
from engine.fulfilment.return_labels.label_request import ReturnLabelRequest
from engine.model.parcels import ShipmentKey
from engine.model.returns import ReturnTerms
from engine.model.tracking import TrackingEvent
from engine.model.transfer_lanes import NodeNames, TransferLane
from engine.model.transfers import TransferLine
from engine.orders.amendment.plan import AmendRequest
from engine.orders.cancellation.plan import CancelRequest
from engine.orders.decision_request import Decided, DecisionRequest, whole_order
from engine.orders.rejection import RejectionRequest
from engine.policies.canary_request import CanaryRequest
from engine.promise_watch.progress import ProgressReport
from engine.service import Pointsman
from engine.settings import Settings
from engine.simulation.gate import run_gate
from engine.simulation.job import JobRequest
from engine.simulation.trial_turns import TrialTurns
from engine.store import policy_approvals, policy_versions, replica
from engine.store.audit.acts import Act
from engine.store.audit.seal_entries import SealStep
from engine.store.audit.sealed_log import SealedLog
from engine.store.audit.units_left import units_left
from engine.store.connection import client as store
from engine.store.connection.client import script_text
from engine.store.connectors.connector_store import Step
from engine.store.events.event_stream import EventStream
from engine.store.flows.learnt_demand import LearntDemand
from engine.store.flows.receipts import Announcement, Delivery
from engine.store.fulfilment.begun_bookings import BegunBooking, BegunBookings
from engine.store.fulfilment.print_jobs import PrintJobs
from engine.store.network import load
from engine.store.orders.stored_order import Approval
from engine.store.outcomes import Committed
from engine.store.script_keys import LAYOUTS, TRIM_LOG
from engine.store.stock import Count, Movement, Stamp
from engine.transfers.transfers import NewTransfer
from tests.conftest import activate
from tests.store.connection.test_replicas import LONG, follow, url
from tests.store.flows.conftest import commit, decision_on
from tests.support.decision_json import json_of
from tests.support.facts import HOUR, LILLE, LYON, NOW, inventory, node, order, policy_file, product, service
from tests.support.lookahead import table
from tests.support.lua_scripts import script_names
from tests.support.parcels import LYON_ADDRESS, ZOE, dpd, pack, parcel_terms
from tests.support.redis_topologies import nodes
from tests.support.returns import dispose, inspect, open_return, receive

DAY = 24 * HOUR
STRICT = """
local redis = (function(real)
  local declared = {}
  for _, key in ipairs(KEYS) do declared[key] = true end
  return {call = function(...)
    if select('#', ...) == 1 then return real.call(...) end  -- as TIME, which has no key
    local keys = real.pcall('COMMAND', 'GETKEYS', ...)
    if keys.err and not string.find(keys.err, 'no key arguments') then error(keys.err) end
    for _, key in ipairs(keys) do
      if not declared[key] then error((...) .. ' of a key that was not declared: ' .. key) end
    end
    return real.call(...)
  end}
end)(redis)
"""
"""Put before a script: asks the server for the keys of each command before running it, and fails at another key."""


def strict_text(name, **parts):
    return STRICT + script_text(name, **parts)


@pytest.fixture
def ran(monkeypatch):
    """Scripts registered from here on fail at a key that they were not given; the names of those that ran."""
    names = set()

    def script(self, name, *, writes=True, **parts):
        run = self.redis.register_script(strict_text(name, **parts))

        def strict(*, args=(), **given):
            names.update([name, *parts.values()])
            return run(args=[*args, "by", "Ada", 2] if LAYOUTS[name].logs else args, **given)

        return strict

    monkeypatch.setattr(store.Client, "script", script)
    return names


@pytest.fixture
def strict(ran, opened):
    pointsman = opened()
    yield pointsman
    pointsman.forget()


def stocked(units, **more):
    stock = {"A": {"lyon": units, "lille": units}, "B": {"lyon": units}}
    ends = NodeNames(nodes=frozenset({"lyon", "lille"}))
    lanes = (TransferLane(origin=ends, goal=ends, takes=60),)
    return inventory([node("lyon", LYON), node("lille", LILLE)], stock, transfer_lanes=lanes, **more)


def begin(pointsman, inventory):
    """Begin a load that somebody else has to complete."""
    verify = lambda: pointsman.versions.verify_network(inventory.network)  # noqa: E731 - as the service gives it
    micros = lambda: pointsman.micros  # noqa: E731 - as the service gives it
    load.begin(pointsman._client, pointsman._keys, inventory, verify_policies=verify, micros=micros)


def answer_and_count(pointsman):
    """What the service keeps of requests and of acts."""
    pointsman.record_act("exported", "log.ndjson", {})
    claimed = pointsman.request_answers.claim("request", "body")
    pointsman.request_answers.keep("request", claimed.attempt, b"answer")
    pointsman.request_counts.add("eve", seconds=1)


def move_between_nodes(pointsman):
    """A transfer that arrives in parts, and one that is cancelled on its way."""
    transfers = pointsman.flows.transfers
    for name in ("T-1", "T-2"):
        line = TransferLine(sku="A", units=2)
        transfers.create(NewTransfer(id=name, origin="lyon", goal="lille", lines=[line]))
        transfers.approve(name)
        transfers.ship(name)
    transfers.receive("T-1", {"A": 1})
    transfers.receive("T-1")
    transfers.cancel("T-2")


def take_back_what_left(pointsman):
    """A unit is shipped, comes back, and goes back to where it lies."""
    sent = order(("B", 1))
    pointsman.holds.confirm(json_of(pointsman.decide(sent))["id"])
    name = open_return(pointsman, sent.id, _1=1).stored.id
    receive(pointsman, name, _1=1)
    inspect(pointsman, name)
    (group,) = dispose(pointsman, name).stored.groups
    assert group.disposition == "restock"


def print_at_a_node(pointsman):
    """A paper is asked for that there is not, and given up."""
    jobs = PrintJobs(pointsman._client, pointsman._keys)
    assert jobs.settle(None, PrintJob(id="j1", node="lyon", paper="note", of="D/0/1", queued_at=NOW), 1)
    pointsman.fulfilment.printing.take_turn()
    assert pointsman.fulfilment.printing.show("j1").state == "dead"


def pack_at_a_node(pointsman):
    """A shipment is packed, given back, packed again and handed over; its addressee is sent before."""
    network = pointsman.network()
    lyon = dataclasses.replace(network.nodes["lyon"], address=LYON_ADDRESS, printers={"label": "socket://10.0.0.5"})
    pointsman.load(
        inventory(
            [lyon],
            {"A": {"lyon": 9}, "B": {"lyon": 9}},
            services=[service(carrier="dpd")],
            parcels=parcel_terms(),
            carriers={"dpd": dpd(1, 99)},
            returns=ReturnTerms(carrier="dpd"),
        )
    )
    packed = order(("B", 1))
    key = ShipmentKey(json_of(pointsman.decide(packed))["id"], 0)
    pointsman.fulfilment.parcels.put_addressee(packed.id, ZOE)
    pack(pointsman, key, addressee=None)
    pointsman.fulfilment.parcels.cancel(key)
    pack(pointsman, key)
    closed = pointsman.fulfilment.handing_over.close(ManifestRequest(node="lyon", carrier="dpd"))
    assert closed.refused == {}
    name = open_return(pointsman, packed.id, _1=1).stored.id
    labels = pointsman.fulfilment.return_labels
    assert labels.make(ReturnLabelRequest(return_id=name)).label.tracking_number
    assert labels.give_back(name).label.state == "cancelled"
    pointsman.flows.returns.cancel(name)
    pointsman.fulfilment.unneeded_labels.take_turn()
    numbers = (pointsman._client.redis.hkeys(pointsman._keys.parcel_numbers)[0].decode(), "UNKNOWN")
    seen = [TrackingEvent(tracking_number=number, id="1", state="in_transit", at=NOW) for number in numbers]
    pointsman.fulfilment.tracking.take(seen, "dpd")
    begun = BegunBooking(id="shp_1", content="x")
    bookings = BegunBookings(pointsman._client, pointsman._keys, new_id=lambda: "who")
    assert bookings.begin("dpd", "D/0", begun, instead_of=None) == begun


def follow_a_channel(pointsman):
    """What a channel is told of changes, and a position gets low."""
    channels = pointsman.flows.channels
    cursor = channels.feeds.read("web", since=None).cursor
    activate(pointsman, "then: {alert_below: 100}")
    pointsman.stock.move([Movement(op="less", node="lyon", sku="B", delta=-1)])
    assert channels.feeds.read("web", since=cursor).size
    assert channels.low.look().fallen


def run_a_connector(pointsman):
    """A step of one is stored, by whoever has its turn."""
    store = pointsman.connectors
    assert store.take_turn("shop", "eve")
    step = Step(fields={"rows": "1"}, seen=[b"1"], problems=[b"{}"], status={"message": "a"}, counts={"rows": 1})
    assert store.keep("shop", "eve", 1, step, now=pointsman.now, since=0)


def change_paces(pointsman):
    """As learning them does."""
    store = LearntDemand(pointsman._client, pointsman._keys)
    products = store.products(store.skus())
    with store.staging() as staged:
        staged.add({sku: record | {"paces": {"lyon": 70}} for sku, record in products.items()})
        assert staged.swap_in(before=store.state(), act=Act(kind="demand_learnt", subject="1" * 64), now=pointsman.now)


def test_no_script_touches_a_key_it_was_not_given(strict, clock, ran):  # noqa: PLR0915  # a call of every script
    pointsman = strict
    pointsman.load(stocked(9))
    activate(pointsman, "then: {hold: 1 h}", "when: {rejection.reason: other}, then: {rest_after_rejection: 1 h}")
    names = [json_of(pointsman.decide(order(("A", 12), ("B", 2))))["id"]]
    soon = NOW + 2 * DAY  # to be kept, it has to be handed over at once
    names += [json_of(pointsman.decide(order(("B", 1), promise_by=soon)))["id"] for _ in range(4)]
    pointsman.holds.confirm(names[0], shipments=[("lyon", "parcel")])
    pointsman.holds.undo(names[0], lines={"A": 2})
    pointsman.holds.release(names[1])
    pointsman.holds.extend(names[2], minutes=90)
    pointsman.flows.promise_watch.report(ProgressReport(decision=names[2], number=0, milestone="picked"))
    assert pointsman.flows.promise_watch.watch().raised
    pointsman.stock.set_count(Count(node="lyon", sku="A", on_hand=4, stamp=Stamp(kind="s", number=1)))
    pointsman.stock.move([Movement(op=sku, node="lille", sku=sku, delta=5) for sku in "AB"])
    for units in (1, 2):
        rejection = RejectionRequest(
            decision=names[0], node="lille", reason="not_in_stock", on_hand=1, lines={"A": units}
        )
        pointsman.rerouting.reject(dataclasses.replace(rejection, op=f"{units}", waits=True))
    busy = json_of(pointsman.decide(order(("B", 1))))
    (shipment,) = busy["shipments"]
    pointsman.rerouting.reject(RejectionRequest(decision=busy["id"], node=shipment["node"], reason="other"))
    assert json_of(pointsman.decide(order(("B", 1))))["shipments"][0]["node"] != shipment["node"]
    pointsman.rests.end(shipment["node"], who="eve")
    pointsman.api_keys.create(role="oms", client="eve", networks=("*",))
    answer_and_count(pointsman)
    sent = order(("A", 91))
    pointsman.decide(sent)
    assert pointsman.orders.wait(sent.id).units("waiting") > 0
    pointsman.orders._calls.approve(pointsman.orders.show(sent.id).stored, Approval(by="eve", at=clock.now, note=""))
    assert json_of(pointsman.decide(order(("A", 90), id="waits"), wait=True))["waiting"]
    pointsman.cancellations.cancel(CancelRequest(order="waits", lines={"A": 2}))
    for changed in (order(("A", 95), id="waits"), order(("A", 1), id="waits")):
        assert pointsman.amendments.amend(AmendRequest(order=changed)).amendment.lines
    for place in pointsman.backlog.page(limit=9).places:
        pointsman.backlog.withdraw(place.entry.decision)
    pointsman.master_data.put_products(lambda _: [product("A", weight=900)])
    lose_stock(pointsman)
    assert json_of(pointsman.decide(order(("A", 90)), wait=True))["waiting"]
    pointsman.stock.move([Movement(op="back", node="lille", sku="A", delta=50)])
    wait_for_an_instant(pointsman, clock)
    assert pointsman.take_turn()
    for place in pointsman.backlog.page(limit=9).places:
        pointsman.backlog.withdraw(place.entry.decision)
    clock.now += 3_600
    assert pointsman.availability("A", "web").free > 0
    clock.now += 3_600
    assert [item.state for item in pointsman.holds.state(names[2]).shipments] == ["expired"]
    assert pointsman.holds.confirm(names[2]).late
    audit = pointsman.check()
    assert (audit.clean, audit.held) == (True, 0)
    held = json_of(pointsman.decide(order(("B", 1))))["id"]
    pointsman._client.redis.delete(pointsman._keys.hold(held), pointsman._keys.held("B"))
    assert len(pointsman.repair(who="eve").repaired) == 2
    repair_loads(pointsman)
    send_events(pointsman)
    pointsman.policy_drafts.save("christmas", {"test.yaml": "rules: []"}, base=None, before="", who="eve")
    follow_versions(pointsman, clock)
    receive_what_was_promised(pointsman, clock)
    move_between_nodes(pointsman)
    change_paces(pointsman)
    pointsman.flows.lookahead_tables.publish(table({("A", "lyon"): 2_100_000}, learnt_at=clock.now), now=clock.now)
    take_back_what_left(pointsman)
    follow_a_channel(pointsman)
    run_a_connector(pointsman)
    print_at_a_node(pointsman)
    pack_at_a_node(pointsman)
    ask_for_a_whatif(pointsman)
    pointsman.search_index.catch_up()
    assert units_left(pointsman._client, pointsman._keys, ["A", "nobody"])[0]["nobody"] == 0
    seal_and_trim(pointsman)
    over = order(("B", 1))
    pointsman.holds.release(json_of(pointsman.decide(over))["id"])
    assert pointsman.erasures.erase(over.id, note="").order == over.id
    on_replicas_alone, before_the_service_starts = "replica_snapshot", "server/rights"
    assert ran == script_names() - {on_replicas_alone, before_the_service_starts}


def receive_what_was_promised(pointsman, clock):
    """A receipt of which units are promised comes later than expected, and then with fewer units."""
    inbound, ledger = pointsman.flows.inbound, pointsman._ledger
    message = Announcement(
        id="PO-1",
        source="purchase_order",
        node="lyon",
        sku="A",
        quantity=5,
        expected_at=clock.now + 60,
        status="confirmed",
        sequence=1,
    )
    inbound.announce(message)
    for name in ("late", "released"):
        decision = decision_on(ledger, 0, {"PO-1": 2}, inbound.coming("A")["lyon"], hold_until=clock.now + 3_600)
        assert commit(ledger, decision, name) == Committed()
    inbound.announce(dataclasses.replace(message, expected_at=clock.now + 120, sequence=2))
    pointsman.holds.release("released")
    clock.now += 200
    inbound.note_overdue()
    inbound.receive("PO-1", Delivery(units=1, closes=True), op="truck")
    pointsman.holds.confirm("late", lines={"1": 1})
    pointsman.holds.release("late")
    assert pointsman.check().clean


def wait_for_an_instant(pointsman, clock):
    """Units that would fill it are not offered to an entry before its instant; then it is refused them by its caller's
    quota, which a run of the backlog notes, too.
    """
    request = DecisionRequest(
        remainder=whole_order(order(("B", 900), id="later")),
        instant=clock.now,
        caller="x",
        most_holds=None,
        waits=True,
        not_before=clock.now + 60,
    )
    assert isinstance(pointsman._decide_and_commit.run(request), Decided)
    pointsman.stock.move([Movement(op="more", node="lille", sku="B", delta=1)])
    clock.now += 60
    activate(pointsman, "when: {order.id: later}, then: {ship_complete: true, priority: 60}")
    pointsman.backlog.run(limit=9)
    assert {note.at for note in pointsman.backlog.page(limit=9).notes.values()} == {clock.now}


def lose_stock(pointsman):
    """Others take some of an order's stock each time it is about to be committed: the rest is set aside."""
    pointsman.stock.move([Movement(op=f"lost {sku}", node="lyon", sku=sku, delta=9) for sku in "AB"])
    ledger, names = pointsman._ledger, []
    commit = ledger.commit

    def after_others(*given, **more):
        ledger.commit = commit
        if len(names) < 3:
            names.append(json_of(pointsman.decide(order(("A", 3))))["id"])
            ledger.commit = after_others
        return commit(*given, **more)

    ledger.commit = after_others
    names.append(json_of(pointsman.decide(order(("A", 9), ("B", 9)), wait=True))["id"])
    del ledger.commit
    assert "set_aside" in {entry.kind for entry in pointsman.entries(on_damaged=print)}
    for name in names:
        pointsman.holds.release(name)


def send_events(pointsman):
    """Events are written into the stream, and sent to an endpoint where nobody listens."""
    stored, outbox, here = pointsman.events._stored, pointsman.events._outbox, (ipaddress.ip_network("127.0.0.1/32"),)
    webhooks = Webhooks(stored, outbox, allowed=here, clock=lambda: pointsman.now)
    name = webhooks.add("http://127.0.0.1:1/", since=START, by="eve").id
    stream = EventStream(pointsman._client, pointsman._keys, length=9)
    assert StreamWriter(stream, outbox, render=lambda _: b"{}").write() > 9
    sender = Sender(allowed=here, clock=lambda: pointsman.now)
    times = {"chance": lambda: 0.5, "clock": lambda: pointsman.now}
    Deliverer(stored, outbox, sender, render=lambda _: b"{}", who="one", **times).deliver(name)
    assert webhooks.show(name).delivery.waiting > 0
    webhooks.enable(name)
    webhooks.remove(name)


def repair_loads(pointsman):
    """Goods leave during a load, which is completed first; a load that nobody can complete is replaced by another."""
    name = json_of(pointsman.decide(order(("B", 1))))["id"]
    begin(pointsman, stocked(7))
    assert pointsman.holds.confirm(name).until is None
    begin(pointsman, stocked(8))
    redis, start = pointsman._client.redis, pointsman._keys.prefix
    redis.delete(*redis.keys(f"{start}staged:*:on_hand:*"))
    with pytest.raises(NotReady):
        pointsman.ready()
    pointsman.load(stocked(9))
    assert redis.keys(f"{start}staged:*") == []


def ask_for_a_whatif(pointsman):
    request = JobRequest(drafts=[], against="", since=0, until=1, shown=0, weighed=0, language="en")
    job = pointsman.whatifs.add(request, operation=None)
    assert pointsman.simulation_jobs.begin(job, "turn", at=1)
    assert pointsman.simulation_jobs.end(job.id, "turn", at=2, result=b"{}")
    pointsman._client.redis.delete(pointsman._keys.whatif_job(job.id))  # as if it had expired
    assert pointsman.simulation_jobs.all("whatif") == []


def seal_and_trim(pointsman):
    client, keys = pointsman._client, pointsman._keys
    assert SealStep(client, keys, sign=lambda _: "checkpoint").run(SealedLog(client, keys).state(), "log").size
    ((first, _),) = client.redis.xrange(keys.log, count=1)
    arguments = [0, first, 1, "/archive", "2026-11-27", b"1 " + first, first, b"fields"]
    assert client.script("audit/trim")(keys=TRIM_LOG.keys(keys, trimmed_log=keys.log), args=arguments) == 1


def follow_versions(pointsman, clock):
    """Versions are scheduled, rolled back, and taken off the schedule."""
    versions, who = pointsman.versions, {"who": "eve", "note": ""}
    first = versions.timeline().active
    gated = pointsman.publish({**policy_file("then: {hold: 4 h}"), "gate.yaml": b"cost: {at_most: +1%}"}, **who).version
    assert run_gate(pointsman, gated, who="eve", workers=1)
    trials, canary = (
        pointsman.trials,
        CanaryRequest(version=gated, share=10_000, stop_if=["unfilled > -1"], least_orders=1),
    )
    trials.start_shadow(gated, share=10_000, who="eve")
    trials.start_canary(canary, who="eve", note="now", override_gate=True)
    assert json_of(pointsman.decide(order(("A", 1))))["policy_version"] == gated
    TrialTurns(pointsman).take_turn()
    assert trials.stored.find("canary").because == "bounds"
    trials.end_shadow(who="eve")
    trials.start_canary(dataclasses.replace(canary, share=5_000), who="eve", note="now", override_gate=True)
    trials.grow_canary(10_000, who="eve", note="now", override_gate=True)
    second = activate(pointsman, "then: {hold: 2 h}")
    client, keys = pointsman._client, pointsman._keys
    asked = policy_versions.HistoryEntry(operation="asked", at=clock.now, **who)
    end = policy_approvals.read_history(client, keys).last_id
    assert policy_approvals.change_request(client, keys, "asked", second, asked, last_id=end)
    versions.approvals.approve(second, **who)
    assert versions.roll_back(**who) == first
    versions.activate(second, since=clock.now + 60, **who)
    redis, keys = pointsman._client.redis, pointsman._keys
    redis.hset(keys.policies, second, b'{"test.yaml": "policy: test\\nrules: []\\n"}')
    clock.now += 60
    policy_versions.log_activations(pointsman._client, keys, now=clock.now)
    assert json_of(pointsman.decide(order(("A", 1)), dry_run=True))["policy_version"] == first


def test_no_script_touches_a_key_it_was_not_given_on_a_replica(ran, tmp_path, clock, network, monkeypatch):
    """The first call answers which holds have expired, the second reads what they held."""
    monkeypatch.setattr(replica, "script_text", strict_text)
    with nodes(tmp_path, 2) as pair:
        follow(*pair)
        settings = Settings(redis_url=url(pair[0]), redis_replica_url=url(pair[1]), network=network)
        with Pointsman(settings, clock=clock) as pointsman:
            pointsman.load(stocked(9))
            activate(
                pointsman, "then: {hold: 1 h}", "when: {rejection.reason: other}, then: {rest_after_rejection: 3 h}"
            )
            pointsman.decide(order(("A", 2), ("B", 2)))
            busy = json_of(pointsman.decide(order(("A", 1))))
            (shipment,) = busy["shipments"]
            pointsman.rerouting.reject(RejectionRequest(decision=busy["id"], node=shipment["node"], reason="other"))
            pair[0].ask("WAIT", 1, 5_000)
            clock.now += 3_600
            availability = pointsman.stock.availability(["B"], "web", max_stale=LONG)
            assert availability.age is not None, "a replica answered"
            assert pointsman._replica._script.startswith(STRICT)


@pytest.mark.parametrize(
    "command",
    ["'GET', ARGV[1]", "'UNLINK', KEYS[1], ARGV[1]", "'RENAME', KEYS[1], ARGV[1]", "'MSET', KEYS[1], 1, ARGV[1], 2"],
)
def test_a_key_that_was_not_declared_is_noticed(strict, command):
    script = strict._client.redis.register_script(f"{STRICT}return redis.call({command})")
    with pytest.raises(Exception, match="not declared"):
        script(keys=["{a}:b"], args=["{a}:c"])
