"""Reads requests from the bytes of a connection."""

import re

from gunicorn.asgi.parser import PythonProtocol

_TOKEN = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
"""RFC 9110, section 5.6.2."""
_FORBIDDEN_IN_VALUE = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")
"""RFC 9110, section 5.5."""


class RequestParser(PythonProtocol):
    """gunicorn's parser, which looks at each letter of each header in a loop; here regular expressions do."""

    __slots__ = ()

    def _is_valid_token(self, data: bytes) -> bool:
        return _TOKEN.fullmatch(data) is not None

    def _has_invalid_header_chars(self, value: bytes) -> bool:
        return _FORBIDDEN_IN_VALUE.search(value) is not None
