"""The arguments of a command about one decision, or about all of a period."""

import functools
from collections.abc import Callable
from typing import Any

import click

from api.cli.options import INSTANT, TO
from api.language.current import say


def decision_or_period(command: Callable[..., None], *, metavar: str = "[DECISION]") -> Callable[..., None]:
    """Passes `decision_id`, or `start` and `end` of a period, to the command; one of the two must be given."""

    @click.argument("decision_id", metavar=metavar, required=False)
    @click.option("--from", "start", type=INSTANT, help="All decisions made from this instant on.")
    @TO
    @functools.wraps(command)
    def checked(*arguments: Any, decision_id: str | None, start: int | None, end: int | None, **options: Any) -> None:
        if (decision_id is None) == (start is None and end is None):
            raise click.UsageError(say("name a decision, or say from when to when: --from, --to or both"))
        command(*arguments, decision_id=decision_id, start=start, end=end, **options)

    return checked
