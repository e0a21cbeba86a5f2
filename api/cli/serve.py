"""`pointsman serve`: answers over HTTP."""

import errno
import os
import shlex
import socket
import sys
from pathlib import Path

import click

from api.cli.output.mistakes import fail
from api.cli.server import finding_text
from api.language.current import say, say_message
from engine.access.first_keys import FILE, make_first_keys
from engine.access.loopback import is_loopback
from engine.errors import StoreUnavailable
from engine.service import Pointsman
from engine.settings import Settings
from engine.store.connection.server_check import check_server

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True, type=click.IntRange(0, 65535))
@click.option("--workers", default=2, show_default=True, type=click.IntRange(1, 64))
@click.option("--tls-cert", type=_FILE, help="The certificate, PEM, with those that it is signed by.")
@click.option("--tls-key", type=_FILE, help="Its private key, PEM.")
@click.option("--log-format", type=click.Choice(["json", "text"]), help="Default: text in a terminal, else JSON.")
@click.pass_obj
def serve(
    settings: Settings,
    *,
    host: str,
    port: int,
    workers: int,
    tls_cert: Path | None,
    tls_key: Path | None,
    log_format: str | None,
) -> None:
    """Answer over HTTP, until interrupted.

    At the first start with a data directory, one API key per role is made and written into a file there.

    Example: pointsman serve --port 8000
    """
    if (tls_cert is None) != (tls_key is None):
        raise click.UsageError(say("--tls-cert and --tls-key go together"))
    _verify_address(settings, host, encrypted=tls_cert is not None)
    _verify_free(host, port)
    _verify_server(settings)
    _prepare_keys(settings, f"{'https' if tls_cert else 'http'}://{_bracketed(host)}:{port}")
    os.environ["POINTSMAN_NETWORK"] = settings.network
    if log_format:
        os.environ["POINTSMAN_LOG_FORMAT"] = log_format
    options = ["--bind", f"{_bracketed(host)}:{port}", "--probes-host", host, "--workers", str(workers)]
    options += ["--tls-cert", str(tls_cert), "--tls-key", str(tls_key)] if tls_cert else []
    # -P: nothing is imported from the folder that this is started in
    os.execv(sys.executable, [sys.executable, "-P", "-m", "api.http.serving", *options])  # noqa: S606  # the words are constants and checked; no shell is involved


def _verify_address(settings: Settings, host: str, *, encrypted: bool) -> None:
    """Refuse what would send keys over a network unencrypted, or let everybody there in without one."""
    if is_loopback(host):
        if settings.access.open and settings.access.proxied:
            raise click.UsageError(
                say(
                    "POINTSMAN_OPEN lets in whoever calls from this machine, and behind a proxy (POINTSMAN_PROXIED)"
                    " all do: unset one of them"
                )
            )
        return
    if settings.access.open:
        raise click.UsageError(
            say(
                "POINTSMAN_OPEN is for trials on one machine, and {host} can be reached from others: unset it, or"
                " leave out --host",
                host=host,
            )
        )
    if not encrypted and not settings.access.proxied:
        raise click.UsageError(
            say(
                "{host} can be reached from other machines, and without TLS anybody on the way could read the keys that"
                " callers send: give --tls-cert and --tls-key, or set POINTSMAN_PROXIED=1 if a proxy in front speaks"
                " TLS and nobody else reaches this port",
                host=host,
            )
        )


def _verify_free(host: str, port: int) -> None:
    """Refuse an address that is taken, before anything is made or said; the server looks again when it starts."""
    try:
        socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET).close()
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            fail([say("HTTP can't be answered at {host}:{port}: the address is in use", host=host, port=port)])


def _verify_server(settings: Settings) -> None:
    """Refuse a server that would lose stock, and say what else of its settings might. One that is away may come yet."""
    if settings.redis_url is None:  # the embedded one is started as it must be
        return
    try:
        findings = check_server(settings.redis_url, settings)
    except StoreUnavailable as error:
        click.echo(say("warning: {error}; nothing is decided until it does", error=say_message(str(error))), err=True)
        return
    for finding in findings:
        click.echo(finding_text(finding), err=True)
    if any(finding.severity == "fault" for finding in findings):
        sys.exit(1)


def _prepare_keys(settings: Settings, url: str) -> None:
    """Make the first keys, if there are none, and say how to call."""
    if settings.redis_url is None:
        file = settings.data.resolve() / FILE
        if not file.exists():
            with Pointsman(settings) as service:
                made = make_first_keys(service.api_keys, settings.data)
            if made:
                click.echo(say("one API key per role was made, and written to {made} (mode 0600)", made=made), err=True)
        if file.exists():
            call = f'curl -H "Authorization: Bearer $OMS_KEY" {url}/v1/orders'
            click.echo(
                say("to call, in another terminal: . {file} && {call}", file=shlex.quote(str(file)), call=call),
                err=True,
            )
            return
    click.echo(say("to make an API key: pointsman key create --role oms"), err=True)


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
