"""The shipped policies are well formed, and every example on the page of their language is valid."""

import re
from pathlib import Path

import pytest

from rules.conditions import UNWRITTEN, Operator, comparisons
from rules.effects import STAGE_OF
from rules.finding_codes import CODES, NETWORK_CODES, TABLE_CODES, TEST_CODES, Severity
from rules.lint.check import check
from rules.loader import load_policies
from rules.policy import PolicySet
from rules.policy_documents import is_policy_file, read_documents
from rules.tables.csv_text import read_sheet
from rules.tables.document import HitPolicy
from rules.tables.headings import window_keys
from rules.vocabulary import VOCABULARY, Stage, is_attribute

FOLDER = Path(__file__).parents[2] / "policies"
FILES = sorted(path for path in FOLDER.iterdir() if is_policy_file(path.name))
README = (FOLDER / "README.md").read_text(encoding="utf-8")
DOCS = FOLDER.parent / "docs"
LANGUAGE_PAGE = (DOCS / "policy-language.md").read_text(encoding="utf-8")


def section(title: str) -> str:
    return LANGUAGE_PAGE.split(f"\n## {title}\n")[1].split("\n## ")[0]


def first_cells(title: str) -> list[str]:
    return re.findall(r"^\| `([^|]+)` \|", section(title), re.MULTILINE)


@pytest.fixture(scope="module")
def shipped() -> PolicySet:
    return load_policies({path.name: path.read_bytes() for path in FILES})


def test_seven_policies_ship(shipped):
    ids = [policy.id for policy in shipped.policies]
    assert ids == ["channels", "clearance", "green", "inbound", "returns", "safety-stock", "service"]


def test_a_policy_is_named_for_its_file(shipped):
    assert [policy.id for policy in shipped.policies] == [path.stem for path in FILES]


def test_every_policy_has_an_owner_and_a_description(shipped):
    assert all(policy.owner and policy.description for policy in shipped.policies)


