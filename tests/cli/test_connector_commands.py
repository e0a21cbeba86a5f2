"""`pointsman connector`: files are checked and tried, messages taken over, mended and sent again, and listed."""

import functools
import json
import re
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from api.cli.connector.listing import list_connectors
from api.cli.connector.printing import message_line, print_reports
from api.connectors.running.report import MessageReport, TurnReport
from api.language.messages import message_book
from engine.service import Pointsman
from engine.settings import Settings
from engine.store.connection.server import open_server
from engine.store.connectors.connector_store import Step
from tests.support.facts import policy_file
from tests.support.forked_cli import SMALL, Command, Run

FILE = """\
connector: limoges
owner: purchasing
because: {en: What the workshop has}
kind: counts
reads: {folder: limoges, settled: 0s}
format: csv
fields:
  node: {value: lyon}
  sku: {from: Article, lookup: articles}
  on_hand: Pieces
  sequence: Number
lookups:
  articles: {P1: RARE, P2: LAMP}
"""
TEST = """\
connector: limoges
tests:
  - test: two articles
    text: |
      Article,Pieces,Number
      P1,7,1
      P3,2,1
    expect:
      rows:
        - {node: lyon, sku: RARE, on_hand: 7, sequence: 1}
      bad:
        - {row: 3, path: Article}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The connector's file with its test, and the folder that it watches."""
    (tmp_path / "connectors").mkdir()
    (tmp_path / "files" / "limoges").mkdir(parents=True)
    (tmp_path / "connectors" / "limoges.yaml").write_text(FILE)
    (tmp_path / "connectors" / "limoges_test.yaml").write_text(TEST)
    return tmp_path


@pytest.fixture
def run(command: Command, folder: Path) -> Run:
    """Commands on that folder."""
    settings = {"POINTSMAN_CONNECTORS": folder / "connectors", "POINTSMAN_CONNECTOR_FILES": folder / "files"}
    return functools.partial(command, COLUMNS=160, **settings)


