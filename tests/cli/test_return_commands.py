"""`pointsman return` on the command line."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.facts import policy_file
from tests.support.forked_cli import Command, Run, installed
from tests.support.order_json import order_json


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, command: Command) -> Iterator[Run]:
    policy = policy_file("when: {return.grade: worn}, then: {disposition: destroy}")["test.yaml"].decode()
    with installed(command, tmp_path_factory.mktemp("installation"), policy, POINTSMAN_USER="Ada") as run:
        yield run


def left(run: Run, tmp_path: Path, *lines: tuple[str, int], name: str) -> None:
    """An order whose units have left."""
    path = tmp_path / "order.json"
    path.write_text(json.dumps(order_json(*lines, id=name)), encoding="utf-8")
    made = json.loads(run("decide", path, "--json").stdout)
    assert run("hold", "confirm", made["id"]).returncode == 0


def test_a_return_goes_its_way_and_is_shown(run: Run, tmp_path: Path) -> None:
    left(run, tmp_path, ("SHIRT", 3), name="O-1")
    opened = run("return", "open", "O-1", "--line", "1=2", "--reason", "wrong_size").stdout.splitlines()
    assert opened[0] == "return O-1-R1 of order O-1: authorised"
    assert opened[2:] == ["  line 1: 2 x SHIRT, wrong size: 2 to come"]
    received = run("return", "receive", "O-1-R1", "--node", "lyon", "--line", "SHIRT=2", "--other", "RARE=1")
    assert received.stdout.splitlines()[2:] == [
        "  line 1: 2 x SHIRT, wrong size: 2 received",
        "  group 1: 2 x SHIRT, at lyon, not inspected",
        "  group 2: 1 x RARE, at lyon, another article, not inspected",
    ]
    assert "in quarantine" in run("stock", "show", "SHIRT").stdout
    assert "there and not to be sold (came back, in quarantine): 3" in run("ledger", "check").stdout
    assert run("return", "inspect", "O-1-R1", "--grade", "as_new").returncode == 0
    run("return", "inspect", "O-1-R1", "--grade", "worn", "--group", "1", "--units", "1", "--no-restock")
    tried = run("return", "dispose", "O-1-R1", "--dry-run").stdout
    done = run("return", "dispose", "O-1-R1").stdout
    assert tried == done
    lines = done.splitlines()
    assert lines[0] == "return O-1-R1 of order O-1: closed"
    assert "  group 3: 1 x SHIRT, at lyon, worn, not to be restocked, destroyed" in lines
    assert "  why, of 1 x SHIRT of group 1:" in lines
    assert any("Units of grade as_new may be sold as they are" in line for line in lines)
    assert any("test/r1" in line for line in lines)
    assert (
        run("return", "show", "O-1-R1").stdout.splitlines() == lines[: lines.index("  why, of 1 x SHIRT of group 1:")]
    )
    shown = json.loads(run("return", "show", "O-1-R1", "--json").stdout)
    assert [group["disposition"] for group in shown["groups"]] == ["restock", "restock", "destroy"]
    assert "2 returned" in run("order", "show", "O-1").stdout
    log = run("ledger", "log", "--order", "O-1", "--kind", "return_disposed").stdout
    assert "return O-1-R1 of order O-1, by now: 1 x SHIRT at lyon as_new restock" in log
    assert run("ledger", "check").returncode == 0


def test_it_is_said_in_french_with_the_words_of_the_network(run: Run, tmp_path: Path) -> None:
    left(run, tmp_path, ("SHIRT", 1), name="O-2")
    run("return", "open", "O-2", "--line", "1=1", "--reason", "wrong_size")
    receive = ("return", "receive", "O-2-R1", "--node", "lyon", "--line", "1=1", "--op", "r1")
    assert run(*receive).stderr == ""
    run("return", "inspect", "O-2-R1", "--grade", "as_new")
    again = run(*receive)
    assert "not inspected" in again.stdout
    assert again.stderr.splitlines() == [
        "this was done before, and the return was then so; as it stands: pointsman return show O-2-R1"
    ]
    lines = run("return", "dispose", "O-2-R1", "--lang", "fr").stdout.splitlines()
    assert lines[0] == "retour O-2-R1 de la commande O-2\xa0: clos"
    assert "  ligne 1\xa0: 1 x SHIRT, mauvaise taille\xa0: 1 reçus" in lines
    assert "  groupe 1\xa0: 1 x SHIRT, à lyon, comme neuf, remis en stock" in lines


def test_returns_are_listed_cancelled_and_kept(run: Run, tmp_path: Path) -> None:
    left(run, tmp_path, ("SHIRT", 3), name="O-3")
    for name in ("A", "B", "C"):
        words = ["return", "open", "O-3", "--id", name, "--line", "1=1", "--reason", "late", "--op", name]
        assert run(*words).returncode == 0
    cancelled = run("return", "cancel", "A").stdout
    assert "cancelled" in cancelled
    assert "nothing came" in cancelled
    assert "kept" in run("return", "dispose", "B", "--keep", "1=1").stdout
    page = run("return", "list", "--order", "O-3", "--limit", "2")
    assert [line.split("  ")[1:3] for line in page.stdout.splitlines()] == [["C", "authorised"], ["B", "closed"]]
    after = page.stderr.split("--after ")[1].strip()
    assert [item["id"] for item in json.loads(run("return", "list", "--after", after, "--json").stdout)["returns"]][
        :1
    ] == ["A"]
    assert run("return", "list", "--state", "expired").stdout == ""


def test_a_mistake_is_said_and_changes_nothing(run: Run, tmp_path: Path) -> None:
    left(run, tmp_path, ("SHIRT", 1), name="O-4")
    for words, message in (
        (["open", "O-4", "--line", "1=9", "--reason", "late"], "9 can't come back, as 1 of 1 may"),
        (["open", "O-4", "--line", "1=1", "--reason", "lat"], "did you mean 'late'?"),
        (["open", "O-4", "--line", "1=1", "--reason", "LATE"], "did you mean 'late'?"),
        (["inspect", "O-4-R1", "--grade", "as_new", "--units", "x"], "--units: 'x' is no number of units"),
    ):
        refused = run("return", *words)
        assert (refused.returncode, message in refused.stderr) == (1, True), refused.stderr
    assert run("return", "list", "--order", "O-4").stdout == ""
