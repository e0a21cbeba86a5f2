"""What was sold on which day by the log, and when there was anything to sell, against a ledger that is watched."""

import dataclasses
import itertools
import zoneinfo
from collections import Counter
from dataclasses import dataclass, field

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.demand.node_days import NodeDays
from engine.demand.sales_history import SalesHistory
from engine.store.flows.stored_return import ReturnBody, ReturnMove, StoredReturn
from engine.store.log.entry import Entry
from engine.store.log.entry_bodies import HoldUnits, PartUnits, PositionLevel, RejectionBody, RejectionCount, UnitsBody
from tests.support.clocks import at

ZONE = zoneinfo.ZoneInfo("Europe/Paris")
TODAY = at("2026-11-20 10:00")
DAYS = NodeDays.before(TODAY, days=5, zone=ZONE)
FIRST = DAYS.midnights[0]
DAY, HOUR = 86_400, 3_600
POSITION = ("A", "lyon")
_numbers = itertools.count(1)


def history():
    return SalesHistory(days_of={"lyon": DAYS, "nice": DAYS}.get, sale_reasons=frozenset({"sale"}))


def entry(kind, instant, body=b"", name="", **more):
    raw = body if isinstance(body, bytes) else msgspec.json.encode(body)
    return Entry(id=(instant * 1_000, next(_numbers)), kind=kind, decision=name, at=instant, body=raw, **more)


def decided(name, instant, units, *, before=None, node="lyon"):
    """`before` is what was on hand and held."""
    lines = [{"sku": "A", "quantity": units}]
    stood = () if before is None else ((*before, 0),)
    return entry("decided", instant, {"shipments": [{"node": node, "lines": lines}]}, name, positions_before=stood)


def ended(kind, name, instant, **more):
    return entry(kind, instant, b"", name, **more)


def some(kind, name, instant, units, source="held"):
    part = PartUnits(number=0, node="lyon", service="s", source=source, units=(("A", units),), lines=(), room=0)
    body = UnitsBody(holds=(HoldUnits(decision=name, endings="", left=(), parts=(part,)),))
    return entry(kind, instant, body.encode(), name)


def moved(instant, delta, reason, *, level=None, stated=None, taken="1"):
    body = msgspec.json.encode([["A", "lyon", delta, "op", reason, stated]])
    return entry("moved", instant, body, "", taken=taken, levels=(level,), moved_at=instant * 1_000_000)


def counted(instant, before, after, held=0):
    return entry("counted", instant, [["A", "lyon"]], "", levels=(PositionLevel(before, after, held),))


def sold(*entries, free_now=1, known_from=0, position=POSITION):
    log = history()
    for item in entries:
        log.add(item)
    return log.sold(position, free_now=free_now, now=TODAY, known_from=known_from)


def on(day, hour=12):
    return FIRST + day * DAY + hour * HOUR


def test_units_are_sold_on_the_day_of_the_decision_unless_they_end_otherwise():
    assert sold(decided("d", on(1), 3)) == [0, 3, 0, 0, 0]
    assert sold(decided("d", on(1), 3), ended("confirmed", "d", on(3))) == [0, 3, 0, 0, 0]
    for kind in ("released", "expired", "cancelled"):
        assert sold(decided("d", on(1), 3), ended(kind, "d", on(3))) == [0] * 5
    assert sold(decided("d", on(1), 3), ended("released", "d", on(3), ended_units={0: (("A", 2),)})) == [0, 1, 0, 0, 0]


def test_parts_of_a_hold_count_by_where_they_go():
    begun = decided("d", on(1), 5)
    assert sold(begun, some("cancelled", "d", on(2), 2)) == [0, 3, 0, 0, 0]
    assert sold(begun, some("confirmed", "d", on(2), 2), ended("released", "d", on(3))) == [0, 2, 0, 0, 0]
    assert sold(begun, some("cancelled", "d", on(2), 2, source="confirmed")) == [0, 3, 0, 0, 0]
    assert sold(begun, some("released", "d", on(2), 2), some("undone", "d", on(3), 2, source="released")) == [
        *(0, 5, 0, 0, 0)
    ]
    # what had expired left all the same
    assert sold(begun, ended("expired", "d", on(2)), some("confirmed", "d", on(3), 5, source="expired")) == [
        *(0, 5, 0, 0, 0)
    ]


def test_a_confirm_that_is_undone_leaves_units_to_be_released():
    begun = decided("d", on(1), 2)
    back = some("undone", "d", on(2), 2, source="confirmed")
    assert sold(begun, ended("confirmed", "d", on(2)), back) == [0, 2, 0, 0, 0]
    assert sold(begun, ended("confirmed", "d", on(2)), back, ended("released", "d", on(3))) == [0] * 5


def test_rejected_units_are_not_sold_there():
    rejection = RejectionBody(node="lyon", reason="damaged", parts=((0, (("A", 2),)),), ended=(), room=False)
    rejected = entry("rejected", on(2), rejection.encode(), "d")
    assert sold(decided("d", on(1), 3), rejected) == [0, 1, 0, 0, 0]
    assert sold(decided("d", on(1), 3), rejected, ended("released", "d", on(3))) == [0] * 5


