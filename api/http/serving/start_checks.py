"""What would keep the server from starting, found before it starts and said in one line."""

import os
import socket
import ssl
from collections.abc import Sequence


class CannotStart(Exception):
    """The message says what is in the way."""


def listening(host: str, port: int, purpose: str) -> socket.socket:
    """A socket that listens there. Raises CannotStart, with what it is for: "HTTP"."""
    try:
        family, *_, where = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        return socket.create_server(where[:2], family=family)
    except socket.gaierror as error:
        raise CannotStart(f"{purpose} can't be answered at {host}:{port}: {error.strerror}") from None
    except OSError as error:
        raise CannotStart(f"{purpose} can't be answered at {host}:{port}: {os.strerror(error.errno or 0)}") from None


def verify_addresses(binds: Sequence[str]) -> None:
    """Raise CannotStart if one of them, as gunicorn takes it, can't be listened on now. Unix sockets are made anew."""
    for bind in binds:
        host, colon, port = bind.rpartition(":")
        if colon and port.isdigit() and not bind.startswith("unix:"):
            listening(host.strip("[]"), int(port), "HTTP").close()


def verify_certificate(certificate: str, key: str) -> None:
    """Raise CannotStart unless TLS can be spoken with the files of a certificate and of its key."""
    try:
        # without a password: nobody is there who could be asked for one
        ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(certificate, key, password=lambda: "")
    except OSError as error:  # SSLError is one
        reason = getattr(error, "reason", None) or error.strerror
        raise CannotStart(f"TLS can't be spoken with {certificate} and {key}: {reason}") from None
