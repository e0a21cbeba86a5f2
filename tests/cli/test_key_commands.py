"""`pointsman key`, as those who run Pointsman use it."""

import json
import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from engine.settings import Settings
from engine.store.connection.server import open_server
from tests.support.forked_cli import Command, Run

KEY = re.compile(r"pointsman_[0-9a-f]{12}_[A-Za-z0-9_-]{43}")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """An installation whose server is kept running between commands."""
    data = tmp_path_factory.mktemp("keys")
    with open_server(Settings(data=data)):
        yield data


@pytest.fixture
def run(data: Path, command: Command) -> Run:
    return partial(command, POINTSMAN_DATA=data, POINTSMAN_USER="Ada")


def listed(run: Run) -> dict[str, dict[str, object]]:
    return {record["id"]: record for record in json.loads(run("key", "list", "--json").stdout)}


def test_a_key_is_printed_alone_and_once(run: Run) -> None:
    made = run("key", "create", "--role", "oms", "--client", "web-shop", "--network", "fr", "--network", "be")
    assert made.returncode == 0
    assert KEY.fullmatch(made.stdout.strip())
    assert "(oms, fr, be); it is shown only this once" in made.stderr
    name = made.stdout.split("_")[1]
    secret = made.stdout.strip().split("_", 2)[2]
    assert secret not in made.stderr
    record = listed(run)[name]
    assert (record["client"], record["role"], record["networks"], record["state"], record["created_by"]) == (
        *("web-shop", "oms", ["fr", "be"], "valid", "Ada"),
    )
    assert (record["expires_at"], record["last_used"]) == (None, None)
    for shown in (run("key", "list").stdout, run("key", "list", "--json").stdout):
        assert name in shown
        assert secret not in shown


def test_a_key_is_for_the_network_at_hand_and_named_after_its_role_if_nothing_else_is_said(run: Run) -> None:
    made = json.loads(run("--network", "nord", "key", "create", "--role", "auditor", "--json").stdout)
    assert (made["client"], made["role"], made["networks"], made["expires_at"]) == (
        "auditor",
        "auditor",
        ["nord"],
        None,
    )
    assert KEY.fullmatch(made["key"])
    everywhere = json.loads(run("key", "create", "--role", "admin", "--all-networks", "--json").stdout)
    assert everywhere["networks"] == ["*"]
    assert "(admin, all networks)" in run("key", "list").stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--role", "king"], "'oms', 'merchandiser', 'auditor', 'admin'"),
        (["--role", "oms", "--client", " "], "Invalid value for '--client'"),
        (["--role", "oms", "--client", "a\nb"], "control characters"),
        (["--role", "oms", "--network", "*"], "a network's name is"),
        (["--role", "oms", "--network", "a", "--all-networks"], "not both"),
        (["--role", "oms", "--expires", "soon"], "Invalid value for '--expires'"),
        (["--role", "oms", "--expires", "2020-01-01T00:00:00Z"], "would have expired already"),
        ([], "Missing option '--role'"),
    ],
)
def test_a_key_that_could_not_be_meant_is_refused(run: Run, words: list[str], said: str) -> None:
    before = listed(run)
    refused = run("key", "create", *words)
    assert refused.returncode != 0
    assert said in refused.stderr
    assert listed(run) == before


def test_a_key_is_rotated_with_overlap_and_revoked(run: Run) -> None:
    old = json.loads(run("key", "create", "--role", "oms", "--client", "wms", "--expires", "90 d", "--json").stdout)
    new = json.loads(run("key", "rotate", old["id"], "--overlap", "2 h", "--json").stdout)
    assert (new["client"], new["role"], new["networks"], new["expires_at"]) == ("wms", "oms", ["main"], None)
    keys = listed(run)
    assert keys[old["id"]]["replaced_by"] == new["id"]
    assert keys[old["id"]]["state"] == "valid"
    assert str(keys[old["id"]]["expires_at"]) < old["expires_at"]
    again = run("key", "rotate", old["id"])
    assert (again.returncode, "has been rotated before" in again.stderr) == (1, True)
    assert run("key", "revoke", new["id"]).stdout == f"the key {new['id']} of wms is revoked\n"
    assert run("key", "revoke", new["id"]).returncode == 0
    assert listed(run)[new["id"]]["revoked_by"] == "Ada"
    refused = run("key", "rotate", new["id"])
    assert (refused.returncode, "has ended" in refused.stderr) == (1, True)
    unknown = run("key", "revoke", "0" * 12)
    assert (unknown.returncode, "there is no API key" in unknown.stderr) == (1, True)


def test_in_french_everything_is_said_in_french(run: Run) -> None:
    french = partial(run, POINTSMAN_LANG="fr")
    made = french("key", "create", "--role", "oms", "--client", "boutique", "--expires", "2126-01-01T00:00:00Z")
    name = made.stdout.split("_")[1]
    shown = f"la clé {name} de boutique (oms, main, expire le mar. 01 janv. 2126 00:00 +00:00)"
    assert made.stderr == f"{shown}\xa0; elle n'est montrée que cette fois\xa0:\n"
    lines = {line.split()[0]: line for line in french("key", "list").stdout.splitlines()}
    valid = "valable jusqu'au mar. 01 janv. 2126 00:00 +00:00; n'a jamais servi"
    assert lines[name] == f"{name}  boutique (oms, main); {valid}"
    assert french("key", "revoke", name).stdout == f"la clé {name} de boutique est révoquée\n"
    assert f"{name}  boutique (oms, main); révoquée; n'a jamais servi" in french("key", "list").stdout
    for words, said in (
        (("rotate", name), f"la clé {name} n'est plus valable\xa0; créez-en une nouvelle"),
        (("revoke", "0" * 12), "il n'y a pas de clé d'API '000000000000'"),
        (("create", "--role", "oms", "--expires", "2020-01-01T00:00:00Z"), "la clé aurait déjà expiré"),
        (("create", "--role", "oms", "--client", "a\nb"), "caractères de contrôle"),
    ):
        refused = french("key", *words)
        assert refused.returncode != 0
        assert said in refused.stderr


def test_faults_of_a_server_are_said_in_french(run: Run, tmp_path: Path) -> None:
    refused = run("stock", "show", "SHIRT", POINTSMAN_LANG="fr", POINTSMAN_REDIS_URL=f"unix://{tmp_path}/none.sock")
    assert refused.returncode == 1
    assert "le serveur ne peut pas être utilisé\xa0: celui de" in refused.stderr
    assert "démarrez-le, ou corrigez POINTSMAN_REDIS_URL" in refused.stderr
    (tmp_path / "taken").write_text("")
    refused = run("restore", tmp_path / "taken", POINTSMAN_LANG="fr")
    assert "taken ne peut pas être restauré\xa0: il" in refused.stderr
    assert refused.stderr.rstrip().endswith("rien n'a été modifié")
    refused = run("ledger", "check", POINTSMAN_LANG="fr", POINTSMAN_FSYNC="never")
    assert "everysec ou always" in refused.stderr
