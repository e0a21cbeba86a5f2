"""Parses `gate.yaml`, and the bounds that a canary is stopped by; every mistake of a file has its place."""

import re
from typing import Final, cast

from rules.errors import LiteralInvalid
from rules.gate import (
    DAY,
    FULL_SHARE,
    GATE,
    GATE_FIGURES,
    USUAL_PERIOD,
    USUAL_UNTRIED,
    USUAL_VALIDITY,
    Bound,
    Gate,
    GateFigure,
)
from rules.syntax import literals
from rules.syntax.condition_parser import Notes
from rules.syntax.typo_hints import typo_hint
from rules.syntax.yaml_document import Document, Node, Path

AT_MOST: Final = "at_most"
_TIMES: Final = ("over", "valid_for")
_UNTRIED: Final = "untried"
GATE_KEYS: Final = (*_TIMES, _UNTRIED, *GATE_FIGURES)
MOST_DAYS: Final = 366
_TIME_UNITS: Final = {"h": 60, "hour": 60, "hours": 60, "d": DAY, "day": DAY, "days": DAY}
_TIME = re.compile(r"([1-9][0-9]{0,3})\s*([A-Za-z]+)", re.ASCII)
_MOST_SHARE: Final = 100 * FULL_SHARE
_SHARE = re.compile(r"([+-]?[0-9]{1,6}(?:\.[0-9]{1,2})?)\s*%", re.ASCII)
_EXAMPLES: Final[dict[GateFigure, str]] = {
    "cost": "+1% or +100 EUR",
    "co2": "+1% or +5 kg",
    "late": "+0, +3 or +1%",
    "unfilled": "+0, +3 or +1%",
    "shipments": "+0, +3 or +1%",
}


def is_gate(document: Document) -> bool:
    """Whether a file is a gate: by its name, unless it says that it is a policy."""
    return document.file == GATE and not (isinstance(document.root, dict) and "policy" in document.root)


def parse_gate(notes: Notes) -> Gate | None:
    """The gate in the document of `notes`, which gets its mistakes; None if there are some."""
    root = notes.document.root
    if not isinstance(root, dict) or not root:
        message = "a gate is a mapping of figures and their bounds, as 'cost: {at_most: +1%}'"
        notes.add((), "wrong-type", message)
        return None
    bounds = [_bound(key, raw, notes) for key, raw in root.items() if key in GATE_FIGURES]
    for key in root:
        if key not in GATE_KEYS:
            notes.add((key,), "unknown-key", f"unknown key '{key}' of a gate{typo_hint(key)}", GATE_KEYS, key)
    if not bounds and not notes.findings:
        notes.add((), "missing-key", f"a gate needs a bound: of {', '.join(GATE_FIGURES)}")
    gate = Gate(
        bounds=tuple(bound for bound in bounds if bound),
        text=notes.document.text,
        period=_time("over", root, notes) or USUAL_PERIOD,
        validity=_time("valid_for", root, notes) or USUAL_VALIDITY,
        most_untried=_untried(root, notes),
    )
    return None if notes.findings or notes.document.findings else gate


def bound(figure: GateFigure, text: str) -> Bound:
    """The bound that a text writes. Raises LiteralInvalid."""
    share = _SHARE.fullmatch(text.strip())
    if share is not None:
        points = literals.number(share[1]) // (literals.MICROS // 100)
        if not -FULL_SHARE <= points <= _MOST_SHARE:
            raise LiteralInvalid(f"'{text}' is not between -100% and 10000%", code="out-of-range")
        return Bound(figure=figure, amount=points, is_share=True, text=text)
    if text.strip().endswith("%"):
        raise LiteralInvalid(f"'{text}' is no share; write for example +1% or +0.25%")
    try:
        return _absolute(figure, text)
    except LiteralInvalid as error:
        raise LiteralInvalid(f"{error} (of {figure}: {_EXAMPLES[figure]})", code=error.code) from None


def _absolute(figure: GateFigure, text: str) -> Bound:
    currency = ""
    if figure == "cost":
        amount, currency = literals.money(text), literals.currency(text)
    elif figure == "co2":
        # nothing is nothing in every unit
        amount = 0 if text.strip() in ("0", "+0") else literals.carbon(text)
    else:
        amount = literals.count(text)
    return Bound(figure=figure, amount=amount, is_share=False, text=text, currency=currency)


def _bound(key: str, raw: Node, notes: Notes) -> Bound | None:
    figure = cast("GateFigure", key)
    path: Path = (key, AT_MOST)
    if isinstance(raw, dict) and raw and AT_MOST not in raw:
        _note_others(key, raw, notes)
        return None
    if not isinstance(raw, dict) or not isinstance(raw.get(AT_MOST), str):
        message = f"write the most that may be added to {key} as at_most: {_EXAMPLES[figure]}"
        notes.add(path if isinstance(raw, dict) and AT_MOST in raw else (key,), "wrong-type", message)
        return None
    _note_others(key, raw, notes)
    try:
        return bound(figure, str(raw[AT_MOST]))
    except LiteralInvalid as error:
        notes.add(path, error.code, str(error))
        return None


def _note_others(key: str, raw: dict[str, Node], notes: Notes) -> None:
    for other in raw:
        if other != AT_MOST:
            notes.add((key, other), "unknown-key", f"unknown key '{other}' of a bound", (AT_MOST,), other)


def _time(key: str, root: dict[str, Node], notes: Notes) -> int | None:
    """Minutes; None if the gate does not say."""
    if key not in root:
        return None
    match = _TIME.fullmatch(str(root[key]).strip()) if isinstance(root[key], str) else None
    if match is None or match[2] not in _TIME_UNITS:
        notes.add((key,), "bad-value", f"'{root[key]}' is no time; write for example {key}: 28 days, or 36 hours")
        return None
    minutes = int(match[1]) * _TIME_UNITS[match[2]]
    if minutes > MOST_DAYS * DAY:
        notes.add((key,), "out-of-range", f"'{root[key]}' is more than {MOST_DAYS} days")
    return minutes


def _untried(root: dict[str, Node], notes: Notes) -> int:
    if _UNTRIED not in root:
        return USUAL_UNTRIED
    raw = root[_UNTRIED]
    if not isinstance(raw, dict) or not isinstance(raw.get(AT_MOST), str):
        notes.add((_UNTRIED,), "wrong-type", "write the largest share that may be untried: untried: {at_most: 5%}")
        return USUAL_UNTRIED
    _note_others(_UNTRIED, raw, notes)
    try:
        return literals.share(str(raw[AT_MOST]))
    except LiteralInvalid as error:
        notes.add((_UNTRIED, AT_MOST), error.code, str(error))
        return USUAL_UNTRIED
