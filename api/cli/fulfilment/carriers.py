"""`pointsman carrier`: who carries, whether they answer, and whose a tracking number is."""

import click
from msgspec import UNSET

from api.cli.options import AS_JSON, print_json
from api.cli.output.row_blocks import print_rows
from api.cli.output.times import Times
from api.language.current import say, say_message
from api.records.fulfilment.carriers import (
    CarrierRecord,
    CarriersRecord,
    CheckedCarrierRecord,
    CheckedCarriersRecord,
    NumberKindRecord,
    NumberKindsRecord,
)
from engine.errors import CarrierRefused, CarrierUnavailable, NotReady
from engine.fulfilment.carriers.carriers import Carriers, NumberStock
from engine.fulfilment.carriers.known_numbers import forms_of
from engine.service import Pointsman
from engine.settings import Settings
from engine.store.fulfilment.rests import Rest


@click.group()
def carrier() -> None:
    """List carriers, check that they answer, tell whose a number is."""


@carrier.command("list")
@AS_JSON
@click.pass_obj
def list_carriers(settings: Settings, *, as_json: bool) -> None:
    """List the carriers, their tracking numbers left and last problems.

    Example: pointsman carrier list
    """
    with Pointsman(settings) as service:
        part = service.fulfilment.carriers
        stocks, rests = part.stocks(), service.fulfilment.polling.rests()
        times = Times.of(service)
        records = [
            CarrierRecord.of(account, has_key=part.has_key(name), stock=stocks.get(name), rest=rests.get(name))
            for name, account in sorted(part.all().items())
        ]
    if as_json:
        print_json(CarriersRecord(records))
        return
    if not records:
        click.echo(say("the network names no carriers; write carriers in network.yaml"))
        return
    headings = [say("carrier"), say("door"), say("labels"), say("key"), say("tracking numbers left")]
    headings += [say("last problem"), say("next try")]
    rows = [[*_row(record), *_rest_cells(rests.get(record.id), times)] for record in records]
    print_rows(headings, rows)
    for name, stock in sorted(stocks.items()):
        if stock.runs_out:
            click.echo(few_numbers_warning(name, stock), err=True)


def few_numbers_warning(carrier: str, stock: NumberStock) -> str:
    """What to do about a carrier that has few tracking numbers left, or none."""
    if stock.left:
        return say("{carrier} runs out of tracking numbers: ask it for a new range", carrier=carrier)
    return say(
        "{carrier} has no tracking numbers left, so nothing is packed for it: ask it for a new range, add it to"
        " `ranges` in network.yaml, and load that (pointsman load DIR --network-only)",
        carrier=carrier,
    )


@carrier.command()
@click.argument("names", metavar="[CARRIER]...", nargs=-1)
@AS_JSON
@click.pass_obj
def check(settings: Settings, *, names: tuple[str, ...], as_json: bool) -> None:
    """Check that carriers answer, and take their keys.

    They are asked something that costs nothing. All of them, if none is named. Exits with 1 if one of them does not
    answer as it should.

    Example: pointsman carrier check sendcloud
    """
    with Pointsman(settings) as service:
        part = service.fulfilment.carriers
        checked = [_checked(part, name) for name in names or sorted(part.all())]
    if as_json:
        print_json(CheckedCarriersRecord(checked))
    else:
        for record in checked:
            if record.answers:
                click.echo(say("{carrier} answers", carrier=record.id))
            else:
                click.echo(say_message(str(record.problem)), err=True)
    if not all(record.answers for record in checked):
        click.get_current_context().exit(1)


@carrier.command()
@click.argument("number", metavar="NUMBER")
@AS_JSON
def number(*, number: str, as_json: bool) -> None:
    """Tell whose a tracking number may be.

    It is told by the forms and check digits that carriers publish. Exits with 1 if it is well formed by the rules of
    none of them: it was probably mistyped.

    Example: pointsman carrier number "1Z 5R8 939 03 5756 7127"
    """
    forms = forms_of(number)
    if as_json:
        print_json(NumberKindsRecord(number=number, kinds=[NumberKindRecord.of(form) for form in forms]))
    else:
        for form in forms:
            certainty = say("its check digit is right") if form.check else say("it has no check digit")
            click.echo(f"{form.carrier} ({form.name}): {certainty}")
        if not forms:
            click.echo(say("{number} is no tracking number of any carrier known here", number=number), err=True)
    if not forms:
        click.get_current_context().exit(1)


def _row(record: CarrierRecord) -> list[str]:
    numbers = "" if record.numbers is UNSET else f"{record.numbers_left:,} / {record.numbers:,}"
    key = say("set") if record.has_key else say("not set")
    if record.door == "numbers":  # it is not asked
        key = ""
    return [record.id, record.door, record.label_format, key, numbers]


def _rest_cells(rest: Rest | None, times: Times) -> list[str]:
    return ["", ""] if rest is None else [say_message(rest.error), times(rest.until)]


def _checked(part: Carriers, name: str) -> CheckedCarrierRecord:
    part.account(name)
    try:
        part.carrier(name).check()
    except (CarrierRefused, CarrierUnavailable, NotReady) as error:
        return CheckedCarrierRecord(id=name, answers=False, problem=str(error))
    return CheckedCarrierRecord(id=name, answers=True)
