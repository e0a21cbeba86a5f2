"""Reads products and nodes that are sent one by one, in JSON or as rows of CSV files, and has the shapes of these."""

import dataclasses
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from marshmallow import ValidationError, fields, post_load, pre_load, validate

from api.files.inventory_folder import ATTRIBUTE, read_product
from api.files.inventory_shapes import ATTRIBUTE as ATTRIBUTE_METADATA
from api.files.inventory_shapes import MOST_DECIMALS, MOST_GRAMS, NodeShape
from api.files.network_checks import node_mistakes
from api.files.network_yaml import node_of
from api.files.opening_hours import Calendars
from api.shapes.base import Strict
from api.shapes.fields import Money, Note, TrueOrFalse, WholeNumber, Word
from api.shapes.mistakes import mistakes_of
from engine.errors import InputInvalid, Mistake
from engine.model.facts import Network, Node, Product
from rules.vocabulary import LIFECYCLES
from rules.windows import WEEKDAYS


def as_written(value: Any) -> Any:
    """A JSON value as the files of a network folder write it, where each single value is a text."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return format(Decimal(str(value)), "f")
    if isinstance(value, Mapping):
        return {name: as_written(item) for name, item in value.items()}
    return [as_written(item) for item in value] if isinstance(value, list) else value


def row_of(product: Mapping[str, Any]) -> dict[str, str]:
    """A product in JSON as a row of products.csv. Its attributes stand in columns of their own. Raises InputInvalid."""
    plain = {name: _cell(name, value) for name, value in product.items() if name != "attributes"}
    own = {ATTRIBUTE + name: value for name, value in product.get("attributes", {}).items()}
    attributes = {name: _cell(name, value) for name, value in own.items()}
    return {name: cell for name, cell in {**plain, **attributes}.items() if cell}


def _cell(name: str, value: Any) -> str:
    written = as_written(value)
    if not isinstance(written, list):
        return str(written)
    if any("|" in str(word) for word in written):
        raise InputInvalid([Mistake(field=name, message="no word of it may have a '|', which stands between words")])
    return "|".join(map(str, written))


NODE_COLUMNS = ("id", "type", "country", "services")
"""The columns of a CSV of nodes that must be there."""
NODE_NUMBERS = ("latitude", "longitude", "handling", "handling_per_unit")
_NODE_LISTS = frozenset({"services", "tags", "closed"})


def node_of_row(row: Mapping[str, str]) -> dict[str, Any]:
    """A row of a CSV of nodes as network.yaml writes the node. Words of a list stand with `|` between them; columns
    such as `hours.monday`, `cut_offs.parcel`, `cut_offs.parcel.saturday` and `attributes.floor` have what is below.
    Raises ValidationError if a service has a cut-off for all days and others for some.
    """
    node: dict[str, Any] = {}
    by_day: dict[str, dict[str, str]] = {}
    for name, cell in row.items():
        group, dot, rest = name.partition(".")
        service, _, day = rest.rpartition(".")
        if group == "cut_offs" and day in WEEKDAYS:
            by_day.setdefault(service, {})[day] = cell
        elif dot:
            node.setdefault(group, {})[rest] = cell.split("|") if group == "hours" else cell
        else:
            node[name] = cell.split("|") if name in _NODE_LISTS else cell
    cut_offs = node.get("cut_offs", {})
    for service in by_day.keys() & cut_offs.keys():
        raise ValidationError({f"cut_offs.{service}": ["write one time of day, or one for each weekday"]})
    return {**node, "cut_offs": {**cut_offs, **by_day}} if by_day else node


def product_in(row: Mapping[str, str], network: Network) -> Product:
    """The product in a row; raises InputInvalid with every mistake."""
    mistakes: list[Mistake] = []
    product = read_product(dict(row), network.attributes, "", mistakes)
    if product is None:
        raise InputInvalid(mistakes)
    return product


def node_in(name: str, written: Mapping[str, Any], network: Network) -> Node:
    """The node of that id, written as in network.yaml but for what that gives a name: opening hours and days off are
    written out. Raises InputInvalid with every mistake.
    """
    shape = NodeShape(exclude=("id",))
    errors = shape.validate(written)
    if errors:
        raise InputInvalid(mistakes_of(errors))
    node = node_of({**shape.load(written), "id": name}, network.attributes, Calendars.of({}))
    changed = dataclasses.replace(network, nodes={**network.nodes, name: node})
    root = {
        "time_zone": network.time_zone,
        "services": [{"id": service} for service in network.services],
        "nodes": [{**written, "id": name}],
    }
    mistakes = [Mistake(field=".".join(where[2:]), message=text) for where, text in node_mistakes(root, changed)]
    if mistakes:
        raise InputInvalid(mistakes)
    return node


class ProductRequest(Strict):
    """As a row of products.csv."""

    name = Note(metadata={"description": "what people call it, as on dispatch notes"})
    category = Word(required=True, metadata={"example": "textile"})
    brand = Word()
    season = Word()
    lifecycle = fields.String(required=True, validate=validate.OneOf(LIFECYCLES))
    weight_g = WholeNumber(0, MOST_GRAMS, required=True, metadata={"description": "of one unit, in grams"})
    tags = fields.List(Word())
    counted = TrueOrFalse(metadata={"description": "false: it needs no stock"})
    unit = Word(metadata={"description": "of its quantities, such as m"})
    decimals = WholeNumber(0, MOST_DECIMALS, metadata={"description": "that its quantities may have"})
    unit_margin = Money(metadata={"description": "what the sale of one unit earns, in the network's currency"})
    attributes = fields.Dict(
        keys=Word(),
        values=fields.Raw(metadata=ATTRIBUTE_METADATA),
        metadata={"description": "those that the network file declares"},
    )

    @post_load(pass_original=True)
    def _margin_as_a_file_has_it(self, data: dict[str, Any], original: Any, **_: Any) -> dict[str, Any]:
        return data | {"unit_margin": as_written(original["unit_margin"])} if "unit_margin" in data else data


class ProductLine(ProductRequest):
    sku = Word(required=True)


class NodeRequest(NodeShape):
    """As a node of network.yaml; opening hours and days off are written out. Amounts may be numbers or texts."""

    class Meta(NodeShape.Meta):
        exclude = ("id",)

    @pre_load
    def _written(self, data: Any, **_: Any) -> Any:
        return as_written(data)

    @post_load(pass_original=True)
    def _as_it_was_sent(self, _: Any, original: Any, **__: Any) -> Any:
        """As it was written: the network reads it."""
        return as_written(original)


class NodeLine(NodeRequest):
    class Meta(NodeShape.Meta):
        pass
