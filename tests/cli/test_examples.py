"""The programs in examples/calling, run against a service that the test starts."""

import json
import os
import shutil
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.served import keys_in, served
from tests.support.clean_environment import clean_environment
from tests.support.facts import policy_file
from tests.support.forked_cli import Command, installed
from tests.support.order_json import order_json

pytestmark = pytest.mark.slow

CALLING = Path("examples/calling")
POLICY = policy_file("then: {hold: 1 h}")["test.yaml"].decode()


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory, command: Command) -> Iterator[str]:
    """Where `pointsman serve` answers."""
    data = tmp_path_factory.mktemp("served")
    with (
        installed(command, data, POLICY),
        served(environment=clean_environment(POINTSMAN_DATA=data)) as url,
        pytest.MonkeyPatch.context() as patched,
    ):
        patched.setenv("KEY", keys_in(data)["OMS_KEY"])
        yield url


@pytest.fixture
def order(tmp_path: Path) -> Path:
    path = tmp_path / "order.json"
    path.write_text(json.dumps(order_json(("SHIRT", 2))))
    return path


def run(*words: object) -> list[str]:
    done = subprocess.run(list(map(str, words)), capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.splitlines()


def test_an_order_goes_from_the_page_to_the_door_by_python(url: str, order: Path) -> None:
    lines = run(sys.executable, CALLING / "order_to_door.py", "--url", url, "--order", order)
    page, decided, ships, again, rejected, anew, elsewhere, refused, left = lines
    assert page.endswith(" x SHIRT")
    assert decided.endswith(": filled")
    assert again == f"sent again, it is answered with {decided.removesuffix(': filled')}"
    node = rejected.removesuffix(" has no SHIRT")
    assert f"2 x SHIRT from {node} by" in ships
    assert anew.endswith(": filled")
    assert "2 x SHIRT from" in elsewhere
    assert node not in elsewhere
    assert (refused.endswith(": rejected"), left.endswith(": confirmed")) == (True, True)


@pytest.mark.skipif(not shutil.which("curl"), reason="there is no curl")
def test_an_order_goes_from_the_page_to_the_door_by_curl(url: str, order: Path) -> None:
    _, free, _, decided, _, anew, _, left = run("sh", CALLING / "order_to_door.sh", url, order)
    assert free.isdigit()
    assert decided.startswith("filled ")
    assert anew.startswith("filled ")
    assert anew != decided
    assert "confirmed" in left


def test_a_catalogue_follows_the_feed_and_goes_on_where_an_answer_broke_off(url: str, tmp_path: Path) -> None:
    file = tmp_path / "catalogue.json"
    program = [sys.executable, CALLING / "catalogue.py", "--url", url, file]
    assert run(*program) == ["6 articles (no_cursor)"]
    whole = json.loads(file.read_text())
    assert whole["free"]["LAMP"] == 6
    assert run(*program) == ["0 articles changed"]
    count(url, "LAMP", 2)
    assert run(*program) == ["1 articles changed"]
    assert json.loads(file.read_text())["free"] == {**whole["free"], "LAMP": 2}
    # as it is left by a first answer that broke off after the third article
    kept = dict(sorted(whole["free"].items())[:3])
    file.write_text(json.dumps(whole | {"free": kept, "after": max(kept)}))
    assert run(*program) == ["3 articles changed"]
    assert run(*program) == ["1 articles changed"]
    assert json.loads(file.read_text())["free"] == {**whole["free"], "LAMP": 2}


def count(url: str, sku: str, units: int) -> None:
    body = json.dumps({"on_hand": units, "sequence": units}).encode()
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {os.environ['KEY']}"}
    request = urllib.request.Request(f"{url}/v1/stock/lyon/{sku}", body, headers, method="PUT")
    with urllib.request.urlopen(request) as response:
        assert response.status == 200


def test_a_refused_order_ends_the_program_with_the_reason(url: str, tmp_path: Path) -> None:
    wrong = tmp_path / "order.json"
    wrong.write_text(json.dumps(order_json(("SHIRT", 0))))
    words = [sys.executable, CALLING / "order_to_door.py", "--url", url, "--order", wrong]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "Refused: {" in done.stderr
    assert "lines.0.quantity" in done.stderr
