"""A worker that gives way serves what it has accepted: here one that runs in the process of the test."""

import asyncio
import contextlib
import os
import socket
import ssl
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import pytest
from gunicorn.config import Config
from gunicorn.glogging import Logger

from api.http.serving.settings import ServingSettings
from api.http.serving.worker import Worker
from tests.support import slow_app
from tests.support.free_port import HOST

REQUEST = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"


@pytest.fixture
def listeners():
    """Two: while asyncio begins to listen on the second, it accepts what has come to the first."""
    with contextlib.ExitStack() as opened:
        yield [SimpleNamespace(sock=opened.enter_context(socket.create_server((HOST, 0)))) for _ in range(2)]


@pytest.fixture
def caller(listeners):
    """Connected, so that it is accepted."""
    with socket.create_connection(listeners[0].sock.getsockname(), timeout=60) as connected:
        yield connected


@pytest.fixture
def tls(certified):
    config = Config()
    config.set("certfile", str(certified[0]))
    config.set("keyfile", str(certified[1]))
    return config


def test_a_connection_accepted_in_the_moment_in_which_a_worker_stops_is_served(listeners, caller):
    caller.sendall(REQUEST)
    worker = run_as_it_stops(listeners, Config())
    assert caller.recv(1000).startswith(b"HTTP/1.1 200")
    assert worker.nr_conns == 0


def test_a_connection_whose_tls_handshake_goes_on_as_a_worker_stops_is_served(listeners, caller, certified, tls):
    trusting = ssl.create_default_context(cafile=certified[0])

    def ask():
        with trusting.wrap_socket(caller, server_hostname=HOST) as secure:
            secure.sendall(REQUEST)
            return secure.recv(1000)

    with ThreadPoolExecutor(1) as callers:
        answer = callers.submit(ask)
        worker = run_as_it_stops(listeners, tls)
        assert answer.result().startswith(b"HTTP/1.1 200")
    assert worker.nr_conns == 0


@pytest.mark.parametrize("how", ["at_once", "until_the_deadline"])
def test_a_caller_that_does_not_shake_hands_is_not_waited_for_longer_than_others(listeners, caller, tls, how):
    tls.set("graceful_timeout", 1)
    run_as_it_stops(listeners, tls, quick=how == "at_once", later=(30, caller.close), header_seconds=60)
    assert caller.fileno() >= 0, "the worker ran until the caller had given up"


def test_what_comes_after_a_worker_stops_is_left_to_others(listeners):
    with (
        listeners[1].sock.dup() as of_others,
        socket.create_connection(of_others.getsockname()) as caller,
    ):
        run_as_it_stops(listeners, Config())
        of_others.settimeout(0)
        accepted, address = of_others.accept()
        accepted.close()
        assert address == caller.getsockname()


def run_as_it_stops(listeners, config, *, quick=False, later=None, **settings):
    """Run a worker that is told to stop before it begins; `later` is done after so many seconds if it still runs."""
    app = SimpleNamespace(probes_socket=None)
    worker = Worker(0, os.getppid(), listeners, app, 30, config, Logger(config))
    worker.settings, worker.idle, worker.asgi = ServingSettings(**settings), {}, slow_app.make()
    worker.loop = asyncio.new_event_loop()
    if later:
        worker.loop.call_later(*later)
    worker._quick_shutdown = quick
    worker.alive = False
    worker.run()
    worker.tmp.close()
    return worker
