"""`pointsman policy test` as merchandisers and build servers run it: as a process of its own, without a server."""

import functools
import json
import shutil
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from tests.support.forked_cli import Command, Run

POLICY = """
policy: garden
rules:
  - {id: heavy, because: it is heavy, when: {product.weight: {at_least: 15 kg}, node.type: store}, then: {prefer: 9.00}}
  - {id: social, because: it is social, when: {order.channel: social}, then: {hold: 1 h}}
"""
TESTS = """
products: {BENCH: {weight: 20 kg}}
stock: {usual: {BENCH: {warehouse: 5, store: 5}, GLOVES: {warehouse: 5, store: 5}}}
tests:
  - test: A bench comes from the shop
    order: {lines: {BENCH: 1}}
    expect: {shipments: [{node: store}], fired: [garden/heavy]}
  - test: Gloves come from the warehouse
    order: {lines: {GLOVES: 2}}
    expect: {shipments: [{node: warehouse, lines: {GLOVES: 2}}], not_fired: [garden/heavy]}
"""
SOCIAL = """
  - test: Orders of social networks wait an hour
    order: {channel: social, lines: {GLOVES: 1}}
    expect: {hold: 1 h}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "policies"
    made.mkdir()
    (made / "garden.yaml").write_text(POLICY)
    (made / "garden_test.yaml").write_text(TESTS)
    return made


@pytest.fixture
def run(command: Command) -> Run:
    return functools.partial(command, "policy", "test", COLUMNS=120)


def with_failures(folder: Path) -> Path:
    path = folder / "garden_test.yaml"
    path.write_text(TESTS.replace("{node: store}]", "{node: warehouse, service: parcel}]"))
    return path


def test_a_dot_is_shown_for_each_test_that_passes(run: Run, folder: Path) -> None:
    done = run(folder)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "garden_test.yaml ..\n\n2 passed\n"


def test_a_test_that_fails_is_shown_with_what_was_expected_beside_what_was_decided(run: Run, folder: Path) -> None:
    with_failures(folder)
    done = run(folder)
    assert done.returncode == 1
    lines = done.stdout.splitlines()
    assert lines[0] == "garden_test.yaml F."
    assert "garden_test.yaml:5  A bench comes from the shop" in lines
    (shown,) = [line.split("  ") for line in lines if "shipments" in line]
    assert [part.strip() for part in shown if part.strip()] == [
        "shipments",
        "{node: warehouse, service: parcel}",
        "{node: store, service: parcel, lines: {BENCH: 1}}",
    ]
    assert "  rules that fired: garden/heavy" in lines
    assert lines[-1] == "1 failed, 1 passed"


def test_what_was_expected_is_never_cut(run: Run, folder: Path) -> None:
    rule = "orders-of-social-networks-wait-for-an-hour-before-they-leave"
    (folder / "garden.yaml").write_text(POLICY.replace("id: social", f"id: {rule}"))
    (folder / "garden_test.yaml").write_text(TESTS.replace("fired: [garden/heavy]}", f"fired: [garden/{rule}]}}", 1))
    shown = run(folder, COLUMNS=80).stdout
    assert "1 failed" in shown
    assert "…" not in shown


def test_dots_go_on_in_the_next_line_where_the_terminal_ends(run: Run, folder: Path) -> None:
    cases = [f"  - {{test: case {n}, order: {{lines: {{BENCH: 1}}}}, expect: {{status: filled}}}}\n" for n in range(40)]
    (folder / "garden_test.yaml").write_text(TESTS.split("tests:", maxsplit=1)[0] + "tests:\n" + "".join(cases))
    lines = run(folder, COLUMNS=40).stdout.splitlines()
    assert [line.count(".") for line in lines[:2]] == [1 + 23, 17]  # the file's name has one of its own
    assert lines[1].startswith(" " * 17 + ".")


def test_tests_are_selected_by_a_word(run: Run, folder: Path) -> None:
    done = run(folder, "-k", "gloves")
    assert (done.returncode, done.stdout) == (0, "garden_test.yaml .\n\n1 passed, 1 left out\n")
    none = run(folder, "-k", "nothing")
    assert none.returncode == 2
    assert "none of the 2 tests has 'nothing' in its name" in none.stderr


def test_strict_fails_a_set_with_a_rule_that_no_test_fires(run: Run, folder: Path) -> None:
    done = run(folder, "--strict")
    assert done.returncode == 1
    assert "no case fires garden/social" in done.stdout.splitlines()
    (folder / "garden_test.yaml").write_text(TESTS + SOCIAL)
    assert run(folder, "--strict").returncode == 0
    assert "--strict needs all tests; leave -k out" in run(folder, "--strict", "-k", "x").stderr


def test_strict_fails_tests_that_expect_nothing_and_files_that_fire_nothing(run: Run, folder: Path) -> None:
    (folder / "other.yaml").write_text("policy: other\nrules: [{id: r, because: x, then: {hold: 2 h}}]\n")
    (folder / "garden_test.yaml").write_text(
        TESTS.split("tests:", maxsplit=1)[0] + "tests:\n  - test: idle\n    order: {lines: {GLOVES: 1}}\n"
    )
    assert run(folder).returncode == 0
    done = run(folder, "--strict")
    assert done.returncode == 1
    assert done.stdout.splitlines()[2:7] == [
        "Not tested:",
        "no case fires garden/heavy",
        "no case fires garden/social",
        "garden_test.yaml:5: the case 'idle' expects nothing",
        "garden_test.yaml: no case fires a rule of garden",
    ]


def test_coverage_shows_what_each_rule_does(run: Run, folder: Path) -> None:
    lines = run(folder, "--coverage").stdout.splitlines()
    rows = [[cell.strip() for cell in line.split("│")[1:-1]] for line in lines if "garden/" in line]
    assert rows == [["garden/heavy", "1", "1", "1"], ["garden/social", "0", "2", "0"]]


def test_programs_get_json_and_nothing_else(run: Run, folder: Path) -> None:
    with_failures(folder)
    done = run(folder, "--json", "--coverage")
    assert done.returncode == 1
    result = json.loads(done.stdout)
    assert (result["passed"], len(result["policy_version"])) == (False, 64)
    assert [(case["file"], case["line"], case["passed"]) for case in result["cases"]] == [
        ("garden_test.yaml", 5, False),
        ("garden_test.yaml", 8, True),
    ]
    assert result["cases"][0]["differences"] == [
        {
            "what": "shipments",
            "expected": "{node: warehouse, service: parcel}",
            "got": "{node: store, service: parcel, lines: {BENCH: 1}}",
        }
    ]
    assert result["coverage"][0] == {"rule": "garden/heavy", "fired": 1, "quiet": 1, "changed": 1}
    assert result["not_tested"] == ["no case fires garden/social"]


def test_build_servers_get_junit_xml(run: Run, folder: Path, tmp_path: Path) -> None:
    with_failures(folder)
    path = tmp_path / "report.xml"
    assert run(folder, "--junit", path).returncode == 1
    root = ET.parse(path).getroot()
    assert (root.get("tests"), root.get("failures")) == ("2", "1")
    done = run(folder, "--junit", tmp_path / "nowhere" / "report.xml")
    assert done.returncode == 1
    assert "can't be written: No such file or directory" in done.stderr


def test_a_file_with_mistakes_runs_no_test_and_all_mistakes_are_printed(run: Run, folder: Path) -> None:
    (folder / "garden_test.yaml").write_text(
        TESTS.replace("[garden/heavy]", "[garden/hevy]").replace("GLOVES: 2}}\n", "GLOVE: 2}}\n")
    )
    (folder / "other.yaml").write_text("policy: other\nrules: [{id: r, because: x, then: {tire: 1}}]\n")
    done = run(folder)
    assert (done.returncode, done.stdout) == (1, "")
    (folder / "other.yaml").unlink()
    rules_too = run(folder)
    assert "other.yaml:2:36  unknown-effect  unknown effect 'tire' (did you mean 'tier'?)" in done.stderr
    for stderr in (done.stderr, rules_too.stderr):
        assert "unknown-sku  unknown SKU 'GLOVE'; give it under products or stock (did you mean 'GLOVES'?)" in stderr
    assert done.stderr.endswith("\n2 mistakes; no test was run\n")
    assert "unknown-rule  unknown rule 'garden/hevy' (did you mean 'garden/heavy'?)" in rules_too.stderr


def test_of_a_single_policy_its_own_tests_are_run_by_the_whole_folder(run: Run, folder: Path) -> None:
    (folder / "other.yaml").write_text(
        "policy: other\nrules: [{id: r, because: x, when: {node.type: warehouse}, then: {exclude: true}}]\n"
    )
    (folder / "other_test.yaml").write_text(TESTS)
    for path in ("garden.yaml", "garden_test.yaml"):
        done = run(folder / path)
        assert done.stdout.splitlines()[0] == "garden_test.yaml .F"
        covered = run(folder / path, "--coverage").stdout
        assert ("│ garden/heavy" in covered, "│ other/r" in covered) == (True, False)
    assert "│ other/r" in run(folder, "--coverage").stdout
    (folder / "garden_test.yaml").unlink()
    done = run(folder / "garden.yaml")
    assert done.returncode == 1
    assert "there are no tests here; write them into a file whose name ends in _test.yaml" in done.stderr


def test_a_network_directory_is_looked_for_beside_the_test_file(run: Run, folder: Path) -> None:
    shutil.copytree("tests/data/small", folder.parent / "small")
    case = "  - test: near\n    order: {destination: {near: lille}, lines: {SHIRT: 1}}\n    expect: {status: filled}\n"
    (folder / "garden_test.yaml").write_text(f"network: ../small\ntests:\n{case}")
    assert run(folder).returncode == 0
    (folder / "garden_test.yaml").write_text(f"network: ../smal\ntests:\n{case}")
    done = run(folder)
    assert done.returncode == 1
    assert "garden_test.yaml:1:1  bad-network  ../smal: there is no such directory" in done.stderr
