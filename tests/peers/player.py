"""Plays a row of tests/peers on a real server: loads its network, takes its steps, compares what came with what the row
expects.
"""

import dataclasses
import itertools
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import yaml

from engine.decide.order_record import order_of
from engine.decide.record import DecisionRecord
from engine.errors import HoldEnded, PointsmanError
from engine.model.facts import Inventory, Order
from engine.orders.amendment.plan import AmendRequest
from engine.orders.cancellation.plan import CancelRequest
from engine.orders.decision_request import Answer
from engine.orders.rejection import RejectionRequest
from engine.service import Pointsman
from engine.store.log.decision_chain import Link
from engine.store.outcomes import MovementApplied
from engine.store.stock import Count, Movement, Stamp
from tests.conftest import Clock
from tests.peers.rows import NodeFacts, Peer, Row, Step, Stock
from tests.support import facts

PLACES = {"lyon": facts.LYON, "paris": facts.PARIS, "lille": facts.LILLE, "marseille": facts.MARSEILLE}


def play(row: Row, peer: Peer, pointsman: Pointsman, clock: Clock) -> None:
    """Take the steps of `row`, then check the ledger; raises AssertionError at the first difference."""
    pointsman.load(_inventory(row))
    files = {"peer.yaml": yaml.safe_dump(_policy(row, peer)).encode()}
    pointsman.activate(pointsman.publish(files, who="a test", note="").version, who="a test", note="")
    player = _Player(pointsman, clock)
    for number, step in enumerate(row.steps, start=1):
        player.take(step, f"{row.row}, step {number}")
    _same(pointsman.check().drifts, (), f"{row.row}: drifts of the ledger from the log")


def _inventory(row: Row) -> Inventory:
    names = dict.fromkeys(name for units in row.stock.values() for name in units)
    known = {name: NodeFacts() for name in names} | row.nodes
    nodes = [
        facts.node(
            name,
            PLACES[node.at],
            type=node.type,
            handling=node.handling * facts.EURO,
            tags=frozenset(node.tags),
            services=node.services,
        )
        for name, node in known.items()
    ]
    modes = {"pickup": "pickup"}
    services = [facts.service(name, mode=modes.get(name, "truck")) for name in row.services]
    products = [facts.product(sku, category=category) for sku, category in row.categories.items()]
    return facts.inventory(nodes, row.stock, services=services, products=products)


def _policy(row: Row, peer: Peer) -> Mapping[str, Any]:
    return {"policy": "peer", "rules": [{"id": name, "because": name, **peer.rules[name]} for name in row.rules]}