def test_movements_are_sales_if_their_reason_says_so_on_the_day_they_took_place():
    assert sold(moved(on(1), -4, "sale")) == [0, 4, 0, 0, 0]
    assert sold(moved(on(1), -4, "breakage"), moved(on(1), -4, None)) == [0] * 5
    assert sold(moved(on(2), -4, "sale", stated=on(1) * 1_000_000)) == [0, 4, 0, 0, 0]
    assert sold(moved(on(1), -4, "sale"), moved(on(1), 1, "sale")) == [0, 3, 0, 0, 0]
    assert sold(moved(on(1), -4, "sale", taken="0")) == [0] * 5


def test_what_was_sold_before_the_window_or_today_does_not_count():
    assert sold(decided("d", FIRST - 60, 3), decided("e", DAYS.midnights[-1], 2)) == [0] * 5
    # neither does what ends of it
    assert sold(decided("d", FIRST - 60, 3), ended("released", "d", on(2)), ended("released", "x", on(2))) == [0] * 5


def test_days_without_a_free_unit_from_beginning_to_end_do_not_count():
    gone, back = counted(on(1), 4, 0), counted(on(3), 0, 9)
    assert sold(gone, back) == [0, 0, 0, 0]  # all but day 2
    assert sold(counted(on(0, 0), 4, 0), back) == [0, 0]
    assert sold(gone, free_now=0) == [0, 0]
    assert sold(decided("d", on(1), 2, before=(5, 3)), free_now=0) == [0, 2]
    assert sold(counted(on(1), 4, 2, held=2), free_now=0) == [0, 0]
    assert sold(free_now=0) == []
    assert sold() == [0] * 5


def test_a_released_unit_can_be_sold_again():
    taken = decided("d", on(0), 1, before=(1, 0))
    assert sold(taken, free_now=0) == [1]
    assert sold(taken, ended("released", "d", on(3)), free_now=0) == [0, 0, 0]


def test_a_day_with_a_sale_counts_whatever_is_known_of_its_stock():
    assert sold(counted(on(0), 3, 0), moved(on(2), -1, "sale"), free_now=0) == [0, 1]


def test_after_a_load_the_stock_is_what_the_next_entry_says():
    gone, load = counted(on(0), 4, 0), entry("loaded", on(2), {}, "v2")
    assert sold(gone, load, counted(on(4), 0, 3)) == [0, 0]  # days 0 and 4
    assert sold(gone, load, counted(on(4), 6, 3)) == [0, 0, 0, 0]
    assert sold(gone, load, free_now=0) == [0]
    assert sold(load, load, free_now=0) == []


def test_a_rejection_that_counted_says_what_is_free():
    rejection = RejectionBody(node="lyon", reason="x", parts=((0, (("A", 1),)),), ended=(), room=False)
    none_left = (RejectionCount("A", 0, PositionLevel(4, 0, 0)),)
    rejected = entry("rejected", on(1), rejection.encode(), "d", rejection_counts=none_left)
    assert sold(decided("d", on(1), 1, before=(5, 0)), rejected, free_now=0) == [0, 0]


def test_damaged_units_that_were_rejected_are_not_free_again():
    body = RejectionBody(node="lyon", reason="x", parts=((0, (("A", 1),)),), ended=(), room=False, blocks=True)
    taken = decided("d", on(0), 1, before=(1, 0))
    assert sold(taken, entry("rejected", on(2), body.encode(), "d"), free_now=0) == [0]


def test_units_that_come_back_as_a_return_were_not_sold_where_they_had_left():
    made = entry(
        "decided",
        on(1),
        {"order": {"id": "W-1"}, "shipments": [{"node": "lyon", "lines": [{"sku": "A", "quantity": 3}]}]},
        "d",
    )
    returned = StoredReturn(id="R-1", order="W-1", first="d", opened_at=on(2), expires_at=on(9), lines=())
    body = ReturnBody(returned=returned, moves=(ReturnMove(sku="A", node="nice", quarantine=2),))
    back = entry("return_received", on(3), body.encode(), "R-1")
    assert sold(made, back) == [0, 1, 0, 0, 0]
    assert sold(made, ended("released", "d", on(2)), back) == [0] * 5
    assert sold(made, back, position=("A", "nice")) == [0] * 5
    # units of an order that was decided before the window
    assert sold(back) == [0] * 5


def test_units_that_arrive_are_free_unless_they_were_promised():
    def arrived(units, promised=(), **more):
        details = {
            "sku": "A", "node": "lyon", "source": "asn", "status": "received", "stated": "received", "quantity": units,
            "received": units, "expected_at": on(2), "sequence": "1", "owned": "0", "units": units,
            "arrived": promised, **more,
        }  # fmt: skip
        return entry("received", on(2), details, "PO-1", moved_at=on(2) * 1_000_000)

    gone = counted(on(0), 4, 0)
    assert sold(gone, arrived(3)) == [0, 0, 0, 0]  # all but day 1
    assert sold(gone, arrived(3, [["d", "0", 3]]), free_now=0) == [0]
    assert sold(gone, arrived(3, [["d", "0", 2]]), free_now=1) == [0, 0, 0, 0]
    assert sold(gone, arrived(3, in_count=True), free_now=0) == [0]


