"""What a test of policies expects and what came, in words for those who do not write test files."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from api.language.current import say, say_number, text
from api.language.reasons import reason_text

_HEADINGS = {
    "status": text("What becomes of the order"),
    "shipments": text("What is sent, and from where"),
    "unfilled": text("What is not sent, and why"),
    "fired": text("Rules that are to apply"),
    "not_fired": text("Rules that are not to apply"),
    "silenced": text("Rules that others are to set aside"),
    "not_silenced": text("Rules that no other is to set aside"),
    "excluded": text("Where goods are not to be sent from"),
    "not_excluded": text("Where goods may be sent from"),
    "hold": text("How long the goods are held for the order"),
    "priority": text("The priority of the order"),
    "approve": text("Whether a person has to approve the order"),
    "disposition": text("What becomes of the returned unit"),
    "as_sku": text("The article that the returned unit is put in stock as"),
    "place": text("The place that the returned unit goes to"),
}
_FACTS = {
    "shipments": text("number of shipments"),
    "units": text("units sent"),
    "backorder": text("units sent though they are not there yet"),
    "incoming": text("units of goods that are to come"),
    "preorder": text("units ordered before their first day"),
    "unfilled": text("units not sent"),
    "waits": text("waits for goods"),
    "cost": text("cost"),
    "co2": text("CO2e"),
    "distance": text("distance"),
    "arrives": text("arrives after"),
    "late": text("late"),
    "min": text("least stock"),
    "max": text("most stock"),
    "target": text("target stock"),
    "alert": text("low below"),
}
_COMPARED = {
    "at_most": text("at most {value}"),
    "at_least": text("at least {value}"),
    "less_than": text("less than {value}"),
    "more_than": text("more than {value}"),
    "not": text("not {value}"),
}
_STATUSES = ("filled", "partial", "unfilled", "scheduled")
_WORDS = {
    "true": text("yes"),
    "false": text("no"),
    "unknown": text("unknown"),
    "none": text("none"),
    "any number": text("any number"),
    "a level": text("a target stock"),
    "nothing is there": text("nothing is there"),
}
_OF_RULES = {
    "fired": text("rule {rule} applied"),
    "did not fire": text("rule {rule} did not apply"),
    "was silenced": text("rule {rule} was set aside by another"),
    "fired and was silenced": text("rule {rule} applied, and was set aside by another"),
}
_EXPECTED_OF_RULES = {
    "fired": text("rule {rule} applies"),
    "not_fired": text("rule {rule} does not apply"),
    "silenced": text("rule {rule} is set aside by another"),
    "not_silenced": text("rule {rule} is set aside by none"),
}
_RULE_CAME = re.compile(rf"(.+?) ({'|'.join(sorted(_OF_RULES, key=len, reverse=True))})")
_LEVEL = re.compile(r"levels\.(.+?)\.([^.]+)(?:\.(min|max|target|alert))?")
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?( \S+)?")
_NESTED = re.compile(r"[&*!]")
"""What YAML has beyond values that are written out: such a line is shown as it is."""


@dataclass(frozen=True, slots=True)
class DifferenceInWords:
    """A heading, and sentences of what was expected and what came."""

    heading: str
    expected: Sequence[str]
    came: Sequence[str]


def in_words(difference: Mapping[str, str]) -> DifferenceInWords:
    """A difference as HTTP has it, whose texts are those of test files, one a line."""
    what = difference["what"]
    expected, came = difference["expected"].split("\n"), difference["got"].split("\n")
    return DifferenceInWords(
        _heading(what), [_line(what, line, came=False) for line in expected], [_line(what, line) for line in came]
    )


def _heading(what: str) -> str:
    if what in _HEADINGS:
        return say(_HEADINGS[what])
    kind, _, rest = what.partition(".")
    if kind == "kept":
        sku, _, node = rest.rpartition(".")
        return say("Units of {sku} that are kept at {node}", sku=sku, node=node)
    level = _LEVEL.fullmatch(what)
    if level:
        heading = say("Stock of {sku} that there should be at {node}", sku=level[1], node=level[2])
        return f"{heading} ({say(_FACTS[level[3]])})" if level[3] else heading
    if kind == "totals" and rest in _FACTS:
        return say("In all: {fact}", fact=say(_FACTS[rest]))
    return what


def _line(what: str, line: str, *, came: bool = True) -> str:
    if what in _EXPECTED_OF_RULES:
        found = _RULE_CAME.fullmatch(line) if came else None
        return say(_OF_RULES[found[2]], rule=found[1]) if found else say(_EXPECTED_OF_RULES[what], rule=line)
    if what in ("shipments", "unfilled") and line in ("none", "nothing"):
        return say("nothing")
    if what == "status" and line in _STATUSES:
        return say(line)
    if what in ("shipments", "excluded", "not_excluded", "unfilled"):
        parsed = _parsed(line)
        if isinstance(parsed, dict):
            return " · ".join(_unfilled(parsed) if what == "unfilled" else _shipped(parsed))
    return _value(_parsed(line) if line.startswith("{") else line)


def _parsed(line: str) -> Any:
    """The line itself if it can't be read."""
    if _NESTED.search(line):
        return line
    try:
        return yaml.load(line, Loader=yaml.CBaseLoader)  # noqa: S506  # it makes words alone
    except yaml.YAMLError:
        return line


