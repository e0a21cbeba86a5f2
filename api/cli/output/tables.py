"""Decisions, the figures of a day and availability, as lines and tables for people."""

import datetime
from collections.abc import Iterator, Sequence

from msgspec import UNSET, UnsetType
from rich.table import Table
from rich.text import Text

from api.cli.output.numbers import millionths
from api.cli.output.times import date_text, local_time
from api.cli.output.waiting_lines import estimate_lines, waiting_lines
from api.language.current import counted, current_language, say, say_number, text
from api.records.day import DayFigures
from api.records.orders.batch import JointRecord
from api.records.stock.positions import SkuAvailabilityRecord
from api.shapes.quantities import Quantities
from engine.decide.facts_record import FactsRecord
from engine.decide.record import DecisionRecord
from engine.decide.record_parts import FollowsRecord, LotRecord, ScoreRecord, ShipmentRecord, UnfilledRecord
from engine.decide.sentence_record import SentenceRecord
from engine.model.facts import Network
from rules.syntax.literals import CARBON_UNITS
from rules.wording.catalogue import ENGLISH

KILOGRAM = CARBON_UNITS["kg"]
_UNPROVEN = {
    "unfilled_units": text("not proven: at most {units:,} units more could be filled"),
    "unless_needed_units": text(
        'not proven: at most {units:,} units fewer could be taken where rules say "unless needed"'
    ),
    "shipments": text("not proven: at most {units:,} shipments fewer could fill as much"),
    "tiers": text("not proven: the tiers' sum could be at most {units:,} less"),
}
"""By how much a choice could at most be improved, by the part of the comparison in which it could."""


def money(micros: int, currency: str) -> str:
    """Rounded to the cent, half away from zero, as prices are shown to people."""
    return f"{millionths(micros, shown=2)} {currency}"


def carbon(milligrams: int) -> str:
    return f"{millionths(milligrams, shown=3)} kg CO2e"


def day_tables(day: DayFigures) -> Iterator[Table]:
    """A table of the day's figures, then one of its rules."""
    figures = Table(title=say("The day"), show_header=False)
    figures.add_column()
    figures.add_column(justify="right")
    for name, value in _figures(day):
        figures.add_row(name, value)
    yield figures
    rules = Table(title=say("The rules"), caption=_caption(day), caption_justify="left")
    rules.add_column(say("rule"), overflow="fold")
    rules.add_column(say("fired"), justify="right")
    rules.add_column(say("decided"), justify="right")
    for rule in sorted(day.fired.keys() | day.decided.keys()):
        rules.add_row(rule, _share(day.fired[rule], day.orders), _share(day.decided[rule], day.weighed))
    for rule in day.never_fired:
        rules.add_row(rule, say("never"), "-", style="dim")
    yield rules


def _figures(day: DayFigures) -> Iterator[tuple[str, str]]:
    yield say("orders"), say_number(f"{day.orders:,}")
    if day.before:
        yield say("  decided before, not again"), say_number(f"{day.before:,}")
    scheduled = ("scheduled",) if day.statuses["scheduled"] else ()
    for status in ("filled", "partial", "unfilled", *scheduled):
        yield f"  {say(status)}", _with_share(day.statuses[status], day.orders)
    if day.lacking:
        yield (
            say("  lacked units that another took"),
            _with_share(day.lacking, day.orders),
        )
    if day.joint is not None:
        plan = day.joint.plan
        yield (
            say("  wanted what others wanted, too"),
            _with_share(plan.contending, day.orders),
        )
        yield say("  joint plan"), _proof(JointRecord.of(day.joint).score, day.currency)
    yield say("units ordered"), say_number(f"{day.units:,}")
    yield say("units shipped"), _with_share(day.shipped, day.units)
    yield say("  of them from clearance (end of line)"), say_number(f"{day.clearance:,}")
    yield say("shipments"), say_number(f"{day.shipments:,}")
    yield say("  per order that ships"), _ratio(day.shipments, day.statuses["filled"] + day.statuses["partial"])
    yield say("cost"), money(day.cost, day.currency)
    yield say("carbon"), carbon(day.co2)
    yield (
        say("shipments on time, of those promised"),
        say("{on_time:,} of {promised:,}", on_time=day.on_time, promised=day.promised),
    )


def _caption(day: DayFigures) -> str:
    return say(
        "fired: in how many of the {orders:,} orders it acted. decided: in how many of {weighed:,} weighed orders,"
        " evenly spread, the choice would have been another without it.",
        orders=day.orders,
        weighed=day.weighed,
    )


def _with_share(part: int, whole: int) -> str:
    return f"{say_number(f'{part:,}')}  {_share(part, whole)}"


def _share(part: int, whole: int) -> str:
    return say_number(f"{100 * part / whole:.1f}%") if whole else "-"


def _ratio(part: int, whole: int) -> str:
    return say_number(f"{part / whole:.2f}") if whole else "-"


