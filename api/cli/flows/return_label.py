"""`pointsman return label`: the label by which a customer sends goods back, made, written to a file, and given back."""

from pathlib import Path

import click

from api.cli.fulfilment.paper_files import paper_language, write_paper
from api.cli.fulfilment.weights import grams
from api.cli.options import OP
from api.cli.reads import print_access, record_read
from api.language.current import say
from api.shapes.fulfilment.paper_fields import FORMATS
from engine.fulfilment.return_labels.label_request import ReturnLabelRequest
from engine.fulfilment.return_labels.make_and_print import make_and_print
from engine.service import Pointsman
from engine.settings import Settings


@click.command()
@click.argument("return_id", metavar="RETURN")
@click.option("--node", help="Where the goods go. Default: where they left.")
@click.option("--weight", help="Of the parcel, such as 2.5 kg. Default: by its articles.")
@click.option("--format", "kind", type=click.Choice(FORMATS), help="Default: pdf.")
@click.option("--output", type=click.Path(path_type=Path), help="The file. Default: one named by its number.")
@click.option("--print", "print_at", metavar="NODE", help="Have the printer of this node print it, too; once.")
@click.option("--give-back", is_flag=True, help="The label is void; what was bought is given back to its carrier.")
@OP
@click.pass_obj
def label(
    settings: Settings,
    return_id: str,
    *,
    node: str | None,
    weight: str | None,
    kind: str | None,
    output: Path | None,
    print_at: str | None,
    give_back: bool,
    op: str | None,
) -> None:
    """Make the label by which a customer sends goods back.

    It is written to a file. Asked for again it is the same label, and nothing is bought again.

    Example: pointsman return label W-900001-R1 --format zpl --output label.zpl
    """
    with Pointsman(settings) as service:
        part = service.fulfilment
        if give_back:
            if node or weight or kind or output or print_at or op:
                raise click.UsageError(say("--give-back goes with no other option"))
            part.return_labels.give_back(return_id)
            click.echo(say("return {id} has no label any more", id=return_id))
            return
        request = ReturnLabelRequest(
            return_id=return_id, node=node, grams=None if weight is None else grams(weight), op=op
        )
        made = make_and_print(
            part.return_labels,
            part.printing,
            request,
            print_at=print_at,
            access=lambda made: print_access(service, subject=return_id, order=made.stored.order),
        )
        printed = part.printed_return_labels.label(
            return_id, kind="zpl" if kind == "zpl" else "pdf", language=paper_language()
        )
        if not made.prints:  # otherwise that is recorded already
            record_read(service, subject=return_id, order=printed.order)
    write_paper(printed, output)
