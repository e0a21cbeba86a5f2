"""Options that several commands share, and what goes with them."""

import re
import shlex
from decimal import Decimal
from typing import Any

import click
import msgspec
from marshmallow import ValidationError, fields

from api.cli.login import login_name
from api.language.current import say, say_message
from api.shapes.fields import Instant, Literal
from api.shapes.limits import LONGEST_AGE
from api.shapes.quantities import NO_DECIMALS, Quantities, decode, encode
from engine.actor import name_operation
from engine.decide.order_record import timestamp
from engine.errors import InputInvalid, Mistake
from engine.inventory.stated_instants import MICROSECONDS
from engine.parallel.processors import processors
from engine.parallel.work import Spread
from engine.service import Pointsman
from engine.settings import Settings
from rules.errors import LiteralInvalid
from rules.syntax import literals


class _Instant(click.ParamType):
    """An instant with its zone, or a local time of the installation. Of one that its clock shows twice, what begins
    then begins the first time, and what `ends` then the last time. What `ends` on a date ends when that day is over.
    """

    name = "instant"

    def __init__(self, *, ends: bool = False) -> None:
        self._ends = ends

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        if self._ends and isinstance(value, str) and _DATE.fullmatch(value.strip()):
            return self.convert(f"{value.strip()} 23:59", param, ctx) + 60
        try:
            local = _local(value)
            return Instant().read(value) if local is None or ctx is None else self._of_clock(local, ctx.obj)
        except ValidationError as error:
            said = say_message(str(error.messages[0]))
            self.fail(
                say('{messages}, or as "2026-11-27 09:12" on the clock of the network', messages=said), param, ctx
            )

    def _of_clock(self, local: int, settings: Settings) -> int:
        with Pointsman(settings) as service:
            clock = service.network().clock
        instant = clock.last(local) if self._ends else clock.first(local)
        return Instant().read(timestamp(instant))


def _local(text: str) -> int | None:
    """Local seconds, as `literals.instant`; None if the text is no local time. A date alone is its first minute."""
    try:
        return literals.instant(text)
    except LiteralInvalid:
        return None


class ShapeParam(click.ParamType):
    """What a field of the HTTP API reads, as the value of an option."""

    def __init__(self, field: fields.Field[Any], *, name: str) -> None:
        self._field = field
        self.name = name

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        try:
            return self._field.deserialize(value) if isinstance(value, str) else value
        except ValidationError as error:
            self.fail(str(error.messages[0]), param, ctx)


class _Duration(click.ParamType):
    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        try:
            return int(Literal(literals.duration).read(value))
        except ValidationError as error:
            self.fail(str(error.messages[0]), param, ctx)


INSTANT, INSTANT_END = _Instant(), _Instant(ends=True)
"""The end of a period or a hold: an instant, which is not in it any more, or of a date alone the end of that day."""
TO = click.option("--to", "end", type=INSTANT_END, help="Before this instant; of a date, up to the end of that day.")
TO_OR_NOW = click.option(
    "--to", "end", type=INSTANT_END, help="Before this instant; of a date, up to the end of that day. Default: now."
)
DURATION = _Duration()
AS_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON, for programs.")
ORDER = click.argument("order_id", metavar="ORDER")
DECISION = click.argument("decision_id", metavar="DECISION")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)


def in_micros(instant: int | None) -> int | None:
    """UTC microseconds of what INSTANT read."""
    return None if instant is None else instant * MICROSECONDS


def log_operation(_context: click.Context, _option: click.Parameter, value: str | None) -> str | None:
    """Of an option that names the operation: log entries have the name, too."""
    if value:
        name_operation(value)
    return value


OP = click.option(
    "--op",
    callback=log_operation,
    help="An id for this request; sent a second time, it is answered but not carried out again.",
)
_NUMBER = re.compile(r"[0-9]{1,15}(\.[0-9]{1,6})?", re.ASCII)
LINES = click.option(
    "--line", "lines", multiple=True, help="LINE=UNITS or SKU=UNITS; may be given repeatedly. Default: all."
)

_MOST_WORKERS = 256
WORKERS = click.option(
    "--workers",
    type=click.IntRange(1, _MOST_WORKERS),
    help="In how many processes at once. Default: one for each processor.",
)
DASK = click.option(
    "--dask", metavar="ADDRESS", help="On the Dask cluster whose scheduler is there, as tcp://10.0.0.5:8786."
)


def spread_of(workers: int | None, dask: str | None) -> Spread:
    """What these two options say together."""
    if workers is not None and dask is not None:
        raise click.UsageError(say("--workers is about this machine, and --dask about a cluster: leave one out"))
    return Spread(workers=workers or processors(), dask=dask)


def units_by_name(option: str, words: tuple[str, ...], *, least: int = 1) -> dict[str, int | Decimal]:
    """NAME=UNITS words as a mapping; raises InputInvalid for the first that is malformed or names a name again."""
    units: dict[str, int | Decimal] = {}
    for word in words:
        name, _, count = word.rpartition("=")
        number = units_of(count)
        if not name or number is None or not (number >= least or number > 0) or name in units:
            message = say("'{word}' is not NAME=UNITS, units from {least}, each name once", word=word, least=least)
            raise InputInvalid([Mistake(field=option, message=message)])
        units[name] = number
    return units


def argument(word: str) -> str:
    """The word as it is typed in a shell, as an argument, even if it begins like an option."""
    return f"-- {shlex.quote(word)}" if word.startswith("-") else shlex.quote(word)


def units_of(word: str) -> int | Decimal | None:
    """A whole number, or one with decimals; None if the word is neither."""
    if not _NUMBER.fullmatch(word):
        return None
    return Decimal(word) if "." in word else int(word)


def units_given(word: str | None) -> int | Decimal | None:
    """The number of units that --units says; None if it is left out. Raises InputInvalid if it says none."""
    if word is None:
        return None
    number = units_of(word)
    if not number:
        raise InputInvalid([Mistake(field="--units", message=say("'{word}' is no number of units", word=word))])
    return number


def print_more(place: str | None) -> None:
    """Say, after a list that ended with the place, how to go on; None: there is no more."""
    if place is not None:
        click.echo(say("... and perhaps more; go on with --after {next}", next=place), err=True)


def print_json(value: Any, quantities: Quantities = NO_DECIMALS) -> None:
    """A record, or the bytes of one as they were logged, with its quantities as they are written."""
    if quantities.decimals:
        value = quantities.show(decode(value if isinstance(value, bytes) else encode(value)))
    body = value if isinstance(value, bytes) else encode(value)
    click.echo(msgspec.json.format(body, indent=2).decode())


def who(settings: Settings) -> str:
    """The name that the policy history and the log record for this command: POINTSMAN_USER, or the login name."""
    name = settings.user or login_name()
    if name is None:
        raise click.UsageError(say("the system has no login name for you; set POINTSMAN_USER to your name"))
    return name


MAX_STALE = click.option(
    "--max-stale",
    type=click.IntRange(0, LONGEST_AGE),
    help="Let a replica answer, if it heard from its primary in the last so many seconds.",
)


def print_age(age: int | None) -> None:
    """If a replica answered, print on stderr how old the answer may be, in seconds."""
    if age is not None:
        click.echo(say("answered by a replica, which heard from its primary at most {age} s ago", age=age), err=True)
