"""One request to an endpoint: to the address that was checked, in a bounded time, with a bounded answer."""

import contextlib
import datetime
import ipaddress
import shutil
import socket
import ssl
import subprocess
import threading
import time

import pytest

from engine.events.webhooks.endpoint_url import parse_url
from engine.events.webhooks.post import Answer, NotSent, Sender
from tests.support.facts import NOW
from tests.support.webhook_receiver import receiving

HERE = (ipaddress.ip_network("127.0.0.0/8"),)


@contextlib.contextmanager
def answering(*parts, wrap=lambda connection: connection):
    """A port whose server reads a request and then sends these parts; a number is a pause in seconds. Yields the port
    and what it read.
    """
    read = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve():
            with contextlib.suppress(OSError), wrap(server.accept()[0]) as connection:
                read.append(connection.recv(65_536))
                for part in parts:
                    if isinstance(part, bytes):
                        connection.sendall(part)
                    else:
                        time.sleep(part)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield server.getsockname()[1], read
        server.shutdown(socket.SHUT_RDWR)
        thread.join()


def post(url, *, allowed=HERE, seconds=5.0, body=b"{}", **more):
    sender = Sender(allowed=allowed, clock=lambda: NOW, seconds=seconds, **more)
    return sender.post(parse_url(url, allowed=allowed or HERE), {"X-A": "b"}, body)


def test_a_request_is_as_it_should_be_and_its_answer_is_read():
    with answering(b"HTTP/1.1 204 No Content\r\n\r\n") as (port, read):
        assert post(f"http://127.0.0.1:{port}/a?b=c", body=b'{"a": 1}') == Answer(status=204)
    head, body = read[0].split(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    assert (lines[0], body) == ("POST /a?b=c HTTP/1.1", b'{"a": 1}')
    assert {f"Host: 127.0.0.1:{port}", "Content-Length: 8", "Connection: close", "X-A: b"} <= set(lines)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("120", 120),
        ("0", 0),
        ("Fri, 27 Nov 2026 09:01:00 GMT", 60),
        ("Fri, 27 Nov 2026 08:00:00 GMT", 0),
        ("99999999999999999999", 999_999_999),
        ("soon", None),
        ("-5", None),
        ("Fri, 27 Nov 0026 99:01:00 GMT", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(value, seconds):
    assert datetime.datetime.fromtimestamp(NOW, tz=datetime.UTC).isoformat() == "2026-11-27T09:00:00+00:00"
    with answering(f"HTTP/1.1 503 Busy\r\nretry-after: {value}\r\n\r\n".encode()) as (port, _):
        assert post(f"http://127.0.0.1:{port}/") == Answer(status=503, retry_after=seconds)


def test_a_redirect_is_not_followed():
    with answering(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n") as (other, read):
        location = f"HTTP/1.1 307 There\r\nLocation: http://127.0.0.1:{other}/\r\n\r\n".encode()
        with answering(location) as (port, _):
            assert post(f"http://127.0.0.1:{port}/").status == 307
        assert read == []


def test_what_comes_before_the_answer_proper_is_passed_over():
    with answering(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nA: b\r\n\r\nHTTP/1.1 20", b"1 X\r\n\r\n") as (
        port,
        _,
    ):
        assert post(f"http://127.0.0.1:{port}/").status == 201


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ((), "closed without an answer"),
        ((b"HTTP/1.1 200 OK\r\nA: b",), "closed without an answer"),
        ((b"SSH-2.0-OpenSSH\r\n\r\n",), "no HTTP"),
        ((b"HTTP/1.1 999 X\r\n\r\n",), "no HTTP"),
        ((b"HTTP/1.1 200 OK\r\n" + b"A: " + b"b" * 20_000,), "longer than 16384 bytes"),
        ((0.6,), "no answer within 0.3 s"),
        (([b"HTTP/1.1 200 OK\r\nA: "] + [0.05, b"b"] * 40), "no answer within 0.3 s"),
    ],
    ids=["nothing", "torn", "other protocol", "no status", "endless head", "silence", "trickle"],
)
def test_what_is_no_answer_is_a_failure_in_a_bounded_time(parts, message):
    with answering(*parts) as (port, _), pytest.raises(NotSent, match=message):
        post(f"http://127.0.0.1:{port}/", seconds=0.3)


def test_a_body_without_an_end_is_not_waited_for():
    with answering(b"HTTP/1.1 200 OK\r\n\r\n", *[b"x" * 60_000] * 4) as (port, _):
        assert post(f"http://127.0.0.1:{port}/").status == 200


def test_a_port_that_nobody_listens_on_is_a_failure():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(NotSent, match="not reached"):
        post(f"http://127.0.0.1:{port}/")


def test_no_proxy_of_the_environment_is_used(monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as server:
        monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{server.getsockname()[1]}")
    with receiving() as receiver:
        assert post(receiver.url).status == 204


def test_a_name_is_asked_for_once_and_the_connection_goes_to_what_was_answered(monkeypatch):
    """A name that leads to a public address first, and inside the second time."""
    asked = []

    def resolve(host, port, **_):
        asked.append(host)
        address = "127.0.0.1" if len(asked) == 1 else "10.9.9.9"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    with receiving() as receiver:
        port = receiver.url.rpartition(":")[2].partition("/")[0]
        assert post(f"http://rebinding.example:{port}/events", resolve=resolve).status == 204
        assert receiver.requests[0].headers["host"] == f"rebinding.example:{port}"
    assert asked == ["rebinding.example"]


def test_an_address_that_is_not_allowed_is_never_connected_to():
    with answering(b"HTTP/1.1 200 OK\r\n\r\n") as (port, read):
        found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]
        with pytest.raises(NotSent, match="which is not public"):
            post(f"https://shop.example:{port}/", allowed=(), resolve=lambda *_, **__: found)
    assert read == []


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A certificate of the name `shop.example`, which signs itself, and its key."""
    if shutil.which("openssl") is None:
        pytest.skip("there is no openssl")
    path = tmp_path_factory.mktemp("tls")
    names = ["-subj", "/CN=shop.example", "-addext", "subjectAltName=DNS:shop.example"]
    files = ["-keyout", path / "key.pem", "-out", path / "cert.pem"]
    kind = ["-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "365000"]
    subprocess.run(["openssl", "req", *kind, *files, *names], check=True, capture_output=True)
    return path / "cert.pem", path / "key.pem"


@pytest.mark.parametrize(
    ("name", "is_trusted", "taken"),
    [("shop.example", True, True), ("other.example", True, False), ("shop.example", False, False)],
)
def test_the_certificate_is_of_the_name_though_the_address_is_given(certificate, name, is_trusted, taken):
    cert, key = certificate
    server_side = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server_side.load_cert_chain(cert, key)

    def trusting():
        context = ssl.create_default_context()
        if is_trusted:
            context.load_verify_locations(cert)
        return context

    def wrap(connection):
        return server_side.wrap_socket(connection, server_side=True)

    with answering(b"HTTP/1.1 200 OK\r\n\r\n", wrap=wrap) as (port, _):
        found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]
        if taken:
            assert post(f"https://{name}:{port}/", context=trusting, resolve=lambda *_, **__: found).status == 200
        else:
            with pytest.raises(NotSent, match="certificate verify failed"):
                post(f"https://{name}:{port}/", context=trusting, resolve=lambda *_, **__: found)
