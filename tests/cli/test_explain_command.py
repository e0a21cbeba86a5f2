"""`pointsman explain`: sentences on a terminal, in both languages; the examples of the pages are what it prints."""

import functools
import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.settings import Settings
from engine.store.connection.server import open_server
from tests.support.forked_cli import Command, Run

PAGES = {"en": Path("docs/explanation.md"), "fr": Path("docs/fr/explication.md")}
ORDER = "W-900001"


@pytest.fixture(scope="module")
def run(command: Command, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """The example's network and policies, and its first order decided."""
    data = tmp_path_factory.mktemp("installation")
    policies = data / "policies"  # without their tests, which take longer than all else here
    policies.mkdir()
    for path in Path("policies").iterdir():
        if path.suffix in (".yaml", ".csv") and not path.stem.endswith("_test"):
            shutil.copy(path, policies)
    run = functools.partial(command, POINTSMAN_DATA=data, COLUMNS=100)
    with open_server(Settings(data=data)):
        for words in (
            ("load", "examples/hexagone"),
            ("policy", "publish", policies, "--activate"),
            ("decide", "examples/hexagone/order.json", "--at", "2026-11-27T08:15:00Z"),
        ):
            done = run(*words)
            assert done.returncode == 0, done.stderr
        yield run


@pytest.mark.parametrize("language", PAGES)
def test_the_example_of_the_page_is_what_is_printed(run: Run, language: str) -> None:
    printed = run("explain", ORDER, "--what-if", "--lang", language).stdout
    block = max(re.findall(r"(?:^(?:    .*)?\n)+", PAGES[language].read_text(encoding="utf-8"), re.MULTILINE), key=len)
    items = [item for item in re.split(r"\n(?=\S|  - )|\n\n", re.sub("^    ", "", block, flags=re.MULTILINE)) if item]
    assert len(items) > 10
    for item in items:
        assert item.strip("\n") in printed


def test_it_fits_100_columns_and_names_the_decision(run: Run) -> None:
    printed = run("explain", ORDER, "--why-not", "st-paris").stdout
    assert max(map(len, printed.splitlines())) <= 100
    decision = json.loads(run("explain", ORDER, "--json").stdout)["decision"]
    assert printed.startswith(f"Decision {decision} of order {ORDER}\n")
    assert "\nWhy not from st-paris?\n  - Had all of it come from st-paris, " in printed
    assert "What would have changed it" not in printed
    assert run("explain", decision, "--why-not", "st-paris").stdout == printed


def test_what_is_not_there_is_told(run: Run) -> None:
    missing = run("explain", "W-1")
    assert (missing.returncode, missing.stdout) == (1, "")
    assert "W-1" in missing.stderr
    nowhere = run("explain", ORDER, "--why-not", "st-rome")
    assert nowhere.returncode == 1
    assert "there is no place 'st-rome'" in nowhere.stderr
