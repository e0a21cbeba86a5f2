"""`pointsman policy schema` and `policy explain` on the command line."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from api.cli.main import pointsman
from api.cli.policy_texts import WIDTH
from rules.loader import is_policy_file, load_policies
from rules.wording.explain import explain

POLICIES = Path("policies")
FILES = sorted(path for path in POLICIES.glob("*.yaml") if is_policy_file(path.name))


def run(*words: object) -> Result:
    return CliRunner().invoke(pointsman, ["policy", *map(str, words)])


def test_the_schema_beside_the_policies_is_the_one_that_is_written() -> None:
    done = run("schema")
    assert done.exit_code == 0
    assert done.output == (POLICIES / "policy.schema.json").read_text(encoding="utf-8")


def test_the_schema_is_written_to_a_file_in_one_language_if_asked(tmp_path: Path) -> None:
    path = tmp_path / "policy.schema.json"
    assert run("schema", "--lang", "fr", "--output", path).exit_code == 0
    keys = json.loads(path.read_text(encoding="utf-8"))["properties"]
    assert keys["owner"]["description"] == "Qui répond de ces règles"
    assert keys["owner"]["markdownDescription"] == "Qui répond de ces règles"


def test_a_schema_that_can_not_be_written_says_why(tmp_path: Path) -> None:
    done = run("schema", "--output", tmp_path / "no" / "policy.schema.json")
    assert str(done.exception).endswith("can't be written: No such file or directory")


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_shipped_file_names_its_schema(path: Path) -> None:
    assert path.read_text(encoding="utf-8").startswith("# yaml-language-server: $schema=policy.schema.json\n")


def test_each_rule_is_explained_under_its_id() -> None:
    done = run("explain", POLICIES)
    shipped = load_policies({path.name: path.read_bytes() for path in FILES})
    assert done.exit_code == 0
    text = " ".join(done.output.split())
    for rule in shipped.rules.values():
        assert f"{rule.id} {' '.join(explain(rule).split())}" in text
    assert max(map(len, done.output.splitlines())) <= WIDTH + 4


def test_in_french_and_for_programs() -> None:
    record = json.loads(run("explain", POLICIES / "clearance.yaml", "--lang", "fr", "--json").output)
    assert record["language"] == "fr"
    rules = {rule["id"]: rule for rule in record["rules"]}
    assert rules["clearance/empty-shops-that-close"] == {
        "id": "clearance/empty-shops-that-close",
        "says": "Si le lieu porte l'étiquette closing\u00a0: chaque unité ainsi envoyée compte 3,00 de moins.",
        "because": {
            "en": "The shop closes and its stock is sold first",
            "fr": "Le magasin ferme, son stock est vendu en premier",
        },
    }


def test_a_file_with_mistakes_is_not_explained_but_its_mistakes_are_printed(tmp_path: Path) -> None:
    bad = tmp_path / "bad.yaml"
    bad.write_text("policy: bad\nrules:\n  - {id: r, because: x, when: {order.chanel: web}, then: {tier: 1}}\n")
    assert "bad.yaml:3:32  unknown-fact" in str(run("explain", bad).exception)