class _Player:
    def __init__(self, pointsman: Pointsman, clock: Clock) -> None:
        self._pointsman = pointsman
        self._clock = clock
        self._first_decisions: dict[str, str] = {}
        """By order."""
        self._known_decisions: set[str] = set()
        self._numbers = itertools.count(1)

    def take(self, step: Step, where: str) -> None:
        records, refusal = self._do(step)
        if step.refused is None:
            _same(refusal, None, f"{where}: refused")
            self._compare_decisions(step, records, where)
        else:
            assert step.refused in (refusal or ""), f"{where}: is not refused so, but: {refusal}"
        self._compare_state(step, where)

    def _do(self, step: Step) -> tuple[list[DecisionRecord], str | None]:
        """The decisions that the step led to, or why it was refused."""
        try:
            answers = getattr(self, f"_{step.verb}")(step)
        except PointsmanError as error:
            return [], str(error)
        records = [answer.record for answer in answers or ()]
        for record in records:
            self._first_decisions.setdefault(record.order.id, record.id)
            self._known_decisions.add(record.id)
        return records, None

    def _links(self, order: str) -> Sequence[Link]:
        """All decisions of the order, whoever made them."""
        return self._pointsman.rerouting.chain(self._first_decisions[order]).links

    def _decide(self, step: Step) -> Sequence[Answer]:
        return [self._pointsman.decide(_order(step), wait=step.wait, caller="oms")]

    def _offer(self, _: Step) -> Sequence[Link]:
        """What those that wait have got until now, whether by this run of the backlog or before it."""
        self._pointsman.backlog.run(limit=100)
        links = [link for order in self._first_decisions for link in self._links(order)]
        return [link for link in links if link.record.id not in self._known_decisions]

    def _reject(self, step: Step) -> Sequence[Answer]:
        (node,) = step.nodes
        decision = self._links(step.reject)[-1].record.id
        request = RejectionRequest(decision=decision, node=node, reason="other", lines=step.lines, waits=step.wait)
        return [self._pointsman.rerouting.reject(request)]

    def _confirm(self, step: Step) -> None:
        self._end(self._pointsman.holds.confirm, step.confirm, step)

    def _release(self, step: Step) -> None:
        self._end(self._pointsman.holds.release, step.release, step)

    def _undo(self, step: Step) -> None:
        self._end(self._pointsman.holds.undo, step.undo, step)

    def _cancel(self, step: Step) -> None:
        self._pointsman.cancellations.cancel(CancelRequest(order=step.cancel, lines=step.lines))

    def _amend(self, step: Step) -> Sequence[Answer]:
        order = order_of(self._pointsman.orders.show(step.amend).stored.order)
        lines = (dataclasses.replace(line, quantity=step.lines.get(line.sku, line.quantity)) for line in order.lines)
        request = AmendRequest(order=dataclasses.replace(order, lines=tuple(lines)))
        decision = self._pointsman.amendments.amend(request).decision
        return [decision] if decision else []

    def _withdraw(self, step: Step) -> None:
        self._pointsman.backlog.withdraw(self._links(step.withdraw)[-1].record.id)

    def _after(self, step: Step) -> None:
        self._clock.now += _seconds(step.after)

    def _count(self, step: Step) -> None:
        for sku, node, units in _positions(step.count):
            stamp = Stamp(kind="s", number=next(self._numbers))
            assert self._pointsman.stock.set_count(Count(node=node, sku=sku, on_hand=units, stamp=stamp)).applied

    def _arrive(self, step: Step) -> None:
        moves = [
            Movement(op=f"move-{next(self._numbers)}", node=node, sku=sku, delta=units)
            for sku, node, units in _positions(step.arrive)
        ]
        assert all(isinstance(outcome, MovementApplied) for outcome in self._pointsman.stock.move(moves))

    def _end(self, end: Any, order: str, step: Step) -> None:
        """End the shipments `from` these nodes, or all, of the order's decisions that still hold any; raises HoldEnded
        if none does.
        """
        done, more = 0, {"lines": step.lines} if step.lines else {}
        refusal: Exception = AssertionError(f"{' '.join(step.nodes)} ships nothing of {order}")
        for link in self._links(order):
            decision = link.record.id
            try:
                names = [(item.node, item.service) for item in self._pointsman.holds.state(decision).shipments]
                shipments = [name for name in names if name[0] in step.nodes]
                if shipments or not step.nodes:
                    end(decision, shipments=shipments, **more)
                    done += 1
            except HoldEnded as error:
                refusal = error
        if not done:
            raise refusal

    def _compare_decisions(self, step: Step, records: list[DecisionRecord], where: str) -> None:
        shipped = [_ships(record) for record in records]
        if step.offer is not None and step.ships is not None:
            orders = [record.order.id for record in records]
            _same(dict(zip(orders, shipped, strict=True)), step.ships, f"{where}: ships")
        elif step.ships is not None or step.unfilled is not None or step.shipped is not None:
            _same(_unfilled(records[0]), step.unfilled or {}, f"{where}: unfilled")
            _same(shipped[0], shipped[0] if step.ships is None else step.ships, f"{where}: ships")
        if step.shipped is not None:
            units = sum((Counter(units) for ships in shipped for units in ships.values()), Counter())
            _same(units, step.shipped, f"{where}: shipped")
        if step.shipments is not None:
            _same(sum(len(record.shipments) for record in records), step.shipments, f"{where}: shipments")

    def _compare_state(self, step: Step, where: str) -> None:
        for name in ("on_hand", "held", "free", "free_in_all"):
            for sku, expected in (getattr(step, name) or {}).items():
                _same(self._stock(sku, step.channel)[name], expected, f"{where}: {name} of {sku}")
        if step.waiting is not None:
            _same(self._waiting(), step.waiting, f"{where}: waiting")

    def _stock(self, sku: str, channel: str) -> Mapping[str, Any]:
        """Units by node, of those that have any held or free, and what is free in all."""
        units = self._pointsman.availability(sku, channel)
        held, free = zip(units.nodes, units.held, strict=True), zip(units.nodes, units.free_by_node, strict=True)
        return {
            "on_hand": dict(zip(units.nodes, units.on_hand, strict=True)),
            "held": {node: count for node, count in held if count},
            "free": {node: count for node, count in free if count},
            "free_in_all": units.free,
        }

    def _waiting(self) -> Mapping[str, Mapping[str, int]]:
        by_order: dict[str, Counter[str]] = defaultdict(Counter)
        for place in self._pointsman.backlog.page(limit=100).places:
            skus = {line.id: line.sku for line in place.entry.order.lines}
            for line, units in place.entry.units.items():
                by_order[place.entry.order.id][skus[line]] += units
        return {order: dict(units) for order, units in by_order.items()}


def _order(step: Step) -> Order:
    lines = [step.decide] if isinstance(step.decide, dict) else step.decide
    pairs = [pair for units in lines for pair in units.items()]
    more = {"id": step.order, "channel": step.channel, "tags": frozenset(step.tags)}
    more |= {"placed_at": facts.NOW - 7 * 24 * facts.HOUR + _seconds(step.placed)}
    if step.collect_at is not None:
        return facts.collected(*pairs, at=step.collect_at, **more)
    return facts.order(*pairs, place=PLACES[step.to], **more)


def _same(actual: Any, expected: Any, what: str) -> None:
    assert actual == expected, f"{what}: is {actual}, expected {expected}"


def _ships(record: DecisionRecord) -> dict[str, dict[str, int]]:
    """Units by node and SKU."""
    by_node: dict[str, Counter[str]] = defaultdict(Counter)
    for shipment in record.shipments:
        for line in shipment.lines:
            by_node[shipment.node][line.sku] += line.quantity
    return {node: dict(units) for node, units in by_node.items()}


def _unfilled(record: DecisionRecord) -> dict[str, int]:
    units: Counter[str] = Counter()
    for line in record.unfilled:
        units[line.sku] += line.quantity
    return dict(units)


def _positions(stock: Stock) -> Iterable[tuple[str, str, int]]:
    return [(sku, node, units) for sku, by_node in stock.items() for node, units in by_node.items()]


def _seconds(span: str) -> int:
    number, unit = span.split()
    return int(number) * {"min": 60, "h": facts.HOUR, "days": 24 * facts.HOUR}[unit]
