"""What is told of each request by the log, the numbers and the traces: its operation, and how long it has taken."""

import time

from flask import Flask, g, request


def begin_measuring(app: Flask) -> None:
    """From here on it is known when requests began. Register it before whatever else is to be measured."""

    def begin() -> None:
        g.began = time.perf_counter()

    app.before_request(begin)


def seconds_taken() -> float:
    """By the running request, until now."""
    return time.perf_counter() - float(g.began)


def operation() -> str:
    """The name of what the running request asks for, as OpenAPI has it (`orders_show`). An address that is none has no
    operation of its own, since anybody may ask for any number of them.
    """
    return (request.endpoint or "none").replace(".", "_")
