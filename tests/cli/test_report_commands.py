"""`pointsman audit report`: the same evidence as a page, as tables and as JSON, in both languages."""

import csv
import io
import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest

from tests.support.facts import policy_file
from tests.support.forked_cli import Command, Run, installed
from tests.support.order_json import order_json

PERIOD = ("--from", "2020-01-01")


@pytest.fixture(scope="module")
def run(command: Command, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """Two orders are decided; one has markup in its id."""
    folder = tmp_path_factory.mktemp("installation")
    policy = policy_file("then: {hold: 1 h}")["test.yaml"].decode()
    with installed(command, folder, policy, POINTSMAN_USER="Ada <b>") as run:
        for name in ("W-1", "<script>alert(1)</script>"):
            path = folder / "order.json"
            path.write_text(json.dumps(order_json(id=name)), encoding="utf-8")
            made = json.loads(run("decide", path, "--json").stdout)
        node = made["shipments"][0]["node"]
        assert run("reject", made["id"], "--node", node, "--reason", "other").returncode == 0
        yield run


class Page(HTMLParser):
    """Collects what the page has: its tags, its links, the cells of its tables."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [value or "" for name, value in attrs if name in ("src", "href")]

    def handle_data(self, data: str) -> None:
        self.text += data


def test_the_page_loads_nothing_and_runs_nothing(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    assert run("audit", "report", *PERIOD, "--output", path).returncode == 0
    text = path.read_text(encoding="utf-8")
    page = Page(text)
    assert (page.links, "script" in page.tags, "@import" in text, "url(" in text) == ([], False, False, False)
    assert "<script>alert(1)</script>" in page.text
    assert "Ada <b>" in page.text
    assert page.tags.count("section") == 8


def test_the_page_is_in_the_language_of_the_command(run: Run) -> None:
    english, french = (run("audit", "report", *PERIOD, "--lang", language).stdout for language in ("en", "fr"))
    assert '<html lang="en">' in english
    assert '<html lang="fr">' in french
    titles = [re.findall("<h2>(.*?)</h2>", text) for text in (english, french)]
    assert len(titles[0]) == len(titles[1]) == 8
    assert not set(titles[0]) & set(titles[1])


def test_tables_have_what_the_json_has(run: Run, tmp_path: Path) -> None:
    report = json.loads(run("audit", "report", *PERIOD, "--format", "json").stdout)
    assert (report["decisions"], len(report["follow_ups"])) == (3, 1)
    assert run("audit", "report", *PERIOD, "--format", "csv", "--output", tmp_path / "csv").returncode == 0
    tables = {
        path.stem: list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8"))))
        for path in (tmp_path / "csv").iterdir()
    }
    assert len(tables) == 9
    about = {row["what"]: row["value"] for row in tables["report"]}
    assert (about["decisions"], about["entries of the log"]) == ("3", str(report["entries"]))
    assert any("ISO 14083" in row["value"] for row in tables["report"])
    (again,) = tables["decided-again"]
    assert (again["decision"], again["logged"]) == (report["follow_ups"][0]["decision"], report["follow_ups"][0]["at"])
    services = report["emissions"]["services"]
    assert [int(row["shipments"]) for row in tables["emissions"]] == [item["shipments"] for item in services]
    assert [row["in all (kg CO2e)"] for row in tables["emissions"]] == [
        f"{(item['transport_mg'] + item['last_mile_mg']) / 1_000_000:.6f}".rstrip("0").rstrip(".") for item in services
    ]
    assert len(tables["by-hand"]) == len(report["manual"])


def test_csv_needs_a_folder(run: Run) -> None:
    done = run("audit", "report", *PERIOD, "--format", "csv")
    assert (done.returncode, "name a folder with --output" in done.stderr) == (2, True)
