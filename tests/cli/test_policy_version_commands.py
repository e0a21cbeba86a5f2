"""Policy versions on the command line, on an embedded server of the test's own."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from engine.settings import Settings
from engine.store.connection.server import open_server
from tests.support.forked_cli import SMALL, Command, Done, Run
from tests.support.strike import strike_files

FILE = "policy: p\nrules:\n  - {id: r, because: x, then: {carbon_price: 1.00}}\n"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    data = tmp_path_factory.mktemp("installation")
    with open_server(Settings(data=data)):
        yield data


@pytest.fixture
def run(server: Path, network: str, command: Command) -> Run:
    def policy(*words: object) -> Done:
        return command(*words, POINTSMAN_DATA=server, POINTSMAN_NETWORK=network, POINTSMAN_USER="anna")

    assert policy("load", SMALL).returncode == 0
    return lambda *words: policy("policy", *words)


@pytest.fixture
def file(tmp_path: Path) -> Callable[..., Path]:
    """A folder with one policy file of that text."""

    def written(text: str = FILE, name: str = "p.yaml") -> Path:
        folder = tmp_path / str(len(list(tmp_path.iterdir())))
        folder.mkdir()
        (folder / name).write_text(text)
        return folder

    return written


def published(run: Run, path: Path, *more: str) -> str:
    printed = run("publish", path, *more)
    assert printed.returncode == 0, printed.stderr
    return printed.stdout.split()[1]


def test_versions_are_published_scheduled_listed_shown_compared_and_rolled_back(run: Run, file: Callable[..., Path]):
    first = published(run, file(), "--activate", "--note", "to start with")
    second = published(run, file(FILE.replace("1.00", "2.00")), "--note", "dearer")
    printed = run("activate", second[:6], "--at", "2126-11-27 08:00")
    assert printed.stdout == f"{second[:12]} takes over at Wed 27 Nov 2126 08:00 +01:00, as scheduled\n"
    listed = json.loads(run("list", "--json").stdout)
    assert [(item["version"], item["rules"], item["active"], item["note"]) for item in listed] == [
        (first, 1, True, "to start with"),
        (second, 1, False, "dearer"),
    ]
    assert listed[1]["scheduled"] == ["2126-11-27T07:00:00Z"]
    table = run("list").stdout
    assert table.startswith(f"* {first[:12]}      1 rule   ")
    assert "    scheduled from Wed 27 Nov 2126 08:00 +01:00 on\n" in table
    assert run("show", "active", "--file", "p.yaml").stdout == FILE
    assert json.loads(run("show", second, "--json").stdout)["files"] == {"p.yaml": FILE.replace("1.00", "2.00")}
    assert f"# version {first}" in run("show", first).stdout
    assert "it has p.yaml" in run("show", "active", "--file", "q.yaml").stderr
    assert run("diff", "active", second).stdout == (
        "changed  p/r  (p.yaml)\n"
        "         effects    - carbon_price: 1.00\n"
        "                    + carbon_price: 2.00\n"
        "1 changed\n"
    )
    run("activate", second, "--note", "sooner")
    back = run("rollback", "--note", "too dear")
    assert back.stdout.splitlines()[0] == f"back to {first}, active from the next decision on"
    assert run("rollback").returncode == 1
    history = json.loads(run("history", "--json").stdout)
    assert [(act["act"], act["who"], act["note"]) for act in history] == [
        ("published", "anna", "to start with"),
        ("activated", "anna", "to start with"),
        ("published", "anna", "dearer"),
        ("scheduled", "anna", ""),
        ("activated", "anna", "sooner"),
        ("rolled_back", "anna", "too dear"),
    ]
    assert "from Wed 27 Nov 2126 08:00 +01:00" in run("history").stdout


def test_publishing_says_what_the_new_version_leaves_out(run: Run, file: Callable[..., Path]):
    both = file()
    (both / "q.yaml").write_text(FILE.replace("policy: p", "policy: q"))
    active = published(run, both, "--activate")
    printed = run("publish", both / "q.yaml", "--alone").stdout
    assert f"compared with the active version {active[:12]}: 1 gone\n  leaves out p/r\n" in printed


def test_publishing_names_the_rules_that_change_and_are_new(run: Run, file: Callable[..., Path]):
    folder = file()
    published(run, folder, "--activate")
    text = (folder / "p.yaml").read_text()
    rule = text[text.index("  - {id") :]
    (folder / "p.yaml").write_text(text.replace("1.00", "2.00") + rule.replace("id: r", "id: s"))
    printed = run("publish", folder).stdout
    assert "\n  changes p/r: carbon_price: 1.00 -> carbon_price: 2.00\n  adds p/s\n" in printed


def test_one_file_of_several_is_not_taken_for_the_whole_version_unasked(run: Run, file: Callable[..., Path]):
    both = file()
    (both / "q.yaml").write_text(FILE.replace("policy: p", "policy: q"))
    before = run("list").stdout
    refused = run("publish", both / "q.yaml", "--activate")
    assert refused.returncode == 2
    assert "is one of 2 policy files" in " ".join(refused.stderr.split())
    assert run("list").stdout == before


def test_a_rule_that_does_not_fit_the_network_is_refused_and_unknown_words_are_warned_of(
    run: Run, file: Callable[..., Path]
):
    refused = run("publish", file(FILE.replace("1.00", "1.00 USD")))
    assert refused.returncode == 1
    assert "p.yaml:3:32  other-currency  '1.00 USD' is in USD, the network counts in EUR" in refused.stderr
    odd = FILE.replace("then:", "when: {order.channel: weeb}, then:")
    printed = run("publish", file(odd)).stdout
    assert "p.yaml:3:32  unknown-to-network  warning: order.channel: no channel goes by the name 'weeb'" in printed
    assert "did you mean 'web'" in printed


REFUSED = {
    ("activate", "d27"): "'d27' names no policy version; give 4 or more",
    ("activate", "0000"): "no published policy versions start with '0000'",
    ("activate", "active", "--at", "2126-11-27T08:00:00"): "the zone is missing",
    ("activate", "active", "--at", "2016-11-27T08:00:00Z"): "at: this instant is over",
    ("diff", "active", "nowhere.yaml"): "'nowhere.yaml' names no policy version",
}


def test_a_typo_is_refused_with_a_hint_how_to_correct_it(run: Run, file: Callable[..., Path]):
    published(run, file(), "--activate")
    for words, message in REFUSED.items():
        answered = run(*words)
        assert answered.returncode in (1, 2)
        assert message in answered.stderr


def test_two_folders_are_compared_without_a_server(tmp_path: Path, file: Callable[..., Path]):
    renamed = FILE.replace("id: r", "id: s")
    command = [
        sys.executable,
        "-c",
        "from api.cli.main import main; main()",
        "policy",
        "diff",
        file(),
        file(renamed),
        "--json",
    ]
    environment = {**os.environ, "POINTSMAN_REDIS_URL": "unix:///nowhere"}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=True)
    (moved,) = json.loads(done.stdout)["moved"]
    assert (moved["before"], moved["rule"], moved["differences"]) == ("p/r", "p/s", [])


STRANGE = FILE.replace("then:", "when: {order.channel: weeb}, then:")


def test_check_compares_words_with_the_network_that_is_named(run: Run, file: Callable[..., Path], network: str):
    folder = file(STRANGE)
    for words in ((), ("--network", network)):
        printed = run("check", folder, *words)
        assert "(did you mean 'web'?)" in printed.stdout
        assert printed.stdout.endswith(f"; network {network}\n")
    missing = run("check", folder, "--network", "nowhere")
    assert (missing.returncode, missing.stdout) == (1, "")
    assert "network 'nowhere' has no facts yet" in missing.stderr


def test_check_goes_on_without_a_named_network_that_is_not_there(
    server: Path, command: Command, file: Callable[..., Path], tmp_path: Path
):
    for data, said in ((server, "not checked against network nowhere: "), (tmp_path / "no-server", "")):
        printed = command("policy", "check", file(STRANGE), POINTSMAN_DATA=data, POINTSMAN_NETWORK="nowhere")
        assert (printed.returncode, printed.stderr[: len(said)]) == (0, said)
        assert "; network" not in printed.stdout
    assert not (tmp_path / "no-server").exists()


def test_a_strict_publish_refuses_warnings(run: Run, file: Callable[..., Path]):
    folder = file(STRANGE)
    printed = run("publish", folder, "--strict")
    assert (printed.returncode, printed.stdout) == (1, "")
    assert "no channel goes by the name 'weeb'" in printed.stderr
    assert run("list").stdout == ""
    assert "no channel goes by the name 'weeb'" in run("publish", folder).stdout


def test_in_an_emergency_a_rule_that_ends_soon_is_published_although_tests_of_others_fail(run: Run, tmp_path: Path):
    for name, text in strike_files("policy: usual\nrules: []\n", today=datetime.now(UTC).date()).items():
        (tmp_path / name).write_text(text)
    refused = run("publish", tmp_path)
    assert (refused.returncode, "--emergency --note WHY" in refused.stderr) == (1, True)
    assert f"To see what differs: pointsman policy test {tmp_path}\n" in refused.stderr
    printed = run("publish", tmp_path, "--emergency", "--note", "a strike")
    assert printed.returncode == 0, printed.stderr
    assert "in an emergency, with 1 test failing because of strike/lyon" in printed.stdout
    assert "in an emergency, 1 test failing" in run("history").stdout


def test_where_four_eyes_are_needed_another_person_approves_or_an_override_shows(
    server: Path, network: str, command: Command, file: Callable[..., Path]
) -> None:
    def policy(who: str, *words: object) -> Done:
        variables = {"POINTSMAN_DATA": server, "POINTSMAN_NETWORK": network, "POINTSMAN_USER": who}
        return command("policy", *words, **variables, POINTSMAN_FOUR_EYES=1)

    printed = policy("anna", "publish", file(), "--activate")
    assert (printed.returncode, "another person than anna must approve" in printed.stderr) == (1, True)
    version = printed.stdout.split()[1]
    own = policy("anna", "approve", version)
    assert (own.returncode, "'anna' published the policy version" in own.stderr) == (1, True)
    approved = policy("bob", "approve", version[:6], "--note", "read it")
    assert approved.stdout == f"{version} is approved by bob\n"
    assert "    approved by bob\n" in policy("anna", "list").stdout
    assert policy("anna", "activate", version).returncode == 0

    other = policy("anna", "publish", file(FILE.replace("1.00", "2.00"))).stdout.split()[1]
    assert "an override needs a note" in policy("anna", "activate", other, "--override").stderr
    assert policy("anna", "activate", other, "--override", "--note", "strike").returncode == 0
    *_, last = policy("anna", "history").stdout.splitlines()
    assert last.endswith(f"activated  {other[:12]}  without approval  anna  strike")
    assert json.loads(policy("anna", "history", "--json").stdout)[-1]["override"] is True


def test_an_approval_is_asked_for_declined_taken_back_and_seen_in_the_list_the_history_and_the_log(
    server: Path, network: str, command: Command, file: Callable[..., Path], run: Run
):
    def policy(who: str, *words: object, group: str = "policy", **more: str) -> Done:
        variables = {"POINTSMAN_DATA": server, "POINTSMAN_NETWORK": network, "POINTSMAN_USER": who, **more}
        return command(group, *words, **variables, POINTSMAN_FOUR_EYES=1)

    version = policy("anna", "publish", file(FILE.replace("1.00", "7.00"))).stdout.split()[1]
    asked = policy("anna", "ask", version[:6], "--at", "2126-11-27 08:00", "--note", "for the sale")
    assert asked.stdout == f"anna asks that {version} be approved\n"
    (line,) = (line for line in policy("bob", "list").stdout.splitlines() if "asks that it be approved" in line)
    assert line.startswith("    anna asks that it be approved, since ")
    assert line.endswith(", to decide from Wed 27 Nov 2126 08:00 +01:00 on: for the sale")
    declined = json.loads(policy("bob", "decline", version, "--note", "no last day", "--json").stdout)
    assert declined["approval_request"]["declined"]["note"] == "no last day"
    assert "    bob declined that at " in policy("bob", "list").stdout
    assert "Missing option '--note'" in policy("bob", "decline", version).stderr
    assert policy("anna", "ask", version).returncode == 0
    both = policy("anna", "ask", version, "--take-back", "--at", "2126-11-27 08:00")
    assert (both.returncode, "not both" in both.stderr) == (2, True)
    taken_back = policy("anna", "ask", version, "--take-back", "--note", "wait")
    assert taken_back.stdout == f"anna no longer asks that {version} be approved\n"
    again = policy("anna", "ask", version, "--take-back", POINTSMAN_LANG="fr")
    assert (again.returncode, "a retiré" in again.stderr) == (1, True)
    shown = [line.split("  ", 1)[1] for line in policy("bob", "history").stdout.splitlines()[-4:]]
    assert shown == [
        f"approval asked for  {version[:12]}  to decide from Wed 27 Nov 2126 08:00 +01:00 on  anna  for the sale",
        f"approval declined  {version[:12]}  bob  no last day",
        f"approval asked for  {version[:12]}  anna",
        f"not asked for any more  {version[:12]}  anna  wait",
    ]
    log = policy("bob", "log", group="ledger").stdout
    assert f"{version}  to decide from Wed 27 Nov 2126 08:00 +01:00 on: for the sale  [anna, cli" in log
    assert f"{version}  no last day  [bob, cli" in log


def test_what_goes_with_a_scheduled_version_is_named_and_it_can_be_taken_off(run: Run, file: Callable[..., Path]):
    sale = published(run, file(), "--activate")
    run("activate", sale, "--at", "2126-11-27 08:00")
    two = file(FILE + FILE.replace(FILE[: FILE.index("  - ")], "").replace("id: r", "id: late"))
    printed = run("publish", two, "--activate").stdout
    assert printed.endswith(
        f"{sale[:12]} takes over at Wed 27 Nov 2126 08:00 +01:00, as scheduled\n"
        "  1 rule of the version before it go then:\n    p/late\n"
    )
    assert run("rollback", "--at", "2126-11-28 08:00").stdout.count("as scheduled") == 2
    cancelled = run("unschedule", sale[:8], "--note", "put off").stdout
    assert cancelled.count(f"{sale} does not take over at ") == 2
    assert run("unschedule", sale).stderr == f"version {sale[:12]} is not scheduled (pointsman policy list)\n"
    assert [act["act"] for act in json.loads(run("history", "--json").stdout)][-2:] == ["unscheduled"] * 2
    assert "p/late" in run("explain", "active").stdout
    assert "p/late" not in run("explain", sale[:6]).stdout
