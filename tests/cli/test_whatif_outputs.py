"""`pointsman whatif --report`, `--csv` and `--parquet`: what is written beside what is printed."""

import csv
import json
from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.support.facts import policy_file
from tests.support.forked_cli import Command, Run, installed
from tests.support.order_json import order_json


@pytest.fixture(scope="module")
def run(command: Command, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    folder = tmp_path_factory.mktemp("installation")
    with installed(
        command, folder, policy_file("when: {node.id: lyon}, then: {prefer: 1.00}")["test.yaml"].decode()
    ) as run:
        path = folder / "order.json"
        path.write_text(json.dumps(order_json(id="W-1")), encoding="utf-8")
        assert run("decide", path).returncode == 0
        yield run


@pytest.fixture
def draft(tmp_path: Path) -> Path:
    made = tmp_path / "draft"
    made.mkdir()
    (made / "policy.yaml").write_bytes(policy_file("then: {exclude: true}")["test.yaml"])
    return made


def test_one_command_leads_from_a_changed_number_to_the_report_and_its_headline(
    run: Run, draft: Path, tmp_path: Path
) -> None:
    page = tmp_path / "report.html"
    page.write_text("an earlier one")
    printed = run("whatif", draft, "--report", page, "--lang", "fr")
    assert printed.returncode == 0, printed.stderr
    headline = printed.stdout.splitlines()[1]
    assert headline.startswith(f"{draft} aurait coûté ")
    written = page.read_text("utf-8")
    assert f"<h1>{headline}</h1>" in written
    assert '<html lang="fr">' in written
    assert "Commande W-1" in written
    assert "de lyon par " in written
    assert f"le rapport est dans {page}" in printed.stdout.splitlines()


def test_tables_are_written_for_programs_beside_what_is_printed(run: Run, draft: Path, tmp_path: Path) -> None:
    folders = tmp_path / "a" / "csv", tmp_path / "parquet"
    printed = run("whatif", draft, "--csv", folders[0], "--parquet", folders[1], "--json")
    assert printed.returncode == 0, printed.stderr
    record = json.loads(printed.stdout)
    assert f"17 files with tables are in {folders[0]}" in printed.stderr.splitlines()
    with (folders[0] / "changed_orders.csv").open(encoding="utf-8", newline="") as file:
        assert list(csv.DictReader(file)) == [{"draft": str(draft), "order": "W-1"}]
    (row,) = pq.read_table(folders[1] / "drafts.parquet").to_pylist()
    assert (row["draft"], row["orders_changed"]) == (record["drafts"][0]["name"], 1)
    names = [{path.stem for path in folder.iterdir()} for folder in folders]
    assert names[0] == names[1]


def test_what_can_not_be_written_is_said_before_anything_is_tried(run: Run, draft: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for option, path, message in (
        ("--report", tmp_path, f"{tmp_path} is a folder: name a file"),
        ("--report", tmp_path / "no" / "x.html", f"{tmp_path}/no/x.html can't be written: No such file or directory"),
        ("--csv", tmp_path / "file", f"{tmp_path}/file can't be written: File exists"),
        ("--parquet", tmp_path / "file" / "x", f"{tmp_path}/file/x can't be written: Not a directory"),
    ):
        printed = run("whatif", draft, option, path)
        assert (printed.returncode, printed.stdout) == (1, "")
        assert message in printed.stderr
    french = run("whatif", draft, "--report", tmp_path, "--lang", "fr")
    assert "est un dossier" in french.stderr
    french = run("whatif", draft, "--report", tmp_path / "no" / "x.html", "--lang", "fr")
    assert french.stderr.rstrip().endswith("x.html ne peut pas être écrit\N{NO-BREAK SPACE}: le dossier n'existe pas")


def test_no_report_is_written_if_nothing_was_tried(run: Run, draft: Path, tmp_path: Path) -> None:
    page = tmp_path / "report.html"
    printed = run("whatif", draft, "--report", page, "--from", "2020-01-01", "--to", "2020-01-02")
    assert printed.returncode == 1
    assert [path.name for path in tmp_path.iterdir()] == ["draft"]
