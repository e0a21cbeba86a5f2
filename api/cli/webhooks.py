"""`pointsman webhook`: where events are sent, and sending them."""

import time
from collections.abc import Iterator

import click
from marshmallow import ValidationError

from api.cli.options import AS_JSON, DURATION, print_json, who
from api.language.current import counted, say, say_message
from api.records.events import (
    DeadLettersRecord,
    WebhookListRecord,
    WebhookRecord,
    WebhookSecretRecord,
    WebhookTestRecord,
    renderer,
)
from api.shapes.events import DEFAULT_OVERLAP, LONGEST_OVERLAP, read_cursor
from engine.errors import PointsmanError
from engine.events.event import EVENT_TYPES, Position
from engine.service import Pointsman
from engine.settings import Settings

IDLE_SECONDS = 1.0
"""Between looks for new events."""
_ID = click.argument("webhook_id", metavar="WEBHOOK")


class _Cursor(click.ParamType):
    """The id of an event, a cursor, `start` or `now`, which is None."""

    name = "cursor"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> Position | None:
        try:
            return read_cursor(value)
        except ValidationError as error:
            self.fail(say_message(str(error.messages[0])), param, ctx)


@click.group()
def webhook() -> None:
    """Send events to URLs, and see what became of that."""


@webhook.command()
@click.argument("url")
@click.option(
    "--type", "types", multiple=True, type=click.Choice(list(EVENT_TYPES)), help="Only this type; may be repeated."
)
@click.option("--since", type=_Cursor(), help="From this cursor on, or start. Default: from now on.")
@click.option("--note", default="", help="Whose it is, and what for.")
@AS_JSON
@click.pass_obj
def add(
    settings: Settings, url: str, types: tuple[str, ...], since: Position | None, note: str, *, as_json: bool
) -> None:
    """Send events to URL from now on, and print their secret.

    The secret is shown this once.

    Example: pointsman webhook add https://shop.example/pointsman --type order.decided --type order.changed
    """
    with Pointsman(settings) as service:
        added = service.events.webhooks.add(url, types=types, since=since, by=who(settings), note=note)
    _print_secret(WebhookSecretRecord.of(added), as_json=as_json)


@webhook.command("list")
@click.option("--dead", metavar="WEBHOOK", help="List the events instead that are not sent to this one any more.")
@AS_JSON
@click.pass_obj
def list_webhooks(settings: Settings, dead: str | None, *, as_json: bool) -> None:
    """List the webhooks, and how far each has come.

    Example: pointsman webhook list
    """
    with Pointsman(settings) as service:
        record: WebhookListRecord | DeadLettersRecord
        if dead is not None:
            record = DeadLettersRecord.of(service.events.webhooks.dead_letters(dead), None)
            lines = [f"{item.event}  {item.about}: {item.error}, {item.last_at}" for item in record.events]
        else:
            record = WebhookListRecord(webhooks=[WebhookRecord.of(item) for item in service.events.webhooks.all()])
            lines = [line for item in record.webhooks for line in _lines(item)]
    if as_json:
        print_json(record)
    else:
        click.echo("\n".join(lines or [say("none")]))


@webhook.command()
@_ID
@AS_JSON
@click.pass_obj
def test(settings: Settings, webhook_id: str, *, as_json: bool) -> None:
    """Send a webhook.ping at once, and print what is answered.

    Exits with 1 if it was not taken.

    Example: pointsman webhook test wh_5f0c9a4f8e1d2c3b4a5968771f2e3d4c
    """
    with Pointsman(settings) as service:
        result = WebhookTestRecord.of(service.events.test(webhook_id, renderer(service)))
    if as_json:
        print_json(result)
    else:
        click.echo(_test_line(result))
    if not result.taken:
        click.get_current_context().exit(1)


@webhook.command()
@_ID
@click.option("--since", type=_Cursor(), help="Everything after this cursor, or start.")
@click.option("--dead", is_flag=True, help="The events that are not sent any more.")
@click.option("--event", type=_Cursor(), help="One event that is not sent any more.")
@click.pass_obj
def replay(settings: Settings, webhook_id: str, since: Position | None, event: Position | None, *, dead: bool) -> None:
    """Send events again, and switch the webhook on.

    Example: pointsman webhook replay wh_5f0c9a4f8e1d2c3b4a5968771f2e3d4c --since 1795770000123-0-1
    """
    if [since is not None, dead, event is not None].count(True) != 1:
        raise click.UsageError(
            say("say what to send again: either --since, with a cursor or start, or --dead, or --event")
        )
    with Pointsman(settings) as service:
        every = service.events.webhooks
        state = every.replay_dead(webhook_id, event) if since is None else every.replay(webhook_id, since)
    click.echo("\n".join(_lines(WebhookRecord.of(state))))


