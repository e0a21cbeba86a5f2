"""`pointsman key`: the API keys with which callers over HTTP say who they are."""

from typing import Any, get_args

import click
from marshmallow import ValidationError

from api.cli.options import AS_JSON, DURATION, INSTANT, print_json
from api.cli.output.times import Times
from api.language.current import say, say_message
from api.records.api_keys import KeyRecord, NewKeyRecord
from api.shapes.client_name import ClientName
from api.shapes.fields import Literal
from engine.access.api_keys import NewKey
from engine.access.settings import NETWORK_NAME
from engine.model.scopes import ALL_NETWORKS, Role
from engine.service import Pointsman
from engine.settings import Settings
from rules.syntax import literals

_A_MINUTE = 60


class _Expiry(click.ParamType):
    """A duration from now on as `(None, minutes)`, or an instant as `(instant, None)`."""

    name = "when"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[Any, Any]:
        try:
            return None, Literal(literals.duration).read(value)
        except ValidationError:
            try:
                return INSTANT.convert(value, param, ctx), None
            except click.BadParameter as error:
                self.fail(say('{error}, or so long from now, such as "90 d"', error=error.message), param, ctx)


class _Client(click.ParamType):
    name = "name"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        try:
            return str(ClientName().deserialize(value))
        except ValidationError as error:
            self.fail(say_message(str(error.messages[0])), param, ctx)


class _Network(click.ParamType):
    name = "network"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if not NETWORK_NAME.fullmatch(value):
            self.fail(
                say("a network's name is 1 to 40 unaccented letters, digits, hyphens and underscores"), param, ctx
            )
        return str(value)


CLIENT = _Client()
"""Names whose a key is."""
_EXPIRES = click.option(
    "--expires", type=_Expiry(), help='After so long, such as "90 d", or at an instant. Default: never.'
)


@click.group()
def key() -> None:
    """Make, list, rotate and revoke the API keys of callers over HTTP."""


@key.command()
@click.option("--role", type=click.Choice(get_args(Role)), required=True, help="What it may do.")
@click.option("--network", "networks", type=_Network(), multiple=True, help="A network it is for. Default: this one.")
@click.option("--all-networks", is_flag=True, help="For every network, those to come as well.")
@click.option("--client", type=CLIENT, help="Whose it is, for the log and for quotas. Default: the role.")
@_EXPIRES
@AS_JSON
@click.pass_obj
def create(
    settings: Settings,
    role: Role,
    networks: tuple[str, ...],
    client: str | None,
    expires: tuple[int | None, int | None] | None,
    *,
    all_networks: bool,
    as_json: bool,
) -> None:
    """Make a key and print it.

    It is shown only this once: no more than a hash of it is stored.

    Example: pointsman key create --role oms --client web-shop --expires "90 d"
    """
    if all_networks and networks:
        raise click.UsageError(say("give --network or --all-networks, not both"))
    chosen = (ALL_NETWORKS,) if all_networks else tuple(dict.fromkeys(networks)) or (settings.network,)
    with Pointsman(settings) as service:
        made = service.api_keys.create(
            role=role, client=client or role, networks=chosen, expires_at=_expiry(expires, service)
        )
        times = Times.of(service)
    _print_new(made, times, as_json=as_json)


@key.command("list")
@AS_JSON
@click.pass_obj
def list_keys(settings: Settings, *, as_json: bool) -> None:
    """List the keys and when each was last used.

    Those that ended are listed, too.

    Example: pointsman key list
    """
    with Pointsman(settings) as service:
        records = [KeyRecord.of(listed, service.now) for listed in service.api_keys.all()]
        times = Times.of(service)
    if as_json:
        print_json(records)
        return
    for record in records:
        click.echo(_line(record, times))
    if not records:
        click.echo(say("there are no keys; make one: pointsman key create --role admin"))


@key.command()
@click.argument("key_id", metavar="KEY")
@click.pass_obj
def revoke(settings: Settings, key_id: str) -> None:
    """Refuse KEY, the id of a key, from now on.

    Every worker does within a second.

    Example: pointsman key revoke 5f0c1d2e3a4b
    """
    with Pointsman(settings) as service:
        revoked = service.api_keys.revoke(key_id)
    click.echo(say("the key {id} of {client} is revoked", id=revoked.id, client=revoked.client))


@key.command()
@click.argument("key_id", metavar="KEY")
@click.option(
    "--overlap", type=DURATION, default="1 d", show_default=True, help="How long the old one goes on to work."
)
@_EXPIRES
@AS_JSON
@click.pass_obj
def rotate(
    settings: Settings, key_id: str, overlap: int, expires: tuple[int | None, int | None] | None, *, as_json: bool
) -> None:
    """Make a key with the same rights in place of KEY.

    KEY goes on to work for a time, so that callers can change over.

    Example: pointsman key rotate 5f0c1d2e3a4b --overlap "2 h"
    """
    with Pointsman(settings) as service:
        made = service.api_keys.rotate(key_id, overlap=_A_MINUTE * overlap, expires_at=_expiry(expires, service))
        times = Times.of(service)
    _print_new(made, times, as_json=as_json)


def _expiry(expires: tuple[int | None, int | None] | None, service: Pointsman) -> int | None:
    instant, minutes = expires or (None, None)
    return service.now + _A_MINUTE * minutes if minutes is not None else instant


def _print_new(made: NewKey, times: Times, *, as_json: bool) -> None:
    """The key alone on stdout, so that a script can take it."""
    record = NewKeyRecord.of(made)
    if as_json:
        print_json(record)
        return
    expires = say(", expires {expires_at}", expires_at=times(record.expires_at)) if record.expires_at else ""
    click.echo(
        say(
            "the key {id} of {client} ({role}, {networks}{expires}); it is shown only this once:",
            id=record.id,
            client=record.client,
            role=record.role,
            networks=_networks(record.networks),
            expires=expires,
        ),
        err=True,
    )
    click.echo(record.key)


def _line(record: KeyRecord, times: Times) -> str:
    parts = [
        f"{record.id}  {record.client} ({record.role}, {_networks(record.networks)})",
        say(record.state)
        if record.state != "valid" or not record.expires_at
        else say("valid until {expires_at}", expires_at=times(record.expires_at)),
        say("last used {last_used}", last_used=times(record.last_used)) if record.last_used else say("never used"),
    ]
    if record.replaced_by:
        parts.append(say("replaced by {replaced_by}", replaced_by=record.replaced_by))
    return "; ".join(parts)


def _networks(names: list[str]) -> str:
    return say("all networks") if ALL_NETWORKS in names else ", ".join(names)
