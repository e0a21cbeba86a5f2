"""What keeps a server from starting is said in one line, and nothing is served."""

import json
import socket
import subprocess
import sys

import pytest

from tests.support.clean_environment import clean_environment
from tests.support.server_process import ROOT


@pytest.fixture
def command_line(tmp_path):
    """What a server says that does not start with these settings; it must end with this code."""

    def run(*words, code=1, **settings):
        command = [sys.executable, "-m", "api.http.serving", "--bind", f"unix:{tmp_path}/http.sock", *map(str, words)]
        environment = clean_environment(**settings)
        done = subprocess.run(
            command, env=environment, cwd=ROOT, check=False, capture_output=True, text=True, timeout=60
        )
        assert done.returncode == code
        return done.stderr.removesuffix("\n")

    return run


def test_a_port_that_is_taken_is_said_in_one_line(command_line):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert command_line(POINTSMAN_PROBES_PORT=port) == (
            f"pointsman: probes can't be answered at 127.0.0.1:{port}: Address already in use"
        )


def test_a_setting_that_can_not_be_used_is_said_in_one_line(command_line):
    message = command_line(POINTSMAN_THREADS="many")
    assert message == "pointsman: POINTSMAN_THREADS is 'many'; it must be a whole number from 1 to 64"


def test_an_address_that_is_taken_or_unknown_is_said_in_one_line(command_line):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        said = f"pointsman: HTTP can't be answered at 127.0.0.1:{port}: Address already in use"
        assert command_line("--bind", f"127.0.0.1:{port}") == said
    assert command_line("--bind", "shop.invalid:8000").startswith(
        "pointsman: HTTP can't be answered at shop.invalid:8000: "
    )


def test_a_certificate_that_can_not_be_read_is_said_in_one_line(command_line, tmp_path):
    file = tmp_path / "cert.pem"
    file.write_text("no certificate")
    said = command_line("--tls-cert", file, "--tls-key", file)
    assert said.startswith(f"pointsman: TLS can't be spoken with {file} and {file}: ")
    assert "\n" not in said


def test_a_setting_that_an_application_reads_as_it_is_imported_is_said_in_one_line(command_line, tmp_path):
    (tmp_path / "picky_app.py").write_text(
        "from engine.errors import BadSetting\nraise BadSetting(name='GATES', value='none', allowed='a directory')\n"
    )
    said = command_line("--app", "picky_app:make", POINTSMAN_DATA=tmp_path, PYTHONPATH=tmp_path)
    assert said == "pointsman: GATES is 'none'; it must be a directory"


def test_an_application_that_can_not_be_imported_is_logged_in_one_line(command_line, tmp_path):
    said = json.loads(command_line("--app", "missing_app:make", code=3, POINTSMAN_DATA=tmp_path))
    assert (said["level"], said["event"]) == ("error", "the application can't be imported")
    assert "No module named 'missing_app'" in said["exception"]


@pytest.mark.slow
def test_a_setting_that_only_a_worker_reads_ends_the_server_without_a_traceback(command_line, tmp_path):
    environment = {"POINTSMAN_DATA": tmp_path, "GATES": tmp_path}
    said = command_line("--app", "tests.support.slow_app:badly_set", "--workers", 2, code=4, **environment)
    assert "pointsman: GATES is 'none'; it must be a directory\n" in f"{said}\n"
    assert "Traceback" not in said
