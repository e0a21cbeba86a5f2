"""Quantities as they are written, 3106.40 metres, and as they are counted: integers of the smallest part, 310640.

How many decimals the quantities of a SKU have, the network says (`Network.decimals`); of all others they are whole
numbers. Requests are translated before their shape is checked, and answers once they are made, so that everything in
between counts integers.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import msgspec
from marshmallow import ValidationError

from api.shapes.fields import decimal_number
from api.shapes.limits import MOST_MOVED, MOST_ON_HAND, MOST_UNITS
from engine.errors import InputInvalid, Mistake
from engine.service import Pointsman

_SENT = {"quantity": MOST_UNITS, "delta": MOST_MOVED, "blocked": MOST_MOVED, "on_hand": MOST_ON_HAND}
"""What is sent beside a SKU, and the most of it in the smallest part."""
_ANSWERED = frozenset(
    {
        *_SENT,
        *("backorder", "units", "before", "after", "from", "to"),
        *("ordered", "cancelled", "held", "shipped", "returned", "waiting", "unfilled", "not_counted"),
        *("announced", "received", "to_come", "promised", "incoming", "in_transit", "over"),
        *("available", "free", "unless_needed", "floor", "allotments", "nodes", "expected", "found"),
        *("published", "below", "kept", "missing", "quarantine"),
        *("coming", "leaving", "has", "more", "there", "shortfall"),
    }
)
"""What is answered of a SKU, beside it or below."""
_BY_SKU = frozenset({"stock", "units", "barred"})
"""Where an answer has one thing for each SKU."""

encode = msgspec.json.Encoder(decimal_format="number").encode
"""JSON in which a decimal is a number, with all its decimals."""
decode = msgspec.json.Decoder(float_hook=Decimal).decode
"""JSON whose numbers are as exact as they are written."""


@dataclass(frozen=True, slots=True)
class Quantities:
    """The decimals of each SKU that has any."""

    decimals: Mapping[str, int]

    @classmethod
    def of(cls, pointsman: Pointsman) -> "Quantities":
        """Those of the loaded network; raises NotReady, StoreUnavailable."""
        return cls(pointsman.network().decimals)

    def read(self, raw: Any) -> Any:
        """What was sent, with integers in place of what stands beside a SKU that has decimals. Raises ValidationError
        with every one that is finer than its SKU, or too large.
        """
        if not self.decimals:
            return raw
        errors: dict[Any, Any] = {}
        value = self._read(raw, errors)
        if errors:
            raise ValidationError(errors)
        return value

    def smallest(self, sku: str, value: int | Decimal, *, field: str, most: int = MOST_UNITS) -> int:
        """One quantity of a SKU; raises InputInvalid."""
        try:
            number = self._smallest(sku, value, most)
        except ValidationError as error:
            raise InputInvalid([Mistake(field=field, message=str(error.messages[0]))]) from None
        if isinstance(number, int):
            return number
        raise InputInvalid([Mistake(field=field, message=f"'{sku}' is counted in whole numbers; {value} is none")])

    def by_line(
        self, lines: Mapping[str, int | Decimal], skus: Callable[[], Mapping[str, str]], *, field: str = "lines"
    ) -> dict[str, int]:
        """Quantities by line, or by SKU; `skus` looks up the SKU of each line, where that is to be known. Raises
        InputInvalid.
        """
        sku_of = skus() if self.decimals and lines else {}
        return {
            name: self.smallest(sku_of.get(name, name), value, field=f"{field}.{name}") for name, value in lines.items()
        }

    def counted(self, on_hand: Any, skus: Callable[[], Mapping[str, str]]) -> Any:
        """What is on hand of the only SKU of some lines, or of each SKU; raises InputInvalid."""
        if on_hand is None:
            return None
        if isinstance(on_hand, Mapping):
            return {
                sku: self.smallest(sku, units, field=f"on_hand.{sku}", most=MOST_ON_HAND)
                for sku, units in on_hand.items()
            }
        of_sku = {self.decimals.get(sku, 0): sku for sku in skus().values()} if self.decimals else {0: ""}
        if len(of_sku) > 1:
            message = "these SKUs do not all have as many decimals; say on_hand of each"
            raise InputInvalid([Mistake(field="on_hand", message=message)])
        return self.smallest(*of_sku.values(), on_hand, field="on_hand", most=MOST_ON_HAND)

    def show_units(self, sku: str, units: int) -> int | Decimal:
        """So many units of a SKU, with its decimals."""
        decimals = self.decimals.get(sku, 0)
        return _decimal(units, decimals) if decimals else units

    def show_by_line(self, units: Mapping[str, int], skus: Callable[[], Mapping[str, str]]) -> dict[str, Any]:
        """Units by line, with the decimals of its SKU."""
        sku_of = skus() if self.decimals else {}
        return {line: self.show_units(sku_of.get(line, ""), count) for line, count in units.items()}

    def show(self, answer: Any) -> Any:
        """What is answered, with decimals in place of what stands beside a SKU that has some, or below it."""
        return self._show(answer, 0, counted=False) if self.decimals else answer

    def _smallest(self, sku: str, value: Any, most: int) -> Any:
        """An integer, or what was sent if it has no decimals or is no number, which its shape says."""
        decimals = self.decimals.get(sku, 0)
        if not decimals or isinstance(value, bool) or not isinstance(value, int | float | str | Decimal):
            return value
        scaled = (value if isinstance(value, Decimal) else decimal_number(value)).scaleb(decimals)
        if scaled != scaled.to_integral_value():
            raise ValidationError(f"'{sku}' is counted with {decimals} decimals; {value} is finer")
        if abs(scaled) > most:
            raise ValidationError(f"{value} of '{sku}' is more than can be counted, {_decimal(most, decimals)}")
        return int(scaled)

    def _read(self, value: Any, errors: dict[Any, Any]) -> Any:
        if isinstance(value, list):
            return [self._part(item, index, errors) for index, item in enumerate(value)]
        if not isinstance(value, dict):
            return value
        sku = value.get("sku")
        read = dict(value)
        for name, item in value.items():
            if name not in _SENT or not isinstance(sku, str):
                read[name] = self._part(item, name, errors)
                continue
            try:
                read[name] = self._smallest(sku, item, _SENT[name])
            except ValidationError as error:
                errors[name] = error.messages
        return read

    def _part(self, value: Any, name: str | int, errors: dict[Any, Any]) -> Any:
        below: dict[Any, Any] = {}
        read = self._read(value, below)
        if below:
            errors[name] = below
        return read

    def _show(self, value: Any, decimals: int, *, counted: bool) -> Any:
        """`counted`: the integers in it are quantities, of so many decimals."""
        match value:
            case bool():
                return value
            case int():
                return _decimal(value, decimals) if counted and decimals else value
            case list() | tuple():
                return [self._show(item, decimals, counted=counted) for item in value]
            case msgspec.Struct():
                fields = {name: getattr(value, name) for name in value.__struct_fields__}
                shown = self._show_fields(fields, decimals, counted=counted)
                return msgspec.structs.replace(
                    value, **{name: item for name, item in shown.items() if item is not fields[name]}
                )
            case Mapping():
                return self._show_fields(value, decimals, counted=counted)
        return value

    def _show_fields(self, fields: Mapping[str, Any], decimals: int, *, counted: bool) -> dict[str, Any]:
        sku = fields.get("sku")
        if isinstance(sku, str):
            decimals = self.decimals.get(sku, 0)
        return {
            name: {sku: self._show(part, self.decimals.get(sku, 0), counted=True) for sku, part in item.items()}
            if name in _BY_SKU and isinstance(item, Mapping)
            else self._show(item, decimals, counted=counted or name in _ANSWERED)
            for name, item in fields.items()
        }


def _decimal(units: int, decimals: int) -> Decimal:
    return Decimal(units).scaleb(-decimals)


NO_DECIMALS = Quantities({})


def quantities_of(pointsman: Pointsman) -> Callable[[], Quantities]:
    """Answers those of the network that is loaded when it is called. A function, because schemas are copied."""
    return lambda: Quantities.of(pointsman)


def skus_of_decision(pointsman: Pointsman, decision_id: str) -> Mapping[str, str]:
    """The SKU of each line that a decision was of; raises NotFound."""
    return {line.id: line.sku for line in pointsman.decision(decision_id).record.order.lines}


def skus_of_order(pointsman: Pointsman, order_id: str) -> Mapping[str, str]:
    """The SKU of each line of an order as it stands; raises NotFound."""
    return {line.line: line.sku for line in pointsman.orders.show(order_id).lines}


def lines_with_decimals(lines: bytes, quantities: Quantities) -> bytes:
    """Whole lines of JSON, with the quantities in them as they are written."""
    if not quantities.decimals:
        return lines
    shown = (encode(quantities.show(decode(line))) for line in lines.splitlines())
    return b"".join(line + b"\n" for line in shown)