@pytest.fixture
def loaded(run: Run, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """The same, with a network."""
    data = tmp_path_factory.mktemp("data")
    with open_server(Settings(data=data)):
        on_data = functools.partial(run, POINTSMAN_DATA=data)
        assert on_data("load", str(SMALL)).returncode == 0
        yield on_data


def test_a_file_without_mistakes_is_checked_with_its_sample(run, folder):
    done = run("connector", "check")
    assert (done.returncode, done.stdout) == (0, "limoges: counts, 1 test\n")


def test_a_folder_is_named_as_it_stands_there_and_a_connector_of_that_name_comes_first(command, folder):
    done = command("connector", "check", "connectors", directory=folder)
    assert (done.returncode, done.stdout) == (0, "limoges: counts, 1 test\n")
    (folder / "limoges").mkdir()
    done = command("connector", "check", "limoges", directory=folder, POINTSMAN_CONNECTORS="connectors")
    assert (done.returncode, done.stdout) == (0, "limoges: counts, 1 test\n")


def test_mistakes_are_told_by_line_and_nothing_is_run(run, folder):
    path = folder / "connectors" / "limoges.yaml"
    path.write_text(FILE.replace("Pieces", "{from: Pieces, unti: kg}"))
    done = run("connector", "check", str(path))
    assert done.returncode == 1
    assert f"{path}:10:27  unknown-key  unknown key 'unti' (did you mean 'unit'?)" in done.stderr
    assert "1 mistake; nothing was run" in done.stderr


def test_mistakes_are_told_in_french(run, folder):
    path = folder / "connectors" / "limoges.yaml"
    path.write_text(FILE.replace("lookup: articles", "lookup: article").replace("on_hand: Pieces", "on_han: Pieces"))
    said = run("--lang", "fr", "connector", "check").stderr
    assert "il n'y a pas de table 'article' sous lookups" in said
    assert "counts n'ont pas de champ 'on_han'" in said
    assert "le champ 'on_hand' de counts manque" in said


def test_a_sample_that_gives_something_else_is_told_field_by_field(run, folder):
    path = folder / "connectors" / "limoges_test.yaml"
    path.write_text(TEST.replace("on_hand: 7", "on_hand: 8").replace("path: Article", "path: Pieces"))
    done = run("connector", "check")
    assert done.returncode == 1
    assert "row 1: on_hand: expected '8', made '7'" in done.stdout
    assert "a bad row is expected (row 3, path Pieces), and this one is: line 3: Article: 'P3' is not in" in done.stdout
    done = run("connector", "test", "--json")
    assert [test["passed"] for test in json.loads(done.stdout)["tests"]] == [False]


def test_of_many_those_that_differ_are_told_below_their_names_and_the_last_line_counts_them(run, folder):
    good = folder / "connectors" / "good"
    for suffix in (".yaml", "_test.yaml"):
        text = (folder / "connectors" / f"limoges{suffix}").read_text().replace("connector: limoges", "connector: good")
        text = text.replace("folder: limoges", "folder: good")
        Path(f"{good}{suffix}").write_text(text)
    for command in ("check", "test"):
        assert run("connector", command).stdout.splitlines()[-1] == "2 connectors, 2 tests: nothing differs"
    test = folder / "connectors" / "limoges_test.yaml"
    test.write_text(TEST.replace("on_hand: 7", "on_hand: 8").replace("number: 1", "number: 2"))
    told = [f"  {test}:3  two articles", "      row 1: on_hand: expected '8', made '7'"]
    summary = "2 connectors, 2 tests; tests that differ: 1"
    done = run("connector", "check")
    lines = ["good: counts, 1 test", "limoges: counts, 1 test, 1 of them differ", *told, summary]
    assert (done.returncode, done.stdout.splitlines()) == (1, lines)
    done = run("connector", "test")
    lines = ["passed  good: counts, 1 test", "DIFFERS  limoges: counts, 1 test, 1 of them differ", *told, summary]
    assert (done.returncode, done.stdout.splitlines()) == (1, lines)
    french = run("--lang", "fr", "connector", "test").stdout.splitlines()
    assert french[-1] == "2 connecteurs, 2 tests\xa0; tests à revoir\xa0: 1"
    assert french[-2].strip() == "ligne 1\xa0: on_hand\xa0: attendu '8', fait '7'"


@pytest.mark.parametrize(
    ("difference", "french"),
    [
        (
            "line 4: expected 'BGM+220+x'', written 'BGM+221+x''",
            "ligne 4\xa0: attendu 'BGM+220+x'', écrit 'BGM+221+x''",
        ),
        ("line 9: expected nothing, written 'x'", "ligne 9\xa0: rien d'attendu, écrit 'x'"),
        (
            "2 rows are expected to be skipped by 'when'; 1 are",
            "nombre de lignes que 'when' doit laisser de côté\xa0: 2\xa0; il en laisse 1",
        ),
    ],
)
def test_how_what_is_written_differs_is_told_in_french(difference, french):
    assert message_book("fr").translate(difference) == french


def test_a_connector_without_a_sample_is_named(run, folder):
    (folder / "connectors" / "limoges_test.yaml").unlink()
    assert "without a sample: limoges" in run("connector", "check").stdout
    assert run("connector", "test").returncode == 1


def test_what_is_made_of_a_file_is_printed_as_a_test_that_passes(run, folder):
    sample = folder / "connectors" / "sample.csv"
    sample.write_text("Article,Pieces,Number\nP1,7,1\nP9,1,1\n")
    text = run("connector", "test", "limoges", "--sample", str(sample)).stdout
    (folder / "connectors" / "limoges_test.yaml").write_text(text)
    assert "sample: sample.csv" in text
    assert run("connector", "test").returncode == 0


def test_a_message_is_taken_over_mended_and_sent_again(loaded, folder):
    inbox = folder / "files" / "limoges"
    (inbox / "a.csv").write_text("Article,Pieces,Number\nP1,7,1\nP9,1,1\n")
    done = loaded("connector", "run")
    assert done.returncode == 1
    assert "limoges: a.csv: 2 rows (1 taken over, 1 bad)" in done.stdout
    assert "line 3: Article: 'P9' is not in the table 'articles'" in done.stdout
    (kept,) = (inbox / "bad").glob("*.csv")
    kept.write_text(kept.read_text().replace("P9", "P2"))
    done = loaded("connector", "replay", kept.relative_to(folder), "--json", directory=folder)
    assert done.returncode == 0
    (message,) = json.loads(done.stdout)["messages"]
    assert (message["applied"], message["unchanged"], message["quarantined"]) == (1, 1, False)
    assert (list((inbox / "bad").iterdir()), len(list((inbox / "done").iterdir()))) == ([], 1)
    assert "nothing waits" in loaded("connector", "run").stdout


def test_old_messages_are_sent_again_by_their_connector(loaded, folder):
    inbox = folder / "files" / "limoges"
    (inbox / "a.csv").write_text("Article,Pieces,Number\nP1,7,1\n")
    loaded("connector", "run")
    done = loaded("connector", "replay", "--connector", "limoges", "--since", "2020-01-01T00:00:00Z", "--json")
    assert json.loads(done.stdout)["messages"][0]["unchanged"] == 1
    logged = [json.loads(line) for line in loaded("ledger", "log", "--json").stdout.splitlines()]
    (entry,) = (entry for entry in logged if entry["kind"] == "message_replayed")
    assert (entry["body"]["count"], entry["through"]) == (1, "cli")
    assert entry["body"]["files"][0].endswith("a.csv")
    assert loaded("connector", "replay").returncode == 2


def test_the_list_says_how_each_is(loaded, folder):
    (folder / "files" / "limoges" / "a.csv").write_text("Article,Pieces,Number\nP1,7,1\nP9,1,1\n")
    loaded("connector", "run")
    (listed,) = json.loads(loaded("connector", "list", "--json").stdout)["connectors"]
    assert (listed["name"], listed["kind"], listed["direction"], listed["place"]) == (
        "limoges",
        "counts",
        "in",
        "limoges",
    )
    assert (listed["rows"], listed["bad"], listed["quarantined"], listed["lag_seconds"]) == (2, 1, 1, 0)
    assert (listed["to_mend"], listed["older"], listed["because"]) == (1, 0, {"en": "What the workshop has"})
    lines = loaded("connector", "list", COLUMNS=300).stdout.splitlines()
    (head,) = (line for line in lines if "to mend" in line)
    (row,) = (line for line in lines if "limoges" in line)
    assert row[head.index("to mend") :].split("│")[0].strip() == "1"


ANEW = "the topic sales was made anew since it was read: 3 messages of partition 0 were read, and it has 1;"
ANEW += " it is read from its start"


def test_that_what_is_read_was_made_anew_is_printed(capsys):
    reports = [TurnReport(connector="limoges", began_again=ANEW)]
    print_reports(reports, as_json=False)
    assert capsys.readouterr().err == f"limoges: {ANEW}\n"
    print_reports(reports, as_json=True)
    assert json.loads(capsys.readouterr().out)["began_again"] == ANEW


def test_that_what_is_read_was_made_anew_is_listed_for_a_week_in_the_language(loaded):
    with Pointsman(Settings(data=loaded.keywords["POINTSMAN_DATA"])) as pointsman:
        for days, told in ((8, 0), (6, 1)):
            at = pointsman.now - days * 86_400
            step = Step(status={"began_again": ANEW, "began_again_at": at})
            pointsman.connectors.note("limoges", step, now=at, since=0)
            lines = loaded("connector", "list", COLUMNS=300).stdout.splitlines()
            assert sum(line.endswith(ANEW) for line in lines) == told
    french = loaded("--lang", "fr", "connector", "list", COLUMNS=300).stdout
    assert (
        "le topic sales a été recréé depuis qu'il a été lu\xa0: messages lus de la partition 0\xa0: 3, et elle en a 1"
        in french
    )
    (listed,) = json.loads(loaded("connector", "list", "--json").stdout)["connectors"]
    assert (listed["began_again"], "began_again_at" in listed) == (ANEW, True)


def test_one_row_is_one_row_in_french(loaded, folder):
    (folder / "files" / "limoges" / "a.csv").write_text("Article,Pieces,Number\nP1,7,1\n")
    done = loaded("--lang", "fr", "connector", "run")
    assert done.stdout == "limoges: a.csv: 1 ligne (reprises\xa0: 1)\n"
    listed = loaded("--lang", "fr", "connector", "list").stdout.splitlines()
    assert any(line.endswith("1 ligne, en erreur\xa0: 0") for line in listed)


def test_the_list_says_what_each_is_for_in_the_language(loaded, folder):
    path = folder / "connectors" / "limoges.yaml"
    path.write_text(FILE.replace("{en: What the workshop has}", "{en: What it has, fr: Le stock de l'atelier}"))
    assert "Le stock de l'atelier" in loaded("--lang", "fr", "connector", "list").stdout
    assert "What it has" in loaded("connector", "list").stdout


def test_what_is_tried_again_by_itself_is_listed_apart_from_what_waits_for_a_person(loaded, folder):
    path = folder / "connectors" / "limoges.yaml"
    path.write_text(FILE.replace("P2: LAMP", "P2: LATER"))
    (folder / "files" / "limoges" / "a.csv").write_text("Article,Pieces,Number\nP2,7,1\n")
    assert loaded("connector", "run").returncode == 1
    (listed,) = json.loads(loaded("connector", "list", "--json").stdout)["connectors"]
    assert (listed["to_mend"], listed["early"], "early_next" in listed) == (0, 1, True)
    lines = loaded("--lang", "fr", "connector", "list", COLUMNS=300).stdout.splitlines()
    (head,) = (line for line in lines if "réessayés" in line)
    (row,) = (line for line in lines if "limoges" in line)
    assert row[head.index("réessayés") :].split("│")[0].strip().startswith("1, à ")


def test_a_connector_whose_folder_can_not_be_read_is_listed_among_the_others_with_the_reason(
    loaded, folder, monkeypatch
):
    other = FILE.replace("limoges", "nantes")
    (folder / "connectors" / "nantes.yaml").write_text(other)
    for name in ("limoges", "nantes"):
        (folder / "files" / name / "bad").mkdir(parents=True)
    read = Path.iterdir

    def refused(path):
        if path.parent.name == "nantes":
            raise PermissionError(13, "Permission denied")
        return read(path)

    monkeypatch.setattr(Path, "iterdir", refused)
    for name in ("POINTSMAN_CONNECTORS", "POINTSMAN_CONNECTOR_FILES"):
        monkeypatch.setenv(name, str(loaded.keywords[name]))
    settings = Settings(data=loaded.keywords["POINTSMAN_DATA"])
    told = f"the folder {folder / 'files' / 'nantes' / 'bad'} can't be read: Permission denied"
    done = CliRunner().invoke(list_connectors, ["--json"], obj=settings)
    known, unknown = json.loads(done.output)["connectors"]
    assert (known["name"], known["to_mend"], "bad_error" in known) == ("limoges", 0, False)
    assert (unknown["name"], unknown["bad_error"], "to_mend" in unknown) == ("nantes", told, False)
    done = CliRunner(env={"COLUMNS": "400"}).invoke(list_connectors, [], obj=settings)
    (row,) = (line for line in done.output.splitlines() if "nantes" in line)
    assert (done.exit_code, told in row, "limoges" in done.output) == (0, True, True)


def test_a_file_that_may_still_be_written_and_a_sender_that_begins_are_told(loaded, folder):
    path = folder / "connectors" / "limoges.yaml"
    path.write_text(FILE.replace("settled: 0s", "settled: 1d"))
    (folder / "files" / "limoges" / "a.csv").write_text("Article,Pieces,Number\nP1,7,1\n")
    said = "limoges: 1 file may still be written; what has not changed for 86400 s is read\n"
    assert loaded("connector", "run").stdout == said
    sender = "connector: out\nowner: it\nbecause: {en: What is to ship}\nkind: shipment_orders\nformat: ndjson\n"
    path.with_name("out.yaml").write_text(sender + "sends: {folder: out, file: $number.txt}\nfields: {order: order}\n")
    assert loaded("connector", "run", "out").stdout == "out: begins now, and sends what happens from now on\n"
    assert loaded("connector", "run", "out").stdout == "out: nothing waits\n"


def test_without_a_folder_or_a_name_none_of_those_that_come_with_pointsman_runs(command, tmp_path):
    done = command("connector", "run", POINTSMAN_DATA=tmp_path)
    assert done.returncode == 2
    assert "name a CONNECTOR, or give the folder" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_those_to_which_messages_are_sent_are_not_run(loaded):
    done = loaded("connector", "run", "connectors/shopify-location-ranking.yaml", "limoges", directory=Path.cwd())
    assert (done.returncode, done.stdout) == (0, "limoges: nothing waits\n")
    assert "shopify-location-ranking: is sent its messages by POST" in done.stderr


SENDER = """\
connector: out
owner: it
because: {en: Our stock}
kind: stock_feed
format: csv
sends: {folder: out, file: $number.csv, nodes: lyon}
fields:
  sku: sku
  units: {from: on_hand, words: {"4": four}}
"""


def test_what_could_not_be_sent_is_listed_and_sent_again(loaded, folder):
    for name, content in policy_file().items():
        (folder / name).write_bytes(content)
    assert loaded("policy", "publish", *policy_file(), "--activate", directory=folder).returncode == 0
    path = folder / "connectors" / "out.yaml"
    path.write_text(SENDER)
    first = loaded("connector", "run", "out")
    assert (first.returncode, "is none of the `words`" in first.stdout) == (1, True), first.stdout + first.stderr
    (listed,) = json.loads(loaded("connector", "list", "out", "--json").stdout)["connectors"]
    assert listed["to_mend"] == 1
    assert listed["put_aside"] > 1
    assert f"1 ({listed['put_aside']} records)" in loaded("connector", "list", "out").stdout
    done = loaded("connector", "replay", "--connector", "out")
    assert (done.returncode, "is none of the `words`" in done.stdout) == (1, True)
    path.write_text(SENDER.replace(', words: {"4": four}', ""))
    (kept,) = (folder / "files" / "out" / "bad").glob("*.json")
    done = loaded("connector", "replay", kept)
    assert (done.returncode, done.stdout) == (0, f"out: {listed['put_aside']} records sent\n")
    assert list((folder / "files" / "out" / "bad").iterdir()) == []
    done = loaded("connector", "replay", "--connector", "out")
    assert (done.returncode, done.stdout) == (0, "out: nothing waits\n")


def test_all_that_waits_of_a_connector_that_reads_is_replayed_without_naming_it(loaded, folder):
    inbox = folder / "files" / "limoges"
    (inbox / "a.csv").write_text("Article,Pieces,Number\nP9,1,1\n")
    loaded("connector", "run")
    path = folder / "connectors" / "limoges.yaml"
    path.write_text(FILE.replace("P2: LAMP", "P9: LAMP"))
    assert "1 taken over" in loaded("connector", "replay", "--connector", "limoges").stdout
    assert list((inbox / "bad").iterdir()) == []


def test_questions_are_not_replayed_and_a_sender_has_no_old_messages(loaded, folder):
    (folder / "connectors" / "out.yaml").write_text(SENDER)
    bad = folder / "files" / "out" / "bad"
    bad.mkdir(parents=True)
    (bad / "out-1.json").write_text('[{"sku": "RARE", "node": "lyon"}]')
    done = loaded("connector", "replay", "--connector", "out", "--since", "2026-11-01")
    assert (done.returncode, "--since is about messages that came in" in done.stderr) == (2, True)
    question = Path("connectors/shopify-location-ranking.yaml").resolve()
    done = loaded("connector", "replay", "--connector", question, bad / "out-1.json")
    assert "it answers questions, and takes nothing over" in done.stderr
    (bad / "out-1.json").write_text("nothing of ours")
    done = loaded("connector", "replay", "--connector", "out")
    assert (done.returncode, "this is no JSON" in done.stderr, "Traceback" in done.stderr) == (1, True, False)
    done = loaded("--lang", "fr", "connector", "replay", "--connector", "out")
    assert "ce n'est pas du JSON" in done.stderr


def test_rows_that_a_run_took_over_before_it_broke_off_are_named():
    message = MessageReport(name="k.csv", rows=7)
    message.endings["applied"] = 5
    assert message_line(message) == "k.csv: 7 rows (5 taken over, 2 in a run that broke off)"


def test_what_is_wrong_with_a_row_is_told_in_french(loaded, folder):
    (folder / "files" / "limoges" / "a.csv").write_text("Article,Pieces,Number\nP9,1,1\nP1,x,1\n")
    said = loaded("--lang", "fr", "connector", "run").stdout
    assert "ligne 2: Article: 'P9' n'est pas dans la table 'articles' (champ 'sku')" in said
    assert "ligne 3: Pieces: 'x' n'est pas un nombre" in said
    (problems,) = (folder / "files" / "limoges" / "bad").glob("*.problems.txt")
    assert "ligne 2: Article: 'P9' n'est pas dans la table 'articles' (champ 'sku')" in problems.read_text()
    (kept,) = (folder / "files" / "limoges" / "bad").glob("*.csv")
    kept.write_text(kept.read_text().replace("P9", "P1"))
    assert loaded("--lang", "fr", "connector", "replay", kept).returncode == 1
    assert "Rien du message n'a été repris." not in problems.read_text()
    assert "ligne 3: Pieces: 'x' n'est pas un nombre" in problems.read_text()
    assert loaded("connector", "replay", kept).returncode == 1
    assert "line 3: Pieces: 'x' is no number" in problems.read_text()


def test_a_name_that_there_is_not_is_answered_with_those_that_there_are(run, folder):
    done = run("connector", "run", "limog")
    assert done.returncode == 2
    assert "there are limoges (did you mean 'limoges'?)" in done.stderr


@pytest.mark.parametrize("page", ["connectors.md", "fr/connecteurs.md"])
def test_the_example_of_the_page_makes_of_its_sample_what_the_page_says(command, tmp_path, page):
    text = (Path("docs") / page).read_text("utf-8")
    sample = re.search(r"^(    Référence;.*\n(?:    P.*\n)+)", text, re.MULTILINE)[1].replace("    ", "")
    first, better = re.findall(r"^((?:       (?:connector: limoges|when:)\n)(?:       .*\n)+)", text, re.MULTILINE)[:2]
    (tmp_path / "limoges").mkdir()
    (tmp_path / "limoges" / "stock.csv").write_bytes(sample.replace("\n", "\r\n").encode("cp1252"))
    path = tmp_path / "limoges.yaml"
    test = ("connector", "test", path, "--sample", tmp_path / "limoges" / "stock.csv")
    path.write_text(textwrap.dedent(first), "utf-8")
    assert "there is no such column; there are Référence, Quantité, Relevé" in command(*test).stdout
    path.write_text(textwrap.dedent(first.partition("       fields:")[0] + better), "utf-8")
    made = command(*test).stdout
    assert "{node: su-limoges, sku: BOWL-BLUE, on_hand: 1200, at: 2026-11-27T05:30:00Z}" in made
    if page == "connectors.md":
        assert textwrap.indent(made.rstrip(), "       ") in text


def test_the_connectors_that_come_with_pointsman_are_checked_without_a_folder(command):
    done = command("connector", "check")
    assert done.returncode == 0
    assert "stock-csv: counts, 1 test" in done.stdout


def test_what_a_sender_sent_and_what_waits_is_listed(loaded, folder, monkeypatch):
    for name, content in policy_file().items():
        (folder / name).write_bytes(content)
    assert loaded("policy", "publish", *policy_file(), "--activate", directory=folder).returncode == 0
    path = folder / "connectors" / "out.yaml"
    path.write_text(SENDER.replace(', words: {"4": four}', ""))
    (before,) = json.loads(loaded("connector", "list", "out", "--json").stdout)["connectors"]
    assert (before["sent"], "sent_at" in before) == (0, False)
    assert loaded("connector", "run", "out").returncode == 0
    (listed,) = json.loads(loaded("connector", "list", "out", "--json").stdout)["connectors"]
    assert (listed["sent"] > 1, listed["waiting"], "sent_at" in listed, "read_at" in listed) == (True, 0, True, False)
    lines = loaded("connector", "list", "out", COLUMNS=300).stdout.splitlines()
    (head,) = (line for line in lines if "last read or sent" in line)
    (row,) = (line for line in lines if "stock_feed" in line)
    assert row[head.index("so far") :].startswith(f"{listed['sent']} sent, 0 bad")
    assert "never" not in row
