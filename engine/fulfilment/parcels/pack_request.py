"""What is asked when a shipment is packed, and the parcels that it comes to. Pure."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import msgspec

from engine.errors import InputInvalid, Mistake
from engine.model.facts import Product
from engine.model.parcels import MOST_PARCELS, Packing, ParcelLine, ParcelSize, ShipmentKey
from engine.model.postal_address import PostalAddress

QuantityText = Callable[[str, int], str]
MOST_PARCEL_GRAMS = 10_000_000
EMPTY_PARCEL = "name what is in the parcel, or leave it out"


@dataclass(frozen=True, slots=True, kw_only=True)
class ParcelRequest:
    """One box: so many units of each line or SKU of the shipment. Without `grams`, the weight is that of its articles
    and of the packing. `tracking_number` is the one that its carrier gave somebody else, as the warehouse's system.
    """

    lines: Mapping[str, int]
    grams: int | None = None
    size: ParcelSize | None = None
    tracking_number: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PackRequest:
    """Without `parcels`, all that is left of the shipment is in one. With `partial`, the rest follows by another
    request; otherwise every unit that is left is in one of the `parcels`. `addressee` is whom it goes to, in place of
    the order's. `tracking_number` is that of all its parcels that have none of their own.
    """

    shipment: ShipmentKey
    parcels: Sequence[ParcelRequest] = ()
    partial: bool = False
    addressee: PostalAddress | None = None
    tracking_number: str | None = None
    op: str | None = field(default=None)

    @property
    def fingerprint(self) -> str:
        """Tells another request under the same name."""
        parcels = [(dict(item.lines), item.grams, item.size) for item in self.parcels]
        asked: list[object] = [parcels, self.partial]
        if any(self.supplied_numbers):
            asked.append(self.supplied_numbers)
        return "packed " + msgspec.json.encode(asked, order="deterministic").decode()

    @property
    def supplied_numbers(self) -> tuple[str | None, ...]:
        """Of each parcel, the tracking number that comes with the request."""
        parcels = self.parcels or [ParcelRequest(lines={})]
        return tuple(item.tracking_number or self.tracking_number for item in parcels)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedParcel:
    lines: tuple[ParcelLine, ...]
    grams: int
    size: ParcelSize | None
    tracking_number: str | None = None
    """The one that came with the request."""


def plan_parcels(
    request: PackRequest,
    *,
    left: Mapping[str, int],
    skus: Mapping[str, str],
    products: Mapping[str, Product],
    packing_grams: int,
    text: QuantityText,
) -> tuple[PlannedParcel, ...]:
    """The parcels of a request. `left` are the units by line that are to be packed still, `skus` the SKU of each line
    of the shipment. Raises InputInvalid, which names each line of which units are in no parcel, or too many are.
    """
    asked = request.parcels or [ParcelRequest(lines=left)]
    mistakes: list[Mistake] = []
    rest = dict(left)
    named = sum((Counter(parcel.lines) for parcel in asked), Counter())
    choice = _Choice(rest=rest, named=named, skus=skus, mistakes=mistakes, text=text)
    parcels = []
    for number, parcel in enumerate(asked):
        lines = tuple(choice.lines_of(parcel, f"parcels.{number}.lines"))
        if not parcel.lines:
            mistakes.append(Mistake(field=f"parcels.{number}.lines", message=EMPTY_PARCEL))
        grams = _weight(lines, products, packing_grams) if parcel.grams is None else parcel.grams
        if grams > MOST_PARCEL_GRAMS:
            mistakes.append(Mistake(field=f"parcels.{number}", message=_too_heavy(grams)))
        supplied = request.supplied_numbers[number]
        parcels.append(PlannedParcel(lines=lines, grams=grams, size=parcel.size, tracking_number=supplied))
    if not request.partial:
        mistakes += (
            Mistake(
                field="parcels",
                message=f"line {line}: {text(skus[line], units)} of {skus[line]} are in no parcel; put every unit of"
                " the shipment into one or, if the rest follows, say so (partial)",
            )
            for line, units in rest.items()
            if units
        )
    if mistakes:
        raise InputInvalid(mistakes)
    return tuple(parcels)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Choice:
    """`rest` are the units by line that are in no parcel yet; `named` those that parcels still to come name by their
    line or SKU; what is wrong is added to `mistakes`.
    """

    rest: dict[str, int]
    named: Counter[str]
    skus: Mapping[str, str]
    mistakes: list[Mistake]
    text: QuantityText

    def lines_of(self, parcel: ParcelRequest, where: str) -> Iterator[ParcelLine]:
        """The units of a parcel, which are taken off `rest`."""
        chosen: Counter[str] = Counter()
        for name, units in parcel.lines.items():
            chosen += self._taken(name, units, f"{where}.{name}")
        for line in self.skus:
            if chosen[line]:
                yield ParcelLine(line=line, sku=self.skus[line], quantity=chosen[line])

    def _taken(self, name: str, units: int, where: str) -> Counter[str]:
        """So many of a line or, of a SKU, of its lines in their order: first those that no parcel names."""
        self.named[name] -= units
        lines = [name] if name in self.skus else [line for line, sku in self.skus.items() if sku == name]
        there = sum(self.rest.get(line, 0) for line in lines)
        taken: Counter[str] = Counter()
        if not lines:
            message = f"the shipment has no such line or SKU; its lines are {', '.join(self.skus)}"
            self.mistakes.append(Mistake(field=where, message=message))
        elif units > there:
            sku = self.skus[lines[0]]
            asked, left = self.text(sku, units), self.text(sku, there)
            message = f"{asked} of {sku} are more than the {left} that are left to be packed"
            self.mistakes.append(Mistake(field=where, message=message))
        for spared in (True, False):
            for line in lines:
                there = self.rest.get(line, 0) - (self.named[line] if spared and line != name else 0)
                of_line = min(units - taken.total(), there)
                if of_line > 0:
                    self.rest[line] -= of_line
                    taken[line] += of_line
        return taken


def _weight(lines: Sequence[ParcelLine], products: Mapping[str, Product], packing_grams: int) -> int:
    """Grams, of each line rounded up."""
    grams = packing_grams
    for line in lines:
        product = products.get(line.sku)
        if product is not None:
            grams += -(-product.weight * line.quantity // product.scale)
    return grams


def _too_heavy(grams: int) -> str:
    return f"{grams} g are more than a parcel can weigh; write its `weight_g`, or put less into one"


def is_same(packing: Packing, planned: Sequence[PlannedParcel]) -> bool:
    """Whether a packing has just these parcels, and of those that came with a tracking number just that."""
    return len(planned) == len(packing.parcels) and all(
        (item.lines, item.grams, item.size) == (parcel.lines, parcel.grams, parcel.size)
        and item.tracking_number in (None, parcel.tracking_number)
        for item, parcel in zip(planned, packing.parcels, strict=True)
    )


def verify_count(request: PackRequest, there: int) -> None:
    """Raise InputInvalid if the shipment had more than MOST_PARCELS parcels."""
    if there + len(request.parcels) > MOST_PARCELS:
        message = f"a shipment has at most {MOST_PARCELS} parcels, and this one has {there}"
        raise InputInvalid([Mistake(field="parcels", message=message)])
