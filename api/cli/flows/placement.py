"""`pointsman return place`: where a unit would go if it came back."""

import click

from api.cli.options import AS_JSON, print_json, units_given
from api.language.current import sentence_language
from api.records.flows.placements import PlacementsRecord
from api.shapes.flows.placement import placement_question
from api.shapes.quantities import Quantities
from engine.service import Pointsman
from engine.settings import Settings


@click.command()
@click.argument("sku")
@click.argument("node")
@click.option("--grade", help="The condition it is in: a grade of the network file.")
@click.option("--reason", help="Why it came back: a reason of the network file.")
@click.option("--days", type=click.IntRange(0), help="How many days ago it was delivered.")
@click.option("--units", help="So many units, one after another. Default: one.")
@AS_JSON
@click.pass_obj
def place(
    settings: Settings,
    sku: str,
    node: str,
    *,
    grade: str | None,
    reason: str | None,
    days: int | None,
    units: str | None,
    as_json: bool,
) -> None:
    """Say where a unit of SKU that lies at NODE would go.

    It says what becomes of the unit, where it would gain most and what other places would gain. Nothing changes.

    Example: pointsman return place TXT-0059 st-lyon --grade as_new
    """
    body = {
        "sku": sku,
        "node": node,
        "grade": grade,
        "reason": reason,
        "days_since_delivery": days,
        "quantity": units_given(units),
    }
    with Pointsman(settings) as service:
        quantities = Quantities.of(service)
        answer = service.flows.return_placements.ask(placement_question(service, body))
    record = PlacementsRecord.of(answer, sentence_language())
    if as_json:
        print_json(record, quantities)
        return
    click.echo("\n\n".join("\n".join(unit.explanation) for unit in record.units))
