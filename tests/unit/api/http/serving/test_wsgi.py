"""What the Flask application reads of a request that came by ASGI."""

import io

from api.http.serving.wsgi import environ_of


def environ(*headers):
    scope = {
        "method": "GET",
        "scheme": "http",
        "http_version": "1.1",
        "query_string": b"a=%20",
        "raw_path": b"/v1/orders/a%2Fb",
        "headers": list(headers),
        "server": ("here", 80),
        "client": ("1.2.3.4", 5),
    }
    return environ_of(scope, io.BytesIO(b"body"))


def test_headers_stand_under_their_names_and_repeated_ones_are_joined():
    made = environ(
        (b"x-a", b"1"), (b"content-type", b"text/x"), (b"x-b", b"\xe9"), (b"x-a", b"2"), (b"upgrade", b"h2c")
    )
    assert {name: made.get(name) for name in ("HTTP_X_A", "HTTP_X_B", "CONTENT_TYPE", "HTTP_UPGRADE")} == {
        "HTTP_X_A": "1,2",
        "HTTP_X_B": "é",
        "CONTENT_TYPE": "text/x",
        "HTTP_UPGRADE": None,
    }


def test_a_path_stands_decoded_and_as_it_was_written():
    made = environ()
    assert (made["PATH_INFO"], made["RAW_URI"], made["QUERY_STRING"]) == ("/v1/orders/a/b", "/v1/orders/a%2Fb", "a=%20")
    assert made["wsgi.input"].read() == b"body"
