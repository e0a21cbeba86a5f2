"""Requests are read as gunicorn's own parser reads them, byte for byte, refusals included."""

from gunicorn.asgi.parser import ParseError, PythonProtocol
from hypothesis import given
from hypothesis import strategies as st

from api.http.serving.parser import RequestParser
from tests.support.examples import examples


def read_by(parser, request):
    try:
        parser.feed(request)
    except ParseError as error:
        return type(error), str(error)
    return parser.method, parser.path, parser.headers, parser.is_complete, parser.remaining()


def assert_read_alike(request):
    assert read_by(RequestParser(), request) == read_by(PythonProtocol(), request)


def test_every_byte_is_taken_or_refused_in_a_name_and_in_a_value_alike():
    for byte in range(256):
        assert_read_alike(b"GET / HTTP/1.1\r\nX-%c: 1\r\n\r\n" % byte)
        assert_read_alike(b"GET / HTTP/1.1\r\n%c: 1\r\n\r\n" % byte)
        assert_read_alike(b"GET / HTTP/1.1\r\nX-A: a%cb\r\n\r\n" % byte)
        assert_read_alike(b"G%cT / HTTP/1.1\r\n\r\n" % byte)


NAMES = st.one_of(st.sampled_from([b"Host", b"Content-Length", b"Transfer-Encoding"]), st.binary(max_size=4))
VALUES = st.one_of(st.sampled_from([b"3", b"chunked", b"close"]), st.binary(max_size=6))


@examples(100)
@given(headers=st.lists(st.tuples(NAMES, VALUES), max_size=4), rest=st.binary(max_size=8))
def test_any_headers_are_read_or_refused_alike(headers, rest):
    lines = b"".join(b"%s: %s\r\n" % header for header in headers)
    assert_read_alike(b"POST /v1/decisions HTTP/1.1\r\n" + lines + b"\r\n" + rest)
