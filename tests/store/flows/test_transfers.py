"""The life of a transfer on a real server: its goods are on hand at one end, on their way, or at the other, once."""

import itertools
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from engine.errors import InputInvalid, NotFound, PointsmanError, StockConflict
from engine.idempotency import operation
from engine.model.transfer_lanes import NodeNames, TransferLane
from engine.model.transfers import TransferLine
from engine.store import pages
from engine.store.flows.receipts import Announcement, Delivery
from engine.store.flows.transfers import FactsDiffer, Leaving, StoredTransfers, TransferChange, TransferChanged
from engine.store.stock import Count, Movement, Stamp
from engine.transfers import life
from engine.transfers import transfers as transfers_module
from engine.transfers.transfers import NewTransfer, TransferFilter
from tests.conftest import activate
from tests.support.facts import LILLE, LYON, NOW, PARIS, inventory, node, order

MICROS = 1_000_000
HOUR = 3_600
ALL = NodeNames(nodes=frozenset({"lyon", "lille"}))
LANES = (TransferLane(origin=ALL, goal=ALL, takes=24 * 60),)


@pytest.fixture
def shop(bare):
    """Ten of A and four of B in Lyon, one of A in Lille; no lane leads to Paris."""
    nodes = [node("lyon", LYON), node("lille", LILLE), node("paris", PARIS)]
    stock = {"A": {"lyon": 10, "lille": 1}, "B": {"lyon": 4}}
    bare.load(inventory(nodes, stock, transfer_lanes=LANES))
    activate(bare)
    return bare


@pytest.fixture
def transfers(shop):
    return shop.flows.transfers


def new(units=None, name="T-1", **more):
    lines = [TransferLine(sku=sku, units=count) for sku, count in (units or {"A": 6, "B": 2}).items()]
    return NewTransfer(**{"id": name, "origin": "lyon", "goal": "lille", "lines": lines} | more)


@pytest.fixture
def approved(transfers):
    def approved(units=None, name="T-1"):
        transfers.create(new(units, name))
        return transfers.approve(name)

    return approved


@pytest.fixture
def shipped(transfers, approved):
    def shipped(units=None, name="T-1", **more):
        approved(units, name)
        return transfers.ship(name, **more)

    return shipped


def on_hand(shop, sku="A"):
    return {item.node: item.position.on_hand for item in shop.stock.show(sku).nodes if item.position.on_hand}


def coming(shop, sku="A", node="lille"):
    return sum(receipt.to_come for receipt in shop.flows.inbound.coming(sku).get(node, []))


def kinds(shop):
    return [entry.kind for entry in shop.entries(on_damaged=pytest.fail)]


def test_goods_leave_are_on_their_way_and_arrive(shop, transfers):
    made = transfers.create(new()).transfer
    assert (made.status, made.takes, on_hand(shop)) == ("proposed", 1_440, {"lyon": 10, "lille": 1})
    assert transfers.approve("T-1").status == "approved"
    sent = transfers.ship("T-1")
    assert (sent.status, sent.shipped_at, sent.expected_at) == ("shipped", NOW, NOW + 24 * HOUR)
    assert (on_hand(shop), on_hand(shop, "B")) == ({"lyon": 4, "lille": 1}, {"lyon": 2})
    assert (coming(shop), coming(shop, "B")) == (6, 2)
    (receipt,) = shop.flows.inbound.coming("A")["lille"]
    assert (receipt.source, receipt.status, receipt.expected_at) == ("transfer", "in_transit", NOW + 24 * HOUR)
    done = transfers.receive("T-1")
    assert (done.status, done.ended_at, [line.received for line in done.lines]) == ("received", NOW, [6, 2])
    assert (on_hand(shop), on_hand(shop, "B")) == ({"lyon": 4, "lille": 7}, {"lyon": 2, "lille": 2})
    assert (coming(shop), transfers.open_transfers()) == (0, [])
    assert transfers.find("T-1") == done
    assert shop.check().clean
    named = [kind for kind in kinds(shop) if kind.startswith("transfer")]
    assert named == ["transfer_proposed", "transfer_approved", "transfer_shipped", "transfer_received"]


