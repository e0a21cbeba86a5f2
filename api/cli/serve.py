"""`pointsman serve`: answers over HTTP."""

import os
import sys

import click

from engine.settings import Settings


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True, type=click.IntRange(0, 65535))
@click.option("--workers", default=2, show_default=True, type=click.IntRange(1, 64))
@click.pass_obj
def serve(settings: Settings, host: str, port: int, workers: int) -> None:
    """Answer over HTTP, until interrupted.

    Example: pointsman serve --port 8000
    """
    os.environ["POINTSMAN_NETWORK"] = settings.network
    options = ["--bind", f"{host}:{port}", "--probes-host", host, "--workers", str(workers)]
    # -P: nothing is imported from the folder that this is started in
    os.execv(sys.executable, [sys.executable, "-P", "-m", "api.http.serving", *options])  # noqa: S606  # the words are constants and checked numbers; no shell is involved
