"""`pointsman policy table export` and `import`, and tables in the commands that read a folder of policies."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from api.cli.main import pointsman
from api.files.policies import policy_files
from rules.diff.compare import compare
from rules.loader import load_policies

TABLE = "policy,t\nhit_policy,first\nid,node.type,keep,because\na,store,1,x\nb,,2,y\n"
YAML = "policy: y\nrules:\n  # a comment\n  - {id: r, because: x, when: {any: [{order.units: 1}]}, then: {hold: 1 h}}\n"


def run(*words: object) -> Result:
    return CliRunner().invoke(pointsman, [str(word) for word in words])


@pytest.mark.parametrize("name", ["channels", "clearance", "green", "service"])
@pytest.mark.parametrize("ending", [".csv", ".xlsx"])
def test_the_policies_that_ship_mean_the_same_as_tables_and_as_yaml_again(name, ending, tmp_path):
    files = policy_files(Path("policies"))
    table, yaml = tmp_path / f"{name}{ending}", tmp_path / f"{name}.yaml"
    assert run("policy", "table", "export", f"policies/{name}.yaml", "--output", table).exit_code == 0
    assert run("policy", "table", "import", table, "--output", yaml).exit_code == 0
    others = {file: content for file, content in files.items() if file != f"{name}.yaml"}
    before = load_policies(files)
    for path in (table, yaml):
        after = load_policies({**others, path.name: path.read_bytes()})
        assert {change.kind for change in compare(before, after).changes} <= {"moved"}
        assert [policy.owner for policy in after.policies] == [policy.owner for policy in before.policies]


def test_export_prints_csv_and_says_what_it_leaves_out(tmp_path):
    result = run("policy", "table", "export", "policies/green.yaml", "--semicolon")
    assert result.stdout.startswith("policy;green\n")
    assert result.stderr.endswith(" lines of comments left out\n")


def test_a_csv_file_for_a_spreadsheet_starts_with_the_mark_of_utf_8(tmp_path):
    run("policy", "table", "export", "policies/green.yaml", "-o", tmp_path / "g.csv")
    assert (tmp_path / "g.csv").read_bytes().startswith(b"\xef\xbb\xbfpolicy,green\n")


def test_what_can_t_be_a_table_is_refused_with_the_rule_and_nothing_is_written(tmp_path):
    (tmp_path / "y.yaml").write_text(YAML)
    result = run("policy", "table", "export", tmp_path / "y.yaml", "-o", tmp_path / "y.csv")
    assert "y.yaml:4:32  not-a-row  rule 'r' can't be a row: a column is a fact, and 'any' joins several" in str(
        result.exception
    )
    assert not (tmp_path / "y.csv").exists()
    assert run("policy", "table", "export", "policies/green.yaml", "-o", tmp_path / "y.ods").exit_code == 2


def test_import_writes_out_what_first_means(tmp_path):
    (tmp_path / "t.csv").write_text(TABLE)
    result = run("policy", "table", "import", tmp_path / "t.csv")
    assert "# From a table of rules whose hit_policy was first." in result.stdout
    assert result.stdout.count("overrides: [t/b]") == 1
    (tmp_path / "empty.yaml").write_text("policy: p\nrules: []\n")
    assert run("policy", "table", "import", tmp_path / "empty.yaml").exit_code == 2


def test_of_a_workbook_of_several_sheets_one_is_chosen(tmp_path):
    for name in ("a", "b"):
        (tmp_path / f"{name}.csv").write_text(TABLE.replace("policy,t", f"policy,{name}"))
        run("policy", "table", "export", tmp_path / f"{name}.csv", "-o", tmp_path / f"{name}.xlsx")
    import openpyxl  # noqa: PLC0415  # as the code does

    book = openpyxl.load_workbook(tmp_path / "a.xlsx")
    other = book.copy_worksheet(book["a"])
    other.title, other["B1"] = "b", "b"
    book.save(tmp_path / "both.xlsx")
    assert "choose one with --sheet: a, b" in run("policy", "table", "import", tmp_path / "both.xlsx").output
    assert "policy: b\n" in run("policy", "table", "import", tmp_path / "both.xlsx", "--sheet", "b").stdout
    assert run("policy", "table", "import", tmp_path / "both.xlsx", "--sheet", "c").exit_code == 2
    assert run("policy", "table", "export", tmp_path / "both.xlsx").exit_code == 2
    assert run("policy", "table", "export", tmp_path / "both.xlsx", "-o", tmp_path / "again.xlsx").exit_code == 0
    assert run("policy", "diff", tmp_path / "both.xlsx", tmp_path / "again.xlsx").stdout.count("moved") == 5


def test_check_explain_and_test_read_the_tables_of_a_folder(tmp_path):
    (tmp_path / "t.csv").write_text(TABLE)
    (tmp_path / "~$t.xlsx").write_text("a lock of Excel")
    (tmp_path / ".~lock.t.csv#").write_text("a lock of LibreOffice")
    (tmp_path / "t_test.yaml").write_text(
        "tests:\n  - name: kept\n    order: {lines: {A: 1}}\n    stock: {A: {store: 2}}\n    expect: {fired: [t/a]}\n"
    )
    checked = run("policy", "check", tmp_path)
    assert (checked.exit_code, checked.stdout.split(":")[0]) == (0, "2 rules in 1 file")
    assert run("policy", "check", tmp_path / "t.csv").exit_code == 0
    explained = run("policy", "explain", tmp_path / "t.csv", "--lang", "fr").stdout
    assert "t/a" in explained
    (tmp_path / "t.csv").write_text(TABLE.replace("store", "shop"))
    assert f"{tmp_path}/t.csv:4:2  unknown-word" in run("policy", "check", tmp_path / "t.csv").stdout
    (tmp_path / "t.xls").write_text("x")
    assert f"{tmp_path}/t.xls:1:1  other-spreadsheet" in run("policy", "check", tmp_path).stdout


def test_a_workbook_is_checked_beside_the_files_of_its_folder_and_its_own_findings_are_shown(tmp_path):
    (tmp_path / "t.csv").write_text(TABLE)
    run("policy", "table", "export", tmp_path / "t.csv", "-o", tmp_path / "t.xlsx")
    (tmp_path / "t.csv").write_text(TABLE.replace("policy,t", "policy,u").replace("b,,2", "b,shop,2"))
    assert run("policy", "check", tmp_path / "t.xlsx").stdout.startswith("no mistakes")
    assert run("policy", "check", tmp_path / "t.csv").stdout.startswith(f"{tmp_path}/t.csv:5:2  unknown-word")