def test_fewer_may_leave_than_were_planned(shop, transfers, approved):
    approved()
    sent = transfers.ship("T-1", {"A": 5})
    assert [line.shipped for line in sent.lines] == [5, 0]
    assert (on_hand(shop), on_hand(shop, "B")) == ({"lyon": 5, "lille": 1}, {"lyon": 4})
    assert shop.flows.inbound.coming("B") == {}
    assert transfers.receive("T-1").status == "received"
    assert shop.check().clean


def test_parts_arrive_one_by_one_and_what_is_lacking_is_lost_once_it_is_closed(shop, transfers, shipped):
    shipped()
    part = transfers.receive("T-1", {"A": 4})
    assert (part.status, [line.received for line in part.lines]) == ("shipped", [4, 0])
    assert (on_hand(shop)["lille"], coming(shop), coming(shop, "B")) == (5, 2, 2)
    done = transfers.receive("T-1", {"A": 1}, closes=True)
    assert (done.status, [line.received for line in done.lines]) == ("received", [5, 0])
    assert (on_hand(shop), coming(shop), coming(shop, "B")) == ({"lyon": 4, "lille": 6}, 0, 0)
    assert shop.check().clean


def test_more_arrive_than_were_shipped_only_if_that_is_said(shop, transfers, shipped, contents):
    shipped()
    before = contents()
    with pytest.raises(StockConflict, match="1 more of 'A' than the 6 to come; if so many have arrived"):
        transfers.receive("T-1", {"A": 7, "B": 2})
    assert contents() == before
    done = transfers.receive("T-1", {"A": 7, "B": 2}, over=True)
    assert (done.status, on_hand(shop)["lille"]) == ("received", 8)
    assert shop.check().clean


def test_what_has_arrived_in_full_takes_no_more(shop, transfers, shipped, contents):
    shipped()
    transfers.receive("T-1", {"A": 6})
    before = contents()
    with pytest.raises(StockConflict, match="no unit of 'A' is to come any more"):
        transfers.receive("T-1", {"A": 1}, over=True)
    assert contents() == before


def test_a_transfer_is_cancelled_before_it_leaves_and_nothing_moves(shop, transfers, approved):
    approved()
    assert transfers.cancel("T-1").status == "cancelled"
    assert (on_hand(shop), transfers.open_transfers()) == ({"lyon": 10, "lille": 1}, [])
    assert shop.check().clean


def test_what_was_on_its_way_is_back_if_a_shipped_one_is_cancelled(shop, transfers, shipped):
    shipped()
    transfers.receive("T-1", {"A": 2})
    gone = transfers.cancel("T-1")
    assert (gone.status, gone.lines[0].received) == ("cancelled", 2)
    assert (on_hand(shop), on_hand(shop, "B")) == ({"lyon": 8, "lille": 3}, {"lyon": 4})
    assert (coming(shop), coming(shop, "B")) == (0, 0)
    assert shop.check().clean


