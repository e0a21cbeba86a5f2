"""Decisions, days and audits as tables for people."""

import datetime
import zoneinfo
from collections.abc import Iterator, Mapping
from typing import Any

from rich.table import Table
from rich.text import Text

from api.cli.output.plural import counted
from api.records.day import Day
from engine.model.facts import Network
from engine.service import Availability
from rules.syntax.literals import MICROS

KILOGRAM = 1_000_000
"""Milligrams."""
_UNPROVEN = {
    "unfilled_units": "not proven: at most {:,} units more could be filled",
    "unless_needed_units": 'not proven: at most {:,} units fewer could be taken where rules say "unless needed"',
    "tiers": "not proven: the tiers' sum could be at most {:,} less",
}
"""By how much a choice may not be the best, by the part that could be better."""


def money(micros: int, currency: str) -> str:
    """To the cent, rounded half away from zero, as people are shown prices."""
    cents = (abs(micros) + MICROS // 200) // (MICROS // 100)
    return f"{'-' if micros < 0 and cents else ''}{cents // 100:,}.{cents % 100:02} {currency}"


def carbon(milligrams: int) -> str:
    grams = (milligrams + 500) // 1_000
    return f"{grams // 1_000:,}.{grams % 1_000:03} kg CO2e"


def day_tables(day: Day) -> Iterator[Table]:
    """The day's figures, then its rules."""
    figures = Table(title="The day", show_header=False)
    figures.add_column()
    figures.add_column(justify="right")
    for name, value in _figures(day):
        figures.add_row(name, value)
    yield figures
    rules = Table(title="The rules", caption=_caption(day), caption_justify="left")
    rules.add_column("rule")
    rules.add_column("fired", justify="right")
    rules.add_column("decided", justify="right")
    for rule in sorted(day.fired.keys() | day.decided.keys()):
        rules.add_row(rule, _share(day.fired[rule], day.orders), _share(day.decided[rule], day.weighed))
    yield rules


def _figures(day: Day) -> Iterator[tuple[str, str]]:
    yield "orders", f"{day.orders:,}"
    if day.before:
        yield "  decided before, not again", f"{day.before:,}"
    for status in ("filled", "partial", "unfilled"):
        yield f"  {status}", f"{day.statuses[status]:,}  {_share(day.statuses[status], day.orders)}"
    if day.lacking:
        yield "  lacked what another took before", f"{day.lacking:,}  {_share(day.lacking, day.orders)}"
    yield "units ordered", f"{day.units:,}"
    yield "units shipped", f"{day.shipped:,}  {_share(day.shipped, day.units)}"
    yield "  of them from clearance (end of line)", f"{day.clearance:,}"
    yield "shipments", f"{day.shipments:,}"
    yield "  per order that ships", _ratio(day.shipments, day.statuses["filled"] + day.statuses["partial"])
    yield "cost", money(day.cost, day.currency)
    yield "carbon", carbon(day.co2)
    yield "shipments on time, of those promised", f"{day.on_time:,} of {day.promised:,}"


def _caption(day: Day) -> str:
    return (
        f"fired: in how many of the {day.orders:,} orders it acted. decided: in how many of {day.weighed:,} weighed "
        "orders, evenly spread, the choice would have been another without it."
    )


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f}%" if whole else "-"


def _ratio(part: int, whole: int) -> str:
    return f"{part / whole:.2f}" if whole else "-"


