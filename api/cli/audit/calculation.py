"""`pointsman calculation`: how the cost and the CO2e of decisions come about, row by row."""

import functools
import sys
from collections.abc import Iterator
from pathlib import Path

import click
from msgspec import UNSET

from api.cli.audit.decision_or_period import decision_or_period
from api.cli.audit.lookahead_table import lookahead_table_line
from api.cli.ledger_log import warn_unreadable
from api.cli.options import AS_JSON, print_json
from api.cli.output.mistakes import fail
from api.cli.output.numbers import decimal, millionths
from api.cli.output.progress import progress_bar
from api.cli.reads import record_read
from api.language.current import counted, say, say_message, say_number, text
from api.records.audit.calculation import (
    CalculationRecord,
    CostRowRecord,
    EmissionRowRecord,
    ShipmentCalculationRecord,
    heading,
    table_lines,
)
from api.shapes.quantities import Quantities
from engine.audit.calculation import Calculation
from engine.errors import FactsForgotten, NotFound, RecordContradictory
from engine.service import Pointsman
from engine.settings import Settings


@click.command()
@functools.partial(decision_or_period, metavar="[DECISION|ORDER]")
@click.option(
    "--csv",
    "output",
    type=click.Path(dir_okay=False, allow_dash=True, path_type=Path),
    help="Write a table with a row for each part into this file; - is the standard output.",
)
@AS_JSON
@click.pass_obj
def calculation(
    settings: Settings,
    decision_id: str | None,
    *,
    start: int | None,
    end: int | None,
    output: Path | None,
    as_json: bool,
) -> None:
    """Show how the cost and the CO2e of a decision come about, row by row.

    CO2e is calculated as ISO 14083 says: tonne-km times an emission factor, whose source the network names, and the
    last mile, allocated to the lines of the order by mass. The rows add up to what the decision says. With --from and
    --to, the rows of all decisions of that time are written as a table (--csv). By the id of an order, its newest
    decision is meant.

    Example: pointsman calculation --from 2026-01-01 --to 2026-12-31 --csv co2-2026.csv
    """
    if decision_id is None and output is None:
        raise click.UsageError(say("of many decisions a table is written: say into which file with --csv"))
    with Pointsman(settings) as service:
        if decision_id is None:
            _write_table(service, start, end, output or Path("-"))
            return
        made = _calculation(service, decision_id)
        record_read(service, subject=made.record.id or "", order=made.record.order.id)
        prices = lookahead_table_line(service, made.record)
        quantities, currency = Quantities.of(service), service.network().currency
    record = CalculationRecord.of(made)
    if output is not None:
        _write(output, iter([heading(), *table_lines(made, quantities)]))
    elif as_json:
        print_json(record, quantities)
    else:
        for line in _lines(record, currency, prices):
            click.echo(line)
    sys.exit(0 if record.agrees else 1)


def _calculation(service: Pointsman, name: str) -> Calculation:
    """Of the decision, or of an order's newest."""
    try:
        return service.calculations.of_decision(name)
    except NotFound as missing:
        try:
            newest = service.explanations.newest_decision(name)
        except NotFound:
            raise missing from None
        return service.calculations.of_decision(newest)


def _write_table(service: Pointsman, start: int | None, end: int | None, output: Path) -> None:
    quantities = Quantities.of(service)
    decisions = differing = forgotten = contradictory = 0
    damaged: list[str] = []

    def lines() -> Iterator[str]:
        nonlocal decisions, differing, forgotten, contradictory
        yield heading()
        with progress_bar() as progress:
            task = progress.add_task(say("calculating"), total=None)
            for made in service.calculations.between(start, end, on_damaged=damaged.append):
                progress.advance(task)
                if isinstance(made, FactsForgotten):
                    forgotten += 1
                    continue
                if isinstance(made, RecordContradictory):
                    contradictory += 1
                    click.echo(say_message(str(made)), err=True)
                    continue
                decisions += 1
                differing += not made.agrees
                yield from table_lines(made, quantities)

    _write(output, lines())
    record_read(service, count=decisions)
    click.echo(say("{decisions} calculated", decisions=counted(decisions, "decision")), err=True)
    for entry in damaged:
        warn_unreadable(entry)
    mistakes = [
        say(english, decisions=counted(count, "decision"))
        for english, count in (
            (text("{decisions} left out: their network is not kept"), forgotten),
            (text("{decisions} left out: their record contradicts their network"), contradictory),
            (text("of {decisions}, the rows don't add up to what was recorded"), differing),
        )
        if count
    ]
    if mistakes:
        fail(mistakes)
    if damaged:
        sys.exit(1)


