"""`pointsman shipment`: shipments are packed, and their labels and notes written to files."""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from api.cli.fulfilment.paper_files import paper_language, write_paper
from api.cli.fulfilment.weights import grams
from api.cli.options import AS_JSON, OP, argument, print_json, units_by_name
from api.cli.output.times import Times
from api.cli.reads import record_read
from api.files.addressee import read_addressee
from api.language.current import counted, say, say_message, text
from api.records.fulfilment.parcels import (
    ListedPackingsRecord,
    PackedShipmentRecord,
    PackingRecord,
)
from api.shapes.fulfilment.paper_fields import FORMATS
from api.shapes.fulfilment.parcels import TRACKING_NUMBER, pack_request, shipment_key
from api.shapes.limits import MOST_PACKINGS
from api.shapes.quantities import Quantities
from engine.errors import InputInvalid, Mistake
from engine.fulfilment.parcels.parcels import OpenFilter, ShipmentView
from engine.model.parcels import MOST_PARCELS, PackingState, ShipmentKey
from engine.service import Pointsman
from engine.settings import Settings

_SIZE = re.compile(r"(\d{1,6})x(\d{1,6})x(\d{1,6})", re.ASCII)
_STATES: Mapping[PackingState, str] = {
    "booking": text("being booked since"),
    "packed": text("packed"),
    "cancelling": text("being cancelled, packed"),
    "cancelled": text("cancelled"),
}


class _Shipment(click.ParamType[ShipmentKey]):
    """DECISION/NUMBER."""

    name = "shipment"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> ShipmentKey:
        decision, slash, number = str(value).rpartition("/")
        if not slash or not decision:
            self.fail(say("'{word}' is not DECISION/NUMBER, such as 4f2a.../0", word=value), param, ctx)
        return shipment_key(decision, number)


_SHIPMENT = click.argument("shipment", metavar="DECISION/NUMBER", type=_Shipment())
_PARCEL = click.IntRange(1, MOST_PARCELS)
_OUTPUT = click.option("--output", type=click.Path(path_type=Path), help="The file. Default: one named by its number.")


@click.group()
def shipment() -> None:
    """Pack shipments into parcels; show, print and give back labels."""


@shipment.command()
@_SHIPMENT
@click.option(
    "--parcel",
    "parcels",
    multiple=True,
    help="LINE=UNITS or SKU=UNITS, with commas between them, of one parcel; may be repeated. Default: all in one.",
)
@click.option("--weight", "weights", multiple=True, help="Of each --parcel, such as 2.5 kg. Default: by its articles.")
@click.option("--size", "sizes", multiple=True, help="Of each --parcel, LENGTHxWIDTHxHEIGHT in millimetres.")
@click.option(
    "--tracking",
    "numbers",
    multiple=True,
    help="A tracking number that the carrier gave already: one of each --parcel, or one for all.",
)
@click.option("--partial", is_flag=True, help="The rest of the shipment follows in other parcels, later.")
@click.option(
    "--addressee",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A JSON file with whom it goes to. Default: as the order's was sent.",
)
@OP
@AS_JSON
@click.pass_obj
def pack(
    settings: Settings,
    shipment: ShipmentKey,
    *,
    parcels: tuple[str, ...],
    weights: tuple[str, ...],
    sizes: tuple[str, ...],
    numbers: tuple[str, ...],
    partial: bool,
    addressee: Path | None,
    op: str | None,
    as_json: bool,
) -> None:
    """Put a shipment into parcels.

    Each gets an SSCC and, from its carrier, a tracking number and a label; where its node has printers, label and
    dispatch note are printed.

    Example: pointsman shipment pack 4f2a6c/0 --parcel 1=2 --parcel 2=1,3=1
    """
    body = {
        "parcels": list(_parcels(parcels, weights, sizes, numbers if len(numbers) > 1 else ())),
        "partial": partial,
        "tracking_number": _number(numbers[0]) if len(numbers) == 1 else None,
        "addressee": None if addressee is None else read_addressee(addressee),
        "op": op,
    }
    with Pointsman(settings) as service:
        view = service.fulfilment.parcels.pack(pack_request(service, shipment, body))
        _print(service, view, as_json=as_json)


def _parcels(
    parcels: Sequence[str], weights: Sequence[str], sizes: Sequence[str], numbers: Sequence[str]
) -> Iterator[dict[str, Any]]:
    for option, words in (("--weight", weights), ("--size", sizes), ("--tracking", numbers)):
        if words and len(words) != len(parcels):
            message = say("write one for each --parcel, or none")
            raise InputInvalid([Mistake(field=option, message=message)])
    for place, words in enumerate(parcels):
        yield {
            "lines": units_by_name("--parcel", tuple(words.split(","))),
            "weight_g": grams(weights[place]) if weights else None,
            "size_mm": _size(sizes[place]) if sizes else None,
            "tracking_number": _number(numbers[place]) if numbers else None,
        }


def _number(word: str) -> str:
    if not TRACKING_NUMBER.fullmatch(word):
        message = say("'{word}' is no tracking number, such as 1Z999AA10123456784", word=word)
        raise InputInvalid([Mistake(field="--tracking", message=message)])
    return word


def _size(word: str) -> dict[str, int]:
    match = _SIZE.fullmatch(word)
    if match is None:
        message = say("'{word}' is not LENGTHxWIDTHxHEIGHT, such as 400x300x200", word=word)
        raise InputInvalid([Mistake(field="--size", message=message)])
    return dict(zip(("length", "width", "height"), map(int, match.groups()), strict=True))


