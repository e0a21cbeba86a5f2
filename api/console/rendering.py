"""Draws templates: whatever a value holds is escaped, and a name that a template is not given is a mistake."""

import functools
import json
import secrets
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from api.cli.language.current import counted, current_language, say, say_message
from api.console import shown
from api.console.assets import asset

_CONTROL = dict.fromkeys((*range(9), 11, 12, *range(14, 32), 127), "\N{REPLACEMENT CHARACTER}")
"""Signs that a document of HTML may not have."""


def rendered(template: str, **values: Any) -> str:
    """In the language that is spoken while it is drawn."""
    return _environment().get_template(template).render(**values).translate(_CONTROL)


@functools.cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("api.console"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals |= {
        "say": say,
        "counted": counted,
        "language": current_language,
        "asset": asset,
        "new_key": lambda: secrets.token_hex(16),
    }
    environment.filters |= {
        "number": shown.number,
        "signed": shown.signed,
        "kilograms": shown.kilograms,
        "span": shown.span,
        "day": shown.day,
        "amount": shown.amount,
        "message": say_message,
        "pretty": _pretty,
    }
    environment.globals["percent"] = shown.percent
    return environment


def _pretty(value: Any) -> Markup:
    """JSON as people read it."""
    return Markup("{}").format(json.dumps(value, indent=2, ensure_ascii=False))
