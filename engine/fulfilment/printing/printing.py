"""Prints what is to be printed at nodes, in the order in which it was asked for: `Pointsman.fulfilment.printing`.

A job is noted as being sent before it is sent, and as printed after, so a process that dies in between sends it again.
By IPP the printer says that it has it already; over a bare connection a paper may come out twice, with the same number.
"""

import logging
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from msgspec import structs

from engine.actor import by_itself
from engine.errors import InputInvalid, KeyReused, NotFound, PointsmanError, StoreUnavailable
from engine.events.daemon_threads import each_in_threads
from engine.facts_reader import FactsReader
from engine.fulfilment.printing.drawing import Drawing
from engine.fulfilment.printing.node_printers import (
    NodePrinter,
    PrinterAway,
    no_printer,
    printer_of,
    printers_away,
)
from engine.fulfilment.printing.print_job import PAPERS, JobState, Paper, PrintJob
from engine.fulfilment.printing.printer import Printer
from engine.fulfilment.printing.retry_schedule import MOST_TRIES, OLDEST_SECONDS, rest_after
from engine.fulfilment.printing.sending import NotPrinted, PrinterConnections, PrinterOff, PrintRefused
from engine.model.facts import Network, Node
from engine.store.audit.accesses import PreparedAccess
from engine.store.connection.client import Client
from engine.store.fulfilment.print_jobs import PrintJobs
from engine.store.fulfilment.rests import Rest, Rests
from engine.store.keys import Keys
from engine.turn_thread import TurnThread

TURN_SECONDS = 1.0
"""How often a process that goes on for long looks for what is to be printed: somebody stands there and waits."""
NODES_AT_ONCE = 8
JOBS_IN_A_TURN = 1_000
"""Of one node: behind those that wait for a printer that is off, others are printed."""

logger = logging.getLogger("pointsman")


@dataclass(frozen=True, slots=True, kw_only=True)
class PrinterTest:
    """A test page was sent, or why not: `problem`. `state` is what the printer says of itself."""

    printer: Printer
    state: str = ""
    problem: str = ""


@dataclass(frozen=True, slots=True)
class AddedJob:
    """A job, and whether it was asked for before."""

    job: PrintJob
    again: bool


