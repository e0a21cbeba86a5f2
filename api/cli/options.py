"""What commands share: options, and how they print."""

import os
from getpass import getuser
from typing import Any

import click
import orjson
from marshmallow import ValidationError

from api.shapes.fields import Instant


class _Instant(click.ParamType):
    name = "instant"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        try:
            return Instant().read(value)
        except ValidationError as error:
            self.fail(str(error.messages[0]), param, ctx)


INSTANT = _Instant()
AS_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON, for programs.")


def print_json(value: Any) -> None:
    click.echo(orjson.dumps(value, option=orjson.OPT_INDENT_2).decode())


def counted(number: int, noun: str) -> str:
    """`1 rule`, `1,200 rules`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def who() -> str:
    """Whom the history names."""
    return os.environ.get("POINTSMAN_USER") or getuser()
