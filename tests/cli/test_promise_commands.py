"""Quotes and promises on the command line."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.forked_cli import Command, Run, installed
from tests.support.order_json import order_json

POLICY = """
policy: kinds
rules:
  - {id: r1, because: a reason, when: {order.delivery: standard, service.id: courier}, then: {exclude: true}}
"""
HERE = ("--lat", "48.8534", "--lon", "2.3488", "--country", "FR")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, command: Command) -> Iterator[Run]:
    with installed(command, tmp_path_factory.mktemp("installation"), POLICY) as run:
        yield run


@pytest.fixture
def cart(tmp_path: Path) -> Callable[..., Path]:
    def written(*lines: tuple[str, int], **more: object) -> Path:
        path = tmp_path / "cart.json"
        path.write_text(json.dumps({**order_json(*lines), **more} | {"tags": ["gift"]}))
        content = json.loads(path.read_text())
        path.write_text(json.dumps({name: content[name] for name in content if name not in {"id", "placed_at"}}))
        return path

    return written


def test_a_quote_shows_each_promise_with_what_would_ship(run: Run, cart: Callable[..., Path]) -> None:
    lines = run("quote", cart(("SHIRT", 1))).stdout.splitlines()
    assert lines[0].endswith(": 3 promises")
    assert lines[1].startswith("  1. express: arrives by ")
    assert lines[2:4] == ["     9.00 EUR, 0.000 kg CO2e", "     from paris by courier: 1 x SHIRT"]
    assert lines[4].startswith("     valid until ")
    assert lines[5].startswith("  2. standard: arrives by ")


def test_a_quote_shows_why_not_all_of_a_cart_can_be_promised(run: Run, cart: Callable[..., Path]) -> None:
    lines = run("quote", cart(("RARE", 9))).stdout.splitlines()
    assert lines[0].endswith(": 0 promises")
    assert lines[1] == "  not by standard:"
    assert lines[2].startswith("     RARE: 6 units: ")


def test_a_quote_as_json_is_that_of_the_http_api(run: Run, cart: Callable[..., Path]) -> None:
    quote = json.loads(run("quote", cart(("SHIRT", 1)), "--json").stdout)
    assert [promise["delivery"] for promise in quote["promises"]] == ["express", "standard", "standard"]


def test_every_mistake_of_a_cart_is_named(run: Run, cart: Callable[..., Path]) -> None:
    path = cart(("SHIRT", 0), collect_at="paris")
    done = run("quote", path)
    assert done.returncode == 1
    assert f"{path}: lines.0.quantity: a quantity is a whole number" in done.stderr
    assert "say either 'destination' or 'collect_at'" in run("quote", cart(collect_at="paris")).stderr


def test_the_earliest_arrival_of_each_product_is_shown_by_kind_of_delivery(run: Run) -> None:
    done = run("promise", "SHIRT", "NOPE", "NONE", *HERE)
    assert done.stderr == "no product goes by the SKU 'NOPE'\n"
    rows = [
        [cell.strip() for cell in line.split("│")[1:3]] for line in done.stdout.splitlines() if line.count("│") == 5
    ]
    assert rows == [["SHIRT", "standard"], ["SHIRT", "express"], ["NONE", "standard"], ["NONE", "express"]]
    assert done.stdout.splitlines()[-1] == "NONE not by express: 1 unit: no node has any of it"
    page = json.loads(run("promise", "SHIRT", "NOPE", *HERE, "--json", "--delivery", "express").stdout)
    assert ([item["delivery"] for item in page["promises"]], page["unknown"]) == (["express"], ["NOPE"])
    assert run("promise", "SHIRT", "--collect-at", "paris").returncode == 0


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((), "destination: say either"),
        (("--collect-at", "pari"), "did you mean 'paris'"),
        ((*HERE, "--quantity", "0"), "quantity: a quantity is a whole number"),
        (("--lat", "north", "--lon", "2"), "destination.latitude: 'north' is no number"),
        (("--country", "XX"), "destination: no lane of the network"),
    ],
)
def test_what_is_asked_wrongly_is_named(run: Run, words: tuple[str, ...], message: str) -> None:
    done = run("promise", "SHIRT", *words)
    assert done.returncode == 1
    assert message in done.stderr
