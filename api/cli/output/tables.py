"""Decisions, the figures of a day and availability, as lines and tables for people."""

import datetime
import zoneinfo
from collections.abc import Iterator, Sequence

from msgspec import UNSET, UnsetType
from rich.table import Table
from rich.text import Text

from api.cli.output.plural import counted
from api.records.day import DayFigures
from api.records.orders.batch import JointRecord
from api.records.stock.positions import SkuAvailabilityRecord
from api.shapes.quantities import Quantities
from engine.decide.facts_record import FactsRecord
from engine.decide.record import DecisionRecord
from engine.decide.record_parts import FollowsRecord, LotRecord, ScoreRecord, ShipmentRecord, UnfilledRecord
from engine.model.facts import Network
from rules.syntax.literals import CARBON_UNITS, MICROS
from rules.wording.catalogue import ENGLISH

KILOGRAM = CARBON_UNITS["kg"]
_UNPROVEN = {
    "unfilled_units": "not proven: at most {:,} units more could be filled",
    "unless_needed_units": 'not proven: at most {:,} units fewer could be taken where rules say "unless needed"',
    "shipments": "not proven: at most {:,} shipments fewer could fill as much",
    "tiers": "not proven: the tiers' sum could be at most {:,} less",
}
"""By how much a choice could at most be improved, by the part of the comparison in which it could."""


def money(micros: int, currency: str) -> str:
    """Rounded to the cent, half away from zero, as prices are shown to people."""
    cents = (abs(micros) + MICROS // 200) // (MICROS // 100)
    return f"{'-' if micros < 0 and cents else ''}{cents // 100:,}.{cents % 100:02} {currency}"


def carbon(milligrams: int) -> str:
    grams = (milligrams + 500) // 1_000
    return f"{grams // 1_000:,}.{grams % 1_000:03} kg CO2e"


def day_tables(day: DayFigures) -> Iterator[Table]:
    """A table of the day's figures, then one of its rules."""
    figures = Table(title="The day", show_header=False)
    figures.add_column()
    figures.add_column(justify="right")
    for name, value in _figures(day):
        figures.add_row(name, value)
    yield figures
    rules = Table(title="The rules", caption=_caption(day), caption_justify="left")
    rules.add_column("rule", overflow="fold")
    rules.add_column("fired", justify="right")
    rules.add_column("decided", justify="right")
    for rule in sorted(day.fired.keys() | day.decided.keys()):
        rules.add_row(rule, _share(day.fired[rule], day.orders), _share(day.decided[rule], day.weighed))
    yield rules


def _figures(day: DayFigures) -> Iterator[tuple[str, str]]:
    yield "orders", f"{day.orders:,}"
    if day.before:
        yield "  decided before, not again", f"{day.before:,}"
    scheduled = ("scheduled",) if day.statuses["scheduled"] else ()
    for status in ("filled", "partial", "unfilled", *scheduled):
        yield f"  {status}", f"{day.statuses[status]:,}  {_share(day.statuses[status], day.orders)}"
    if day.lacking:
        yield "  lacked units that another took", f"{day.lacking:,}  {_share(day.lacking, day.orders)}"
    if day.joint is not None:
        plan = day.joint.plan
        yield "  wanted what others wanted, too", f"{plan.contending:,}  {_share(plan.contending, day.orders)}"
        yield "  joint plan", _proof(JointRecord.of(day.joint).score, day.currency)
    yield "units ordered", f"{day.units:,}"
    yield "units shipped", f"{day.shipped:,}  {_share(day.shipped, day.units)}"
    yield "  of them from clearance (end of line)", f"{day.clearance:,}"
    yield "shipments", f"{day.shipments:,}"
    yield "  per order that ships", _ratio(day.shipments, day.statuses["filled"] + day.statuses["partial"])
    yield "cost", money(day.cost, day.currency)
    yield "carbon", carbon(day.co2)
    yield "shipments on time, of those promised", f"{day.on_time:,} of {day.promised:,}"


def _caption(day: DayFigures) -> str:
    return (
        f"fired: in how many of the {day.orders:,} orders it acted. decided: in how many of {day.weighed:,} weighed "
        "orders, evenly spread, the choice would have been another without it."
    )


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f}%" if whole else "-"


def _ratio(part: int, whole: int) -> str:
    return f"{part / whole:.2f}" if whole else "-"