def test_units_of_a_decision_that_are_still_to_come_are_sold_but_take_none_that_are_there():
    made = decided("d", on(0), 3, before=(1, 0))
    pegged = dataclasses.replace(made, pegs=(("A", "PO-1", 0, 3, "1"),))
    assert sold(pegged, free_now=1) == [3, 0, 0, 0, 0]
    given_up = dataclasses.replace(ended("released", "d", on(2)), unpegged=(("A", "PO-1", "d", 0, 3),))
    none_left = counted(on(1), 1, 0)
    assert sold(pegged, none_left, given_up, free_now=0) == [0, 0]


def test_a_transfer_takes_units_away_and_gives_them_back():
    def transfer(kind, instant, moved, level):
        body = {
            "transfer": {
                "id": "T", "origin": "lyon", "goal": "nice", "status": "shipped", "takes": 60, "made_at": 0,
                "lines": [{"sku": "A", "units": 4}],
            },
            "moved": [["A", "lyon", moved]],
        }  # fmt: skip
        return entry(kind, instant, body, "T", levels=(level,), moved_at=instant * 1_000_000)

    left = transfer("transfer_shipped", on(1), -4, PositionLevel(4, 0, 0))
    assert sold(left, free_now=0) == [0, 0]
    assert sold(left, transfer("transfer_cancelled", on(3), 4, PositionLevel(0, 4, 0)), free_now=4) == [0] * 4


def test_days_before_the_log_began_do_not_count():
    assert sold(decided("d", on(2), 3), known_from=on(1)) == [3, 0, 0]


def test_a_node_that_there_is_not_any_more_has_no_days():
    assert sold(decided("d", on(2), 3, node="gone"), position=("A", "gone")) is None


def test_nodes_are_told_apart():
    entries = [decided("d", on(1), 3), decided("e", on(1), 2, node="nice"), ended("released", "d", on(2))]
    assert sold(*entries) == [0] * 5
    assert sold(*entries, position=("A", "nice")) == [0, 2, 0, 0, 0]


@dataclass
class WatchedPosition:
    """A position's stock as the ledger keeps it, looked at between any two changes."""

    on_hand: int
    held: int = 0
    instant: int = FIRST - DAY
    holds: dict = field(default_factory=dict)
    entries: list = field(default_factory=list)
    units: Counter = field(default_factory=Counter)
    open_days: set = field(default_factory=set)

    @property
    def free(self):
        return self.on_hand - self.held

    def watch(self, until):
        for day in range(5):
            begins, ends = DAYS.midnights[day], DAYS.midnights[day + 1]
            if self.free > 0 and self.instant < ends and until > begins:
                self.open_days.add(day)
        self.instant = until

    def take(self, size):
        if 0 < size <= self.free:
            name = f"d{len(self.entries)}"
            self.entries.append(decided(name, self.instant, size, before=(self.on_hand, self.held)))
            self.holds[name] = (self.instant, size)
            self.held += size
            self.units[DAYS.day_of(self.instant)] += size

    def end(self, kind):
        if self.holds:
            name = min(self.holds)
            made_at, taken = self.holds.pop(name)
            self.held -= taken
            self.on_hand -= taken * (kind == "confirmed")
            self.units[DAYS.day_of(made_at)] -= taken * (kind == "released")
            self.entries.append(ended(kind, name, self.instant))

    def count(self, size):
        self.entries.append(counted(self.instant, self.on_hand, size, self.held))
        self.on_hand = size

    def sell(self, size):
        if 0 < size <= self.on_hand:
            level = PositionLevel(self.on_hand, self.on_hand - size, self.held)
            self.entries.append(moved(self.instant, -size, "sale", level=level))
            self.on_hand -= size
            self.units[DAYS.day_of(self.instant)] += size

    def step(self, what, size):
        match what:
            case "take":
                self.take(size)
            case "count":
                self.count(size)
            case "sale":
                self.sell(size)
            case kind:
                self.end(kind)


STEPS = st.lists(
    st.tuples(
        st.integers(1, 30), st.sampled_from(["take", "released", "confirmed", "count", "sale"]), st.integers(0, 6)
    ),
    max_size=40,
)


@settings(max_examples=150)
@given(st.integers(0, 5), STEPS)
def test_days_and_units_equal_those_of_a_ledger_that_is_watched_all_the_time(on_hand, steps):
    watched = WatchedPosition(on_hand)
    for hours, what, size in steps:
        later = watched.instant + hours * HOUR
        if later >= TODAY:
            break
        watched.watch(later)
        watched.step(what, size)
    watched.watch(TODAY)
    expected = [watched.units[day] for day in range(5) if day in watched.open_days or watched.units[day] > 0]
    assert sold(*watched.entries, free_now=watched.free) == expected
