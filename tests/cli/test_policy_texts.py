"""`pointsman policy schema` and `policy explain`, as their users run them."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from api.cli.main import pointsman
from api.cli.policy.explained_rules import WIDTH
from rules.loader import load_policies
from rules.policy_documents import is_policy_file
from rules.wording.catalogue import ENGLISH, load_catalogue
from rules.wording.explain import explain
from tests.conftest import SMALL

POLICIES = Path("policies")
FILES = sorted(path for path in POLICIES.glob("*.yaml") if is_policy_file(path.name))


PRODUCT = ("rules", "engine", "api")


def run(*words: object) -> Result:
    return CliRunner().invoke(pointsman, ["policy", *map(str, words)])


def test_the_schema_beside_the_policies_is_up_to_date() -> None:
    result = run("schema")
    assert result.exit_code == 0
    assert result.output == (POLICIES / "policy.schema.json").read_text(encoding="utf-8")


def test_the_schema_of_test_files_beside_the_policies_is_up_to_date() -> None:
    result = run("schema", "--tests")
    assert result.exit_code == 0
    assert result.output == (POLICIES / "policy_test.schema.json").read_text(encoding="utf-8")
    for path in POLICIES.glob("*_test.yaml"):
        assert path.read_text(encoding="utf-8").startswith("# yaml-language-server: $schema=policy_test.schema.json\n")


def test_the_schema_completes_the_words_of_a_network() -> None:
    plain, own = (json.loads(run("schema", "--lang", "en", *words).stdout) for words in ((), ("--network", SMALL)))
    facts, others = (item["definitions"]["condition"]["properties"] for item in (own, plain))
    assert facts["node.id"]["examples"] == ["lille", "lyon", "paris"]
    assert facts["order.channel"]["examples"] == ["app", "store", "web"]
    assert {"COAT", "SHIRT"} < set(facts["line.sku"]["examples"]) == set(facts["product.sku"]["examples"])
    assert facts["product.category"]["examples"] == ["home", "outerwear", "tops"]
    assert facts["node.type"] == others["node.type"]
    assert ("product.attributes.hazmat" in facts, "product.attributes.hazmat" in others) == (True, False)
    assert facts["node.id"]["allOf"] == others["node.id"]["allOf"]  # any other word may be written, too
    assert '"examples":["app","store","web"]' in json.dumps(own["definitions"]["effects"], separators=(",", ":"))
    assert run("schema", "--tests", "--network", SMALL).exit_code == 2


def test_the_schema_is_written_to_a_file_in_one_language_if_asked(tmp_path: Path) -> None:
    path = tmp_path / "policy.schema.json"
    assert run("schema", "--lang", "fr", "--output", path).exit_code == 0
    keys = json.loads(path.read_text(encoding="utf-8"))["properties"]
    assert keys["owner"]["description"] == "Qui répond de ces règles"
    assert keys["owner"]["markdownDescription"] == "Qui répond de ces règles"


def test_a_schema_that_can_not_be_written_says_why(tmp_path: Path) -> None:
    result = run("schema", "--output", tmp_path / "no" / "policy.schema.json")
    assert str(result.exception).endswith("can't be written: No such file or directory")


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_shipped_file_names_its_schema(path: Path) -> None:
    assert path.read_text(encoding="utf-8").startswith("# yaml-language-server: $schema=policy.schema.json\n")


def test_each_rule_is_explained_under_its_name() -> None:
    result = run("explain", POLICIES)
    shipped = load_policies({path.name: path.read_bytes() for path in FILES})
    assert result.exit_code == 0
    text = " ".join(result.output.split())
    for rule in shipped.rules.values():
        assert f"{rule.id} {' '.join(explain(rule, load_catalogue(ENGLISH)).split())}" in text
    assert max(map(len, result.output.splitlines())) <= WIDTH + 4


def test_rules_are_explained_in_french_and_as_json_if_asked() -> None:
    explained = json.loads(run("explain", POLICIES / "clearance.yaml", "--lang", "fr", "--json").output)
    assert explained["language"] == "fr"
    rules = {rule["id"]: rule for rule in explained["rules"]}
    assert rules["clearance/empty-shops-that-close"] == {
        "id": "clearance/empty-shops-that-close",
        "says": "Si le lieu porte l'étiquette closing\u00a0: chaque unité ainsi envoyée compte 3,00 de moins.",
        "because": {
            "en": "The shop closes and its stock is sold first",
            "fr": "Le magasin ferme, son stock est vendu en premier",
        },
    }


def test_a_file_with_mistakes_is_not_explained_but_its_mistakes_are_listed(tmp_path: Path) -> None:
    bad = tmp_path / "bad.yaml"
    bad.write_text("policy: bad\nrules:\n  - {id: r, because: x, when: {order.chanel: web}, then: {tier: 1}}\n")
    assert "bad.yaml:3:32  unknown-fact" in str(run("explain", bad).exception)


def test_a_language_is_one_more_catalogue_and_nothing_else(tmp_path: Path) -> None:
    for floor in PRODUCT:
        shutil.copytree(floor, tmp_path / floor, ignore=shutil.ignore_patterns("__pycache__"))
    catalogues = tmp_path / "rules" / "wording" / "catalogues"
    german = (catalogues / "en.yaml").read_text(encoding="utf-8").replace("If {condition}:", "Falls {condition}:")
    (catalogues / "de.yaml").write_text(german.replace("no node has any of it", "nirgends vorhanden"), encoding="utf-8")

    def output(program: str, *words: object) -> str:
        command = [sys.executable, "-c", program, *map(str, words)]
        return subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, text=True).stdout

    pointsman_command = "from api.cli.main import main; main()"
    path = (POLICIES / "clearance.yaml").resolve()
    assert "    Falls the place " in output(pointsman_command, "policy", "explain", path, "--lang", "de")
    schema = json.loads(output(pointsman_command, "policy", "schema"))
    assert schema["properties"]["owner"]["description"].splitlines() == [
        "Who answers for these rules",
        "Who answers for these rules",
        "Qui répond de ces règles",
    ]
    assert list(schema["definitions"]["rule"]["defaultSnippets"][0]["body"]["because"]) == ["de", "en", "fr"]
    reason = "from engine.decide.reasons import reason_texts; print(dict(reason_texts('no_stock')))"
    assert output(reason) == (
        "{'de': 'nirgends vorhanden', 'en': 'no node has any of it', 'fr': \"aucun lieu n'en a\"}\n"
    )


def test_the_command_line_starts_without_reading_a_catalogue() -> None:
    program = (
        "import api.cli.main; from rules.wording.catalogue import load_catalogue; print(load_catalogue.cache_info())"
    )
    command = [sys.executable, "-c", program]
    assert "currsize=0" in subprocess.run(command, check=True, capture_output=True, text=True).stdout


def test_what_is_no_path_and_no_version_is_refused_as_a_path() -> None:
    result = run("explain", "nowhere")
    assert (result.exit_code, "Path 'nowhere' does not exist." in result.stderr) == (2, True)
