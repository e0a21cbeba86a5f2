"""`pointsman track`: where a parcel is."""

from collections.abc import Iterator

import click

from api.cli.options import AS_JSON, print_json
from api.cli.output.times import Times
from api.cli.output.tracking_words import TRACKING_WORDS
from api.cli.reads import record_read
from api.language.current import say
from api.records.fulfilment.tracking import ParcelEventRecord, ParcelTrackingRecord
from engine.service import Pointsman
from engine.settings import Settings


@click.command()
@click.argument("number", metavar="NUMBER")
@AS_JSON
@click.pass_obj
def track(settings: Settings, *, number: str, as_json: bool) -> None:
    """Show where the parcel with the tracking number or SSCC NUMBER is.

    Times are those of the installation's clock; the customer's page /track/NUMBER has those of the destination.

    Example: pointsman track 1Z999AA10123456784
    """
    with Pointsman(settings) as service:
        found = service.fulfilment.tracking.find(number)
        record = ParcelTrackingRecord.of(found, page=None)
        times = Times.of(service)
        record_read(service, subject=number, order=record.order)
    if as_json:
        print_json(record)
    else:
        for line in _lines(record, times):
            click.echo(line)


def _lines(record: ParcelTrackingRecord, times: Times) -> Iterator[str]:
    state = say(TRACKING_WORDS[record.state])
    number = record.tracking_number or record.sscc
    if record.since is None:
        yield say("parcel {number}: {state}", number=number, state=state)
    else:
        yield say("parcel {number}: {state} since {instant}", number=number, state=state, instant=times(record.since))
    yield say(
        "order {order}, shipment {shipment} of decision {decision}, parcel {parcel} of {of}; by {service} from {node}",
        order=record.order,
        shipment=record.shipment,
        decision=record.decision,
        parcel=record.parcel,
        of=record.parcels,
        service=record.service,
        node=record.node,
    )
    promised = times(record.promised_by)
    yield (
        say("it was promised by {instant}, and is late", instant=promised)
        if record.late
        else say("promised by {instant}", instant=promised)
    )
    for event in record.events:
        yield f"  {times(event.at)}  {say(TRACKING_WORDS[event.state])}{_place(event)}"


def _place(event: ParcelEventRecord) -> str:
    place = ", ".join(str(part) for part in (event.town, event.country) if part)
    return f"  {place}" if place else ""
