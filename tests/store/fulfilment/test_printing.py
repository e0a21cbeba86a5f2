"""Papers are printed at nodes: in order, again after a printer was off, given up at last, and asked for once more."""

import contextlib
import itertools
import socket
import threading

import pytest
from msgspec import structs

from engine.errors import InputInvalid, KeyReused, Mistake, NotFound
from engine.events.outbox import START
from engine.fulfilment.printing.printer import Printer
from engine.fulfilment.printing.printing import Printing
from engine.fulfilment.printing.retry_schedule import MOST_TRIES, OLDEST_SECONDS, WAITS
from engine.fulfilment.printing.sending import PrinterConnections
from tests.support.facts import HOUR, LILLE, LYON, inventory, node
from tests.support.free_port import free_port
from tests.support.print_servers import running_cups, running_socket_printer
from tests.support.wait_until import wait_until


class Drawn:
    """Papers that say what they are of; those of `gone` are not there any more."""

    def __init__(self):
        self.gone = set()

    def node_of(self, _paper, of):
        if of in self.gone:
            raise NotFound(f"nothing was packed as {of}")
        return "lyon"

    def is_cancelled(self, _paper, _of):
        return False

    def draw(self, job, _printer):
        self.node_of(job.paper, job.of)
        return f"{job.paper} {job.of}".encode()

    def draw_test(self, paper, node, _printer):
        return f"test of {paper} at {node.id}".encode()


@pytest.fixture
def drawn():
    return Drawn()


@pytest.fixture
def printer():
    with running_socket_printer() as server:
        yield server