@pytest.mark.parametrize(
    ("state", "call", "why"),
    [
        ("create", "ship", "is proposed, so it can't be shipped; approve it first"),
        ("create", "receive", "is proposed"),
        ("approve", "approve", "is approved, so it can't be approved; ship it"),
        ("approve", "receive", "is approved"),
        ("ship", "approve", "is shipped"),
        ("ship", "ship", "is shipped, so it can't be shipped; receive what arrives"),
        ("receive", "ship", "is received"),
        ("receive", "receive", "is received, so it can't be received; nothing more becomes of it"),
        ("receive", "cancel", "is received"),
        ("cancel", "approve", "is cancelled"),
        ("cancel", "ship", "is cancelled"),
        ("cancel", "receive", "is cancelled"),
        ("cancel", "cancel", "is cancelled"),
    ],
)
def test_nothing_happens_out_of_turn(transfers, contents, state, call, why):
    transfers.create(new())
    for step in ("approve", "ship", "receive"):
        if state == "create":
            break
        if state == "cancel":
            transfers.cancel("T-1")
            break
        getattr(transfers, step)("T-1")
        if step == state:
            break
    before = contents()
    with pytest.raises(StockConflict, match=why):
        getattr(transfers, call)("T-1")
    assert contents() == before


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"origin": "nowhere"}, "no node goes by the id 'nowhere'"),
        ({"goal": "lyon"}, "leads from one node to another"),
        ({"goal": "paris"}, "no lane leads from 'lyon' to 'paris'"),
        ({"lines": [TransferLine(sku="GONE", units=1)]}, "no product goes by the SKU 'GONE'"),
        ({"lines": [TransferLine(sku="A", units=1)] * 2}, "stands here a second time"),
    ],
)
def test_what_there_is_not_is_not_moved(transfers, contents, wrong, message):
    before = contents()
    with pytest.raises(InputInvalid, match=message):
        transfers.create(new(**wrong))
    assert contents() == before


def test_units_of_what_is_not_in_a_transfer_are_refused(transfers, approved, contents):
    approved({"A": 6})
    before = contents()
    for units, why in (({"B": 1}, "not in this transfer"), ({"A": 7}, "7 units leave"), ({"A": 0}, "no unit is named")):
        with pytest.raises(InputInvalid, match=why):
            transfers.ship("T-1", units)
    assert contents() == before


def test_an_id_is_used_once(transfers, contents):
    transfers.create(new())
    before = contents()
    with pytest.raises(StockConflict, match="there is a transfer 'T-1' already"):
        transfers.create(new({"A": 1}))
    with pytest.raises(NotFound, match="T-2"):
        transfers.ship("T-2")
    assert contents() == before


STEPS = {
    "create": lambda transfers, op: transfers.create(new(), op=op).transfer,
    "approve": lambda transfers, op: transfers.approve("T-1", op=op),
    "ship": lambda transfers, op: transfers.ship("T-1", op=op),
    "receive": lambda transfers, op: transfers.receive("T-1", op=op),
}


@pytest.mark.parametrize("step", STEPS)
def test_of_two_that_send_the_same_at_once_both_are_answered_alike(transfers, opened, monkeypatch, step):
    """The second has asked whether the operation came before, and plans its step once the first is through."""
    for earlier in itertools.takewhile(lambda name: name != step, STEPS):
        STEPS[earlier](transfers, None)
    first, answers, ask = opened().flows.transfers, [], transfers_module.answered_before

    def ask_before_the_first(*given):
        answer = ask(*given)
        if not answers:
            answers.append(answer)
            answers.append(STEPS[step](first, "x"))
        return answer

    monkeypatch.setattr(transfers_module, "answered_before", ask_before_the_first)
    assert STEPS[step](transfers, "x") == answers[1]


def test_an_operation_names_a_transfer_that_has_no_id(transfers):
    first = transfers.create(new(id=None), op="monday 7").transfer
    assert transfers.create(new(id=None), op="monday 7").transfer == first
    assert transfers.create(new(id=None)).transfer.id != transfers.create(new(id=None)).transfer.id
    assert len(transfers.open_transfers()) == 3


def test_transfers_are_listed_by_what_they_are(transfers, approved, shipped, clock):
    shipped({"A": 1}, "T-1")
    clock.now += 1
    approved({"B": 1}, "T-2")
    transfers.cancel(transfers.create(new({"A": 1}, "T-3")).transfer.id)

    def listed(**wanted):
        return [item.id for item in transfers.page(TransferFilter(**wanted), limit=9).transfers]

    assert listed() == ["T-2", "T-1"]
    assert listed(status="shipped") == listed(sku="A") == ["T-1"]
    assert listed(status="cancelled") == ["T-3"]
    assert listed(origin="lille") == listed(goal="lyon") == listed(status="received") == []
    assert listed(origin="lyon", goal="lille", sku="B") == ["T-2"]