@webhook.command()
@_ID
@click.pass_obj
def remove(settings: Settings, webhook_id: str) -> None:
    """Send nothing there any more.

    Example: pointsman webhook remove wh_5f0c9a4f8e1d2c3b4a5968771f2e3d4c
    """
    with Pointsman(settings) as service:
        service.events.webhooks.remove(webhook_id)
    click.echo(say("nothing is sent to webhook {webhook} any more", webhook=webhook_id))


@webhook.command()
@_ID
@click.option(
    "--overlap",
    type=DURATION,
    default=f"{DEFAULT_OVERLAP} min",
    show_default="1 d",
    help="How long the former secret signs, too; 0 min to stop it at once.",
)
@AS_JSON
@click.pass_obj
def rotate(settings: Settings, webhook_id: str, overlap: int, *, as_json: bool) -> None:
    """Give it another secret, and print it.

    The secret is shown this once.

    Example: pointsman webhook rotate wh_5f0c9a4f8e1d2c3b4a5968771f2e3d4c --overlap 2d
    """
    if overlap > LONGEST_OVERLAP:
        raise click.UsageError(say("--overlap is 7 d at most"))
    with Pointsman(settings) as service:
        rotated = service.events.webhooks.rotate(webhook_id, overlap=overlap)
    _print_secret(WebhookSecretRecord.of(rotated), as_json=as_json)


@webhook.command()
@_ID
@click.pass_obj
def enable(settings: Settings, webhook_id: str) -> None:
    """Go on where it was switched off, and send at once what waits.

    Example: pointsman webhook enable wh_5f0c9a4f8e1d2c3b4a5968771f2e3d4c
    """
    with Pointsman(settings) as service:
        state = service.events.webhooks.enable(webhook_id)
    click.echo("\n".join(_lines(WebhookRecord.of(state))))


@webhook.command()
@click.option("--once", is_flag=True, help="End when nothing is due any more.")
@click.pass_obj
def deliver(settings: Settings, *, once: bool) -> None:
    """Deliver events until interrupted, as pointsman serve does.

    Example: pointsman webhook deliver --once
    """
    with Pointsman(settings) as service:
        render = renderer(service)
        while True:
            try:
                did_something = service.events.deliver_due(render)
            except PointsmanError as error:
                if once:
                    raise
                click.echo(say("events are delivered later: {error}", error=say_message(str(error))), err=True)
                did_something = False
            if once and not did_something:
                return
            if not did_something:
                time.sleep(IDLE_SECONDS)


def _test_line(result: WebhookTestRecord) -> str:
    if result.taken:
        return say("taken: answered {status}", status=result.status)
    return say("not taken: {error}", error=say_message(result.error or ""))


def _print_secret(record: WebhookSecretRecord, *, as_json: bool) -> None:
    if as_json:
        print_json(record)
        return
    click.echo(say("webhook {webhook}: {url}", webhook=record.id, url=record.url))
    click.echo(say("secret, shown this once: {secret}", secret=record.secret))
    if record.former_until:
        click.echo(say("until {instant} the former secret signs, too", instant=record.former_until))


def _lines(record: WebhookRecord) -> Iterator[str]:
    reason = say_message(record.off_because or "")
    state = say("on") if record.on else say("off since {instant}: {reason}", instant=record.off_since, reason=reason)
    yield f"{record.id}  {record.url}  {state}"
    types, note = ", ".join(record.types) or say("all events"), f": {record.note}" if record.note else ""
    yield say("  {types}, by {who}{note}", types=types, who=record.by, note=note)
    yield "".join(_progress(record))
    if record.last_error:
        yield say(
            "  last failed {instant}: {error}", instant=record.last_failed_at, error=say_message(record.last_error)
        )
    if record.gap:
        yield say("  events may be missing: the log did not reach back to where it stood")


def _progress(record: WebhookRecord) -> Iterator[str]:
    yield say("  handed over up to {cursor}", cursor=record.cursor)
    if record.behind:
        yield say(", more to come")
    if record.waiting:
        yield say(", {events} to be sent again", events=counted(record.waiting, "event"))
    if record.dead:
        yield say(", {events} given up", events=counted(record.dead, "event"))
