"""The floor of HTTP throughput: a Flask app that makes the two round trips of a decision to Redis and decides nothing.

For each order, the arguments of the snapshot script and of the commit script and the answer to the caller were prepared
beforehand: the same bytes that Pointsman sends. The floor reads the order's id, calls the two scripts, and answers.
"""

import os
import pickle
from pathlib import Path
from typing import NamedTuple

import orjson
from flask import Flask, Response, request

from engine.settings import Settings
from engine.store.connection.client import Client
from engine.store.connection.server import open_server

ANSWERS = "BENCH_ANSWERS"
"""The environment variable that names the file of prepared answers: pickled, by the order's id."""


class Prepared(NamedTuple):
    """The two scripts' keys and arguments, and the answer."""

    snapshot: tuple[list[str], list[str | int | bytes]]
    commit: tuple[list[str], list[str | int | bytes]]
    location: str
    body: bytes


def floor_app() -> Flask:
    """What gunicorn serves; called in each worker, after the fork, as `api.http.app.served_app` is."""
    prepared: dict[str, Prepared] = pickle.loads(Path(os.environ[ANSWERS]).read_bytes())
    server = open_server(Settings.from_environment(os.environ))
    client = Client(server.url)
    snapshot, commit = client.script("snapshot"), client.script("commit")
    app = Flask("floor", static_folder=None)
    app.extensions["server"] = server

    @app.post("/v1/decisions")
    def decide() -> Response:
        exchange = prepared[orjson.loads(request.get_data())["id"]]
        snapshot(keys=exchange.snapshot[0], args=exchange.snapshot[1])
        state = commit(keys=exchange.commit[0], args=exchange.commit[1])
        status = 201 if state == [b"done"] else 409
        return Response(
            exchange.body, status=status, content_type="application/json", headers={"Location": exchange.location}
        )

    @app.get("/readyz")
    def ready() -> dict[str, str]:
        return {"status": "ready"}

    return app
