"""In which order shipments whose promises are at risk are offered stock: as their orders would be if they waited."""

from engine.decide.matching.matcher import Matcher
from engine.decide.priority import Rank, priority, rank
from engine.model.facts import Snapshot
from engine.promise_watch.watched_shipment import WatchedShipment
from engine.store.flows.promise_notes import member_of


def promise_rank(shipment: WatchedShipment, snapshot: Snapshot, matcher: Matcher, now: int) -> Rank:
    """By the priority of its order, as the policies give it at `now`; of the snapshot, only the network and the
    products of the order matter.
    """
    member = member_of(shipment.decision, shipment.number)
    return rank(shipment.order, priority(shipment.order, snapshot, matcher, now), member)