def decision_lines(record: DecisionRecord, network: Network) -> Iterator[str]:
    """A decision: what ships, what doesn't and why, and the rules that fired. Times are in the installation's time
    zone; those of a shipment in that of the node it leaves or is collected at, if that has its own.
    """
    record = Quantities(network.decimals).show(record)
    order, currency = record.order, network.currency
    yield say(
        "Order {id} ({channel}, {delivery}): {status}",
        id=order.id,
        channel=order.channel,
        delivery=order.delivery,
        status=say(record.status),
    )
    yield from _follows_lines(record, network)
    yield from _nominated_day_lines(record, network)
    yield from _placed_lines(record)
    yield from _quote_lines(record)
    shipments = record.scheduled.shipments if record.scheduled else record.shipments
    for number, shipment in enumerate(shipments, start=1):
        yield from _shipment_lines(number, shipment, network, order.collect_at)
        yield from (f"     {_reason(record, rule)}" for rule in shipment.rules)
    for placed in record.not_counted or ():
        yield say(
            "  {quantity} x {sku} (line {line}) needs no stock and no parcel",
            quantity=placed.quantity,
            sku=placed.sku,
            line=placed.line,
        )
    for item in record.unfilled:
        yield say("  unfilled: {quantity} x {sku} (line {line})", quantity=item.quantity, sku=item.sku, line=item.line)
        yield from (f"     {line}" for line in reason_lines(item))
        yield from estimate_lines(item, network)
    yield from _resting_lines(record)
    for lacked in record.lacked or ():
        took = (
            say("took {units} x {sku}", units=lacked.units, sku=lacked.sku)
            if lacked.took == "units"
            else say("took the last room")
        )
        yield say(
            "  order {order}, with priority {priority}, {took} at {node}",
            order=lacked.order,
            priority=lacked.priority,
            took=took,
            node=lacked.node,
        )
    if record.waiting and record.unfilled:
        yield say("  what is unfilled waits for stock")
    if record.awaiting_approval:
        yield say("  a person must approve it before it ships")
        yield from (f"     {_reason(record, rule)}" for rule in record.approval_rules or ())
    cost, co2 = sum(item.cost_micros for item in shipments), sum(item.co2_mg for item in shipments)
    yield say("  in all {money}, {carbon}", money=money(cost, currency), carbon=carbon(co2))
    proof = _proof(record.score, currency)
    yield say(
        "  chosen from {options} options ({proof}) under policy {policy_version}",
        options=record.options,
        proof=proof,
        policy_version=record.policy_version[:12],
    )
    yield say("  decided {local_time}", local_time=local_time(record.decided_at, network))
    if record.id is None:
        yield say("  dry run: nothing was held or logged")
    elif record.hold:
        length = say(", as the caller asked") if record.hold.requested_minutes else ""
        yield say(
            "  held until {local_time}{length}; decision {id}",
            local_time=local_time(record.hold.expires_at, network),
            length=length,
            id=record.id,
        )


def sentence(record: SentenceRecord) -> str:
    """The record's sentence in the language of the command."""
    return record.text(current_language()) or record.text(ENGLISH)


def reason_lines(item: UnfilledRecord) -> Iterator[str]:
    """Why units are unfilled, a reason a line."""
    for reason in item.reasons:
        rules = f": {', '.join(reason.rules)}" if reason.rules else ""
        yield f"{counted(reason.units, 'unit')}: {sentence(reason)}{rules}"


def facts_lines(facts: FactsRecord) -> Iterator[str]:
    """On what it was decided: the stock, and the options that rules took away."""
    for sku, stock in sorted(facts.stock.items()):
        yield say("  stock of {sku}, before its own hold:", sku=sku)
        for node, on_hand, held, floor in zip(stock.nodes, stock.on_hand, stock.held, stock.floor, strict=True):
            kept = (
                say("{floor} kept back", floor=floor) if floor >= 0 else say("{units} more may be sold", units=-floor)
            )
            yield say(
                "     {node}: {on_hand} on hand, {held} held, {kept}", node=node, on_hand=on_hand, held=held, kept=kept
            )
    for excluded in facts.excluded:
        needed = say(" unless needed") if excluded.unless_needed else ""
        yield say(
            "  excluded{needed} for line {lines} ({rules}):",
            needed=needed,
            lines=", ".join(excluded.lines),
            rules=", ".join(excluded.rules),
        )
        for service, nodes in sorted(excluded.nodes.items()):
            yield say("     by {service} from {nodes}", service=service, nodes=", ".join(nodes))


def _proof(score: ScoreRecord, currency: str) -> str:
    """Whether the choice is proven best; if not, by how much it could be improved, in the first part that could."""
    gap, unproven = score.gap_micros, score.unproven
    if gap is not None:
        return say("the best, proven") if gap == 0 else say("at most {money} from the best", money=money(gap, currency))
    if unproven is UNSET:  # logged by a version that did not record it
        return say("not proven the best")
    return say(_UNPROVEN[unproven.part], units=unproven.at_most)


def cause(follows: FollowsRecord) -> str:
    """Why units were decided again."""
    match follows.because:
        case "rejected":
            return say("{node} rejected it: {reason}", node=follows.node, reason=say(follows.reason))
        case "amended":
            return say("the order was amended")
        case "late":
            return say("it would come too late from {node}", node=follows.node)
    return say("stock arrived")


