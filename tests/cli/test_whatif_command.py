"""`pointsman whatif`, as a merchandiser types it."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.facts import policy_file
from tests.support.forked_cli import SMALL, Command, Run, installed
from tests.support.order_json import order_json

RULE = "when: {node.id: lyon}, then: {prefer: 1.00}"


@pytest.fixture(scope="module")
def run(command: Command, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """Two decisions, by one rule."""
    folder = tmp_path_factory.mktemp("installation")
    with installed(command, folder, policy_file(RULE)["test.yaml"].decode(), POINTSMAN_USER="Ada") as run:
        for number in range(2):
            path = folder / "order.json"
            path.write_text(json.dumps(order_json(id=f"W-{number}")), encoding="utf-8")
            assert run("decide", path).returncode == 0
        yield run


def folder(path: Path, *rules: str, name: str = "draft") -> Path:
    made = path / name
    made.mkdir()
    (made / "policy.yaml").write_bytes(policy_file(*rules)["test.yaml"])
    return made


def test_the_headline_comes_first_and_says_what_the_draft_would_have_done(run: Run, tmp_path: Path) -> None:
    draft = folder(tmp_path, "then: {exclude: true}")
    printed = run("whatif", draft, "--show", "1")
    assert printed.returncode == 0, printed.stderr
    first, second, third, *rest = printed.stdout.splitlines()
    assert first.startswith("2 decisions from ")
    assert second.startswith(f"{draft} would have cost ")
    assert " less (-100.0%), 2 unfilled units more, 2 shipments fewer, " in second
    assert third == "  changed: test/r1"
    assert rest[0] == "  2 of 2 orders come out otherwise"
    (worst,) = [line for line in rest if line.startswith("  order W-")]
    assert worst.endswith("+1 unfilled")
    assert rest[rest.index(worst) - 1] == "The worst first"
    assert "      decided by test/r1" in rest
    assert "The best first" not in rest


def test_it_is_said_in_french(run: Run, tmp_path: Path) -> None:
    draft = folder(tmp_path, "when: {node.id: lyon}, then: {exclude: true}")
    printed = run("whatif", draft, "--lang", "fr")
    assert printed.returncode == 0, printed.stderr
    first, second, third, *rest = printed.stdout.splitlines()
    assert first.startswith("2 décisions du ")
    assert second.startswith(f"{draft} aurait coûté ")
    assert third == "  changée\N{NO-BREAK SPACE}: test/r1"
    assert rest[0] == "  autre résultat pour 2 sur 2 commandes"


def test_a_draft_of_the_same_meaning_decides_everything_the_same(run: Run, tmp_path: Path) -> None:
    draft = folder(tmp_path, RULE)
    printed = run("whatif", draft)
    assert f"{draft} would have decided everything the same" in printed.stdout
    record = json.loads(run("whatif", draft, "--json").stdout)
    (tried,) = record["drafts"]
    assert (tried["decisions_changed"], tried["changed_orders"], tried["changes"]["same"]) == (0, [], True)
    assert tried["total"]["baseline"] == tried["total"]["draft"]


def test_rules_that_never_fired_or_decided_nothing_are_named_once(run: Run, tmp_path: Path) -> None:
    never = "when: {order.channel: store}, then: {exclude: true}"
    decided_nothing = "then: {prefer: 0.01}"
    printed = run("whatif", folder(tmp_path, RULE, never, never, decided_nothing))
    assert printed.stdout.splitlines()[-4:] == [
        "never fired (2 rules):",
        "  test/r2, test/r3",
        "fired, but decided none of the last decisions in which they did, at most 2 of each rule (1 rule):",
        "  test/r4",
    ]


def test_rules_that_the_draft_leaves_as_they_are_are_counted_and_not_named(command: Command, tmp_path: Path) -> None:
    never = "when: {order.channel: store}, then: {exclude: true}"
    (tmp_path / "installation").mkdir()
    with installed(command, tmp_path / "installation", policy_file(never, RULE)["test.yaml"].decode()) as run:
        order = tmp_path / "order.json"
        order.write_text(json.dumps(order_json(id="N-1")), encoding="utf-8")
        assert run("decide", order).returncode == 0
        last = run("whatif", folder(tmp_path, never, "then: {prefer: 2.00}"), "--weigh", "0").stdout.splitlines()[-1]
    assert last == "never fired: 1 rule; --json and the report name them"


def test_orders_that_were_asked_for_are_no_chance_and_both_numbers_are_said(run: Run) -> None:
    printed = run("whatif", "--way", "rolled-forward", "--volume", "2").stdout
    assert "  2 decisions without it, 4 with it: how many orders come in was asked for" in printed
    assert "2 -> 4" in printed
    assert "with other orders of this kind" not in printed


def test_the_json_has_each_draft_and_is_the_same_each_time(run: Run, tmp_path: Path) -> None:
    drafts = [folder(tmp_path, RULE, name="one"), folder(tmp_path, "then: {carbon_price: 2.00}", name="two")]
    asked = ("whatif", *drafts, "--from", "2020-01-01", "--to", "2126-01-01", "--json")
    first = run(*asked)
    record = json.loads(first.stdout)
    assert [item["name"] for item in record["drafts"]] == list(map(str, drafts))
    assert (record["way"], record["decisions"], record["refused"]) == ("one_step", 2, [])
    assert [rule["rule"] for rule in record["drafts"][1]["changes"]["changed"]] == ["test/r1"]
    assert run(*asked, "--workers", "3").stdout == first.stdout


def test_numbers_of_a_rule_are_swept_and_those_that_no_other_beats_have_a_star(run: Run, tmp_path: Path) -> None:
    draft = folder(tmp_path, RULE, "when: {node.id: lyon}, then: {exclude: true}", "then: {prefer: 1.00}")
    printed = run("whatif", draft, "--sweep", "test/r1.prefer=1,2")
    assert printed.returncode == 0, printed.stderr
    assert "What each number of test/r1.prefer adds" in printed.stdout
    rows = [line.split("│")[1:4] for line in printed.stdout.splitlines() if "│" in line]
    assert [[cell.strip() for cell in row] for row in rows[:2]] == [["*", "1", "in the file"], ["*", "2", ""]]
    record = json.loads(run("whatif", draft, "--sweep", "test/r1.prefer=1,2", "--json").stdout)
    assert [item["name"] for item in record["drafts"]] == ["test/r1.prefer=1", "test/r1.prefer=2"]
    assert all("weighed" not in rule for item in record["drafts"] for rule in item["rules"].values())
    weighed = json.loads(run("whatif", draft, "--sweep", "test/r1.prefer=1", "--weigh", "1", "--json").stdout)
    assert weighed["drafts"][0]["rules"]["test/r1"]["weighed"] == 1
    wrong = run("whatif", draft, "--sweep", "test/r1.avoid=1")
    assert (wrong.returncode, "names the effect avoid, which test/r1 does not have" in wrong.stderr) == (1, True)
    two = run("whatif", draft, draft, "--sweep", "test/r1.prefer=1")
    assert (two.returncode, "--sweep tries one draft" in two.stderr) == (2, True)


def test_a_number_that_outweighs_another_place_is_worse_or_better_and_only_one_has_a_star(
    run: Run, tmp_path: Path
) -> None:
    draft = folder(tmp_path, RULE)
    printed = run("whatif", draft, "--sweep", "test/r1.prefer=0,900").stdout
    rows = {cells[2].strip(): cells[1].strip() for line in printed.splitlines() if len(cells := line.split("│")) > 4}
    assert rows == {"0": "*", "1.00": "", "900": ""}
    assert [title in printed for title in ("95% from", "95% to")] == [True, True]


def test_what_was_broken_off_is_resumed_over_the_same_time(run: Run, tmp_path: Path) -> None:
    draft, kept = folder(tmp_path, "then: {exclude: true}"), tmp_path / "kept"
    first = json.loads(run("whatif", draft, "--checkpoint", kept, "--json").stdout)
    again = run("whatif", draft, "--checkpoint", kept)
    assert (again.returncode, "has a what-if already: say --resume" in again.stderr) == (1, True)
    resumed = json.loads(run("whatif", draft, "--checkpoint", kept, "--resume", "--json").stdout)
    assert resumed == first
    other = folder(tmp_path, RULE, name="other")
    assert "is of other drafts" in run("whatif", other, "--checkpoint", kept, "--resume").stderr
    assert "--resume goes with --checkpoint DIR" in run("whatif", draft, "--resume").stderr
    rolled = run("whatif", draft, "--checkpoint", kept, "--resume", "--way", "rolled-forward")
    assert (rolled.returncode, "of another way" in rolled.stderr) == (1, True)


def test_rolled_forward_too_it_is_resumed_to_the_same_bytes(run: Run, tmp_path: Path) -> None:
    draft, kept = folder(tmp_path, "then: {exclude: true}"), tmp_path / "kept"
    asked = ("whatif", draft, "--way", "rolled-forward", "--checkpoint", kept, "--json")
    first = run(*asked)
    assert first.returncode == 0, first.stderr
    assert run(*asked, "--resume").stdout == first.stdout
    elsewhere = run(*asked, "--dask", "tcp://127.0.0.1:1")
    assert (elsewhere.returncode, "leave out --dask or --checkpoint" in elsewhere.stderr) == (2, True)


def test_a_draft_with_mistakes_is_not_tried_and_the_others_are(run: Run, tmp_path: Path) -> None:
    good, bad = folder(tmp_path, RULE, name="good"), folder(tmp_path, "then: {prefr: 1.00}", name="bad")
    printed = run("whatif", good, bad, "--json")
    assert printed.returncode == 1
    assert f"{bad}/policy.yaml:3:" in printed.stderr
    assert "'prefer'" in printed.stderr
    assert f"{bad} was not tried, as it has mistakes" in printed.stderr
    record = json.loads(printed.stdout)
    assert [item["name"] for item in record["drafts"]] == [str(good)]
    assert [item["name"] for item in record["refused"]] == [str(bad)]


def test_if_all_drafts_have_mistakes_nothing_is_tried(run: Run, tmp_path: Path) -> None:
    bad = folder(tmp_path, "then: {prefr: 1.00}")
    printed = run("whatif", bad)
    assert (printed.returncode, printed.stdout) == (1, "")
    assert f"{bad}/policy.yaml:3:" in printed.stderr
    assert printed.stderr.rstrip().endswith("nothing was tried")


def test_a_file_is_tried_with_those_beside_it(run: Run, tmp_path: Path) -> None:
    draft = folder(tmp_path, RULE)
    (draft / "more.yaml").write_text("policy: more\nrules:\n  - {id: r, because: x, then: {carbon_price: 2.00}}\n")
    (tried,) = json.loads(run("whatif", draft / "policy.yaml", "--json").stdout)["drafts"]
    assert [rule["rule"] for rule in tried["changes"]["added"]] == ["more/r"]
    assert tried["name"] == str(draft / "policy.yaml")


def test_a_period_without_decisions_says_when_there_are_some(run: Run, tmp_path: Path) -> None:
    printed = run("whatif", folder(tmp_path, RULE), "--from", "2020-01-01", "--to", "2020-01-02")
    assert printed.returncode == 1
    assert "no decision was made in this time; the log has decisions from " in printed.stderr
    french = run("whatif", tmp_path / "draft", "--from", "2020-01-01", "--to", "2020-01-02", "--lang", "fr")
    assert "aucune décision n'a été prise dans cette période" in french.stderr


def test_a_version_that_there_is_not_is_said(run: Run, tmp_path: Path) -> None:
    printed = run("whatif", folder(tmp_path, RULE), "--against", "abcdef123")
    assert printed.returncode == 1
    assert "no published policy versions start with 'abcdef123'" in printed.stderr


def test_reading_the_orders_is_recorded(run: Run, tmp_path: Path) -> None:
    assert run("whatif", folder(tmp_path, RULE), "--json").returncode == 0
    accesses = json.loads(run("audit", "accesses", "--json").stdout)["accesses"]
    assert any(item["what"] == "whatif" and item["count"] == 2 for item in accesses)


def test_rolled_forward_says_what_is_left_of_the_stock_at_the_end(run: Run, tmp_path: Path) -> None:
    draft = folder(tmp_path, "when: {node.id: lyon}, then: {exclude: true}")
    printed = run("whatif", draft, "--way", "rolled-forward")
    assert printed.returncode == 0, printed.stderr
    assert "one after another on the stock as the draft left it" in printed.stdout.splitlines()[0]
    assert "Stock at the end, of the articles that were ordered" in printed.stdout
    record = json.loads(run("whatif", draft, "--way", "rolled-forward", "--json").stdout)
    (tried,) = record["drafts"]
    assert (record["way"], tried["rolled"]["orders"], tried["orders"]["orders"]) == ("rolled_forward", 2, 2)
    sides = tried["rolled"]["baseline"], tried["rolled"]["draft"]
    assert sides[0]["lifecycles"] != sides[1]["lifecycles"] or tried["decisions_changed"] == 0


def test_rolled_forward_each_month_may_begin_again(run: Run, tmp_path: Path) -> None:
    draft, page, tables = folder(tmp_path, "then: {exclude: true}"), tmp_path / "report.html", tmp_path / "tables"
    asked = ("whatif", draft, "--way", "rolled-forward", "--begin-again", "month")
    printed = run(*asked, "--report", page, "--csv", tables)
    assert printed.returncode == 0, printed.stderr
    assert ", each month by itself from the logged stock on, " in printed.stdout.splitlines()[0]
    for title in ("Each by itself, from the logged stock on", "Stock at the end of the last of them"):
        assert title in printed.stdout
        assert title in page.read_text(encoding="utf-8")
    assert "what a draft took in one month, it has again in the next" in printed.stdout
    header, row = (tables / "stretches.csv").read_text(encoding="utf-8").splitlines()
    names = dict(zip(header.split(","), row.split(","), strict=True))
    assert (names["decisions"], names["units_unfilled_baseline"], names["units_unfilled_draft"]) == ("2", "0", "2")
    french = run(*asked, "--lang", "fr").stdout.splitlines()[0]
    assert ", chaque mois à part à partir du stock du journal, " in french
    wrong = run("whatif", draft, "--begin-again", "month")
    assert (wrong.returncode, "--begin-again needs --way rolled-forward" in wrong.stderr) == (2, True)


def test_the_network_alone_is_a_variant_in_either_way(run: Run) -> None:
    for way in ("one-step", "rolled-forward"):
        printed = run("whatif", "--close", "lyon", "--way", way, "--json")
        assert printed.returncode == 0, printed.stderr
        (tried,) = json.loads(printed.stdout)["drafts"]
        assert (tried["name"], tried["changes"]["same"]) == ("lyon closed", True)
        assert tried["change"] == {"closed": [{"node": "lyon", "since": None, "until": None}]}
        assert tried["total"]["baseline"]["units_shipped"] > 0
        assert "lyon is closed in this trial" in run("whatif", "--close", "lyon", "--way", way).stdout
        assert "lyon" in tried["nodes"]
        assert tried["nodes"]["lyon"]["draft"]["shipments"] == 0 < tried["nodes"]["lyon"]["baseline"]["shipments"]


def test_what_the_options_name_must_be_there_and_be_said_as_they_ask(run: Run, tmp_path: Path) -> None:
    wrong = {
        ("--close", "nowhere"): "no node goes by the id 'nowhere'",
        ("--close", "lyon:2026-11-27"): "is not NODE or NODE:FROM..TO",
        ("--cut-off", "lyon=25:00"): "is not NODE=HH:MM",
        ("--strike", "nobody"): "no service and no carrier goes by 'nobody'",
        ("--volume", "0", "--way", "rolled-forward"): "is not a factor such as 1.3 or 0.8",
        ("--volume", "1.3"): "--volume needs --way rolled-forward",
        (): "name a DRAFT of policies, or what changes of the network",
    }
    for options, message in wrong.items():
        printed = run("whatif", *options)
        assert printed.returncode in (1, 2), options
        assert message in " ".join(printed.stderr.split()), options
    french = run("whatif", "--strike", "nobody", "--lang", "fr").stderr
    assert "aucun service et aucun transporteur ne s'appelle 'nobody'" in " ".join(french.split())
    french = run("whatif", "--close", "lyon", "--from", "hier", "--lang", "fr").stderr
    assert "écrivez un instant ainsi" in " ".join(french.split())


@pytest.fixture
def orders(tmp_path: Path) -> Path:
    file = tmp_path / "orders.ndjson"
    file.write_text("".join(json.dumps(order_json(id=f"F-{number}")) + "\n" for number in range(3)), encoding="utf-8")
    return file


def test_orders_of_a_file_are_tried_instead_of_logged_ones(run: Run, orders: Path, tmp_path: Path) -> None:
    draft, page = folder(tmp_path, "then: {exclude: true}"), tmp_path / "report.html"
    printed = run("whatif", draft, "--orders", orders, "--show", "1", "--report", page)
    assert printed.returncode == 0, printed.stderr
    first, second, *rest = printed.stdout.splitlines()
    assert first.startswith(f"3 decisions on orders of {orders}, one after another on the stock of now as the draft")
    assert ", 3 unfilled units more, 3 shipments fewer, " in second
    assert "  3 of 3 orders come out otherwise" in rest
    assert any(line.startswith("  order F-") for line in rest)
    assert "Stock at the end, of the articles that were ordered" in printed.stdout
    assert f"the orders of {orders}: stock evolves under the draft" in page.read_text(encoding="utf-8")
    french = run("whatif", draft, "--orders", orders, "--lang", "fr").stdout
    assert french.startswith(f"3 décisions sur les commandes de {orders}, l'une après l'autre")


def test_orders_of_a_file_may_be_tried_on_the_stock_of_a_folder(run: Run, orders: Path, tmp_path: Path) -> None:
    draft, asked = folder(tmp_path, RULE), ("--orders", orders, "--json")
    now = json.loads(run("whatif", draft, *asked).stdout)
    loaded = json.loads(run("whatif", draft, *asked, "--network-file", SMALL).stdout)
    assert (now["way"], now["orders_file"], "stock_folder" in now) == ("orders", str(orders), False)
    assert loaded["stock_folder"] == str(SMALL)
    (before,), (after,) = now["drafts"], loaded["drafts"]
    assert before["total"]["draft"]["units_shipped"] == after["total"]["draft"]["units_shipped"] == 3
    left = [sum(its["available"] for its in item["rolled"]["draft"]["lifecycles"].values()) for item in (before, after)]
    assert left[1] == left[0] + 2, "two units are held for logged orders now, and none in the folder"
    assert "change" not in after


def test_what_is_wrong_with_orders_of_a_file_is_said_and_nothing_is_tried(
    run: Run, orders: Path, tmp_path: Path
) -> None:
    draft, empty, wrong = folder(tmp_path, RULE), tmp_path / "empty.ndjson", tmp_path / "wrong.ndjson"
    empty.write_text("\n")
    wrong.write_text(json.dumps(order_json(id="F-1", channel=7)) + "\n", encoding="utf-8")
    twice = tmp_path / "twice.ndjson"
    twice.write_text(2 * (json.dumps(order_json(id="F-1")) + "\n"), encoding="utf-8")
    expected = {
        ("--orders", empty): f"{empty} has no orders",
        ("--orders", wrong): f"{wrong}:1: channel:",
        ("--orders", twice): "order F-1: id: is in the file more than once",
        ("--orders", orders, "--from", "2026-11-27", "--workers", "1"): "leave out --from, --workers",
        ("--orders", orders, "--way", "one-step"): "leave out --way one-step",
    }
    for options, message in expected.items():
        printed = run("whatif", draft, *options)
        assert (printed.returncode in (1, 2), printed.stdout) == (True, ""), options
        assert message in " ".join(printed.stderr.split()), options
    alone = run("whatif", "--orders", orders)
    assert (alone.returncode, "name a DRAFT of policies" in alone.stderr) == (2, True)
