"""A WSGI application of which a test says how long each answer takes, with the problems of the real one."""

import json
import os
import time
from pathlib import Path

from flask import Flask, Response, request
from gunicorn.asgi import protocol

from api.http import problems
from api.http.blueprint import NDJSON
from api.http.requests.ndjson import BodyLine, NdjsonBody, answer_lines, is_ndjson, not_ndjson, read_lines, streamed
from api.http.serving.ending import Ending
from api.records.stock.movements import MovementRecord
from engine.errors import BadSetting
from tests.support.heaps import heaps
from tests.support.wait_until import wait_until

IMPORTED_BY = os.getpid()
_KEPT: list[bytearray] = []


def make() -> Flask:
    """`GATES` is a directory: a request for /gate/NAME is answered once a file of that name is in it."""
    app = Flask("slow", static_folder=None)
    problems.register(app)
    problems.ProblemApi(app, spec_kwargs={"title": "slow", "version": "1", "openapi_version": "3.1.0"})
    app.add_url_rule("/gate/<name>", view_func=gate, methods=["GET", "POST"])
    app.add_url_rule("/echo", view_func=echo, methods=["POST"])
    app.add_url_rule("/large", view_func=large)
    app.add_url_rule("/fault", view_func=fault)
    app.add_url_rule("/memory", view_func=memory)
    app.add_url_rule("/large_order/<name>", view_func=large_order)
    app.add_url_rule("/healthz", view_func=health)
    app.add_url_rule("/readyz", view_func=health)
    app.add_url_rule("/v1/availability/feed", view_func=feed)
    app.add_url_rule("/v1/stock/movements", view_func=lines, methods=["POST"])
    return app


def badly_set() -> Flask:
    """What two workers can't make, both at once."""
    here = Path(os.environ["GATES"])
    (here / f"{os.getpid()}.worker").touch()
    wait_until(lambda: len(list(here.glob("*.worker"))) > 1, "another worker starts")
    raise BadSetting(name="GATES", value="none", allowed="a directory")


def gate(name):
    gates = Path(os.environ["GATES"])
    (gates / f"{name}.begun").touch()
    while not (gates / name).exists():
        time.sleep(0.005)
    return Response(b"through")


def echo():
    return Response(request.get_data())


def large():
    return Response(b"x" * (64 << 20))


def fault():
    raise RuntimeError("on purpose")


def memory():
    """What a worker does to take little."""
    report = {"imported_by": IMPORTED_BY, "heaps": heaps(), "chunk_lengths": len(protocol._CHUNK_PREFIXES)}
    return Response(json.dumps(report))


def large_order(name):
    """Holds 50 MB until its gate opens, in parts that glibc keeps once they are free, and one after them for good."""
    parts = [bytearray(b"x" * 50_000) for _ in range(1_000)]
    _KEPT.append(bytearray(b"x" * 50_000))
    gate(name)
    return Response(str(len(parts)))


def health():
    return Response(json.dumps({"status": "ok"}))


def feed():
    """Endless lines of `size` letters, until it is to end."""
    ending, size = Ending.of_request(), int(request.args.get("size", "1"))

    def parts():
        while not ending.reason:
            yield b"x" * size + b"\n"
            time.sleep(0.01)
        yield json.dumps({"stopped": ending.reason}).encode() + b"\n"

    return Response(parts(), content_type=NDJSON)


def lines():
    if not is_ndjson():
        return not_ndjson("a line")

    def answers(batch):
        return [MovementRecord(line=line.number, op=None, result="applied") for line in batch]

    def stopped(line: BodyLine, message: str):
        return MovementRecord(line=line.number, op=None, result="stopped", message=message)

    body = read_lines(NdjsonBody.of_request(most_bytes=1_000), lambda raw: raw, name="op", most_bytes=1_000)
    return streamed(answer_lines(body, answers, stopped, subject="lines"))
