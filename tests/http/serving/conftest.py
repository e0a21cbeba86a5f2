"""A server with an application of the test's own, so that a test says how long each answer takes."""

import contextlib
import shutil
import subprocess

import pytest

from tests.support.server_process import server_process
from tests.support.wait_until import wait_until

SLOW_APP = "tests.support.slow_app:make"


class Gates:
    """Requests for /gate/NAME hang until their gate is opened."""

    def __init__(self, directory):
        self.directory = directory
        directory.mkdir()

    def wait_for(self, name):
        """Until a request for it is carried out."""
        wait_until((self.directory / f"{name}.begun").exists, f"gate {name} is reached")

    def open(self, name):
        (self.directory / name).touch()


@pytest.fixture
def gates(tmp_path):
    return Gates(tmp_path / "gates")


@pytest.fixture
def serve(tmp_path, gates):
    """Starts a server with these settings, written as threads=1."""
    with contextlib.ExitStack() as started:
        yield lambda **settings: started.enter_context(slow_server(tmp_path, gates, **settings))


@pytest.fixture
def certified(tmp_path):
    """The files of a certificate for 127.0.0.1, and of its key."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl, which makes the certificate, is not on PATH")
    files = tmp_path / "cert.pem", tmp_path / "key.pem"
    kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", "/CN=test"]
    out = ["-addext", "subjectAltName=IP:127.0.0.1", "-out", str(files[0]), "-keyout", str(files[1])]
    subprocess.run(["openssl", "req", "-x509", *kind, *out], check=True, capture_output=True)
    return files


@pytest.fixture(scope="module")
def hasty(tmp_path_factory):
    """A server for several tests, which has one thread, one stream, and patience for two seconds."""
    directory = tmp_path_factory.mktemp("hasty")
    gates = Gates(directory / "gates")
    with slow_server(directory, gates, threads=1, streams=1, header_seconds=2, body_seconds=2) as served:
        yield served


def slow_server(directory, gates, *, workers=1, **settings):
    environment = {f"POINTSMAN_{name.upper()}": str(value) for name, value in settings.items()}
    environment["GATES"] = str(gates.directory)
    return server_process(directory, environment, workers=workers, app=SLOW_APP)
