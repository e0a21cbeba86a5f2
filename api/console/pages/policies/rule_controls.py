"""How values of rules are written in forms: amounts as a number with its unit, days on a calendar, else as words."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from api.console.form_values import plain_number
from api.language.current import say_number

UNITS: Mapping[str, tuple[str, ...]] = {
    "weight": ("g", "kg", "t"),
    "distance": ("m", "km"),
    "duration": ("min", "h", "d"),
    "carbon": ("g", "kg"),
    "share": ("%",),
    "days": ("days",),
}
"""By the kind of value, what a policy file may write behind the number."""
_USUAL = {"weight": "kg", "distance": "km", "duration": "h", "carbon": "kg"}
_NUMBERS = frozenset({"count", "number", "money", *UNITS})
_AMOUNT = re.compile(r"([+-]?[0-9]+(?:\.[0-9]+)?)\s*([A-Za-z%]*)", re.ASCII)
_DAY = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?:[ T]([0-9]{2}:[0-9]{2}))?", re.ASCII)
_TIME = re.compile(r"[0-9]{2}:[0-9]{2}", re.ASCII)
UNIT, TIME = "~unit", "~time"
"""Behind the name of a field, that of the field beside it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Control:
    """A field of a form; `type` is that of the input, or `instant`: a day and, in a field of its own, a time of it."""

    type: str = "text"
    value: str = ""
    unit: str = ""
    units: tuple[str, ...] = ()
    time: str = ""

    @property
    def shown(self) -> str:
        """The value as the reader's language writes it."""
        return say_number(self.value) if self.type == "number" else self.value


def control(kind: str, written: str) -> Control:
    """The field for a value of this kind as a policy file has it; any text, if it is not written as usual."""
    if kind in _NUMBERS:
        return _number(kind, written)
    if kind in ("date", "instant"):
        match = _DAY.fullmatch(written)
        if match is None and written:
            return Control(value=written)
        day, time = match.groups() if match else ("", "")
        if kind == "date" and time:
            return Control(value=written)
        return Control(type=kind, value=day, time=time or "")
    if kind == "time" and (not written or _TIME.fullmatch(written)) and written != "24:00":
        return Control(type="time", value=written)
    return Control(value=written)


def _number(kind: str, written: str) -> Control:
    match = _AMOUNT.fullmatch(written.strip())
    if match is None and written.strip():
        return Control(value=written)
    number, unit = match.groups() if match else ("", _USUAL.get(kind, ""))
    units = UNITS.get(kind, (unit,) if unit else ())
    if kind in ("share", "days"):
        unit = units[0]
    if unit not in units and units:
        units = (unit, *units)
    return Control(type="number", value=number, unit=unit, units=units)


def written_value(form: Mapping[str, str], name: str, kind: str) -> str:
    """What a policy file has there, of what was sent for a value of this kind."""
    value = form.get(name, "").strip()
    if kind in _NUMBERS:
        value = plain_number(value)
    unit, time = form.get(name + UNIT, ""), form.get(name + TIME, "").strip()
    if unit and value:
        return _with_unit(value, unit)
    return f"{value} {time}".strip() if time else value


def normal(kind: str, written: str) -> str:
    """As a form would send it back if nobody touched it."""
    its = control(kind, written)
    if its.type == "number" and its.value and its.unit:
        return _with_unit(its.value, its.unit)
    return f"{its.value} {its.time}".strip() if its.type == "instant" else its.value.strip()


def _with_unit(number: str, unit: str) -> str:
    return f"{number}{unit}" if unit == "%" else f"{number} {unit}"