def decision_lines(record: Mapping[str, Any], network: Network) -> Iterator[str]:
    """A decision for people: what ships, what doesn't and why, the rules at work. Times are those of the installation;
    of a shipment, those of the node it leaves and of the node it is collected at, where these have their own.
    """
    order, currency = record["order"], network.currency
    yield f"Order {order['id']} ({order['channel']}, {order['delivery']}): {record['status']}"
    yield from _follows_lines(record, network)
    for number, shipment in enumerate(record["shipments"], start=1):
        yield from _shipment_lines(number, shipment, network, order["collect_at"])
        yield from (f"     {_reason(record, rule)}" for rule in shipment["rules"])
    for item in record["unfilled"]:
        yield f"  unfilled: {item['quantity']} x {item['sku']} (line {item['line']})"
        for reason in item["reasons"]:
            rules = f": {', '.join(reason['rules'])}" if reason["rules"] else ""
            yield f"     {counted(reason['units'], 'unit')}: {reason['en']}{rules}"
    yield from _resting_lines(record)
    for item in record.get("lacked", []):
        took = f"took {item['units']} x {item['sku']}" if item["took"] == "units" else "took the last room"
        yield f"  order {item['order']}, with priority {item['priority']}, {took} at {item['node']}"
    if record.get("waiting"):
        yield "  what is unfilled waits for stock"
    yield f"  in all {money(record['cost_micros'], currency)}, {carbon(record['co2_mg'])}"
    proof = _proof(record["score"], currency)
    yield f"  chosen from {record['options']} options ({proof}) under policy {record['policy_version'][:12]}"
    yield f"  decided {_local(record['decided_at'], network)}"
    if record["id"] is None:
        yield "  dry run: nothing was held or logged"
    elif record["hold"]:
        yield f"  held until {_local(record['hold']['expires_at'], network)}; decision {record['id']}"


def _proof(score: Mapping[str, Any], currency: str) -> str:
    """By how much a better choice could be better, in the first part of the comparison that could be."""
    gap, doubt = score["gap_micros"], score.get("unproven")
    if gap is not None:
        return "the best, proven" if gap == 0 else f"at most {money(gap, currency)} from the best"
    if doubt is None:  # of a decision logged before this was said
        return "not proven the best"
    return _UNPROVEN[doubt["part"]].format(doubt["at_most"])


def _follows_lines(record: Mapping[str, Any], network: Network) -> Iterator[str]:
    follows = record.get("follows")
    if follows:
        rejected = follows["because"] == "rejected"
        because = f"{follows['node']} rejected it: {follows['reason']}" if rejected else "stock came"
        yield f"  what was left of decision {follows['decision']}, for {because}"
        if "rest" in follows:
            until = _local(follows["rest"]["until"], network)
            yield f"  {follows['node']} is given nothing until {until} ({', '.join(follows['rest']['rules'])})"


def _resting_lines(record: Mapping[str, Any]) -> Iterator[str]:
    """Each node that rests, once."""
    resting = {item["resting"]["node"]: item for item in record["excluded"] if "resting" in item}
    for item in resting.values():
        yield f"  {item['resting']['en']} ({', '.join(item['rules'])})"


def _shipment_lines(number: int, shipment: Mapping[str, Any], network: Network, goal: str | None) -> Iterator[str]:
    yield f"  {number}. from {shipment['node']} by {shipment['service']}, {shipment['distance_m'] / 1_000:,.1f} km"
    yield "     " + ", ".join(f"{line['quantity']} x {line['sku']}" for line in shipment["lines"])
    leaves = _local(shipment["ships_at"], network, shipment["node"])
    arrives = _local(shipment["arrives_by"], network, goal or shipment["node"])
    yield f"     leaves {leaves}, arrives by {arrives}" + (", late" if shipment["late"] else "")
    yield f"     {money(shipment['cost_micros'], network.currency)}, {carbon(shipment['co2_mg'])}"


def _reason(record: Mapping[str, Any], rule: str) -> str:
    texts = record["rules"]["because"].get(rule, {})
    return f"{texts.get('en') or next(iter(texts.values()), '')} ({rule})"


def _local(instant: str, network: Network, place: str | None = None) -> str:
    """The wall clock of the installation or of the node `place`, whose zone is named if it is another."""
    node = network.nodes.get(place) if place else None  # a decision may be older than the network
    zone = network.zone_of(node) if node else network.time_zone
    moment = datetime.datetime.fromisoformat(instant).astimezone(zoneinfo.ZoneInfo(zone))
    return moment.strftime("%a %d %b %Y %H:%M") + ("" if zone == network.time_zone else f" ({zone})")


def availability_table(found: Availability) -> Table:
    table = Table(title=Text(f"{found.sku} on {found.channel}: {found.free} free"))
    for name in ("node", "on hand", "held", "free"):
        table.add_column(name, justify="left" if name == "node" else "right", no_wrap=name == "node")
    for item in found.nodes:
        table.add_row(Text(item.node), str(item.position.on_hand), str(item.position.held), str(item.free))
    return table
