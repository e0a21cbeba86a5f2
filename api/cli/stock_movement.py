"""`pointsman stock move`: units of a SKU came to a node or left it, are blocked, or are not any more."""

import functools
import uuid
from typing import Any

import click
from marshmallow import ValidationError

from api.cli.options import AS_JSON, OP, print_json
from api.language.current import say
from api.records.stock.movements import MovementRecord
from api.shapes.mistakes import mistakes_of
from api.shapes.quantities import Quantities
from api.shapes.stock.movement import MovementRequest
from engine.errors import InputInvalid, Mistake
from engine.service import Pointsman
from engine.settings import Settings
from engine.store.stock import Movement


def _number(text: str) -> int | str:
    """A whole number, or what may be one of an article that is counted with decimals."""
    return int(text) if text.removeprefix("-").isdecimal() else text


@click.command("move", context_settings={"ignore_unknown_options": True})
@click.argument("node")
@click.argument("sku")
@click.argument("delta", type=_number)
@click.option("--blocked", type=_number, default="0", help="By how many units those change that may not be sold.")
@click.option("--lot", help="The lot that they are of.")
@click.option(
    "--expires", metavar="DATE", help="The last date on which a lot may be used that comes for the first time."
)
@click.option("--reason", help="Why, in words of your own.")
@click.option("--at", help="When, such as 2026-11-27T08:15:00Z. Default: now.")
@OP
@AS_JSON
@click.pass_obj
def move_stock(settings: Settings, *, op: str | None, as_json: bool, **options: Any) -> None:
    """Add DELTA units of SKU to what is on hand at NODE.

    A DELTA below 0 takes units from it. Blocked units are there and may not be sold, such as those that a node
    rejected as damaged. They are brought back to sale by as many units on hand (2 --blocked -2), and written off by
    none (0 --blocked -2). Units that leave without a --lot are taken to be of the lots that expire first. Stock that
    was counted at --at or later has the movement already and stays as it is.

    Example: pointsman stock move lyon TXT-0059 0 --blocked -2 --reason scrapped
    """
    with Pointsman(settings) as service:
        quantities = Quantities.of(service)
        movement = _movement({"op": op or uuid.uuid4().hex, **options}, quantities)
        (outcome,) = service.stock.move([movement])
    if isinstance(outcome, Mistake):
        raise InputInvalid([outcome])
    shown = functools.partial(quantities.show_units, movement.sku)
    record = MovementRecord.of(1, movement, outcome, shown)
    if as_json:
        print_json(record)
    elif record.result != "refused":
        click.echo(
            say(
                "{result}: {on_hand} on hand, {blocked} blocked",
                result=say(record.result),
                on_hand=shown(outcome.on_hand),
                blocked=shown(outcome.blocked),
            )
        )
    if record.result == "refused":
        raise InputInvalid([Mistake(field="delta", message=str(record.message))])


def _movement(fields: dict[str, Any], quantities: Quantities) -> Movement:
    given = {name: value for name, value in fields.items() if value is not None}
    try:
        movement: Movement = MovementRequest().load(quantities.read(given))
    except ValidationError as error:
        raise InputInvalid(mistakes_of(error.messages)) from error
    return movement
