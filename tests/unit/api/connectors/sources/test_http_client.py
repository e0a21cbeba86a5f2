"""What is asked by HTTP is answered in full and in time, or it counts as not answered."""

import contextlib
import threading
from http.server import BaseHTTPRequestHandler

import pytest

from api.connectors.sources.http_client import HttpRequest, NotAnswered, send
from tests.support.local_server import local_server


def answering(write, headers):
    """A handler whose body `write` writes, until it returns or nobody listens any more."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):  # name of the base class
            self.send_response(200)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            with contextlib.suppress(OSError):
                write(self.wfile)

        def log_message(self, *_):
            pass

    return Handler


def ask(server, **options):
    request = HttpRequest(method="GET", url=f"http://127.0.0.1:{server.server_address[1]}/x", headers={})
    return send(request, **options)


@pytest.mark.parametrize("headers", [{}, {"Content-Length": "1000000"}])
def test_an_answer_that_comes_a_byte_now_and_then_is_given_up(headers):
    over = threading.Event()

    def drip(to):
        while not over.wait(0.02):
            to.write(b"x")

    with local_server(answering(drip, headers)) as server:
        try:
            with pytest.raises(NotAnswered, match="had not answered in full in time"):
                ask(server, seconds=0.3)
        finally:
            over.set()


def test_an_answer_that_breaks_off_is_not_taken_for_the_whole():
    with (
        local_server(answering(lambda to: to.write(b"x" * 10), {"Content-Length": "1000"})) as server,
        pytest.raises(NotAnswered, match="broke off after 10 of 1,000 bytes"),
    ):
        ask(server)


@pytest.mark.parametrize("size", [0, 1, 200_000])
@pytest.mark.parametrize("has_length", [True, False])
def test_an_answer_that_is_whole_is_read(size, has_length):
    headers = {"Content-Length": str(size)} if has_length else {}
    with local_server(answering(lambda to: to.write(b"x" * size), headers)) as server, ask(server).body as body:
        assert body.read() == b"x" * size


AT = "Fri, 27 Nov 2026 09:00:00 GMT"


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("7", 7),
        ("86400", 3_600),
        ("9" * 5_000, 3_600),
        ("Fri, 27 Nov 2026 09:01:30 GMT", 90),
        ("Fri, 27 Nov 2026 08:00:00 GMT", 0),
        ("Fri, 27 Nov 2099 09:00:00 GMT", 3_600),
        ("soon", None),
        ("-5", None),
        ("", None),
    ],
)
def test_how_long_to_wait_may_be_said_in_seconds_or_as_a_date(said, seconds):
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):  # name of the base class
            self.send_response_only(429)
            for name, value in {"Date": AT, "Retry-After": said, "Content-Length": "0"}.items():
                self.send_header(name, value)
            self.end_headers()

    with local_server(Handler) as server, pytest.raises(NotAnswered) as raised:
        ask(server)
    assert raised.value.retry_after == seconds
