"""Rules and policy sets: versions, stages, overrides."""

import random
import shutil
import subprocess
from pathlib import Path

import pytest

from rules.conditions import ALWAYS
from rules.effects import Effect, Exclusion
from rules.loader import load_policies
from rules.policy import Rule
from rules.policy_documents import is_policy_file
from rules.vocabulary import Stage

FOLDER = Path(__file__).parents[3] / "policies"
FILES = {path.name: path.read_bytes() for path in FOLDER.iterdir() if is_policy_file(path.name)}
COMMAND = "ls *.yaml *.csv | grep -v _test.yaml | LC_ALL=C sort | xargs sha256sum | sha256sum"


@pytest.mark.skipif(not shutil.which("sha256sum"), reason="there is no sha256sum to compare with")
def test_the_version_is_what_sha256sum_says_of_the_files(tmp_path):
    odd = {"B.yaml": b"policy: b\nrules: []\n", "a-1.yaml": b"\xef\xbb\xbfpolicy: a\nrules: []\n# \xc3\xa9 \r\n"}
    for name, content in (FILES | odd | {"green_test.yaml": b"not: read\n"}).items():
        (tmp_path / name).write_bytes(content)
    printed = subprocess.run(["sh", "-c", COMMAND], cwd=tmp_path, capture_output=True, text=True, check=True).stdout
    assert load_policies(FILES | odd).version == printed.split()[0]


def test_the_version_and_the_rules_do_not_depend_on_the_order_of_files():
    expected = load_policies(FILES)
    names = sorted(FILES)
    for seed in range(5):
        random.Random(seed).shuffle(names)
        policies = load_policies({name: FILES[name] for name in names})
        assert policies.version == expected.version
        assert policies == expected
        assert list(policies.rules) == list(expected.rules) == sorted(expected.rules)


def test_the_version_changes_with_a_comment_and_with_a_name():
    version = load_policies(FILES).version
    green = FILES["green.yaml"]
    renamed = {name: content for name, content in FILES.items() if name != "green.yaml"} | {"greener.yaml": green}
    versions = {
        version,
        load_policies(FILES | {"green.yaml": green + b"# so\n"}).version,
        load_policies(renamed).version,
    }
    assert len(versions) == 3


def test_no_file_is_a_set_without_rules():
    assert not load_policies({}).rules


def test_a_rule_acts_at_the_stages_of_its_effects():
    effects = (Effect(name="exclude", value=Exclusion.YES), Effect(name="hold", value=60))
    both = Rule(id="p/r", because={}, condition=ALWAYS, effects=effects)
    assert [stage.name for stage in Stage if both.acts_at(stage)] == ["ORDER", "OPTION"]


def test_relevant_at_a_stage_are_its_rules_their_overriders_and_the_overriders_of_those():
    text = """policy: p
rules:
- {id: floor, because: so, then: {keep: 3}}
- {id: off, because: so, overrides: [p/floor], when: {order.channel: web}, then: {prefer: 1.00}}
- {id: on, because: so, overrides: [p/off], when: {order.tags: {has: staff}}, then: {hold: 1h}}
- {id: full, because: so, when: {node.load: {at_least: 9}}, then: {daily_orders: 9}}
- {id: way, because: so, then: {avoid: 1.00}}
"""
    policies = load_policies({"p.yaml": text.encode()})
    assert list(policies.relevant_at(Stage.POSITION)) == ["p/floor", "p/off", "p/on"]
    assert list(policies.relevant_at(Stage.POSITION, Stage.NODE)) == ["p/floor", "p/full", "p/off", "p/on"]
    assert not policies.relevant_at(Stage.LINE)