def decision_lines(record: DecisionRecord, network: Network) -> Iterator[str]:
    """A decision: what ships, what doesn't and why, and the rules that fired. Times are in the installation's time
    zone; those of a shipment in that of the node it leaves or is collected at, if that has its own.
    """
    record = Quantities(network.decimals).show(record)
    order, currency = record.order, network.currency
    yield f"Order {order.id} ({order.channel}, {order.delivery}): {record.status}"
    yield from _follows_lines(record, network)
    yield from _nominated_day_lines(record, network)
    yield from _placed_lines(record)
    yield from _quote_lines(record)
    shipments = record.scheduled.shipments if record.scheduled else record.shipments
    for number, shipment in enumerate(shipments, start=1):
        yield from _shipment_lines(number, shipment, network, order.collect_at)
        yield from (f"     {_reason(record, rule)}" for rule in shipment.rules)
    for placed in record.not_counted or ():
        yield f"  {placed.quantity} x {placed.sku} (line {placed.line}) needs no stock and no parcel"
    for item in record.unfilled:
        yield f"  unfilled: {item.quantity} x {item.sku} (line {item.line})"
        yield from (f"     {line}" for line in reason_lines(item))
    yield from _resting_lines(record)
    for lacked in record.lacked or ():
        took = f"took {lacked.units} x {lacked.sku}" if lacked.took == "units" else "took the last room"
        yield f"  order {lacked.order}, with priority {lacked.priority}, {took} at {lacked.node}"
    if record.waiting and record.unfilled:
        yield "  what is unfilled waits for stock"
    if record.awaiting_approval:
        yield "  a person must approve it before it ships"
        yield from (f"     {_reason(record, rule)}" for rule in record.approval_rules or ())
    cost, co2 = sum(item.cost_micros for item in shipments), sum(item.co2_mg for item in shipments)
    yield f"  in all {money(cost, currency)}, {carbon(co2)}"
    proof = _proof(record.score, currency)
    yield f"  chosen from {record.options} options ({proof}) under policy {record.policy_version[:12]}"
    yield f"  decided {local_time(record.decided_at, network)}"
    if record.id is None:
        yield "  dry run: nothing was held or logged"
    elif record.hold:
        length = ", as the caller asked" if record.hold.requested_minutes else ""
        yield f"  held until {local_time(record.hold.expires_at, network)}{length}; decision {record.id}"


def reason_lines(item: UnfilledRecord) -> Iterator[str]:
    """Why units are unfilled, a reason a line."""
    for reason in item.reasons:
        rules = f": {', '.join(reason.rules)}" if reason.rules else ""
        yield f"{counted(reason.units, 'unit')}: {reason.text(ENGLISH)}{rules}"


def facts_lines(facts: FactsRecord) -> Iterator[str]:
    """On what it was decided: the stock, and the options that rules took away."""
    for sku, stock in sorted(facts.stock.items()):
        yield f"  stock of {sku}, before its own hold:"
        for node, on_hand, held, floor in zip(stock.nodes, stock.on_hand, stock.held, stock.floor, strict=True):
            kept = f"{floor} kept back" if floor >= 0 else f"{-floor} more may be sold"
            yield f"     {node}: {on_hand} on hand, {held} held, {kept}"
    for excluded in facts.excluded:
        needed = " unless needed" if excluded.unless_needed else ""
        yield f"  excluded{needed} for line {', '.join(excluded.lines)} ({', '.join(excluded.rules)}):"
        for service, nodes in sorted(excluded.nodes.items()):
            yield f"     by {service} from {', '.join(nodes)}"


def _proof(score: ScoreRecord, currency: str) -> str:
    """Whether the choice is proven best; if not, by how much it could be improved, in the first part that could."""
    gap, unproven = score.gap_micros, score.unproven
    if gap is not None:
        return "the best, proven" if gap == 0 else f"at most {money(gap, currency)} from the best"
    if unproven is UNSET:  # logged by a version that did not record it
        return "not proven the best"
    return _UNPROVEN[unproven.part].format(unproven.at_most)


def cause(follows: FollowsRecord) -> str:
    """Why units were decided again."""
    match follows.because:
        case "rejected":
            return f"{follows.node} rejected it: {follows.reason}"
        case "amended":
            return "the order was amended"
    return "stock arrived"


def _follows_lines(record: DecisionRecord, network: Network) -> Iterator[str]:
    follows = record.follows
    if follows is not UNSET:
        yield f"  decides again what is left of decision {follows.decision}, because {cause(follows)}"
        if follows.rest is not UNSET:
            until = local_time(follows.rest.until, network)
            yield f"  {follows.node} gets no shipments until {until} ({', '.join(follows.rest.rules)})"


