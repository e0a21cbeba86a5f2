"""`pointsman init`: the starter network, its policies and their tests, in every language."""

import json
import shlex
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from api.cli.init import LANGUAGES, STARTER, starter_files, write_all
from api.files.inventory_folder import load_inventory
from api.files.policies import policy_files, policy_test_files
from engine.errors import InputInvalid
from engine.model.facts import Inventory
from engine.settings import Settings
from engine.store.connection.server import open_server
from rules.diff.compare import compare
from rules.loader import load_policies
from rules.wording.catalogue import available_languages
from tests.support.forked_cli import Command

WEDNESDAY = "2026-03-04T09:00:00Z"
NEXT = [
    "pointsman load .",
    "pointsman policy test policies",
    "pointsman policy publish policies --activate",
    "pointsman decide order.json",
]


@pytest.fixture(params=LANGUAGES)
def shop(request: pytest.FixtureRequest, tmp_path: Path, command: Command) -> Path:
    written = command("init", tmp_path / "shop", "--lang", request.param)
    assert (written.returncode, written.stderr) == (0, "")
    return tmp_path / "shop"


@pytest.fixture
def meaning(tmp_path: Path) -> Callable[[str], tuple[object, ...]]:
    """What a language's starter means, comments and names for people left out, and where emissions come from."""

    def of(language: str) -> tuple[object, ...]:
        directory = tmp_path / language
        write_all(directory, starter_files(language))
        tests = {name: text.count(b"\n  - test:") for name, text in policy_test_files(directory / "policies").items()}
        inventory = load_inventory(directory)
        services = {name: replace(service, emission_source="") for name, service in inventory.network.services.items()}
        inventory = replace(inventory, network=replace(inventory.network, services=services))
        return inventory, load_policies(policy_files(directory / "policies")), tests

    return of


def test_it_prints_the_commands_to_go_on_with(tmp_path: Path, command: Command) -> None:
    printed = command("init", "shop", directory=tmp_path).stdout.splitlines()
    files = [path for path in (tmp_path / "shop").rglob("*") if path.is_file()]
    assert printed[0] == f"{len(files)} files written to shop; its README.md explains them. Next:"
    assert [line.strip() for line in printed[1:]] == ["cd shop", *NEXT]


def test_every_command_of_its_readme_works(shop: Path, command: Command) -> None:
    lines = [line for line in (shop / "README.md").read_text().splitlines() if line.startswith("    pointsman ")]
    commands = [line.partition(" #")[0].strip() for line in lines]
    assert commands[: len(NEXT)] == NEXT
    assert commands[-1] == "pointsman serve"  # which wouldn't end
    with open_server(Settings(data=shop / ".pointsman")):
        for line in commands[:-1]:
            done = command(*shlex.split(line)[1:], directory=shop)
            assert (done.returncode, done.stderr.strip()) == (0, ""), line


def test_the_shop_that_has_too_many_candles_ships_the_order_as_its_readme_says(shop: Path, command: Command) -> None:
    with open_server(Settings(data=shop / ".pointsman")):
        for words in (["load", "."], ["policy", "publish", "policies", "--activate"]):
            assert command(*words, directory=shop).returncode == 0
        decided = command("decide", "order.json", "--at", WEDNESDAY, "--dry-run", "--json", directory=shop)
    (shipment,) = json.loads(decided.stdout)["shipments"]
    assert (shipment["node"], shipment["service"]) == ("st-lyon", "bike")
    assert "clearance/empty-overstocked-shops" in shipment["rules"]


def test_its_policies_have_no_mistakes_and_no_warnings(shop: Path, command: Command) -> None:
    checked = command("policy", "check", "policies", "--strict", directory=shop)
    assert (checked.returncode, checked.stderr) == (0, "")
    assert "no mistakes" in checked.stdout


def test_each_of_its_rules_decides_some_test(shop: Path, command: Command) -> None:
    tested = command("policy", "test", "policies", "--strict", "--coverage", "--json", directory=shop)
    assert tested.returncode == 0
    report = json.loads(tested.stdout)
    assert report["passed"]
    assert [item["rule"] for item in report["coverage"] if not item["changed"]] == []


def test_each_language_has_a_starter() -> None:
    assert {path.name for path in STARTER.iterdir()} == {"shared", *LANGUAGES}
    assert set(LANGUAGES) <= set(available_languages())


def without_names(inventory: Inventory) -> Inventory:
    """What people call its articles is no part of what it means."""
    products = {sku: replace(product, name="") for sku, product in inventory.products.items()}
    return replace(inventory, products=products, network=replace(inventory.network, version=""))


def test_the_starter_means_the_same_in_every_language(meaning: Callable[[str], tuple[object, ...]]) -> None:
    inventory, policies, tests = meaning(LANGUAGES[0])
    for language in LANGUAGES[1:]:
        other_inventory, other_policies, other_tests = meaning(language)
        assert without_names(other_inventory) == without_names(inventory)
        assert compare(policies, other_policies).changes == ()
        assert other_tests == tests


def test_an_empty_directory_is_filled(tmp_path: Path, command: Command) -> None:
    assert command("init", tmp_path).returncode == 0
    assert (tmp_path / "policies" / "policy.schema.json").exists()
    assert (tmp_path / "policies" / "policy_test.schema.json").exists()


def test_a_directory_that_is_not_empty_is_refused_and_stays_as_it_is(tmp_path: Path, command: Command) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    refused = command("init", tmp_path)
    assert refused.returncode == 1
    assert refused.stderr.startswith(f"{tmp_path}: this directory is not empty; name a new one\n")
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_if_one_file_cannot_be_written_none_is(tmp_path: Path) -> None:
    files = {"a/b/first.txt": b"1", "second.txt": b"2", "second.txt/third.txt": b"3"}
    with pytest.raises(InputInvalid, match=r"second\.txt.*can't be written"):
        write_all(tmp_path / "new" / "shop", files)
    assert list(tmp_path.iterdir()) == []


def test_a_directory_that_cannot_be_made_is_named(tmp_path: Path, command: Command) -> None:
    (tmp_path / "file").write_text("")
    refused = command("init", tmp_path / "file" / "shop")
    assert refused.returncode == 1
    assert refused.stderr.startswith(f"{tmp_path / 'file' / 'shop'}: can't be written: Not a directory\n")
