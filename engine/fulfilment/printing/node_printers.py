"""The printers of nodes: which prints a paper, and for which papers wait."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from engine.errors import Mistake
from engine.fulfilment.printing.print_job import Paper, PrintJob
from engine.fulfilment.printing.printer import Printer
from engine.model.facts import Node
from engine.store.fulfilment.rests import Rest

_OTHERWISE: dict[Paper, Paper] = {"return_label": "label", "manifest": "note"}
"""Where a paper is printed that its node names no printer for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NodePrinter:
    """The printer of a node for a paper. `rest` is why it is not tried at present; None: it is."""

    node: str
    paper: Paper
    printer: Printer
    rest: Rest | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PrinterAway:
    """A printer for which so many papers of a node wait, as it is not tried at present: `rest`."""

    node: str
    address: str
    papers: int
    rest: Rest


def printer_of(node: Node, paper: Paper) -> Printer | None:
    """Of return labels that of labels, and of manifests that of notes, unless the node names another."""
    written = node.printers.get(paper) or node.printers.get(_OTHERWISE.get(paper, paper))
    return Printer.parse(written, paper) if written else None


def no_printer(node: str, paper: Paper) -> Mistake:
    name = _OTHERWISE.get(paper, paper)
    return Mistake(
        field="node",
        message=f"{node} has no printer for a {paper}; name one in network.yaml: printers: {{{name}: 'ipp://...'}}",
    )


def printers_away(node: Node, waiting: Iterable[PrintJob], rests: Mapping[str, Rest]) -> list[PrinterAway]:
    """Those for which jobs of the node wait, by address."""
    papers = Counter(job.paper for job in waiting)
    waits = Counter[str]()
    for paper, count in papers.items():
        printer = printer_of(node, paper)
        if printer is not None and printer.address in rests:
            waits[printer.address] += count
    return [
        PrinterAway(node=node.id, address=address, papers=count, rest=rests[address])
        for address, count in sorted(waits.items())
    ]