class Printing:
    """Of one network. `clock` answers UTC seconds, `micros` UTC microseconds. Methods raise NotReady and
    StoreUnavailable.
    """

    def __init__(
        self,
        client: Client,
        keys: Keys,
        *,
        facts: FactsReader,
        drawing: Drawing,
        connections: PrinterConnections,
        auto: bool,
        new_id: Callable[[], str],
        clock: Callable[[], int],
        micros: Callable[[], int],
    ) -> None:
        self._jobs = PrintJobs(client, keys)
        self._rests = Rests(client, keys.print_rests)
        self._facts = facts
        self._drawing = drawing
        self._connections = connections
        self._auto = auto
        self._new_id = new_id
        self._clock = clock
        self._micros = micros
        self._who = uuid.uuid4().hex
        self._stopping = False
        self._thread: TurnThread | None = None

    def start(self) -> None:
        """From here on, and until it is closed, print, if the settings say so. A process that goes on for long does
        this.
        """
        if self._auto:
            self._thread = TurnThread(self.take_turn, name="printing", seconds=TURN_SECONDS, later="papers are printed")
            self._thread.start()

    def close(self) -> None:
        self._stopping = True
        if self._thread is not None:
            self._thread.stop()

    def show(self, job: str) -> PrintJob:
        """Raises NotFound."""
        stored = self._jobs.get(job)
        if stored is None:
            raise NotFound(f"there is no print job '{job}'; it may have ended so long ago that it is forgotten")
        return stored

    def page(
        self, state: JobState, *, node: str | None = None, limit: int = 100, after: int | None = None
    ) -> list[tuple[int, PrintJob]]:
        """As `PrintJobs.page`."""
        return self._jobs.page(state, node, count=limit, after=after)

    def printers(self, node: str | None = None) -> list[NodePrinter]:
        """Those of the network, or of one node, by node and paper. Raises NotFound if there is no such node."""
        network, rests = self._network(), self._rests.all()
        nodes = network.nodes.values() if node is None else [self._node(node)]
        return [
            NodePrinter(node=place.id, paper=paper, printer=printer, rest=rests.get(printer.address))
            for place in nodes
            for paper in PAPERS
            if paper in place.printers and (printer := printer_of(place, paper))
        ]

    def add(
        self,
        paper: Paper,
        of: str,
        *,
        node: str | None = None,
        op: str | None = None,
        access: PreparedAccess | None = None,
    ) -> AddedJob:
        """Have a paper printed once more, by default where it was packed: the same as before, so nothing is bought
        again. A second time under the same `op` it is answered as it is by then. Who has it printed is recorded by
        `access`, in the step that queues it. Raises NotFound, InputInvalid if the
        node has no printer for it, and KeyReused if another job has that name.
        """
        packed_at = self._drawing.node_of(paper, of)
        place, _ = self.printer_at(node or packed_at, paper)
        job = PrintJob(id=op or self._new_id(), node=place.id, paper=paper, of=of, queued_at=self._clock())
        if self._jobs.settle(None, job, self._micros(), access=access):
            return AddedJob(job=job, again=False)
        earlier = self.show(job.id)
        if (earlier.node, earlier.paper, earlier.of) != (job.node, paper, of):
            raise KeyReused(f"'{op}' is the job that prints the {earlier.paper} of {earlier.of} at {earlier.node}")
        return AddedJob(job=earlier, again=True)

    def printer_at(self, node: str, paper: Paper, *, field: str = "node") -> tuple[Node, Printer]:
        """The node, and where it prints that paper. Raises NotFound, and InputInvalid if it has no printer for it:
        `field` of the request named it.
        """
        place = self._node(node)
        printer = printer_of(place, paper)
        if printer is None:
            raise InputInvalid([replace(no_printer(node, paper), field=field)])
        return place, printer

    def retry(self, job: str, *, access: PreparedAccess | None = None) -> PrintJob:
        """Print a job that was given up, as if it were asked for now. Of another nothing changes, but that its printer
        is tried at once. Who has it printed is recorded by `access` before it is. Raises NotFound.
        """
        while True:
            before = self.show(job)
            if before.state == "printed":
                return before
            after = before
            if before.state == "dead":
                after = structs.replace(before, state="queued", queued_at=self._clock(), tries=0)
            if self._jobs.settle(before, after, self._micros(), access=access):
                self._wake(after)
                return after

    def drop(self, job: str) -> None:
        """Take a job away that waits or was given up; a printed one stays. Raises NotFound."""
        while True:
            before = self.show(job)
            if before.state == "printed" or self._jobs.settle(before, None, self._micros()):
                return

    def test(self, node: str, paper: Paper) -> PrinterTest:
        """Send a test page to the printer for that paper, at once. Raises as `printer_at` does."""
        place, printer = self.printer_at(node, paper)
        try:
            document = self._drawing.draw_test(paper, place, printer)
            self._connections.send(printer, document, name=f"test {uuid.uuid4().hex}", tried=False)
            self._rests.end(printer.address)
            return PrinterTest(printer=printer, state=self._connections.state(printer))
        except (NotPrinted, PrintRefused) as error:
            return PrinterTest(printer=printer, problem=str(error))

    def take_turn(self) -> int:
        """Print what waits, at all nodes where no other process does; returns how many papers were."""
        nodes = self._jobs.nodes()
        if not nodes:
            return 0
        with by_itself():
            return sum(each_in_threads(self._print_at, nodes, most=NODES_AT_ONCE, name="printing"))

    def printers_away(self) -> list[PrinterAway]:
        """Those that could not print when they were last tried, and for which something waits."""
        network, rests = self._network(), self._rests.all()
        places = [network.nodes[node] for node in self._jobs.nodes() if node in network.nodes]
        return [
            away
            for place in places
            for away in printers_away(place, self._jobs.waiting(place.id, most=JOBS_IN_A_TURN), rests)
        ]

    def _print_at(self, node: str) -> int:
        printed = 0
        try:
            place = self._network().nodes.get(node)
            rests = self._rests.all()
            for job in self._jobs.waiting(node, most=JOBS_IN_A_TURN):
                printer = None if place is None else printer_of(place, job.paper)
                if not self._is_due(job, printer, rests):
                    continue
                if self._stopping or not self._jobs.take_turn(node, self._who):
                    break
                printed += self._print(job, printer, rests)
            return printed
        finally:
            self._jobs.end_turn(node, self._who)

    def _is_due(self, job: PrintJob, printer: Printer | None, rests: Mapping[str, Rest]) -> bool:
        """Whether something is to be done about it now: it is sent, or given up."""
        rest = None if printer is None else rests.get(printer.address)
        return rest is None or self._clock() >= rest.until or self._is_over(job)

    def _is_over(self, job: PrintJob) -> bool:
        return job.tries >= MOST_TRIES or self._clock() - job.queued_at > OLDEST_SECONDS

    def _print(self, job: PrintJob, printer: Printer | None, rests: dict[str, Rest]) -> bool:
        if printer is None:
            self._give_up(job, str(no_printer(job.node, job.paper)))
            return False
        if self._is_over(job):
            self._give_up(job, job.error or "it waited for a day")
            return False
        sending = structs.replace(job, tries=job.tries + 1)
        if not self._jobs.settle(job, sending, self._micros()):
            return False
        try:
            document = self._drawing.draw(sending, printer)
            self._connections.send(printer, document, name=job.id, tried=job.tries > 0)
        except NotPrinted as error:
            rests[printer.address] = self._rest(printer, rests.get(printer.address), str(error))
            tries = job.tries if isinstance(error, PrinterOff) else sending.tries
            self._jobs.settle(sending, structs.replace(sending, tries=tries, error=str(error)), self._micros())
            return False
        except StoreUnavailable:
            raise
        except InputInvalid as error:
            # its words may quote an address, and the log keeps this for good
            fields = ", ".join(mistake.field for mistake in error.mistakes)
            self._give_up(sending, f"it can't be drawn: see {fields}; fetching it by hand says why")
            return False
        except (PrintRefused, PointsmanError) as error:
            if isinstance(error, NotFound) and self._drawing.is_cancelled(job.paper, job.of):
                self._jobs.settle(sending, None, self._micros())
            else:
                self._give_up(sending, str(error))
            return False
        if rests.pop(printer.address, None) is not None:
            self._rests.end(printer.address)
        printed = structs.replace(sending, state="printed", printed_at=self._clock(), error="")
        return self._jobs.settle(sending, printed, self._micros())

    def _rest(self, printer: Printer, before: Rest | None, error: str) -> Rest:
        failures = 1 if before is None else before.failures + 1
        rest = Rest(failures=failures, until=self._clock() + rest_after(failures), error=error)
        self._rests.begin(printer.address, rest)
        if before is None:
            logger.warning("nothing is printed at %s for now: %s", printer.address, error)
        return rest

    def _give_up(self, job: PrintJob, error: str) -> None:
        dead = structs.replace(job, state="dead", error=error)
        if self._jobs.settle(job, dead, self._micros(), given_up=True):
            logger.warning("the %s of %s is not printed at %s any more: %s", job.paper, job.of, job.node, error)

    def _wake(self, job: PrintJob) -> None:
        """Have the printer of the job tried at once."""
        place = self._network().nodes.get(job.node)
        printer = None if place is None else printer_of(place, job.paper)
        if printer is not None:
            self._rests.end(printer.address)

    def _network(self) -> Network:
        """As it is stored now: others may have named another printer a moment ago."""
        network, _ = self._facts.network_and_products([], fresh=True)
        return network

    def _node(self, node: str) -> Node:
        place = self._network().nodes.get(node)
        if place is None:
            raise NotFound(f"there is no node '{node}' in the network")
        return place
