"""However many rows are taken over at once, and wherever a process dies, each row ends as it would by itself."""

import itertools
import random

import pytest

from api.connectors.applying import stock
from api.connectors.applying.incoming import APPLIED, UNCHANGED, IncomingRow, Place, Refused
from engine.errors import StockConflict, StoreUnavailable
from engine.inventory.stock import NetworkStock
from engine.store.connectors.connector_store import ConnectorStore
from tests.conftest import activate
from tests.support.connectors import COUNTS, MOVEMENTS
from tests.support.dying import Died, dying
from tests.support.facts import inventory, node

COUNT_HEAD, SALE_HEAD = "node,sku,units,at\n", "shop,article,pieces,receipt,line\n"
SKUS = ("A", "B")
SIZES = (2, 3, 7)
EFFECTS = ((ConnectorStore, "keep"), (NetworkStock, "move"), (NetworkStock, "set_counts"))


def network(bare, skus=SKUS):
    bare.load(inventory([node("lyon")], {sku: {"lyon": 5} for sku in skus}))
    activate(bare)
    return bare


def counts(rng):
    """Counts of two positions: newer, older, the same, contradictions, of nobody's article, of tomorrow, and none."""
    rows = []
    for _ in range(14):
        sku, units = rng.choice([*SKUS, *SKUS, "NOSUCH"]), rng.choice(["1", "2", "7", "7", "-1", "many"])
        at = rng.choice(
            ["2026-11-27T09:00:01Z", "2026-11-27T09:00:02Z", "2026-11-27T09:00:03Z", "2031-01-01T00:00:00Z"]
        )
        rows.append(f"lyon,{sku},{units},{at}\n")
    return COUNT_HEAD + "".join(rows)


def sales(rng):
    """Sales and returns of which some are sent twice, some leave less than nothing, and some can't be read."""
    rows = []
    for _ in range(14):
        sku, pieces = rng.choice([*SKUS, *SKUS, "NOSUCH"]), rng.choice(["1", "2", "4", "-3", "900", "x"])
        rows.append(f"lyon,{sku},{pieces},R{rng.randrange(8)},1\n")
    return SALE_HEAD + "".join(rows)


KINDS = {"counts": (COUNTS, counts), "movements": (MOVEMENTS, sales)}


def stock_of(pointsman, skus=SKUS):
    return [pointsman.stock.show(sku).nodes[0].position.on_hand for sku in skus]


@pytest.fixture
def outcome(running, bare, tmp_path, monkeypatch):
    """What becomes of the content of a file that is read by so many rows at once, of articles that nobody counted: the
    stock, how rows ended, and what the problem file says.
    """
    numbers = itertools.count()

    def of(kind, content, size, run=lambda here: here.run()):
        number = next(numbers)
        skus = [f"{sku}{number}" for sku in SKUS]
        network(bare, skus)
        monkeypatch.setattr("api.connectors.running.runner.ROWS_AT_ONCE", size)
        here = running(KINDS[kind][0].replace("connector: ", f"connector: n{number}-"))
        here.root = tmp_path / here.connector.name
        here.root.mkdir()
        for sku, own in zip(SKUS, skus, strict=True):
            content = content.replace(f",{sku},", f",{own},")
        here.put("it.csv", content)
        run(here)
        status = bare.connectors.status(here.connector.name)
        ended = {name: getattr(status, name) for name in ("rows", "applied", "unchanged", "older", "repeated", "bad")}
        told = "".join(path.read_text() for path in here.inbox.glob("bad/*.txt")).partition("To mend it")[0]
        for sku, own in (*zip(SKUS, skus, strict=True), ("", f"n{number}-")):
            told = told.replace(own, sku)
        return stock_of(bare, skus), ended, told.partition("\n")[2]

    return of


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", range(4))
def test_a_batch_of_any_size_ends_as_its_rows_do_one_by_one(outcome, kind, seed):
    content = KINDS[kind][1](random.Random(seed))
    single = outcome(kind, content, 1)
    assert single[1]["bad"]
    assert single[1]["applied"]
    for size in (*SIZES, 200):
        assert outcome(kind, content, size) == single


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("after", [False, True])
def test_wherever_it_is_killed_and_goes_on_it_ends_as_single_rows_do(outcome, kind, after, monkeypatch):
    content = KINDS[kind][1](random.Random(11))
    stock_alone, ended_alone, told_alone = outcome(kind, content, 1)
    dies = dying(monkeypatch, EFFECTS)

    def run_and_die(here):
        dies(number, after=after)
        try:
            here.run()
            died.append(False)
        except Died:
            died.append(True)
            dies(0)
            here.run()
        finally:
            dies(0)

    for number in itertools.count(1):
        died = []
        stock_now, ended, told = outcome(kind, content, 5, run_and_die)
        assert (number, stock_now) == (number, stock_alone)
        assert (number, bad_lines(told)) == (number, bad_lines(told_alone))
        assert (ended["rows"], ended["bad"]) == (ended_alone["rows"], ended_alone["bad"])
        if died == [False]:
            assert told == told_alone
            return


