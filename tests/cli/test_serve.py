"""`pointsman serve`: which addresses it takes, and the keys that it makes at its first start."""

import re
import subprocess
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from click.testing import CliRunner

from api.cli.console import console
from engine.access.first_keys import make_first_keys
from engine.model.scopes import ROLE_SCOPES
from engine.service import Pointsman
from engine.settings import Settings
from tests.cli.served import POINTSMAN
from tests.support.clean_environment import clean_environment
from tests.support.forked_cli import Command
from tests.support.free_port import free_port
from tests.support.wait_until import wait_until


@pytest.mark.parametrize(
    ("words", "variables", "said"),
    [
        (["--host", "0.0.0.0"], {}, "without TLS anybody on the way could read the keys"),
        (["--host", "::"], {}, "POINTSMAN_PROXIED=1"),
        (["--host", "shop.example"], {}, "--tls-cert and --tls-key"),
        (["--host", "0.0.0.0"], {"POINTSMAN_OPEN": "1", "POINTSMAN_PROXIED": "1"}, "POINTSMAN_OPEN is for trials"),
        ([], {"POINTSMAN_OPEN": "1", "POINTSMAN_PROXIED": "1"}, "unset one of them"),
        (["--tls-cert", "pyproject.toml"], {}, "go together"),
        ([], {"POINTSMAN_OPEN": "yes"}, "POINTSMAN_OPEN is 'yes'; it must be 1 or 0"),
        ([], {"POINTSMAN_NETWORKS": "a,b c"}, "POINTSMAN_NETWORKS is 'a,b c'"),
    ],
)
def test_an_address_where_keys_could_be_read_or_anybody_come_in_is_refused(
    command: Command, tmp_path: Path, words: list[str], variables: dict[str, str], said: str
) -> None:
    # should it not be refused, this setting ends it
    refused = command("serve", *words, POINTSMAN_DATA=tmp_path / "data", POINTSMAN_THREADS="none", **variables)
    assert refused.returncode != 0
    assert said in " ".join(refused.stderr.split())
    assert not (tmp_path / "data").exists()


@pytest.mark.slow
def test_a_first_start_makes_a_key_per_role_and_says_how_to_call_with_it(tmp_path: Path) -> None:
    port = free_port(consecutive=2)
    words = [*POINTSMAN, "serve", "--port", str(port), "--workers", "1"]
    said = tmp_path / "said"
    data = tmp_path / "my data"
    environment = clean_environment(POINTSMAN_DATA=data, POINTSMAN_PROBES_PORT="")
    with said.open("w") as output, subprocess.Popen(words, env=environment, stderr=output) as service:
        try:
            wait_until(lambda: status(port, "/healthz") == 200, "the service answers")
            file = data / "keys"
            assert file.stat().st_mode & 0o777 == 0o600
            keys = dict(line.split("=") for line in file.read_text().splitlines())
            assert keys.keys() == {f"{role.upper()}_KEY" for role in ROLE_SCOPES}
            assert status(port, "/v1/orders") == 401
            assert status(port, "/v1/events", keys["MERCHANDISER_KEY"]) == 403
            assert status(port, "/v1/orders", keys["OMS_KEY"]) == 200
            assert [status(port + 1, path) for path in ("/healthz", "/v1/orders")] == [200, 404]
        finally:
            service.terminate()
    text = said.read_text()
    assert f"written to {file} (mode 0600)" in text
    (call,) = re.findall(r"to call, in another terminal: (.*)", text)
    assert call == (f". '{file}' && curl -H \"Authorization: Bearer $OMS_KEY\" http://127.0.0.1:{port}/v1/orders")
    assert not any(secret in text for secret in keys.values())


def status(port: int, path: str, key: str | None = None) -> int | None:
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    try:
        with urllib.request.urlopen(
            urllib.request.Request(f"http://127.0.0.1:{port}{path}", headers=headers), timeout=60
        ) as response:
            return int(response.status)
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return None


def test_keys_are_made_once_and_not_where_there_are_some(tmp_path: Path) -> None:
    with Pointsman(Settings(data=tmp_path)) as service:
        made = make_first_keys(service.api_keys, tmp_path)
        assert made == tmp_path / "keys"
        assert made.stat().st_mode & 0o777 == 0o600
        text = made.read_text()
        roles = {line.partition("=")[2]: line.partition("_")[0].lower() for line in text.splitlines()}
        for key, role in roles.items():
            stored = service.api_keys.authenticate(key)
            assert stored is not None
            assert (stored.role, stored.networks) == (role, ("*",))
        assert make_first_keys(service.api_keys, tmp_path) is None
        made.unlink()
        assert make_first_keys(service.api_keys, tmp_path) is None
        assert (len(service.api_keys.all()), made.exists()) == (len(ROLE_SCOPES), False)


def test_a_key_of_the_console_that_ends_by_itself_keeps_no_first_keys_from_being_made(tmp_path: Path) -> None:
    signed_in = CliRunner().invoke(console, [], obj=Settings(data=tmp_path), catch_exceptions=False)
    assert "/console/sign-in/once/" in signed_in.output
    with Pointsman(Settings(data=tmp_path)) as service:
        assert len(service.api_keys.all()) == 1
        assert make_first_keys(service.api_keys, tmp_path) == tmp_path / "keys"


def test_keys_that_end_later_than_the_day_are_keys(tmp_path: Path) -> None:
    with Pointsman(Settings(data=tmp_path)) as service:
        service.api_keys.create(role="oms", client="oms", networks=("*",), expires_at=service.now + 90 * 86_400)
        assert make_first_keys(service.api_keys, tmp_path) is None


def test_of_two_that_start_at_once_one_makes_the_keys(tmp_path: Path) -> None:
    with Pointsman(Settings(data=tmp_path)) as service:
        (tmp_path / "keys").write_text("of the other one")
        assert make_first_keys(service.api_keys, tmp_path) is None
        assert service.api_keys.all() == []
        assert (tmp_path / "keys").read_text() == "of the other one"


def test_no_file_is_left_of_keys_that_could_not_be_stored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Pointsman(Settings(data=tmp_path)) as service:

        def fail(*_: object) -> None:
            raise OSError

        monkeypatch.setattr(service.api_keys, "store", fail)
        with pytest.raises(OSError):  # noqa: PT011  # it has no message
            make_first_keys(service.api_keys, tmp_path)
        assert not (tmp_path / "keys").exists()