def _write(output: Path, lines: Iterator[str]) -> None:
    with click.open_file(str(output), "w", encoding="utf-8") as file:
        for line in lines:
            file.write(line)


def _lines(record: CalculationRecord, currency: str, prices: str | None) -> Iterator[str]:
    """`prices` says which look-ahead prices counted, if any did."""
    for shipment in record.shipments:
        yield from _shipment_lines(shipment, currency)
    yield say(
        "in all {cost} {currency} and {co2} kg CO2e; to compare choices, the policies added {policies} {currency}",
        cost=millionths(record.cost_micros),
        co2=millionths(record.co2_mg),
        policies=millionths(record.policies_micros),
        currency=currency,
    )
    if record.lookahead_micros is not UNSET:
        yield say(
            "of what they added, {amount} {currency} are look-ahead prices, which nobody pays",
            amount=millionths(record.lookahead_micros),
            currency=currency,
        )
    if prices is not None:
        yield prices
    if not record.agrees:
        yield say("the rows don't add up to what the decision says")


def _shipment_lines(shipment: ShipmentCalculationRecord, currency: str) -> Iterator[str]:
    yield say(
        "{node} by {service} ({mode}), {kilometres} km ({distance_by}), {kilograms} kg",
        node=shipment.node,
        service=shipment.service,
        mode=shipment.mode,
        kilometres=decimal(shipment.distance_m, 3, shown=1),
        distance_by=_distance_text(shipment),
        kilograms=decimal(shipment.weight_g, 3, shown=3),
    )
    for row in shipment.costs:
        yield f"  {_cost_text(row):<52} {millionths(row.amount_micros):>14} {currency}"
    yield f"  {'':<52} {millionths(shipment.cost_micros):>14} {currency}"
    for emission in shipment.emissions:
        yield f"  {_emission_text(emission, shipment):<52} {millionths(emission.amount_mg):>14} kg CO2e"
    yield f"  {'':<52} {millionths(shipment.co2_mg):>14} kg CO2e"
    if shipment.source is not UNSET:
        yield say("  source of the factor: {source}", source=shipment.source)
    for line in shipment.lines:
        yield say(
            "  allocated to line {line} ({sku}): {amount} kg CO2e, {last_mile} of it of the last mile",
            line=line.line,
            sku=line.sku,
            amount=millionths(line.co2_mg),
            last_mile=millionths(line.last_mile_mg),
        )


def _distance_text(shipment: ShipmentCalculationRecord) -> str:
    texts = {
        "great_circle": say("great circle times {detour}", detour=say_number(shipment.detour)),
        "lane": say("as a lane says"),
        "unknown": say("where it goes was erased"),
    }
    return texts[shipment.distance_by]


def _cost_text(row: CostRowRecord) -> str:
    parts = {
        "handling": say("handling at the place"),
        "base": say("the service, a shipment"),
        "distance": say("the service, for the distance"),
        "unit_handling": say("handling at the place, units"),
        "unit_weight": say("the service, units by weight"),
        "shipment_weight": say("the service, the weight of the shipment"),
    }
    text = parts[row.part]
    if row.line is UNSET:
        return text
    return say(
        "{part}: line {line}, {quantity} x {each}",
        part=text,
        line=row.line,
        quantity=row.quantity,
        each=millionths(row.each_micros or 0),
    )


def _emission_text(row: EmissionRowRecord, shipment: ShipmentCalculationRecord) -> str:
    if row.line is UNSET:
        return say("last mile")
    return say(
        "line {line}: {tonne_km} tonne-km x {factor} g",
        line=row.line,
        tonne_km=say_number(row.tonne_km),
        factor=say_number(shipment.factor_g_per_tonne_km),
    )