def _follows_lines(record: DecisionRecord, network: Network) -> Iterator[str]:
    follows = record.follows
    if follows is not UNSET:
        yield say(
            "  decides again what is left of decision {decision}, because {cause}",
            decision=follows.decision,
            cause=cause(follows),
        )
        if follows.rest is not UNSET:
            until = local_time(follows.rest.until, network)
            yield say(
                "  {node} gets no shipments until {until} ({rules})",
                node=follows.node,
                until=until,
                rules=", ".join(follows.rest.rules),
            )


def _nominated_day_lines(record: DecisionRecord, network: Network) -> Iterator[str]:
    if record.order.deliver_on:
        day = datetime.date.fromisoformat(record.order.deliver_on)
        reserved = (
            say("; reserved from {local_time}", local_time=local_time(record.scheduled.reserve_at, network))
            if record.scheduled
            else ""
        )
        yield say("  to arrive on {day}{reserved}", day=date_text(day), reserved=reserved)


def _placed_lines(record: DecisionRecord) -> Iterator[str]:
    placed = record.placed
    if placed is not UNSET:
        what = (
            say("postcode {postcode}", postcode=record.order.destination.postcode)
            if placed.by == "postcode"
            else say("country {country}", country=placed.country)
        )
        yield say(
            "  sent without coordinates; placed by its {what} at {latitude}, {longitude}",
            what=what,
            latitude=placed.latitude,
            longitude=placed.longitude,
        )


def _quote_lines(record: DecisionRecord) -> Iterator[str]:
    quote = record.quote
    if quote is not UNSET:
        kept = say("is kept") if quote.kept else say("could not be kept any more")
        yield say("  promise {promise} of quote {id} {kept}", promise=quote.promise, id=quote.id, kept=kept)
        for change in quote.changed:
            yield say(
                "     {field}: {quoted} was quoted, now {now}", field=change.field, quoted=change.quoted, now=change.now
            )


def _resting_lines(record: DecisionRecord) -> Iterator[str]:
    """One line for each node that rests."""
    resting = {item.resting.node: (item.resting, item.rules) for item in record.excluded if item.resting is not UNSET}
    for node_rest, rules in resting.values():
        yield f"  {sentence(node_rest)} ({', '.join(rules)})"


def _shipment_lines(number: int, shipment: ShipmentRecord, network: Network, goal: str | None) -> Iterator[str]:
    if shipment.collect_at is not UNSET:
        goal = shipment.collect_at
    to = destination_phrase(shipment.collect_at)
    yield say(
        "  {number}. from {node} by {service}{to}, {km:,.1f} km",
        number=number,
        node=shipment.node,
        service=shipment.service,
        to=to,
        km=shipment.distance_m / 1_000,
    )
    yield "     " + ", ".join(f"{line.quantity} x {line.sku}{lots_phrase(line.lots)}" for line in shipment.lines)
    for line in shipment.lines:
        if line.backorder:
            yield say(
                "     {backorder} x {sku} on backorder at first (the article may be oversold there)",
                backorder=line.backorder,
                sku=line.sku,
            )
    yield from waiting_lines(shipment, network)
    leaves = local_time(shipment.ships_at, network, shipment.node)
    arrives = local_time(shipment.arrives_by, network, goal or shipment.node)
    yield say("     leaves {leaves}, arrives by {arrives}", leaves=leaves, arrives=arrives) + (
        say(", late") if shipment.late else ""
    )
    yield f"     {money(shipment.cost_micros, network.currency)}, {carbon(shipment.co2_mg)}"


def _reason(record: DecisionRecord, rule: str) -> str:
    texts = record.rules.because.get(rule, {})
    return f"{texts.get(current_language()) or texts.get(ENGLISH) or next(iter(texts.values()), '')} ({rule})"


def lots_phrase(lots: Sequence[LotRecord] | UnsetType) -> str:
    """Which units are of lots, in brackets with a space before them; empty if none is."""
    if lots is UNSET:
        return ""
    each = (
        say("{units} of lot {lot} until {expires}", units=lot.units, lot=lot.lot, expires=lot.expires)
        if lot.expires
        else say("{units} of lot {lot}", units=lot.units, lot=lot.lot)
        for lot in lots
    )
    return f" ({', '.join(each)})"


def destination_phrase(collect_at: str | UnsetType | None) -> str:
    """Where a shipment goes, with a space before it; empty if it goes where its order goes."""
    if collect_at is UNSET:
        return ""
    return (
        say(" to the destination")
        if collect_at is None
        else say(" to be collected at {collect_at}", collect_at=collect_at)
    )


def availability_table(availability: SkuAvailabilityRecord, channel: str) -> Table:
    free = say("not counted, any number") if availability.free is None else availability.free
    table = Table(title=Text(say("{sku} on {channel}: {free} free", sku=availability.sku, channel=channel, free=free)))
    for name in ("node", "on hand", "held", "free"):
        table.add_column(say(name), justify="left" if name == "node" else "right", overflow="fold")
    for item in availability.nodes:
        table.add_row(Text(item.node), *map(str, (item.on_hand, item.held, item.free)))
    return table
