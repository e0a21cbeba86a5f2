"""Carriers are asked within a bounded time, at the address that was named, and nobody else is shown their key."""

import contextlib
import re
import socket
import ssl
import threading
import time
from ipaddress import ip_network

import pytest

from engine.errors import CarrierUnavailable
from engine.fulfilment.carriers.asking import http as module
from engine.fulfilment.carriers.asking.http import CarrierHttp

NOW = 1_796_000_000
_TLS_HANDSHAKE = b"\x16"


def asking(base, **others):
    return CarrierHttp(**{"carrier": "shop", "base": base, "authorization": "Token k", "clock": lambda: NOW, **others})


def whole_request(connection):
    """Head and body may come apart. What is not HTTP, as when encryption begins, is not waited for."""
    request = b""
    while True:
        head, end, body = request.partition(b"\r\n\r\n")
        length = re.search(rb"Content-Length: (\d+)", head)
        if end and len(body) >= (int(length[1]) if length else 0):
            return request
        more = connection.recv(65_536)
        if not more or (request + more).startswith(_TLS_HANDSHAKE):
            return request + more
        request += more


@contextlib.contextmanager
def answering(*answers):
    """A server that gives these answers, bytes as they go over the wire, one to each connection."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        received = []

        def serve():
            for answer in answers:
                with contextlib.suppress(OSError):
                    connection, _ = server.accept()
                    with connection:
                        received.append(whole_request(connection))
                        for part in answer if isinstance(answer, list) else [answer]:
                            if callable(part):
                                part()
                            else:
                                connection.sendall(part)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}", received


def reply(status, body=b"{}", headers=""):
    return f"HTTP/1.1 {status} X\r\nContent-Length: {len(body)}\r\n{headers}\r\n".encode() + body


def test_it_says_who_asks_and_what_and_reads_the_answer():
    chunked = b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{"a":\r\n3\r\n 1}\r\n0\r\n\r\n'
    with answering(chunked) as (base, received):
        answer = asking(f"{base}/api/").ask("POST", "/shipments", query={"q": "é/&"}, body={"b": 1}, accept="text/x")
    assert (answer.status, answer.body, answer.read(dict)) == (200, b'{"a": 1}', {"a": 1})
    head, _, body = received[0].decode().partition("\r\n\r\n")
    assert head.startswith("POST /api/shipments?q=%C3%A9%2F%26 HTTP/1.1")
    assert {"Authorization: Token k", "Accept: text/x", "Content-Type: application/json"} <= set(head.split("\r\n"))
    assert body == '{"b":1}'


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_not_followed(status):
    with answering(reply(status, headers="Location: http://127.0.0.1:9/secret\r\n")) as (base, received):
        with pytest.raises(CarrierUnavailable, match="redirects are not followed"):
            asking(base).ask("GET", "/x")
        assert len(received) == 1


@pytest.mark.parametrize(
    ("status", "header", "seconds"),
    [
        (429, "Retry-After: 7\r\n", 7),
        (429, "", None),
        (429, "Retry-After: soon\r\n", None),
        (503, "Retry-After: 99999999\r\n", 3_600),
        (500, "", None),
        (429, "Retry-After: Mon, 30 Nov 2026 00:53:40 GMT\r\n", 20),
    ],
)
def test_how_long_to_wait_is_as_the_carrier_says(status, header, seconds):
    with answering(reply(status, headers=header)) as (base, _), pytest.raises(CarrierUnavailable) as failure:
        asking(base).ask("GET", "/x")
    assert failure.value.retry_after == seconds


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345",
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X: " + b"y" * 70_000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    ],
)
def test_an_answer_that_is_not_whole_is_none(answer):
    with answering(answer) as (base, _), pytest.raises(CarrierUnavailable, match="its answer was lost"):
        asking(base).ask("GET", "/x")


def test_an_answer_of_another_form_makes_no_sense():
    with answering(reply(200, b"<html>")) as (base, _), pytest.raises(CarrierUnavailable, match="makes no sense"):
        asking(base).ask("GET", "/x").read(dict)


def test_one_who_sends_byte_after_byte_is_given_up_by_the_deadline():
    drip = [b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n", *[lambda: time.sleep(0.05), b"x"] * 200]
    with answering(drip) as (base, _), pytest.raises(CarrierUnavailable, match="no answer within"):
        asking(base, seconds=0.3).ask("GET", "/x")


def test_an_answer_that_is_too_long_is_not_read_to_its_end(monkeypatch):
    monkeypatch.setattr(module, "MOST_BYTES", 1_000)
    with answering(reply(200, b"x" * 5_000)) as (base, _), pytest.raises(CarrierUnavailable, match="longer than 1,000"):
        asking(base).ask("GET", "/x")


def test_nobody_listening_is_said_so():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(CarrierUnavailable, match="not reached"):
        asking(f"http://127.0.0.1:{port}").ask("GET", "/x")


def test_a_certificate_of_nobody_is_not_trusted():
    with answering(b"") as (base, received), pytest.raises(CarrierUnavailable, match="not reached"):
        asking(base.replace("http://", "https://"), context=ssl.create_default_context).ask("GET", "/x")
    assert b"Token k" not in b"".join(received)


def test_a_label_at_the_carriers_own_address_is_fetched_with_the_key():
    with answering(reply(200, b"%PDF")) as (base, received):
        assert asking(base).download(f"{base}/label.pdf") == b"%PDF"
    assert b"Authorization: Token k" in received[0]


@pytest.mark.parametrize(
    "address",
    [
        "http://169.254.169.254/latest/meta-data",
        "https://127.0.0.1/label.pdf",
        "https://10.0.0.8/label.pdf",
        "http://files.example/label.pdf",
        "file:///etc/passwd",
        "ftp://files.example/label",
        "https://user:pw@files.example/label",
        "",
    ],
)
def test_a_label_at_an_address_inside_is_not_fetched(address):
    with pytest.raises(CarrierUnavailable, match="not asked"):
        asking("https://api.carrier.example").download(address)


def test_a_label_whose_name_leads_inside_is_not_fetched():
    def resolve(host, port, **_):
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("10.0.0.8", port))]

    with pytest.raises(CarrierUnavailable, match="leads to an address that is not public"):
        asking("https://api.carrier.example", resolve=resolve).download("https://files.example/label.pdf")


def test_a_label_elsewhere_is_fetched_without_the_key():
    with answering(reply(200, b"%PDF")) as (base, received):
        http = asking("https://api.carrier.example", elsewhere=[ip_network("127.0.0.0/8")])
        assert http.download(f"{base}/label.pdf") == b"%PDF"
    assert b"authorization" not in received[0].lower()


def test_a_label_that_is_not_there_is_fetched_later():
    with answering(reply(404)) as (base, _), pytest.raises(CarrierUnavailable, match="can't be fetched: 404"):
        asking(base).download(f"{base}/label.pdf")


def test_the_key_is_in_no_text_of_it():
    assert "Token k" not in repr(asking("https://api.carrier.example"))
