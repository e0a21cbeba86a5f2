"""Calls the WSGI application for a request that came by ASGI."""

import functools
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, BinaryIO
from urllib.parse import unquote_to_bytes

Environ = dict[str, Any]
Headers = list[tuple[bytes, bytes]]
Application = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]


@dataclass(slots=True)
class Answer:
    """What an application answers; `parts` is its body, which may still be made while it is read."""

    status: int = 0
    headers: Headers = field(default_factory=list)
    parts: Iterable[bytes] = ()

    def close(self) -> None:
        """Must be called once, whether or not all parts were read."""
        close = getattr(self.parts, "close", None)
        if close is not None:
            close()


def environ_of(scope: Mapping[str, Any], body: BinaryIO) -> Environ:
    """The WSGI environment of an ASGI scope (PEP 3333)."""
    server, client = scope.get("server") or ("", None), scope.get("client")
    environ: Environ = {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": scope.get("root_path", ""),
        "PATH_INFO": unquote_to_bytes(scope["raw_path"]).decode("latin-1"),
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "RAW_URI": scope["raw_path"].decode("latin-1"),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "SERVER_NAME": str(server[0]),
        "SERVER_PORT": str(server[1] or ""),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope["scheme"],
        "wsgi.input": body,
        "wsgi.input_terminated": True,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    if client:
        environ["REMOTE_ADDR"], environ["REMOTE_PORT"] = str(client[0]), str(client[1])
    for name, value in scope["headers"]:
        key = _environ_key(name)
        text = value.decode("latin-1")
        environ[key] = f"{environ[key]},{text}" if key in environ else text
    environ.pop("HTTP_UPGRADE", None)  # nothing is offered to upgrade to
    return environ


@functools.lru_cache(maxsize=256)
def _environ_key(header: bytes) -> str:
    """The name of a header in the environment; most requests have the same headers."""
    name = header.decode("latin-1").upper().replace("-", "_")
    return name if name in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{name}"


def call(app: Application, environ: Environ) -> Answer:
    """Call the application; what it answers must be closed."""
    answer = Answer()

    def start_response(status: str, headers: Iterable[tuple[str, str]], _: Any = None) -> None:
        answer.status = int(status.split(" ", 1)[0])
        answer.headers = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers]

    answer.parts = app(environ, start_response)
    return answer


def call_whole(app: Application, environ: Environ) -> Answer:
    """Call the application and read its answer to the end; its body is then one part, and it is closed."""
    answer = call(app, environ)
    try:
        return Answer(answer.status, answer.headers, (b"".join(answer.parts),))
    finally:
        answer.close()
