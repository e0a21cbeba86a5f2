"""Products and nodes as JSON: as they are sent, and what became of them."""

from collections.abc import Mapping
from typing import Annotated, Literal, TypeAlias

from msgspec import UNSET, Meta, UnsetType

from engine.decide.order_record import Record, Timestamp, iso_date
from engine.model.facts import MICRODEGREES, CutOff, Node, Product
from engine.model.postal_address import PostalAddress
from engine.model.timetable import ALWAYS, DAY, Timetable
from rules.syntax.literals import MICROS
from rules.vocabulary import Value
from rules.windows import WEEKDAYS
from rules.wording.amounts import clock, decimal

StoredResult: TypeAlias = Literal["new", "changed", "same"]
SentResult: TypeAlias = Literal["new", "changed", "same", "refused", "stopped"]


class StoredProductRecord(Record, frozen=True):
    sku: str
    result: StoredResult
    network_version: Annotated[str, Meta(description="of the network with it")]


class StoredNodeRecord(Record, frozen=True):
    node: str
    result: StoredResult
    network_version: Annotated[str, Meta(description="of the network with it")]


class SentProductRecord(Record, frozen=True):
    """A line of the answer. After `stopped` nothing was read: send that line and those after it again."""

    line: Annotated[int, Meta(description="of the request, from 1")]
    result: SentResult
    sku: str | UnsetType = UNSET
    message: Annotated[str | UnsetType, Meta(description="why it was refused or stopped")] = UNSET


class SentNodeRecord(Record, frozen=True):
    """A line of the answer. After `stopped` nothing was read: send that line and those after it again."""

    line: Annotated[int, Meta(description="of the request, from 1")]
    result: SentResult
    node: str | UnsetType = UNSET
    message: Annotated[str | UnsetType, Meta(description="why it was refused or stopped")] = UNSET


class ProductFieldsRecord(Record, frozen=True, omit_defaults=True):
    """A product as `PUT /v1/products/{sku}` takes it."""

    category: str
    lifecycle: str
    weight_g: int
    brand: str | UnsetType = UNSET
    season: str | UnsetType = UNSET
    tags: list[str] | UnsetType = UNSET
    counted: Annotated[bool | UnsetType, Meta(description="false: it needs no stock; otherwise left out")] = UNSET
    unit: str | UnsetType = UNSET
    decimals: int | UnsetType = UNSET
    unit_margin: Annotated[str | UnsetType, Meta(examples=["7.50"])] = UNSET
    name: Annotated[str | UnsetType, Meta(description="for people")] = UNSET
    attributes: dict[str, bool | str] | UnsetType = UNSET

    @classmethod
    def of(cls, product: Product) -> "ProductFieldsRecord":
        return cls(
            category=product.category,
            lifecycle=product.lifecycle,
            weight_g=product.weight,
            brand=product.brand or UNSET,
            season=product.season or UNSET,
            tags=sorted(product.tags) or UNSET,
            counted=UNSET if product.counted else False,
            unit=product.unit or UNSET,
            decimals=product.decimals or UNSET,
            unit_margin=UNSET if product.margin is None else decimal(product.margin, MICROS, places=2),
            name=product.name or UNSET,
            attributes=_attributes(product.attributes) or UNSET,
        )


class PlaceAddressRecord(Record, frozen=True, omit_defaults=True):
    """Where parcels of a node come from; its country is that of the node."""

    company: str
    lines: list[str]
    town: str
    name: str = ""
    postcode: str = ""
    region: str = ""
    phone: str = ""
    email: str = ""

    @classmethod
    def of(cls, address: PostalAddress) -> "PlaceAddressRecord":
        return cls(
            company=address.company,
            lines=list(address.lines),
            town=address.town,
            name=address.name,
            postcode=address.postcode,
            region=address.region,
            phone=address.phone,
            email=address.email,
        )