def test_every_rule_gives_its_reason_in_english_and_french(shipped):
    assert {tuple(rule.because) for rule in shipped.rules.values()} == {("en", "fr")}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_file_names_a_schema_for_editors_only_if_there_is_one(path):
    named = re.findall(r"^# yaml-language-server: \$schema=(.+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    assert [name for name in named if not (path.parent / name).exists()] == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_rule_has_a_comment_for_its_reader(path):
    (document,) = read_documents(path.name, path.read_bytes())
    lines = [line.strip('"') for line in document.text.splitlines()]
    ids = [document.place(("rules", index, "id"))[0] for index, _ in enumerate(document.root["rules"])]
    uncommented = [lines[line - 1] for line in ids if not lines[line - 2].lstrip().startswith("#")]
    assert len(ids) > 1
    assert uncommented in ([], ["  - id: hold-for-shipping"])  # explained together with the rule before it


def test_every_policy_names_only_channels_and_attributes_of_the_example_network(shipped):
    network = (FOLDER.parent / "examples" / "hexagone" / "network.yaml").read_text(encoding="utf-8")
    attributes = {
        item.fact.path.rpartition(".")[2]
        for rule in shipped.rules.values()
        for item in comparisons(rule.condition)
        if is_attribute(item.fact.path)
    }
    assert attributes == {"hazmat", "franchise"}
    assert all(re.search(rf"^    {name}: flag", network, re.MULTILINE) for name in attributes)


@pytest.mark.parametrize("example", first_cells("Conditions"))
def test_every_condition_of_the_language_page_is_read(example):
    terms = "terms:\n  heavy: {product.weight: {at_least: 15 kg}}\n"
    text = (
        f"policy: p\n{terms}rules:\n  - id: r\n    because: why\n    when:\n      {example}\n    then: {{prefer: 1}}\n"
    )
    policies = load_policies({"p.yaml": text.encode()})
    assert list(comparisons(policies.rules["p/r"].condition))


@pytest.mark.parametrize("example", first_cells("Windows"))
def test_every_window_of_the_language_page_is_read(example):
    text = f"policy: p\nrules:\n  - id: r\n    because: why\n    {example}\n    then: {{prefer: 1}}\n"
    policies = load_policies({"p.yaml": text.encode()})
    assert {item.fact.group for item in comparisons(policies.rules["p/r"].condition)} <= {"now", "clock"}


@pytest.mark.parametrize("example", first_cells("Effects"))
def test_every_effect_of_the_language_page_is_read(example):
    text = f"policy: p\nrules:\n  - id: r\n    because: why\n    then:\n      {example}\n"
    (effect,) = load_policies({"p.yaml": text.encode()}).rules["p/r"].effects
    assert effect.name == example.partition(":")[0]


def test_the_file_of_the_language_page_is_read():
    (text,) = re.findall(r"^```yaml\n(.*?)^```", section("A file"), re.MULTILINE | re.DOTALL)
    assert list(load_policies({"garden.yaml": text.encode()}).rules) == ["garden/heavy-from-near"]


def test_the_language_page_shows_every_operator():
    shown = " ".join(first_cells("Conditions"))
    words = [operator.value for operator in Operator if operator not in UNWRITTEN]
    assert [word for word in (*words, "not", "all", "any", "none", "is") if f"{word}: " not in shown] == []


def test_the_language_page_shows_every_effect_and_where_it_is_judged():
    words = {stage: stage.name.lower() for stage in Stage} | {Stage.OPTION: "way"}
    rows = re.findall(r"^\| `(\w+): [^|]*` \| (\w+) \|", section("Effects"), re.MULTILINE)
    assert dict(rows) == {name: words[stage] for name, stage in STAGE_OF.items()}


def test_the_language_page_explains_every_code_and_its_severity():
    tables = re.split(r"\| (?:warning|against a network|in a test file) \|", section("What check says"))
    explained = [
        dict(re.findall(r"^\| `([a-z0-9-]+)` \| (?:A warning\. )?(.+) \|$", part, re.MULTILINE)) for part in tables
    ]
    assert explained == [
        *({code.name: code.meaning for code in CODES.values() if code.severity is severity} for severity in Severity),
        {code.name: code.meaning for code in NETWORK_CODES.values()},
        {code.name: code.meaning for code in TEST_CODES.values()},
    ]


@pytest.mark.parametrize("page", ["policy-tables.md", "fr/tables-de-regles.md"])
def test_the_table_on_the_page_of_tables_can_be_copied(page):
    (text,) = re.findall(r"^```csv\n(.*?)^```", (DOCS / page).read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    checked = check({"table.csv": text.encode()})
    assert checked.findings == ()
    assert len(checked.policies.rules) == 3


def test_the_finding_on_the_page_of_tables_is_what_check_says():
    page = (DOCS / "policy-tables.md").read_text(encoding="utf-8")
    (text,) = re.findall(r"^```csv\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    (finding,) = check({"shop-reserve.csv": text.replace(",10,,2,", ",9,,2,").encode()}).findings
    assert str(finding) in re.sub(r"\n *", " ", page)


def test_the_page_of_tables_explains_the_codes_of_export_and_every_key():
    page = (DOCS / "policy-tables.md").read_text(encoding="utf-8")
    explained = dict(re.findall(r"^\| `([a-z0-9-]+)` \| ([A-Z].+) \|$", page, re.MULTILINE))
    assert {code.name: code.meaning for code in TABLE_CODES.values()}.items() <= explained.items()
    assert [word for word in (*window_keys(), *(policy.value for policy in HitPolicy)) if f"`{word}`" not in page] == []


def test_the_shipped_policies_have_no_findings():
    assert check({path.name: path.read_bytes() for path in FILES}).findings == ()


def test_the_language_page_names_every_fact():
    assert set(re.findall(r"`([a-z]+\.[a-z0-9_]+)`", section("Facts"))) == set(VOCABULARY)


def test_the_readme_names_every_file():
    assert set(re.findall(r"\]\(([a-z-]+\.(?:yaml|csv))\)", README)) == {path.name for path in FILES}


def test_the_rows_that_the_example_shows_are_those_of_the_table_that_ships():
    page = (FOLDER.parent / "examples" / "hexagone" / "README.md").read_text(encoding="utf-8")
    sheet = read_sheet("safety-stock.csv", (FOLDER / "safety-stock.csv").read_text(encoding="utf-8"))
    rows = {cells[0]: cells for _, cells in sheet.filled_rows()}
    shown = [[cell.strip() for cell in line.split("|")[1:-1]] for line in page.splitlines() if line.startswith("| ")]
    headings, *those_shown = [cells for cells in shown if cells[0] in rows]
    at = [rows["id"].index(heading) for heading in headings]
    assert len(those_shown) > 3
    assert [cells for cells in those_shown if cells != [rows[cells[0]][number] for number in at]] == []