def test_a_long_list_is_read_in_pages(transfers, clock):
    for number in range(5):
        clock.now += number % 2
        transfers.create(new({"A": 1}, f"T-{number}"))
    whole = [item.id for item in transfers.page(TransferFilter(), limit=9).transfers]
    assert whole == ["T-3", "T-4", "T-1", "T-2", "T-0"]
    assert list(names_by_pages(transfers, TransferFilter(), limit=2)) == whole


def names_by_pages(transfers, filtered, limit):
    after = None
    while True:
        page = transfers.page(filtered, limit=limit, after=after)
        assert len(page.transfers) <= limit
        yield from (item.id for item in page.transfers)
        after = page.after
        if after is None:
            return


@pytest.mark.parametrize("most", [1, 2, 5_000])
def test_those_that_are_over_are_read_in_pages_the_newest_first(shop, transfers, clock, monkeypatch, most):
    monkeypatch.setattr(pages, "MOST_LOOKED_AT", most)
    for number in range(5):
        clock.now += number % 2
        transfers.create(new({"A": 1}, f"T-{number}"))
        transfers.cancel(f"T-{number}")
    gone = TransferFilter(status="cancelled")
    for limit in (1, 2, 9):
        assert list(names_by_pages(transfers, gone, limit)) == ["T-3", "T-4", "T-1", "T-2", "T-0"]
    assert list(names_by_pages(transfers, TransferFilter(status="received"), 2)) == []
    assert list(names_by_pages(transfers, TransferFilter(), 2)) == []
    assert shop.check().clean


def test_a_page_of_those_that_are_over_reads_no_more_however_many_there_are(
    shop, transfers, redis_client, client, keys
):
    """Of ten times as many, as many are read."""
    transfers.create(new({"A": 1}, "T-0"))
    text = client.redis.hget(keys.open_transfers, "T-0").replace(b"proposed", b"cancelled")

    def calls():
        stats = redis_client.info("commandstats")
        return sum(item["calls"] for name, item in stats.items() if name != "cmdstat_info")

    def calls_of_a_page(first, last):
        for number in range(first, last):
            client.redis.hset(keys.ended_transfers, f"T-{number}", text.replace(b"T-0", f"T-{number}".encode()))
            client.redis.zadd(keys.ended_transfers_made, {f"T-{number}": -NOW - number})
        before = calls()
        assert len(transfers.page(TransferFilter(status="cancelled"), limit=5).transfers) == 5
        return calls() - before

    assert 0 < calls_of_a_page(0, 250) == calls_of_a_page(250, 2_500)


def test_nothing_at_all_may_arrive_if_no_more_is_to_come(shop, transfers, shipped):
    shipped()
    with pytest.raises(InputInvalid, match="no unit is named"):
        transfers.receive("T-1", {"A": 0})
    assert transfers.receive("T-1", {"A": 0}, closes=True).status == "received"
    assert (on_hand(shop), coming(shop)) == ({"lyon": 4, "lille": 1}, 0)
    assert shop.check().clean


def test_what_is_on_its_way_is_changed_by_its_transfer_alone(shop, shipped, contents):
    shipped()
    name = "transfer:T-1:A"
    before = contents()
    with pytest.raises(StockConflict, match=r"receive the transfer .*: pointsman transfer receive T-1\)"):
        shop.flows.inbound.receive(name, Delivery(units=1))
    with pytest.raises(StockConflict, match="belongs to a transfer"):
        shop.flows.inbound.announce(
            Announcement(
                id=name, source="transfer", node="lille", sku="A", quantity=6, expected_at=NOW + HOUR,
                status="cancelled", sequence=9,
            )
        )  # fmt: skip
    assert contents() == before


