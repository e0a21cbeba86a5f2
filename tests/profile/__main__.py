"""`python -m tests.profile` prints what a warm worker spends its processor time on when it decides over HTTP."""

import json
import signal
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from io import BytesIO
from typing import Any

import click
from flask import Flask
from rich.console import Console
from rich.progress import track
from rich.table import Table

from api.http.app import create_app
from tests.bench import option_sets
from tests.bench.example_network import directory, installed
from tests.profile.sampling import Sampler
from tests.support.callers import bearer, key_of

ORDERS = 4_000
"""Of the example's day: the first half warms the worker up, the second half is counted."""


@dataclass(frozen=True, kw_only=True)
class Profile:
    """`micros` is processor time a decision; `samples` were taken at every millisecond of it, by purpose."""

    decisions: int
    micros: float
    samples: Counter[str]


@click.command()
@click.option("--orders", default=ORDERS, show_default=True, help="Send so many; the first half is not counted.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def main(*, orders: int, as_json: bool) -> None:
    """Show what a warm worker spends its processor time on.

    Example: make profile ARGS="--orders 1000"
    """
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    profile = measure(option_sets.lines_of_the_day()[:orders])
    if as_json:
        click.echo(json.dumps(record(profile), indent=2))
    else:
        show(profile, Console())


def measure(bodies: Sequence[bytes]) -> Profile:
    """Sends each body once to POST /v1/decisions of an application in this process."""
    inventory = option_sets.inventory()
    half = len(bodies) // 2
    with directory() as data, installed(data, "profile", inventory) as pointsman, Sampler() as sampler:
        app, key = create_app(pointsman), key_of(pointsman, role="oms")
        sampler.samples.clear()
        progress = Console(stderr=True)
        for body in track(bodies[:half], "warming up", console=progress, disable=not progress.is_terminal):
            send(app, body, key)
        sampler.samples.clear()
        since = time.process_time()
        for body in track(bodies[half:], "measuring", console=progress, disable=not progress.is_terminal):
            send(app, body, key)
        micros = (time.process_time() - since) * 1_000_000 / max(1, len(bodies) - half)
    return Profile(decisions=len(bodies) - half, micros=micros, samples=sampler.samples)


def send(app: Flask, body: bytes, key: str) -> None:
    """Calls the application as a server does, without a client's own work."""
    environ: dict[str, Any] = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": "/v1/decisions",
        "QUERY_STRING": "",
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "CONTENT_TYPE": "application/json",
        "CONTENT_LENGTH": str(len(body)),
        **bearer(key),
        "wsgi.url_scheme": "http",
        "wsgi.input": BytesIO(body),
        "wsgi.errors": sys.stderr,
    }
    statuses: list[str] = []

    def start_response(status: str, *_: Any) -> None:
        statuses.append(status)

    b"".join(app(environ, start_response))  # type: ignore[arg-type]  # Flask asks for no more of it
    if not statuses[0].startswith(str(HTTPStatus.CREATED.value)):
        raise RuntimeError(f"a decision was answered with {statuses[0]}")


def record(profile: Profile) -> dict[str, Any]:
    total = max(1, profile.samples.total())
    shares = {purpose: round(count / total, 3) for purpose, count in profile.samples.most_common()}
    return {"decisions": profile.decisions, "micros_a_decision": round(profile.micros), "shares": shares}


def show(profile: Profile, console: Console) -> None:
    title = f"{profile.decisions} decisions, {profile.micros:.0f} µs of processor each"
    table = Table("spent on", "share", "µs a decision", title=title)
    total = max(1, profile.samples.total())
    for purpose, count in profile.samples.most_common():
        table.add_row(purpose, f"{count / total:.0%}", f"{count / total * profile.micros:.0f}")
    console.print(table)


if __name__ == "__main__":
    main()