def bad_lines(told):
    """The lines of the file that are told."""
    return [line.partition(":")[0] for line in told.splitlines() if line.startswith("line ")]


def test_a_sale_that_was_refused_stays_so_if_what_came_behind_it_was_taken_over_by_a_process_that_died(
    outcome, monkeypatch
):
    content = SALE_HEAD + "lyon,A,7,R1,1\nlyon,A,-9,R2,1\nlyon,A,20,R3,1\n"
    move = NetworkStock.move

    def dying(self, movements):
        move(self, movements)
        monkeypatch.setattr(NetworkStock, "move", move)
        raise Died

    def run_and_die(here):
        with pytest.raises(Died):
            here.run()
        here.run()

    alone = outcome("movements", content, 1)
    monkeypatch.setattr(NetworkStock, "move", dying)
    stock_now, ended, told = outcome("movements", content, 200, run_and_die)
    assert (stock_now, ended["bad"]) == (alone[0], alone[1]["bad"]) == ([14, 5], 2)
    assert "line 2: it was refused by a process that died before it could say why" in told
    assert "line 4: delta: units on hand: 14; fewer than none can't be left" in told


def test_a_row_that_was_refused_does_not_stand_for_the_same_one_behind_it(outcome):
    content = SALE_HEAD + "lyon,NOSUCH,1,R1,1\nlyon,A,1,R1,1\nlyon,A,1,R1,1\n"
    for size in (1, 200):
        stock_now, ended, _ = outcome("movements", content, size)
        assert (stock_now, ended["applied"], ended["bad"], ended["repeated"]) == ([4, 5], 1, 1, 1)


def incoming(*fields):
    return [IncomingRow(number=n, place="", fields=each, op=f"op-{n}") for n, each in enumerate(fields)]


def sale(**fields):
    return {"node": "lyon", "sku": "A", "delta": -1, **fields}


def test_a_row_that_nobody_thought_of_keeps_no_row_of_its_batch_back(bare, monkeypatch):
    place = Place(pointsman=network(bare), connector="tills")
    read = stock.loaded

    def failing(shape, row, *more):
        if row.get("sku") == "B" or ("on_hand" in row and row["on_hand"] == 13):
            raise ZeroDivisionError("odd")
        return read(shape, row, *more)

    monkeypatch.setattr(stock, "loaded", failing)
    first, odd, last = stock.apply_movements(place, incoming(sale(), sale(sku="B"), sale()))
    assert (first, last, isinstance(odd, Refused)) == (APPLIED, APPLIED, True)
    assert "this release can't take the row over: ZeroDivisionError: odd" in odd.mistakes[0].message
    count = {"node": "lyon", "sku": "A", "on_hand": 7, "sequence": 5}
    odd, good, nameless = stock.apply_counts(place, incoming({**count, "on_hand": 13}, count, {"on_hand": 7}))
    assert (good, isinstance(odd, Refused), isinstance(nameless, Refused)) == (APPLIED, True, True)


@pytest.mark.parametrize("wrong", [StockConflict("odd"), ZeroDivisionError("odd")])
def test_what_is_wrong_with_one_row_of_a_batch_is_told_of_it_alone(bare, monkeypatch, wrong):
    place = Place(pointsman=network(bare), connector="tills")
    move = NetworkStock.move

    def refusing(self, movements):
        outcomes = move(self, movements[:1])  # of a batch that fails in its midst, something may have been done
        if any(movement.sku == "B" for movement in movements):
            raise wrong
        return outcomes if len(movements) == 1 else move(self, movements)

    monkeypatch.setattr(NetworkStock, "move", refusing)
    first, odd, last = stock.apply_movements(place, incoming(sale(), sale(sku="B"), sale()))
    assert (first, last, isinstance(odd, Refused)) == (UNCHANGED, APPLIED, True)
    assert stock_of(bare)[0] == 3


def test_a_store_that_fails_amid_a_batch_says_nothing_of_its_rows(bare, monkeypatch):
    place = Place(pointsman=network(bare), connector="tills")

    def failing(*_):
        raise StoreUnavailable("gone")

    with monkeypatch.context() as patched:
        patched.setattr(NetworkStock, "move", failing)
        with pytest.raises(StoreUnavailable):
            stock.apply_movements(place, incoming(sale(), sale()))
    assert stock.apply_movements(place, incoming(sale(), sale())) == [APPLIED, APPLIED]