def test_a_transfer_that_was_changed_by_other_means_is_told_and_repaired(shop, transfers, shipped, redis_client):
    shipped()
    sent = transfers.find("T-1")
    keys = shop._keys
    redis_client.hset(keys.open_transfers, "T-1", redis_client.hget(keys.open_transfers, "T-1").replace(b"6", b"5"))
    redis_client.hset(keys.ended_transfers, "T-9", redis_client.hget(keys.open_transfers, "T-1"))
    redis_client.zadd(keys.ended_transfers_made, {"T-8": 5})
    drifts = {drift.suspect for drift in shop.check().drifts}
    assert drifts == {("transfers", "T-1"), ("transfers", "T-8"), ("transfers", "T-9")}
    shop.repair(who="eve")
    assert shop.check().clean
    assert transfers.find("T-1") == sent
    with pytest.raises(NotFound):
        transfers.find("T-9")


def test_of_many_that_ship_at_once_as_many_leave_as_there_is_stock(shop, transfers, approved, opened):
    """Eight transfers of three of ten, orders that take some, and counts that change nothing, all at the same time."""
    for number in range(8):
        approved({"A": 3}, f"T-{number}")
    workers = [opened() for _ in range(4)]
    start = threading.Barrier(12)

    def act(number):
        start.wait()
        worker = workers[number % 4]
        try:
            if number < 8:
                worker.flows.transfers.ship(f"T-{number}")
                return 3
            return sum(worker.decide(order(("A", 1))).record.units_shipped for _ in range(2))
        except StockConflict:
            return 0

    with ThreadPoolExecutor(12) as pool:
        units = sum(pool.map(act, range(12)))
    stock = {item.node: item.position for item in shop.stock.show("A").nodes}
    sent = transfers.page(TransferFilter(status="shipped"), limit=9).transfers
    left = sum(line.shipped for item in sent for line in item.lines)
    assert stock["lyon"].on_hand == 10 - left
    assert stock["lyon"].on_hand >= stock["lyon"].held
    assert left >= 3
    assert units <= 11
    assert shop.check().clean


def test_of_several_that_receive_the_same_goods_one_does(shop, shipped, opened):
    shipped({"A": 6})
    workers = [opened() for _ in range(4)]
    start = threading.Barrier(4)

    def receive(worker):
        start.wait()
        try:
            return worker.flows.transfers.receive("T-1", {"A": 6}).status
        except PointsmanError as error:
            return type(error).__name__

    with ThreadPoolExecutor(4) as pool:
        outcomes = sorted(pool.map(receive, workers))
    assert outcomes == ["StockConflict"] * 3 + ["received"]
    assert on_hand(shop) == {"lyon": 4, "lille": 7}


def test_units_on_their_way_that_are_lost_do_not_come_back_by_a_movement(shop, transfers, shipped):
    shipped({"A": 6})
    transfers.receive("T-1", {"A": 1}, closes=True)
    shop.stock.move([Movement(op="found", node="lille", sku="A", delta=5, reason="found")])
    assert on_hand(shop) == {"lyon": 4, "lille": 7}
    assert shop.check().clean