@pytest.fixture
def hanging_up():
    """The address of a printer that takes connections and answers nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def hang_up():
            with contextlib.suppress(OSError):
                while True:
                    server.accept()[0].close()

        thread = threading.Thread(target=hang_up)
        thread.start()
        yield f"ipp://127.0.0.1:{server.getsockname()[1]}/"
        server.shutdown(socket.SHUT_RDWR)
        thread.join()


@pytest.fixture
def load(bare):
    def load(**printers):
        """With these printers at Lyon, and none at Lille."""
        nodes = [node("lyon", LYON, printers=printers), node("lille", LILLE)]
        bare.load(inventory(nodes, {"A": {"lyon": 1}}))

    return load


@pytest.fixture
def worker(bare, client, keys, clock, drawn):
    """Makes processes that print."""
    numbers = itertools.count()

    def worker(**options):
        return Printing(
            client,
            keys,
            facts=bare._facts,
            drawing=drawn,
            connections=PrinterConnections(seconds=5),
            auto=False,
            new_id=lambda: f"job-{next(numbers):03}",
            clock=lambda: clock.now,
            micros=lambda: clock.now * 1_000_000 + next(numbers),
            **options,
        )

    return worker


@pytest.fixture
def printing(worker):
    return worker()


def numbers(pointsman):
    """Of papers that wait, and that were given up."""
    state = pointsman.in_store()
    return state.prints_waiting, state.prints_given_up


def states(printing, *jobs):
    return [printing.show(job).state for job in jobs]


def test_jobs_are_printed_in_the_order_in_which_they_were_asked_for(load, bare, printing, printer):
    load(label=printer.uri)
    jobs = [printing.add("label", f"D/0/{number}").job for number in range(12)]
    assert [job.id for _, job in printing.page("queued")] == [job.id for job in jobs]
    assert printing.take_turn() == 12
    wait_until(lambda: len(printer.documents) == 12, "all are printed")
    assert printer.documents == [f"label D/0/{number}".encode() for number in range(12)]
    assert numbers(bare) == (0, 0)
    assert len(printing.page("printed")) == 12
    assert [job.id for _, job in printing.page("printed", limit=3)] == [job.id for job in jobs[:-4:-1]]
    assert printing.take_turn() == 0
    assert printing._jobs.nodes() == [], "no worker looks at Lyon any more"


def test_pages_follow_one_another(load, printing):
    load(label=f"socket://127.0.0.1:{free_port()}")
    jobs = [printing.add("label", f"D/0/{number}").job.id for number in range(7)]
    pages, after = [], None
    while page := printing.page("queued", node="lyon", limit=3, after=after):
        pages.append([job.id for _, job in page])
        after = page[-1][0]
    assert pages == [jobs[:3], jobs[3:6], jobs[6:]]
    assert printing.page("queued", node="lille") == []


def test_while_a_printer_is_off_nothing_is_lost_and_it_is_tried_more_and_more_seldom(load, printing, clock):
    port = free_port()
    load(label=f"socket://127.0.0.1:{port}")
    jobs = [printing.add("label", f"D/0/{number}").job.id for number in range(3)]
    began = clock.now
    for wait in (*WAITS, *[WAITS[-1]] * MOST_TRIES):
        assert printing.take_turn() == 0
        (rest,) = [item.rest for item in printing.printers("lyon")]
        assert rest.until == clock.now + wait
        assert "refused" in rest.error
        clock.now += wait - 1
        printing.take_turn()
        (unchanged,) = [item.rest for item in printing.printers("lyon")]
        assert unchanged == rest, "it is not tried before"
        clock.now += 1
    assert clock.now - began > HOUR
    assert [printing.show(job).tries for job in jobs] == [0, 0, 0], "no try of a printer that is off counts"
    with running_socket_printer(port=port) as printer:
        assert printing.take_turn() == 3
        wait_until(lambda: len(printer.documents) == 3, "all are printed")
        assert printer.documents == [b"label D/0/0", b"label D/0/1", b"label D/0/2"]
    assert [item.rest for item in printing.printers("lyon")] == [None]


def test_a_printer_that_is_off_keeps_no_other_from_printing(load, printing, printer):
    load(label=f"socket://127.0.0.1:{free_port()}", note=printer.uri)
    label, note = printing.add("label", "D/0/1").job.id, printing.add("note", "D/0/1").job.id
    assert printing.take_turn() == 1
    assert states(printing, label, note) == ["queued", "printed"]


def test_behind_many_that_wait_for_a_printer_that_is_off_others_are_printed(load, printing, printer):
    load(label=f"socket://127.0.0.1:{free_port()}", note=printer.uri)
    for number in range(60):
        printing.add("label", f"D/0/{number}")
    note = printing.add("note", "D/0/1").job.id
    assert printing.take_turn() == 1
    assert states(printing, note) == ["printed"]


def test_a_job_that_fails_again_and_again_is_given_up_and_told(load, bare, printing, clock, hanging_up):
    load(label=hanging_up)
    job = printing.add("label", "D/0/1").job.id
    for _ in range(MOST_TRIES):
        assert states(printing, job) == ["queued"]
        printing.take_turn()
        clock.now += WAITS[-1]
    assert printing.take_turn() == 0
    dead = printing.show(job)
    assert (dead.state, dead.tries) == ("dead", MOST_TRIES)
    assert "gave no answer" in dead.error
    (entry,) = [entry for entry in bare.entries(on_damaged=pytest.fail) if entry.kind == "print_failed"]
    assert entry.decision == job
    assert entry.details == {"node": "lyon", "paper": "label", "of": "D/0/1", "error": dead.error}
    (event,) = bare.events._outbox.read(START, limit=100, types=frozenset({"print.failed"})).events
    assert event.subject == job
    assert event.data.links.print_job == f"/v1/print-jobs/{job}"
    assert numbers(bare) == (0, 1)


def test_a_job_that_waited_for_a_day_is_not_printed_out_of_the_blue(load, printing, printer, clock):
    port = free_port()
    load(label=f"socket://127.0.0.1:{port}", note=printer.uri)
    first, second = (printing.add("label", f"D/0/{number}").job.id for number in (1, 2))
    printing.take_turn()
    clock.now += OLDEST_SECONDS
    printing.take_turn()
    assert states(printing, first, second) == ["queued", "queued"]
    clock.now += 1
    with running_socket_printer(port=port) as late:
        assert printing.take_turn() == 0
        assert late.documents == []
    assert states(printing, first, second) == ["dead", "dead"]
    assert printing.show(second).error == "it waited for a day"


def test_what_is_retried_is_printed(load, printing, printer, clock):
    load()
    load(label=printer.uri)
    job = printing.add("label", "D/0/1").job
    load()
    printing.take_turn()
    assert printing.show(job.id).state == "dead"
    assert "lyon has no printer for a label" in printing.show(job.id).error
    load(label=printer.uri)
    clock.now += 5
    retried = printing.retry(job.id)
    assert (retried.state, retried.tries, retried.queued_at) == ("queued", 0, clock.now)
    assert printing.take_turn() == 1
    assert printing.retry(job.id).state == "printed", "what is printed stays so"
    assert printing.take_turn() == 0


def test_retrying_what_waits_has_its_printer_tried_at_once(load, printing, clock):
    port = free_port()
    load(label=f"socket://127.0.0.1:{port}")
    job = printing.add("label", "D/0/1").job.id
    for _ in range(4):
        printing.take_turn()
        clock.now += 60
    printing.take_turn()
    with running_socket_printer(port=port):
        assert printing.take_turn() == 0
        assert printing.retry(job).state == "queued"
        assert printing.take_turn() == 1


def test_what_is_dropped_is_not_printed(load, printing, printer):
    load(label=printer.uri)
    kept, dropped = (printing.add("label", f"D/0/{number}").job.id for number in (1, 2))
    printing.drop(dropped)
    assert printing.take_turn() == 1
    with pytest.raises(NotFound, match=f"no print job '{dropped}'"):
        printing.show(dropped)
    with pytest.raises(NotFound):
        printing.drop(dropped)
    printing.drop(kept)
    assert printing.show(kept).state == "printed", "what was printed is known"


def test_what_is_not_there_any_more_is_given_up_and_the_next_is_printed(load, printing, printer, drawn):
    load(label=printer.uri)
    gone, there = (printing.add("label", f"D/0/{number}").job.id for number in (1, 2))
    drawn.gone.add("D/0/1")
    assert printing.take_turn() == 1
    assert states(printing, gone, there) == ["dead", "printed"]
    assert printing.show(gone).error == "nothing was packed as D/0/1"


def test_why_a_paper_can_not_be_drawn_is_logged_without_its_address(load, bare, printing, printer, drawn):
    def refuse(*_):
        raise InputInvalid([Mistake(field="addressee.name", message="labels can't show 山 田")])

    load(label=printer.uri)
    drawn.draw = refuse
    job = printing.add("label", "D/0/1").job.id
    printing.take_turn()
    assert printing.show(job).error == "it can't be drawn: see addressee.name; fetching it by hand says why"
    (entry,) = [entry for entry in bare.entries(on_damaged=pytest.fail) if entry.kind == "print_failed"]
    assert "山" not in str(entry.details)


def test_an_operation_is_one_job(load, printing, printer):
    load(label=printer.uri)
    first = printing.add("label", "D/0/1", op="again-1")
    assert (first.job.id, first.again) == ("again-1", False)
    second = printing.add("label", "D/0/1", op="again-1")
    assert (second.job, second.again) == (first.job, True)
    printing.take_turn()
    assert printing.add("label", "D/0/1", op="again-1").job.state == "printed"
    assert printing.take_turn() == 0
    with pytest.raises(KeyReused, match=r"'again-1' is the job that prints the label of D/0/1 at lyon"):
        printing.add("label", "D/0/2", op="again-1")


def test_who_asks_for_what_is_not_there_is_told(load, bare, printing, drawn):
    load(note="ipp://127.0.0.1/")
    with pytest.raises(InputInvalid, match="lyon has no printer for a label; name one"):
        printing.add("label", "D/0/1")
    with pytest.raises(NotFound, match="no node 'nowhere'"):
        printing.add("note", "D/0/1", node="nowhere")
    with pytest.raises(InputInvalid, match="lille has no printer for a note"):
        printing.add("note", "D/0/1", node="lille")
    drawn.gone.add("D/9/9")
    with pytest.raises(NotFound, match="nothing was packed as D/9/9"):
        printing.add("note", "D/9/9")
    assert numbers(bare) == (0, 0)


def test_return_labels_come_from_the_printer_of_labels_and_manifests_from_that_of_notes(load, printing):
    load(label="socket://10.0.0.5", note="ipp://10.0.0.6/")
    assert printing.add("return_label", "R1").job.node == "lyon"
    assert printing.add("manifest", "M1").job.node == "lyon"
    assert [(item.paper, item.printer.scheme) for item in printing.printers()] == [("label", "socket"), ("note", "ipp")]


def test_a_worker_that_dies_while_it_sends_has_it_printed_once_by_ipp(load, worker, clock, tmp_path_factory):
    with running_cups(tmp_path_factory.mktemp("cups")) as cups:
        cups.add("dock")
        load(label=cups.uri("dock"))
        dying = worker()
        job = dying.add("label", "D/0/1").job
        # it has sent the paper, and dies before it notes that
        assert dying._jobs.settle(job, structs.replace(job, tries=1), 1)
        PrinterConnections(seconds=5).send(
            Printer.parse(cups.uri("dock"), "label"), b"label D/0/1", name=job.id, tried=False
        )
        assert worker().take_turn() == 1
        assert cups.documents() == [b"label D/0/1"]


def test_only_one_worker_prints_at_a_node(load, worker, printer, keys, client):
    load(label=printer.uri)
    first, second = worker(), worker()
    first.add("label", "D/0/1")
    assert first._jobs.take_turn("lyon", first._who)
    assert second.take_turn() == 0
    first._jobs.end_turn("lyon", first._who)
    assert second.take_turn() == 1


def test_a_job_that_others_changed_meanwhile_is_left_to_them(load, printing, printer, drawn):
    load(label=printer.uri)
    job = printing.add("label", "D/0/1").job
    draw = drawn.draw

    def dropped_meanwhile(job, printer):
        printing.drop(job.id)
        return draw(job, printer)

    drawn.draw = dropped_meanwhile
    assert printing.take_turn() == 0
    with pytest.raises(NotFound):
        printing.show(job.id)


def test_a_test_page_is_sent_at_once_and_wakes_the_printer(load, printing, clock):
    port = free_port()
    load(label=f"socket://127.0.0.1:{port}")
    printing.add("label", "D/0/1")
    printing.take_turn()
    failed = printing.test("lyon", "label")
    assert "refused" in failed.problem
    with running_socket_printer(port=port) as printer:
        tested = printing.test("lyon", "label")
        assert (tested.state, tested.problem) == ("reached", "")
        assert printing.take_turn() == 1
        wait_until(lambda: len(printer.documents) == 2, "both are printed")
        assert printer.documents == [b"test of label at lyon", b"label D/0/1"]
    with pytest.raises(InputInvalid, match="lyon has no printer for a note"):
        printing.test("lyon", "note")


def test_what_ended_long_ago_is_forgotten(load, bare, printing, printer, clock):
    load(label=printer.uri)
    old = printing.add("label", "D/0/1").job.id
    printing.take_turn()
    clock.now += 30 * 24 * HOUR + 1
    printing.add("label", "D/0/2")
    printing.take_turn()
    assert len(printing.page("printed")) == 1
    assert numbers(bare) == (0, 0)
    with pytest.raises(NotFound, match="forgotten"):
        printing.show(old)