def _shipped(fields: Mapping[str, Any]) -> Iterator[str]:
    """Of a shipment, or of a place and service that are excluded."""
    lines, named = fields.get("lines"), fields.get("sku")
    articles = ", ".join(f"{_value(units)} × {sku}" for sku, units in lines.items()) if isinstance(lines, dict) else ""
    goods = articles or (str(named) if named else say("goods"))
    node = fields.get("node")
    way = say("{goods} from {node}", goods=goods, node=_value(node)) if node else goods
    service = fields.get("service")
    yield say("{goods} by {service}", goods=way, service=_value(service)) if service else way
    yield from _others(fields, ("lines", "sku", "node", "service"))


def _unfilled(by_sku: Mapping[str, Any]) -> Iterator[str]:
    for sku, what in by_sku.items():
        fields = what if isinstance(what, dict) else {"units": what}
        units = fields.get("units")
        yield f"{_value(units)} × {sku}" if units else sku
        yield from _others(fields, ("units",))


def _others(fields: Mapping[str, Any], said: Sequence[str]) -> Iterator[str]:
    for name, value in fields.items():
        if name in said:
            continue
        if name in ("rules", "by"):
            rules = value if isinstance(value, list) else [value]
            yield (
                say("because of the rules {rules}", rules=", ".join(map(_value, rules)))
                if rules
                else say("because of no rule")
            )
        elif name == "reason":
            yield ", ".join(reason_text(str(code)) for code in (value if isinstance(value, list) else [value]))
        elif name == "unless_needed":
            yield say("unless there is no other way") if value == "true" else say("in any case")
        else:
            yield say("{fact}: {value}", fact=say(_FACTS[name]) if name in _FACTS else name, value=_value(value))


def _value(value: Any) -> str:
    """A value, or a comparison, as people say it."""
    if isinstance(value, dict):
        return ", ".join(_compared(name, its) for name, its in value.items())
    if isinstance(value, list):
        return say(" or ").join(map(_value, value))
    if value in _WORDS:
        return say(_WORDS[value])
    return say_number(str(value)) if _NUMBER.fullmatch(str(value)) else str(value)


def _compared(name: str, value: Any) -> str:
    match name, value:
        case "between", [least, most]:
            return say("between {least} and {most}", least=_value(least), most=_value(most))
    return say(_COMPARED[name], value=_value(value)) if name in _COMPARED else f"{name} {_value(value)}"
