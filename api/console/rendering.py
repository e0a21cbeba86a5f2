"""Draws templates: whatever a value holds is escaped, and a name that a template is not given is a mistake."""

import functools
import json
import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from api.console import shown
from api.console.assets import asset
from api.console.difference_words import in_words
from api.console.sentences import in_reader_language, rounded
from api.language.current import counted, current_language, say, say_message

_CONTROL = dict.fromkeys((*range(9), 11, 12, *range(14, 32), 127), "\N{REPLACEMENT CHARACTER}")
"""Signs that a document of HTML may not have."""
_MOST_NAMED = 3
"""Rules."""


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
        "in_reader_language": in_reader_language,
        "rounded": rounded,
        "in_words": in_words,
        "pair": lambda word: (word, word),
        "pair_with": lambda word, texts: (word, texts[word]),
        "said": _said,
        "month": lambda number: say(shown.MONTHS[number - 1]),
        "capital": lambda text: f"{text[:1].upper()}{text[1:]}",
    }
    environment.tests["shown_in"] = _is_shown_in
    environment.globals |= {"percent": shown.percent, "choices": _choices, "articles": articles}
    environment.globals |= {"destination": _destination, "rules": _rules, "first_rules": first_rules}
    return environment


def _choices(words: Sequence[str], *, any: bool = True, said: bool = True) -> list[tuple[str, str]]:  # noqa: A002  # as templates call it
    """Options of a field: words as they are stored, and as they are said; first, unless one must be chosen, any."""
    options = [(word, say(word) if said else word) for word in words]
    return [("", say("any")), *options] if any else options


def articles(lines: Sequence[Mapping[str, Any]]) -> str:
    """2 × SHIRT, 1 × MUG."""
    return ", ".join(f"{shown.number(line['quantity'])} × {line['sku']}" for line in lines)


def _destination(order: Mapping[str, Any]) -> str:
    """Where an order goes, as far as it is said: a place at which it is collected, or a postcode and country."""
    if order.get("collect_at"):
        return say("collected at {node}", node=order["collect_at"])
    address = order.get("destination") or {}
    return " ".join(address[name] for name in ("country", "postcode", "region") if address.get(name))


def _rules(statement: Mapping[str, Any]) -> Markup:
    """The rules behind a sentence."""
    names = statement.get("rules", ())
    return Markup(' <span class="small soft mono">{}</span>').format(", ".join(names)) if names else Markup("")


def first_rules(fired: Sequence[str], asked_for: str = "") -> list[str]:
    """Those that a row of a list names: that which was asked for before the others."""
    return sorted(fired, key=lambda rule: rule != asked_for)[:_MOST_NAMED]


def _pretty(value: Any) -> Markup:
    """JSON as people read it."""
    return Markup("{}").format(json.dumps(value, indent=2, ensure_ascii=False))


def _is_shown_in(text: str, drawn: Markup) -> bool:
    """Whether a part of a page that was drawn has this text."""
    return escape(text) in drawn


def _said(words: Mapping[str, str]) -> list[tuple[str, str]]:
    """Words of HTTP with what is said for them, as options of a field."""
    return [(word, say(text)) for word, text in words.items()]
