"""Probes are answered whatever the workers are busy with, by a process of its own."""

import asyncio
import json
import os
import signal
import urllib.error
import urllib.request

import pytest

from api.http.serving import probes
from api.http.serving.probes_port import open_probes_port
from tests.support.free_port import free_port
from tests.support.server_process import words_of
from tests.support.wait_until import wait_until


def probe(port, path, method="GET"):
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", method=method)
    try:
        with urllib.request.urlopen(request, timeout=30) as response:
            return response.status, json.loads(response.read() or b"null")
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.loads(error.read())


@pytest.fixture
def port():
    return free_port()


@pytest.mark.slow
def test_they_are_answered_while_every_thread_hangs_and_while_every_worker_does(serve, gates, port):
    served = serve(threads=1, probes_port=port)
    hanging = served.connect()
    hanging.begin("GET", "/gate/one")
    gates.wait_for("one")
    for path in ("/healthz", "/readyz"):
        assert probe(port, path) == (200, {"status": "ok"})
        assert served.ask("GET", path).json == {"status": "ok"}
    (worker,) = served.workers
    os.kill(worker, signal.SIGSTOP)
    try:
        assert probe(port, "/healthz") == (200, {"status": "ok"})
        status, problem = probe(port, "/readyz")
        assert (status, problem["type"], problem["status"]) == (503, "urn:pointsman:problem:not-ready", 503)
        assert "no worker answered within 2 seconds" in problem["detail"]
    finally:
        os.kill(worker, signal.SIGCONT)
    wait_until(lambda: probe(port, "/readyz")[0] == 200, "the worker answers again")
    assert [probe(port, path, method)[0] for path, method in (("/echo", "GET"), ("/healthz", "POST"))] == [404, 405]
    assert probe(port, "/healthz", "HEAD") == (200, None)


@pytest.mark.parametrize(
    ("sent", "status", "problem"),
    [
        (b"GET /healthz HTTP/1.1\r\nX-Long: " + b"a" * 10_000, 431, "request-header-fields-too-large"),
        (b"GET /healthz HTTP/1.1\r\nX-Endless: ", 408, "request-timeout"),
        (b"nonsense\r\n\r\n", 400, "bad-request"),
    ],
)
def test_what_is_no_probe_is_answered_with_a_problem(sent, status, problem, monkeypatch):
    monkeypatch.setattr(probes, "CALLER_SECONDS", 0.5)

    async def answer():
        server = await asyncio.start_server(probes.Probes("/nowhere").answer, "127.0.0.1", 0, limit=8_192)
        async with server:
            reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
            writer.write(sent)
            said = await reader.read()
            writer.close()
            await writer.wait_closed()
            return said

    head, _, body = asyncio.run(answer()).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 %d " % status)
    assert json.loads(body)["type"] == f"urn:pointsman:problem:{problem}"


@pytest.mark.slow
def test_the_process_for_probes_is_started_again_and_ends_with_the_master(serve, port):
    served = serve(probes_port=port)
    first = wait_until(lambda: served.probes_process, "it runs")
    os.kill(first, signal.SIGKILL)
    wait_until(lambda: served.probes_process not in (None, first), "another one runs")
    assert probe(port, "/healthz")[0] == 200
    second = served.probes_process
    served.process.kill()
    wait_until(lambda: not words_of(second), "it has ended")


def test_unless_a_setting_says_otherwise_it_is_the_port_after_the_services_on_this_machine_alone():
    port = free_port(consecutive=2)
    binds = [f"0.0.0.0:{port}", "unix:/nowhere/http.sock"]
    opened, nothing = open_probes_port(None, host="0.0.0.0", binds=binds)
    with opened:
        assert (opened.getsockname(), nothing) == (("127.0.0.1", port + 1), "")
        other, said = open_probes_port(None, host="0.0.0.0", binds=binds)
    assert other is None
    assert said == (
        f"probes can't be answered at 127.0.0.1:{port + 1}: Address already in use; only the workers answer them."
        " Set POINTSMAN_PROBES_PORT to another port, or to 0 for none"
    )
    for without in (["unix:/nowhere/http.sock"], ["0.0.0.0:0"], ["[::1]:65535"]):
        assert open_probes_port(None, host="0.0.0.0", binds=without) == (None, "")
    assert open_probes_port(0, host="0.0.0.0", binds=binds) == (None, "")