@shipment.command()
@_SHIPMENT
@AS_JSON
@click.pass_obj
def show(settings: Settings, shipment: ShipmentKey, *, as_json: bool) -> None:
    """Show how a shipment is packed.

    Example: pointsman shipment show 4f2a6c/0
    """
    with Pointsman(settings) as service:
        view = service.fulfilment.parcels.show(shipment)
        record_read(service, subject=shipment.decision, order=view.shipment.order)
        _print(service, view, as_json=as_json)


@shipment.command()
@_SHIPMENT
@click.option("--parcel", type=_PARCEL, help="Its number in the shipment. Default: the first that is packed.")
@click.option("--format", "kind", default="pdf", show_default=True, type=click.Choice(FORMATS))
@_OUTPUT
@click.pass_obj
def label(settings: Settings, shipment: ShipmentKey, *, parcel: int | None, kind: str, output: Path | None) -> None:
    """Write the label of a parcel to a file; nothing is bought again.

    Example: pointsman shipment label 4f2a6c/0 --format zpl --output label.zpl
    """
    with Pointsman(settings) as service:
        printed = service.fulfilment.printed.label(
            shipment,
            parcel or service.fulfilment.parcels.first_parcel(shipment),
            kind="zpl" if kind == "zpl" else "pdf",
            language=paper_language(),
        )
        record_read(service, subject=shipment.decision, order=printed.order)
    write_paper(printed, output)


@shipment.command()
@_SHIPMENT
@click.option("--parcel", type=_PARCEL, help="The note of one parcel. Default: of the whole shipment.")
@_OUTPUT
@click.pass_obj
def note(settings: Settings, shipment: ShipmentKey, *, parcel: int | None, output: Path | None) -> None:
    """Write a dispatch note to a PDF file.

    Example: pointsman shipment note 4f2a6c/0 --lang fr
    """
    with Pointsman(settings) as service:
        printed = service.fulfilment.printed.note(shipment, parcel, language=paper_language())
        record_read(service, subject=shipment.decision, order=printed.order)
    write_paper(printed, output)


@shipment.command()
@_SHIPMENT
@click.option("--packing", type=_PARCEL, help="Only this packing of the shipment. Default: all.")
@click.option("--because", default="", help="Why, for the log.")
@OP
@AS_JSON
@click.pass_obj
def cancel(
    settings: Settings, shipment: ShipmentKey, *, packing: int | None, because: str, op: str | None, as_json: bool
) -> None:
    """Give labels back: the units can be packed again.

    Example: pointsman shipment cancel 4f2a6c/0
    """
    with Pointsman(settings) as service:
        view = service.fulfilment.parcels.cancel(shipment, packing=packing, because=because, op=op)
        _print(service, view, as_json=as_json)


@shipment.command("list")
@click.option("--node", help="Only what is packed at this node.")
@click.option("--carrier", help="Only what this carrier takes.")
@click.option("--state", type=click.Choice(["booking", "packed", "cancelling"]), help="Only what is in this state.")
@click.option("--limit", default=100, show_default=True, type=click.IntRange(1, MOST_PACKINGS))
@AS_JSON
@click.pass_obj
def list_open(
    settings: Settings,
    *,
    node: str | None,
    carrier: str | None,
    state: PackingState | None,
    limit: int,
    as_json: bool,
) -> None:
    """List what is packed and was not handed over yet.

    Example: pointsman shipment list --node st-lyon
    """
    with Pointsman(settings) as service:
        wanted = OpenFilter(node=node, carrier=carrier, state=state)
        found = service.fulfilment.parcels.list_open(wanted, limit=limit + 1)
        record = ListedPackingsRecord.of(found, limit=limit)
        quantities, times = Quantities.of(service), Times.of(service)
        record_read(service, count=len(record.packings))
    if as_json:
        print_json(record, quantities)
        return
    if not found:
        click.echo(say("nothing is packed that was not handed over"))
    for item in record.packings:
        click.echo(f"{item.shipment} ({item.order}): {packing_summary(item, times)}")


def packing_summary(packing: PackingRecord, times: Times) -> str:
    """Of one packing, on one line."""
    return say(
        "packing {number}, {state} {at}, {parcels} by {carrier}",
        number=packing.packing,
        state=say(_STATES[packing.state]),
        at=times(packing.cancelled_at or packing.packed_at),
        parcels=counted(len(packing.parcels), "parcel"),
        carrier=packing.carrier or say("nobody"),
    )


def _print(service: Pointsman, view: ShipmentView, *, as_json: bool) -> None:
    record, quantities = PackedShipmentRecord.of(view), Quantities.of(service)
    if as_json:
        print_json(record, quantities)
        return
    times = Times.of(service)
    click.echo(
        say(
            "shipment {shipment} of order {order}, from {node}",
            shipment=record.shipment,
            order=record.order,
            node=record.node,
        )
    )
    shown = quantities.show(record)
    for packing in shown.packings:
        click.echo(f"  {packing_summary(packing, times)}")
        if packing.because:
            click.echo(f"    {say_message(packing.because)}")
        for parcel in packing.parcels:
            lines = ", ".join(f"{line.quantity} {line.sku}" for line in parcel.lines)
            number = parcel.tracking_number or say("no tracking number")
            click.echo(f"    {parcel.number}. {parcel.sscc}  {number}  {parcel.weight_g} g  {lines}")
    if shown.left:
        lines = ", ".join(f"{line.quantity} {line.sku}" for line in shown.left)
        command = f"pointsman shipment pack {argument(record.shipment)}"
        click.echo(say("  still to be packed: {lines} ({command})", lines=lines, command=command))
