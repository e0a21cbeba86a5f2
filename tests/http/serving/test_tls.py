"""TLS of the service itself."""

import contextlib
import os
import signal
import socket
import ssl

import pytest

from tests.http.serving.conftest import SLOW_APP
from tests.support.free_port import free_port
from tests.support.server_process import server_process
from tests.support.wait_until import wait_until

pytestmark = pytest.mark.slow


def test_a_worker_that_can_not_speak_tls_answers_nothing(certified, tmp_path):
    port = free_port()
    options = ["--bind", f"127.0.0.1:{port}", "--tls-cert", str(certified[0]), "--tls-key", str(certified[1])]
    with server_process(tmp_path, {"GATES": str(tmp_path)}, app=SLOW_APP, options=options) as served:
        (worker,) = served.workers
        certified[0].write_text("no certificate")
        os.kill(worker, signal.SIGKILL)
        wait_until(lambda: "TLS can't be spoken" in served.log.read_text(), "another worker has tried")
        with socket.create_connection(("127.0.0.1", port), timeout=1) as plain:
            plain.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
            with contextlib.suppress(TimeoutError, ConnectionError):
                assert plain.recv(1) == b""


def test_over_tls_requests_are_answered_and_a_handshake_that_stalls_is_cut_off(certified, tmp_path):
    port = free_port()
    options = ["--bind", f"127.0.0.1:{port}", "--tls-cert", str(certified[0]), "--tls-key", str(certified[1])]
    environment = {"GATES": str(tmp_path), "POINTSMAN_HEADER_SECONDS": "2"}
    context = ssl.create_default_context(cafile=certified[0])
    with (
        server_process(tmp_path, environment, app=SLOW_APP, options=options),
        socket.create_connection(("127.0.0.1", port), timeout=30) as stalled,
        socket.create_connection(("127.0.0.1", port), timeout=30) as plain,
        context.wrap_socket(plain, server_hostname="127.0.0.1") as secure,
    ):
        secure.sendall(b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello")
        answer = b"".join(iter(lambda: secure.recv(1000), b""))
        assert answer.startswith(b"HTTP/1.1 200")
        assert answer.endswith(b"hello")
        assert stalled.recv(1) == b""
