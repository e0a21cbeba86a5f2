"""`pointsman manifest`: what is packed is handed over to a carrier's driver."""

from pathlib import Path

import click

from api.cli.fulfilment.paper_files import paper_language, write_paper
from api.cli.fulfilment.shipment import packing_summary
from api.cli.options import AS_JSON, OP, argument, print_json
from api.cli.output.times import Times
from api.cli.reads import record_read
from api.language.current import counted, say, say_message
from api.records.fulfilment.parcels import ManifestRecord
from api.shapes.quantities import Quantities
from engine.fulfilment.parcels.handing_over import ManifestRequest, ManifestView
from engine.service import Pointsman
from engine.settings import Settings

_MANIFEST = click.argument("manifest_id", metavar="MANIFEST")


@click.group()
def manifest() -> None:
    """Hand what is packed over to carriers, and print their lists."""


@manifest.command()
@click.option("--node", required=True, help="Where it is packed.")
@click.option("--carrier", required=True, help="Who takes it.")
@click.option("--confirm/--no-confirm", default=True, help="Whether its units have left by this. Default: they have.")
@OP
@AS_JSON
@click.pass_obj
def close(settings: Settings, *, node: str, carrier: str, confirm: bool, op: str | None, as_json: bool) -> None:
    """Hand over all that is packed at a node for a carrier.

    Example: pointsman manifest close --node st-lyon --carrier colissimo
    """
    with Pointsman(settings) as service:
        request = ManifestRequest(node=node, carrier=carrier, confirms=confirm, op=op)
        _print(service, service.fulfilment.handing_over.close(request), as_json=as_json)


@manifest.command()
@_MANIFEST
@AS_JSON
@click.pass_obj
def show(settings: Settings, manifest_id: str, *, as_json: bool) -> None:
    """Show a manifest, and what is on it.

    Example: pointsman manifest show m-1f0c2d3e4a5b
    """
    with Pointsman(settings) as service:
        view = service.fulfilment.handing_over.show(manifest_id)
        record_read(service, subject=manifest_id, count=len(view.shipments))
        _print(service, view, as_json=as_json)


@manifest.command("print")
@_MANIFEST
@click.option("--output", type=click.Path(path_type=Path), help="The file. Default: one named by its number.")
@click.pass_obj
def print_manifest(settings: Settings, manifest_id: str, *, output: Path | None) -> None:
    """Write a manifest to a PDF file, for the driver to sign.

    Example: pointsman manifest print m-1f0c2d3e4a5b --output manifest.pdf
    """
    with Pointsman(settings) as service:
        printed = service.fulfilment.printed.manifest(manifest_id, language=paper_language())
        record_read(service, subject=manifest_id, count=1)
    write_paper(printed, output)


def _print(service: Pointsman, view: ManifestView, *, as_json: bool) -> None:
    record, quantities = ManifestRecord.of(view), Quantities.of(service)
    if as_json:
        print_json(record, quantities)
        return
    times = Times.of(service)
    head = say(
        "manifest {manifest}: {packings} from {node} to {carrier}, {at}",
        manifest=record.manifest,
        packings=counted(len(record.packings), "packing"),
        node=record.node,
        carrier=record.carrier,
        at=times(record.closed_at),
    )
    click.echo(head)
    for item in record.packings:
        click.echo(f"  {item.shipment} ({item.order}): {packing_summary(item, times)}")
    for refused in record.not_confirmed or ():
        click.echo(
            say(
                "  {shipment} is not confirmed: {because}",
                shipment=refused.shipment,
                because=say_message(refused.because),
            ),
            err=True,
        )
    command = f"pointsman manifest print {argument(record.manifest)}"
    click.echo(say("to print it: {command}", command=command))