class NodeFieldsRecord(Record, frozen=True, omit_defaults=True):
    """A node as `PUT /v1/nodes/{id}` takes it."""

    type: str
    country: str
    services: list[str]
    latitude: str | UnsetType = UNSET
    longitude: str | UnsetType = UNSET
    region: str | UnsetType = UNSET
    group: str | UnsetType = UNSET
    tags: list[str] | UnsetType = UNSET
    attributes: dict[str, bool | str] | UnsetType = UNSET
    handling: Annotated[str | UnsetType, Meta(description="a shipment, in the network's currency")] = UNSET
    handling_per_unit: str | UnsetType = UNSET
    preparation: Annotated[str | UnsetType, Meta(examples=["180 min"])] = UNSET
    time_zone: str | UnsetType = UNSET
    hours: Annotated[
        dict[str, list[str]] | UnsetType, Meta(description="by weekday, as 09:00-18:30; left out: always open")
    ] = UNSET
    closed: Annotated[list[str] | UnsetType, Meta(description="dates")] = UNSET
    cut_offs: Annotated[
        dict[str, str | Annotated[dict[str, str], Meta(title="CutOffByWeekday")]] | UnsetType,
        Meta(description="by service: a time of day, or one by weekday"),
    ] = UNSET
    daily_orders: int | UnsetType = UNSET
    hourly_orders: int | UnsetType = UNSET
    daily_units: int | UnsetType = UNSET
    daily_weight: Annotated[str | UnsetType, Meta(examples=["800000 g"])] = UNSET
    milestones: Annotated[
        dict[str, str] | UnsetType,
        Meta(description="by milestone that it reports, the share of the preparation", examples=[{"picked": "50%"}]),
    ] = UNSET
    address: PlaceAddressRecord | UnsetType = UNSET
    label_format: Annotated[str | UnsetType, Meta(description="which labels its printer takes")] = UNSET
    printers: Annotated[
        dict[str, str] | UnsetType,
        Meta(description="by paper, the printer's URL", examples=[{"label": "socket://10.0.0.5:9100"}]),
    ] = UNSET

    @classmethod
    def of(cls, node: Node) -> "NodeFieldsRecord":
        place = node.place
        return cls(
            type=node.type,
            country=node.country,
            services=list(node.services),
            latitude=UNSET if place is None else decimal(place.latitude, MICRODEGREES),
            longitude=UNSET if place is None else decimal(place.longitude, MICRODEGREES),
            region=node.region or UNSET,
            group=node.group or UNSET,
            tags=sorted(node.tags) or UNSET,
            attributes=_attributes(node.attributes) or UNSET,
            handling=decimal(node.handling, MICROS, places=2) if node.handling else UNSET,
            handling_per_unit=decimal(node.unit_handling, MICROS, places=2) if node.unit_handling else UNSET,
            preparation=f"{node.preparation} min" if node.preparation else UNSET,
            time_zone=node.time_zone or UNSET,
            hours=UNSET if node.hours is None or node.hours.week == ALWAYS.week else _hours(node.hours),
            closed=UNSET if node.hours is None else list(map(iso_date, sorted(node.hours.closed))) or UNSET,
            cut_offs={service: _cut_off(at) for service, at in node.cut_offs.items()} or UNSET,
            daily_orders=_or_unset(node.daily_orders),
            hourly_orders=_or_unset(node.hourly_orders),
            daily_units=_or_unset(node.daily_units),
            daily_weight=UNSET if node.daily_weight is None else f"{node.daily_weight} g",
            milestones=UNSET
            if node.milestones is None
            else {name: f"{decimal(share, 100)}%" for name, share in node.milestones.items()},
            address=UNSET if node.address is None else PlaceAddressRecord.of(node.address),
            label_format=node.label_format or UNSET,
            printers=dict(node.printers) or UNSET,
        )


class NetworkProductRecord(Record, frozen=True):
    """A product as it is stored."""

    sku: str
    product: ProductFieldsRecord
    network_version: str


class ListedProductRecord(Record, frozen=True):
    """A product of a list."""

    sku: str
    product: ProductFieldsRecord


class ProductsPageRecord(Record, frozen=True):
    """Products by SKU; those that were found by a word of their name follow those found by their SKU."""

    products: list[ListedProductRecord]
    next: str | None
    network_version: str


class ListedNodeRecord(Record, frozen=True):
    """A node of a list."""

    id: str
    node: NodeFieldsRecord
    rests_until: Annotated[Timestamp | None, Meta(description="until when it is given nothing, if it rests now")]


class NodesPageRecord(Record, frozen=True):
    """Nodes by id."""

    nodes: list[ListedNodeRecord]
    next: str | None
    network_version: str


class NetworkNodeRecord(Record, frozen=True):
    """A node as it is stored."""

    id: str
    node: NodeFieldsRecord
    network_version: str


def _attributes(values: Mapping[str, Value]) -> dict[str, bool | str]:
    """Texts, but for what is true or false; the words of a list are separated as in products.csv."""
    return {name: _attribute(value) for name, value in sorted(values.items())}


def _attribute(value: Value) -> bool | str:
    match value:
        case bool():
            return value
        case int():
            return decimal(value, MICROS)
        case str():
            return str(value)
        case _:
            return "|".join(sorted(map(str, value)))


def _hours(timetable: Timetable) -> dict[str, list[str]]:
    spans = dict(zip(WEEKDAYS, timetable.week, strict=True))
    return {day: [f"{clock(start)}-{clock(end)}" for start, end in of_day] for day, of_day in spans.items() if of_day}


def _cut_off(at: CutOff) -> str | dict[str, str]:
    if isinstance(at, int):
        return clock(at)
    return {day: clock(minute) for day, minute in zip(WEEKDAYS, at, strict=True) if minute < DAY}


def _or_unset(most: int | None) -> int | UnsetType:
    return UNSET if most is None else most