def test_what_was_worked_out_on_former_facts_is_not_stored(shop, transfers, shipped, contents):
    """As if others had changed the transfer, or the policies, between the reading and the change."""
    shipped({"A": 2})
    transfers.create(new({"A": 2}, "T-2"))
    proposed = transfers.find("T-2")
    ready = transfers.approve("T-2")
    stored = StoredTransfers(shop._client, shop._keys)
    now = {"version": shop.network().version, "now": NOW, "micros": NOW * MICROS}
    sent = life.shipped(ready, None, at=NOW, text=shop.network().quantity_text)
    out = {"A": Leaving(as_stored=("8", "0"), free=8)}
    active = shop.ready()["policy_version"]
    changes = [
        TransferChange(kind="transfer_approved", before=proposed, after=life.approved(proposed)),
        TransferChange(kind="transfer_shipped", before=ready, after=sent, out=out, policies="0" * 64),
        TransferChange(
            kind="transfer_shipped", before=ready, after=sent, policies=active,
            out={"A": Leaving(as_stored=("9", "0"), free=9)},
        ),
    ]  # fmt: skip
    before = contents()
    for change in changes:
        assert stored.change(change, **now, operation=operation("x", None)) == FactsDiffer()
    assert contents() == before
    good = TransferChange(kind="transfer_shipped", before=ready, after=sent, out=out, policies=active)
    assert isinstance(stored.change(good, **now, operation=operation("x", None)), TransferChanged)
    assert shop.check().clean


def test_goods_that_were_expected_by_the_time_it_is_stored_are_to_come_all_the_same(shop, transfers, approved):
    ready = approved({"A": 2})
    stored = StoredTransfers(shop._client, shop._keys)
    sent = life.expected(life.shipped(ready, None, at=NOW, text=shop.network().quantity_text), at=NOW)
    change = TransferChange(
        kind="transfer_shipped", before=ready, after=sent, policies=shop.ready()["policy_version"],
        out={"A": Leaving(as_stored=("10", "0"), free=10)},
    )  # fmt: skip
    now = {"version": shop.network().version, "now": NOW, "micros": NOW * MICROS}
    assert isinstance(stored.change(change, **now, operation=operation("x", None)), TransferChanged)
    assert (on_hand(shop), coming(shop)) == ({"lyon": 8, "lille": 1}, 2)
    assert transfers.receive("T-1").status == "received"
    assert on_hand(shop) == {"lyon": 8, "lille": 3}
    assert shop.check().clean


def test_a_receipt_that_has_the_name_of_a_line_is_no_line_of_it(shop, transfers, approved, contents):
    approved({"A": 2})
    shop.flows.inbound.announce(
        Announcement(
            id="transfer:T-1:A", source="asn", node="lille", sku="A", quantity=1, expected_at=NOW + HOUR,
            status="confirmed", sequence=1,
        )
    )  # fmt: skip
    before = contents()
    with pytest.raises(StockConflict, match="the receipt of 'A' at 'lille' is not as the transfer has it"):
        transfers.ship("T-1")
    assert contents() == before


def test_a_count_of_before_a_transfer_left_loses_what_left_since(shop, shipped, clock):
    clock.now += HOUR
    shipped({"A": 6})
    counted = Stamp(kind="t", number=(clock.now - 60) * MICROS)
    shop.stock.set_counts([Count(node="lyon", sku="A", on_hand=9, stamp=counted)])
    assert on_hand(shop) == {"lyon": 3, "lille": 1}
    assert shop.check().clean


def test_who_asked_what_is_free_is_told_that_it_changed(shop, transfers, approved):
    approved({"A": 6})
    tags = [shop.stock.tag(["A"], "web")]
    transfers.ship("T-1")
    tags.append(shop.stock.tag(["A"], "web"))
    transfers.receive("T-1", {"A": 2})
    tags.append(shop.stock.tag(["A"], "web"))
    transfers.cancel("T-1")
    tags.append(shop.stock.tag(["A"], "web"))
    assert len(set(tags)) == 4


def test_units_that_arrive_or_come_back_are_offered_to_who_waits(shop, transfers, shipped):
    shipped({"A": 6})
    waits = shop.decide(order(("A", 9)), wait=True)
    assert waits.record.units_shipped == 5
    transfers.receive("T-1", {"A": 3})
    shop.take_turn()
    assert sum(item.position.held for item in shop.stock.show("A").nodes) == 8
    transfers.cancel("T-1")
    shop.take_turn()
    assert sum(item.position.held for item in shop.stock.show("A").nodes) == 9
    assert shop.check().clean
