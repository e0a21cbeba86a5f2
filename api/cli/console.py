"""`pointsman console`: an address at which somebody is signed in to the console."""

import http.client
import time
from http import HTTPStatus
from typing import get_args
from urllib.parse import urlsplit

import click

from api.cli.key import CLIENT
from api.cli.output.mistakes import fail
from api.language.current import say
from engine.access.console_sessions import LONGEST_SECONDS
from engine.model.scopes import Role
from engine.service import Pointsman
from engine.settings import Settings

_URL = "http://127.0.0.1:8000"


@click.command()
@click.option(
    "--role", type=click.Choice(get_args(Role)), default="merchandiser", show_default=True, help="What it may do."
)
@click.option("--client", type=CLIENT, help="Whose it is, for the log. Default: the role.")
@click.option("--url", default=_URL, show_default=True, help="Where pointsman serve answers.")
@click.option(
    "--wait",
    type=click.IntRange(0),
    help="Seconds to wait at most until pointsman serve is ready there. Default: don't look.",
)
@click.pass_obj
def console(settings: Settings, *, role: Role, client: str | None, url: str, wait: int | None) -> None:
    """Print an address that signs in to the console, once.

    Whoever opens it within ten minutes is signed in to this network with the rights of the role, for twelve hours at
    most. `pointsman key list` shows the API key that is made for that, and `pointsman key revoke` ends it.

    Example: pointsman console --role merchandiser
    """
    if wait is not None and not _is_ready(url, until=time.monotonic() + wait):
        fail([say("nothing that is ready answers at {url}: start pointsman serve, and look at what it says", url=url)])
    with Pointsman(settings) as service:
        made = service.api_keys.create(
            role=role,
            client=client or role,
            networks=(settings.network,),
            expires_at=service.now + LONGEST_SECONDS,
        )
        token = service.console_sessions.make_link(made.stored.id)
    click.echo(f"{url.rstrip('/')}/console/sign-in/once/{token}")
    click.echo(
        say("open it within ten minutes, while pointsman serve runs: it signs in as {role}", role=role), err=True
    )


def _is_ready(url: str, *, until: float) -> bool:
    """Waits until a server is ready at this address; False if none is by then."""
    parts = urlsplit(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    while True:
        connection = kind(parts.hostname or "", parts.port, timeout=5)
        try:
            connection.request("GET", f"{parts.path.rstrip('/')}/readyz")
            if connection.getresponse().status == HTTPStatus.OK:
                return True
        except (OSError, http.client.HTTPException):
            pass
        finally:
            connection.close()
        if time.monotonic() >= until:
            return False
        time.sleep(0.2)
