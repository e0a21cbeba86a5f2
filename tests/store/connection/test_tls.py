"""rediss:// connects by TLS; tested where there is a server that supports it."""

import contextlib
import shutil
import subprocess

import pytest
import redis

from engine.errors import StoreUnavailable
from engine.service import Pointsman
from engine.settings import Settings
from tests.conftest import activate, redis_server
from tests.support.decision_json import json_of
from tests.support.facts import LYON, inventory, node, order
from tests.support.free_port import HOST, free_port
from tests.support.wait_until import wait_until

pytestmark = pytest.mark.slow
needs_tls = pytest.mark.skipif(
    redis_server() is None or shutil.which("openssl") is None,
    reason="needs a redis-server that supports TLS (the embedded server doesn't) and openssl, on PATH",
)


def certificate(folder, name):
    """A key, and a self-signed certificate for this host."""
    key, certified = folder / f"{name}.key", folder / f"{name}.crt"
    options = [
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
        "-nodes",
        "-subj",
        "/CN=pointsman",
        "-days",
        "2",
    ]
    names = ["-addext", f"subjectAltName=IP:{HOST}", "-keyout", str(key), "-out", str(certified)]
    subprocess.run(["openssl", "req", "-x509", *options, *names], check=True, capture_output=True)
    return key, certified


@contextlib.contextmanager
def tls_server(folder, key, certified, *options):
    port = free_port()
    settings = ["--port", "0", "--tls-port", str(port), "--bind", HOST, "--dir", str(folder), "--save", ""]
    settings += ["--tls-cert-file", str(certified), "--tls-key-file", str(key), "--tls-ca-cert-file", str(certified)]
    log = folder / "server.log"
    command = [redis_server(), *settings, "--logfile", str(log), *options]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            wait_until(
                lambda: process.poll() is not None or (log.exists() and "Ready to accept" in log.read_text()),
                "it listens or gives up",
            )
            if process.poll() is not None:
                pytest.skip(
                    f"no TLS in this redis-server: {log.read_text()[-200:] if log.exists() else 'it ends at once'}"
                )
            yield f"{HOST}:{port}"
        finally:
            process.terminate()


def served(url, clock):
    with Pointsman(Settings(redis_url=url), clock=clock) as pointsman:
        pointsman.load(inventory([node("lyon", LYON)], {"A": {"lyon": 9}}))
        activate(pointsman)
        made = pointsman.decide(order(("A", 2)))
        assert pointsman.decision(json_of(made)["id"]).body == made.body
        assert pointsman.availability("A", "web").free == 7
        assert pointsman.check().clean


@needs_tls
def test_only_a_server_whose_certificate_is_trusted_is_used(tmp_path, clock):
    key, certified = certificate(tmp_path, "server")
    _, stranger = certificate(tmp_path, "stranger")
    with tls_server(tmp_path, key, certified, "--tls-auth-clients", "no") as where:
        served(f"rediss://{where}/0?ssl_ca_certs={certified}", clock)
        strange = f"rediss://{where}/0?ssl_ca_certs={stranger}"
        missing = f"rediss://{where}/0?ssl_ca_certs={tmp_path / 'missing.crt'}"
        for url in (strange, missing, f"rediss://{where}", f"redis://{where}"):
            with pytest.raises(StoreUnavailable, match="can't be used"):
                Pointsman(Settings(redis_url=url))


@needs_tls
def test_a_server_that_asks_for_our_certificate_gets_it(tmp_path, clock):
    key, certified = certificate(tmp_path, "server")
    with tls_server(tmp_path, key, certified, "--tls-auth-clients", "yes") as where:
        ours = f"ssl_certfile={certified}&ssl_keyfile={key}"
        served(f"rediss://{where}/0?ssl_ca_certs={certified}&{ours}", clock)
        with pytest.raises(StoreUnavailable, match="can't be used"):
            Pointsman(Settings(redis_url=f"rediss://{where}/0?ssl_ca_certs={certified}"))


@needs_tls
def test_all_connections_to_a_cluster_are_by_tls(tmp_path, clock):
    key, certified = certificate(tmp_path, "server")
    options = ["--cluster-enabled", "yes", "--tls-cluster", "yes", "--tls-auth-clients", "no"]
    with tls_server(tmp_path, key, certified, *options, "--cluster-port", str(free_port())) as where:
        make_cluster_of_one(where, certified)
        served(f"rediss+cluster://{where}?ssl_ca_certs={certified}", clock)
        with pytest.raises(StoreUnavailable, match="can't be used"):
            Pointsman(Settings(redis_url=f"rediss+cluster://{where}"))


def make_cluster_of_one(where, certified):
    """Give all slots to the one node of a cluster."""
    host, _, port = where.partition(":")
    with redis.Redis(host=host, port=int(port), ssl=True, ssl_ca_certs=str(certified), decode_responses=True) as client:
        client.execute_command("CLUSTER", "ADDSLOTSRANGE", 0, 16_383)
        wait_until(lambda: client.execute_command("CLUSTER INFO")["cluster_state"] == "ok", "the cluster is well")
