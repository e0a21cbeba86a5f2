"""Every text that commands, reports and the console may say, as it stands in the code: a catalogue of another language
has all of them.
"""

import ast
import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import click

import api.cli
import api.console
import api.reports
import api.whatif
from api.cli.commands.click_texts import MODULES
from api.cli.commands.spoken_commands import paragraphs
from api.cli.main import COMMANDS, pointsman
from api.cli.output.times import DAYS, MONTHS
from engine.audit.replays import OUTCOMES
from engine.decide.decision import Status
from engine.store.log.kinds import KINDS
from engine.store.outcomes import UnitState
from rules.diff import compare
from rules.vocabulary import REJECTION_REASONS

CLI, CONSOLE, REPORTS, WHATIF = (Path(part.__path__[0]) for part in (api.cli, api.console, api.reports, api.whatif))
_SAID_IN_A_TEMPLATE = re.compile(r'\bsay\("([^"]*)"')
_COUNTED_IN_A_TEMPLATE = re.compile(r'\bcounted\([^"]*"([^"]*)"\)')
EXAMPLE = "Example:"
_FOR_DEVELOPERS = re.compile(
    r"Arguments take exactly|Boolean option |Could not determine name|Name '\{name\}' defined twice|"
    r"No options defined but|Value must be an iterable"
)
"""What click says of mistakes in how a command is declared."""
WORDS = {
    *get_args(Status),
    *OUTCOMES.values(),
    *get_args(UnitState),
    *KINDS,
    *REJECTION_REASONS,
    *get_args(compare.Kind),
    *get_args(compare.Aspect),
    *("published", "activated", "scheduled", "refused", "back to", "unscheduled"),
    *("amended", "stock", "day", "week", "as before"),
    *("fault", "warning", "valid", "expired", "revoked"),
    *("waiting", "not counted", "applied", "counted", "seen", "new"),
    *DAYS,
    *MONTHS,
    *("fires", "doesn't", "decides", "free", "SKU", "delivery", "arrives by", "valid until"),
}
"""Said as they are stored (states, kinds, reasons), or one after the other (days, headings)."""


def help_texts() -> set[str]:
    """Paragraphs of help and helps of options; examples are commands and stay as they are."""
    helps = set[str]()
    for command in _commands(pointsman):
        helps.update(paragraphs(command.help or ""))
        helps.update(param.help for param in command.params if isinstance(param, click.Option) and param.help)
    helps.update(place.summary for place in COMMANDS.values())
    return {text for text in helps if not text.startswith(EXAMPLE)}


def said_texts() -> set[str]:
    """The literals given to `say` and `text`, headings of tables and words."""
    return {text for name, text in _literals() if name in ("say", "text")} | WORDS


def nouns() -> set[str]:
    """Those that are counted."""
    return {text for name, text in _literals() if name == "counted"}


def click_texts() -> set[str]:
    """Click's own, but for those that only its developers see."""
    texts = set[str]()
    for module in MODULES:
        for node in ast.walk(ast.parse(inspect.getsource(module))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("_", "ngettext"):
                texts.update(
                    arg.value for arg in node.args if isinstance(arg, ast.Constant) and isinstance(arg.value, str)
                )
    return {text for text in texts if not _FOR_DEVELOPERS.match(text)}


def _commands(command: click.Command) -> Iterator[click.Command]:
    yield command
    for name in command.commands if isinstance(command, click.Group) else ():
        yield from _commands(command.commands[name])


def _literals() -> Iterator[tuple[str, str]]:
    """What is given to functions as a literal: the name of the function, and the text."""
    for path in sorted(path for part in (CLI, CONSOLE, REPORTS, WHATIF) for path in part.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                for arg in node.args:
                    for inner in (arg.body, arg.orelse) if isinstance(arg, ast.IfExp) else (arg,):
                        if isinstance(inner, ast.Constant) and isinstance(inner.value, str):
                            yield node.func.id, inner.value
    for path in sorted(path for part in (CONSOLE, REPORTS) for path in part.rglob("*.html")):
        for text in _SAID_IN_A_TEMPLATE.findall(path.read_text("utf-8")):
            yield "say", text
        for noun in _COUNTED_IN_A_TEMPLATE.findall(path.read_text("utf-8")):
            yield "counted", noun