def _nominated_day_lines(record: DecisionRecord, network: Network) -> Iterator[str]:
    if record.order.deliver_on:
        day = datetime.date.fromisoformat(record.order.deliver_on)
        reserved = f"; reserved from {local_time(record.scheduled.reserve_at, network)}" if record.scheduled else ""
        yield f"  to arrive on {day:%a %d %b %Y}{reserved}"


def _placed_lines(record: DecisionRecord) -> Iterator[str]:
    placed = record.placed
    if placed is not UNSET:
        what = (
            f"postcode {record.order.destination.postcode}" if placed.by == "postcode" else f"country {placed.country}"
        )
        yield f"  sent without coordinates; placed by its {what} at {placed.latitude}, {placed.longitude}"


def _quote_lines(record: DecisionRecord) -> Iterator[str]:
    quote = record.quote
    if quote is not UNSET:
        kept = "is kept" if quote.kept else "could not be kept any more"
        yield f"  promise {quote.promise} of quote {quote.id} {kept}"
        for change in quote.changed:
            yield f"     {change.field}: {change.quoted} was quoted, now {change.now}"


def _resting_lines(record: DecisionRecord) -> Iterator[str]:
    """One line for each node that rests."""
    resting = {item.resting.node: (item.resting, item.rules) for item in record.excluded if item.resting is not UNSET}
    for node_rest, rules in resting.values():
        yield f"  {node_rest.text(ENGLISH)} ({', '.join(rules)})"


def _shipment_lines(number: int, shipment: ShipmentRecord, network: Network, goal: str | None) -> Iterator[str]:
    if shipment.collect_at is not UNSET:
        goal = shipment.collect_at
    to = destination_phrase(shipment.collect_at)
    yield f"  {number}. from {shipment.node} by {shipment.service}{to}, {shipment.distance_m / 1_000:,.1f} km"
    yield "     " + ", ".join(f"{line.quantity} x {line.sku}{lots_phrase(line.lots)}" for line in shipment.lines)
    for line in shipment.lines:
        if line.backorder:
            yield f"     {line.backorder} x {line.sku} on backorder at first (the article may be oversold there)"
    leaves = local_time(shipment.ships_at, network, shipment.node)
    arrives = local_time(shipment.arrives_by, network, goal or shipment.node)
    yield f"     leaves {leaves}, arrives by {arrives}" + (", late" if shipment.late else "")
    yield f"     {money(shipment.cost_micros, network.currency)}, {carbon(shipment.co2_mg)}"


def _reason(record: DecisionRecord, rule: str) -> str:
    texts = record.rules.because.get(rule, {})
    return f"{texts.get(ENGLISH) or next(iter(texts.values()), '')} ({rule})"


def lots_phrase(lots: Sequence[LotRecord] | UnsetType) -> str:
    """Which units are of lots, in brackets with a space before them; empty if none is."""
    if lots is UNSET:
        return ""
    each = (f"{lot.units} of lot {lot.lot}" + (f" until {lot.expires}" if lot.expires else "") for lot in lots)
    return f" ({', '.join(each)})"


def destination_phrase(collect_at: str | UnsetType | None) -> str:
    """Where a shipment goes, with a space before it; empty if it goes where its order goes."""
    if collect_at is UNSET:
        return ""
    return " to the destination" if collect_at is None else f" to be collected at {collect_at}"


def local_time(instant: str, network: Network, place: str | None = None) -> str:
    """The instant on the clock of the node `place`, or else of the installation, with how far that is ahead of UTC; a
    zone other than the installation's is named.
    """
    node = network.nodes.get(place) if place else None  # the network may have changed since the decision
    zone = network.zone_of(node) if node else network.time_zone
    moment = datetime.datetime.fromisoformat(instant).astimezone(zoneinfo.ZoneInfo(zone))
    shown = f"{moment:%a %d %b %Y %H:%M} {moment.isoformat()[-6:]}"
    return shown + ("" if zone == network.time_zone else f" ({zone})")


def availability_table(availability: SkuAvailabilityRecord, channel: str) -> Table:
    free = "not counted, any number" if availability.free is None else availability.free
    table = Table(title=Text(f"{availability.sku} on {channel}: {free} free"))
    for name in ("node", "on hand", "held", "free"):
        table.add_column(name, justify="left" if name == "node" else "right", overflow="fold")
    for item in availability.nodes:
        table.add_row(Text(item.node), *map(str, (item.on_hand, item.held, item.free)))
    return table
