"""`python -P -m api.http.serving`: what `pointsman serve` runs."""

import os
import sys

import click

from api.http.logs.output import VARIABLE, log_format
from api.http.serving.gunicorn_server import Server
from api.http.serving.probes_port import open_probes_port
from api.http.serving.settings import ServingSettings
from api.http.serving.start_checks import CannotStart, verify_addresses, verify_certificate
from engine.errors import BadSetting


@click.command()
@click.option("--bind", "binds", multiple=True, required=True, help="HOST:PORT or unix:PATH, as gunicorn takes it.")
@click.option(
    "--probes-host",
    default="127.0.0.1",
    show_default=True,
    help="Where probes are, if a setting names the port.",
)
@click.option("--workers", default=2, show_default=True, type=click.IntRange(1, 64))
@click.option("--tls-cert", help="The file of the certificate; with it, only TLS is spoken.")
@click.option("--tls-key", help="The file of its private key.")
@click.option("--app", default="api.http.app:served_app", help="MODULE:FUNCTION that makes the application.")
def main(
    *, binds: tuple[str, ...], probes_host: str, workers: int, tls_cert: str | None, tls_key: str | None, app: str
) -> None:
    """Answer over HTTP, until interrupted."""
    tls = (tls_cert, tls_key) if tls_cert and tls_key else None
    try:
        settings = ServingSettings.from_environment(os.environ)
        log_format(os.environ.get(VARIABLE, ""))
        verify_addresses(binds)
        if tls:
            verify_certificate(*tls)
        probes, without = open_probes_port(settings.probes_port, host=probes_host, binds=binds)
    except (BadSetting, CannotStart) as error:
        sys.exit(f"pointsman: {error}")
    if without:
        click.echo(f"pointsman: {without}", err=True)
    Server(app=app, binds=list(binds), workers=workers, tls=tls, settings=settings, probes=probes).run()


if __name__ == "__main__":
    main()
