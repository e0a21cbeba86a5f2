"""The JSON Schema of `gate.yaml`, from which editors complete its keys and underline mistakes. It is draft-07."""

from typing import Any

from rules.gate import GATE_FIGURES, GateFigure
from rules.syntax.gate_parser import AT_MOST

_SHARE = r"[+-]?[0-9]{1,6}(\.[0-9]{1,2})?[ ]*%"
_TIME = {"type": "string", "pattern": r"^[1-9][0-9]{0,3} *(h|hour|hours|d|day|days)$"}
_UNITS: dict[GateFigure, str] = {
    "cost": r"[+-]?[0-9]{1,15}(\.[0-9]{1,6})?[ ]*([A-Z]{3})?",
    "co2": r"[+-]?[0-9]{1,15}(\.[0-9]{1,6})?[ ]*(g|kg)|[+]?0",
}
_COUNT = r"[+-]?[0-9]{1,15}(\.0{1,9})?"
_WORDS: dict[GateFigure, str] = {
    "cost": "what carriage and handling may cost more: +1%, or +100 EUR",
    "co2": "how much more CO2e there may be: +1%, or +5 kg",
    "late": "how many more orders may be late: +0, +3, or +1%",
    "unfilled": "how many more units may stay unfilled: +0, +3, or +1%",
    "shipments": "how many more shipments there may be: +0, +3, or +1%",
}


def gate_schema() -> dict[str, Any]:
    """The schema."""
    figures = {figure: _bound(figure) for figure in GATE_FIGURES}
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "type": "object",
        "additionalProperties": False,
        "anyOf": [{"required": [figure]} for figure in GATE_FIGURES],
        "properties": {
            "over": {**_TIME, "description": "the decisions of so long before it is run: 28 days"},
            "valid_for": {**_TIME, "description": "how long its result counts: 7 days"},
            "untried": {
                **_mapping({"type": "string", "pattern": r"^[0-9]{1,3}(\.[0-9]{1,2})?[ ]*%$"}),
                "description": "the largest share of decisions that can't be tried: 5%",
            },
            **figures,
        },
    }


def _bound(figure: GateFigure) -> dict[str, Any]:
    pattern = f"^({_SHARE}|{_UNITS.get(figure, _COUNT)})$"
    amount = {"type": ["string", "number"], "pattern": pattern}
    return {**_mapping(amount), "description": _WORDS[figure]}


def _mapping(amount: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "additionalProperties": False,
        "required": [AT_MOST],
        "properties": {AT_MOST: amount},
    }
